using System.Runtime.InteropServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Writes the messages of a request for chat completions.</summary>
internal static class ChatMessageWriter
{
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="model">What the model takes; one that refuses calls without what proves them has a place for it.</param>
    public static void Write(NeutralRequest request, JsonOut json, in ModelAbilities model)
    {
        var begun = FitBegun(request, model);
        var messages = CollectionsMarshal.AsSpan(request.Messages);
        json.StartArray("messages"u8);
        var isBehindTool = false;
        for (int from = WriteSystem(request, json, messages, model), to; from < messages.Length; from = to)
        {
            to = messages[from].Role == NeutralRole.Assistant ? from + 1 : request.EndOfTurn(from, NeutralRole.User, IsNoAnswer);
            var (isAny, hasPictures) = ChatResultWriter.Write(request, json, messages[from..to], model);
            isBehindTool |= isAny;
            if (hasPictures)
            {
                WriteBetween(json, model, ref isBehindTool);
                ChatResultWriter.WritePictures(request, json, messages[from..to], model);
            }

            for (var m = from; m < to; m++)
            {
                var role = messages[m].Role;
                if ((role == NeutralRole.System && !model.Takes(RequestFeatures.LateSystem)) || !SaysSomething(request, messages[m], model))
                    continue;
                if (role != NeutralRole.Assistant)
                    WriteBetween(json, model, ref isBehindTool);
                isBehindTool = false;
                WriteMessage(request, json, messages.Slice(m, 1), role, model, isPrefix: messages[m] == begun);
            }
        }

        json.EndArray();
    }

    /// <summary>The word that is put between a tool and the user is the assistant's: an empty one is refused, too.</summary>
    private static void WriteBetween(JsonOut json, in ModelAbilities model, ref bool isBehindTool)
    {
        if (isBehindTool && !model.Takes(RequestFeatures.UserAfterTool))
            json.StartObject().Text("role"u8, "assistant"u8).Text("content"u8, "Done."u8).EndObject();
        isBehindTool = false;
    }

    /// <summary>
    /// What the system says first is one message: templates of many models refuse a second. What it says later stays in its place where that is known to be
    /// taken; else it goes up to the first, reported.
    /// </summary>
    /// <returns>The first message of a turn.</returns>
    private static int WriteSystem(NeutralRequest request, JsonOut json, ReadOnlySpan<NeutralMessage> messages, in ModelAbilities model)
    {
        var first = 0;
        while (first < messages.Length && messages[first].Role == NeutralRole.System)
            first++;
        var told = model.Takes(RequestFeatures.LateSystem) ? messages[..first] : messages;
        var isAny = false;
        for (var m = 0; m < told.Length; m++)
        {
            if (told[m].Role != NeutralRole.System || !SaysSomething(request, told[m], model))
                continue;
            isAny = true;
            request.LoseIf(m >= first, request.Names.Role);
        }

        if (isAny)
            WriteMessage(request, json, told, NeutralRole.System, model, isPrefix: false);
        return first;
    }

    /// <summary>
    /// An answer that the request begins is refused by some models wherever they are, which are asked for its rest; who is not known to refuse it may answer
    /// anew, or repeat it, which is no continuation to who waits for one.
    /// </summary>
    /// <returns>What has to be said to be a prefix.</returns>
    private static NeutralMessage? FitBegun(NeutralRequest request, in ModelAbilities model)
    {
        if (request.Begun(IsLeftOut) is not { } begun)
            return null;
        if (model.Prefill == PrefillForm.Refused)
            request.AskToGoOn();
        else
            request.LoseIf(request.GoesOn, request.Names.Prefill);
        return model.Prefill == PrefillForm.Repeated ? begun : null;
    }

    /// <summary>Whether nothing of a message is told: neither by itself, nor the results in it.</summary>
    private static bool IsLeftOut(NeutralRequest request, NeutralMessage message)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            if (request.Parts[p].Kind == PartKind.ToolResult)
                return false;
        }

        return !Says(request, message);
    }

    /// <summary>Whether a message does not end a turn of the user's.</summary>
    private static bool IsNoAnswer(NeutralRequest request, NeutralMessage message) => message.Role == NeutralRole.System || IsLeftOut(request, message);

    /// <summary>A turn of which nothing can be carried is left out, reported: one without content is refused. What the assistant left empty stays.</summary>
    private static bool SaysSomething(NeutralRequest request, NeutralMessage message, in ModelAbilities model)
    {
        var isAnswer = message.Role == NeutralRole.Assistant;
        var (says, thinks) = (Says(request, message), false);
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.Kind == PartKind.ToolResult || part.IsOfResult)
                continue;
            request.LoseIf(part.Kind == PartKind.Audio && (isAnswer || Sound.ChatFormat(request.Source, part).IsEmpty), request.Names.Audio);
            thinks |= part.Kind == PartKind.Thinking;
            request.LoseIf(part.Kind == PartKind.HiddenThinking || (part.Kind == PartKind.Thinking && !IsKept(part, model)), request.Names.Thinking);
            request.LoseIf(part.Kind == PartKind.FileUrl, request.Names.File);
            request.LoseIf(isAnswer && part.Kind is (PartKind.Image or PartKind.ImageUrl), request.Names.ImageUrl);
            request.LoseIf(isAnswer && part.Kind == PartKind.File, request.Names.File);
        }

        request.LoseIf(thinks && !says, request.Names.Thinking);
        return says;
    }

    /// <summary>Whether something of a turn is told besides results: what the assistant left empty is.</summary>
    private static bool Says(NeutralRequest request, NeutralMessage message)
    {
        var isAnswer = message.Role == NeutralRole.Assistant;
        var others = false;
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.Kind == PartKind.ToolResult || part.IsOfResult)
                continue;
            if (part.Kind is PartKind.Text or PartKind.Refusal
                || (isAnswer ? part.Kind == PartKind.ToolCall : part.Kind is PartKind.Image or PartKind.ImageUrl or PartKind.File)
                || (!isAnswer && !Sound.ChatFormat(request.Source, part).IsEmpty))
                return true;
            others = true;
        }

        return isAnswer && !others;
    }

    /// <summary>A thought is carried whole where the model takes it back, and nothing but its text belongs to it.</summary>
    private static bool IsKept(in NeutralPart thought, in ModelAbilities model) =>
        model.Takes(RequestFeatures.ReasoningContent) && thought is { Text.Length: > 0, Signature.Length: 0 };

    /// <summary>What a tool or the assistant has said has one mark for all of it: the last.</summary>
    internal static void WriteMark(NeutralRequest request, JsonOut json, int from, int to, in ModelAbilities model)
    {
        if (!model.Takes(RequestFeatures.CacheControl))
            return;
        Piece last = default;
        for (var p = from; p < to; p++)
        {
            var mark = request.Parts[p].CacheMark;
            request.LoseIf(mark.IsPresent && last.IsPresent, request.Names.PartCache);
            last = mark.IsPresent ? mark : last;
        }

        PromptCache.Write(request, json, last);
    }

    /// <summary>Writes what one speaker says in messages that are one.</summary>
    private static void WriteMessage(
        NeutralRequest request, JsonOut json, ReadOnlySpan<NeutralMessage> messages, NeutralRole role, in ModelAbilities model, bool isPrefix)
    {
        json.StartObject().Text("role"u8, role switch
        {
            NeutralRole.System => "system"u8,
            NeutralRole.Assistant => "assistant"u8,
            _ => "user"u8,
        });
        if (role == NeutralRole.Assistant)
            WriteAnswer(request, json, messages[0], model);
        else
            WriteContent(request, json, messages, role, model.Takes(RequestFeatures.CacheControl));
        if (isPrefix)
            json.Flag("prefix"u8, true);
        json.EndObject();
    }

    /// <summary>Text alone is one string, with an empty line between its parts: many servers take nothing else of a system prompt, some nothing else.</summary>
    private static void WriteContent(NeutralRequest request, JsonOut json, ReadOnlySpan<NeutralMessage> messages, NeutralRole role, bool marks)
    {
        if (!HasOthers(request, messages, role, marks))
        {
            var text = json.OpenText("content"u8);
            var from = text.Length;
            foreach (var message in messages)
            {
                if (message.Role == role)
                    WriteText(request, text, from, message, isThought: false, "\\n\\n"u8);
            }

            json.CloseText();
            return;
        }

        json.StartArray("content"u8);
        foreach (var message in messages)
        {
            for (var p = message.From; message.Role == role && p < message.From + message.Count; p++)
            {
                var part = request.Parts[p];
                if (part.Kind != PartKind.ToolResult && !part.IsOfResult)
                    WritePart(request, json, part, marks);
            }
        }

        json.EndArray();
    }

    /// <summary>Whether messages have more in them than text: pictures, files, sound, or marks of the cache that are taken.</summary>
    private static bool HasOthers(NeutralRequest request, ReadOnlySpan<NeutralMessage> messages, NeutralRole role, bool marks)
    {
        foreach (var message in messages)
        {
            for (var p = message.From; message.Role == role && p < message.From + message.Count; p++)
            {
                var part = request.Parts[p];
                if (part.Kind != PartKind.ToolResult && !part.IsOfResult
                    && (part.Kind is PartKind.Image or PartKind.ImageUrl or PartKind.File || !Sound.ChatFormat(request.Source, part).IsEmpty
                        || (marks && part.CacheMark.IsPresent)))
                    return true;
            }
        }

        return false;
    }

    /// <summary>Adds what a message says, or what was thought before it, to a text that began at a place.</summary>
    private static void WriteText(NeutralRequest request, TextBuffer text, int from, NeutralMessage message, bool isThought, ReadOnlySpan<byte> between)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.IsOfResult || part.Text.Length == 0 || !(isThought ? part.Kind == PartKind.Thinking : part.Kind is PartKind.Text or PartKind.Refusal))
                continue;
            text.Add(text.Length > from ? between : default).Add(part.Text.Of(request.Source));
        }
    }

    /// <summary>Writes a part of a message's content.</summary>
    internal static void WritePart(NeutralRequest request, JsonOut json, in NeutralPart part, bool marks)
    {
        var source = request.Source;
        switch (part.Kind)
        {
            case PartKind.Text or PartKind.Refusal:
                json.StartObject().Text("type"u8, "text"u8).Text("text"u8, part.Text.Of(source));
                break;
            case PartKind.Image or PartKind.ImageUrl:
                json.StartObject().Text("type"u8, "image_url"u8).StartObject("image_url"u8);
                WriteUrl(json, "url"u8, source, part);
                if (part.Detail.IsPresent)
                    json.Text("detail"u8, part.Detail.Of(source));
                json.EndObject();
                break;
            case PartKind.Audio when Sound.ChatFormat(source, part) is { IsEmpty: false } format:
                json.StartObject().Text("type"u8, "input_audio"u8).StartObject("input_audio"u8).Text("data"u8, part.Text.Of(source))
                    .Text("format"u8, format).EndObject();
                break;
            case PartKind.File:
                json.StartObject().Text("type"u8, "file"u8).StartObject("file"u8)
                    .Text("filename"u8, part.Name.IsPresent ? part.Name.Of(source) : "document"u8);
                WriteUrl(json, "file_data"u8, source, part);
                json.EndObject();
                break;
            default:
                return;
        }

        if (marks)
            PromptCache.Write(request, json, part.CacheMark);
        json.EndObject();
    }

    private static void WriteUrl(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart part)
    {
        var text = json.OpenText(name);
        if (part.Kind != PartKind.ImageUrl)
            text.Add("data:"u8).Add(part.Media.Of(source)).Add(";base64,"u8);
        text.Add(part.Text.Of(source));
        json.CloseText();
    }

    /// <summary>What the assistant said: its texts are one, and the calls stand behind them.</summary>
    private static void WriteAnswer(NeutralRequest request, JsonOut json, NeutralMessage message, in ModelAbilities model)
    {
        var (calls, texts, thoughts) = (0, 0, 0);
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            calls += part.Kind == PartKind.ToolCall ? 1 : 0;
            texts += part.Kind is PartKind.Text or PartKind.Refusal ? 1 : 0;
            thoughts += part.Kind == PartKind.Thinking ? 1 : 0;
        }

        if (texts == 0 && calls > 0)
            json.Value("content"u8, "null"u8);
        else
        {
            var text = json.OpenText("content"u8);
            WriteText(request, text, text.Length, message, isThought: false, default);
            json.CloseText();
        }

        // A call without it is refused by who thinks; that nothing is at hand is taken.
        if ((thoughts > 0 || calls > 0) && model.Takes(RequestFeatures.ReasoningContent))
        {
            var text = json.OpenText("reasoning_content"u8);
            WriteText(request, text, text.Length, message, isThought: true, "\\n\\n"u8);
            json.CloseText();
        }

        if (calls > 0)
            WriteCalls(request, json, message, model);
        WriteMark(request, json, message.From, message.From + message.Count, model);
    }

    private static void WriteCalls(NeutralRequest request, JsonOut json, NeutralMessage message, in ModelAbilities model)
    {
        json.StartArray("tool_calls"u8);
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var call = request.Parts[p];
            if (call.Kind != PartKind.ToolCall)
                continue;
            request.LoseIf(call.Signature.IsPresent && !model.WantsCallProof, request.Names.CallProof);
            CallId.Write(json.StartObject(), "id"u8, request.Source, call, ChatResultWriter.FormOf(model))
                .Text("type"u8, call.IsCustom ? "custom"u8 : "function"u8);
            if (call.Signature.IsPresent && model.WantsCallProof)
                json.StartObject("extra_content"u8).StartObject("google"u8).Text("thought_signature"u8, call.Signature.Of(request.Source))
                    .EndObject().EndObject();
            json.StartObject(call.IsCustom ? "custom"u8 : "function"u8).Text("name"u8, call.Name.Of(request.Source));
            if (call.IsCustom)
                json.Text("input"u8, call.Text.Of(request.Source));
            else
                CallArguments.WriteText(json, "arguments"u8, request.Source, call);
            json.EndObject().EndObject();
        }

        json.EndArray();
    }
}
