using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Writes the messages of a request for chat completions: what tools have answered are messages of their own.</summary>
internal static class ChatMessageWriter
{
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="model">What the model takes; one that refuses calls without what proves them has a place for it.</param>
    public static void Write(NeutralRequest request, JsonOut json, in ModelAbilities model)
    {
        var begun = FitBegun(request, model);
        json.StartArray("messages"u8);
        var isBehindTool = false;
        foreach (var message in request.Messages)
        {
            isBehindTool |= WriteResults(request, json, message, model);
            if (!SaysSomething(request, message, model))
                continue;

            // The word that is put between is the assistant's: an empty one is refused, too.
            if (isBehindTool && message.Role != NeutralRole.Assistant && !model.Takes(RequestFeatures.UserAfterTool))
                json.StartObject().Text("role"u8, "assistant"u8).Text("content"u8, "Done."u8).EndObject();
            isBehindTool = false;
            WriteMessage(request, json, message, model, isPrefix: message == begun);
        }

        json.EndArray();
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

    private static CallIdForm FormOf(in ModelAbilities model) => model.IsMistral ? CallIdForm.Nine : CallIdForm.Chat;

    private static bool WriteResults(NeutralRequest request, JsonOut json, NeutralMessage message, in ModelAbilities model)
    {
        var (end, isAny) = (message.From + message.Count, false);
        for (var p = message.From; p < end; p++)
        {
            if (request.Parts[p].Kind != PartKind.ToolResult)
                continue;
            var result = request.Parts[p];
            var from = p + 1;
            while (p + 1 < end && request.Parts[p + 1].IsOfResult)
                p++;
            WriteResult(request, json, result, from, p + 1, model);
            isAny = true;
        }

        return isAny;
    }

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

    /// <summary>A result is text alone, and nothing says whether it failed.</summary>
    private static void WriteResult(NeutralRequest request, JsonOut json, in NeutralPart result, int from, int to, in ModelAbilities model)
    {
        request.LoseIf(result.IsError, request.Names.ResultIsError);
        json.StartObject().Text("role"u8, "tool"u8);
        CallId.Write(json, "tool_call_id"u8, request.Source, result, FormOf(model));
        var text = json.OpenText("content"u8);
        for (var p = from; p < to; p++)
        {
            var part = request.Parts[p];
            if (part.Kind != PartKind.Text)
                request.Losses.Add(request.Names.ResultContent);
            else if (part.IsObject)
                text.AddEscaped(part.Text.Of(request.Source));
            else
                text.Add(part.Text.Of(request.Source));
        }

        json.CloseText();
        WriteMark(request, json, from - 1, to, model);
        json.EndObject();
    }

    /// <summary>What a tool or the assistant has said has one mark for all of it: the last.</summary>
    private static void WriteMark(NeutralRequest request, JsonOut json, int from, int to, in ModelAbilities model)
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

    private static void WriteMessage(NeutralRequest request, JsonOut json, NeutralMessage message, in ModelAbilities model, bool isPrefix)
    {
        json.StartObject().Text("role"u8, message.Role switch
        {
            NeutralRole.System => "system"u8,
            NeutralRole.Assistant => "assistant"u8,
            _ => "user"u8,
        });
        if (message.Role == NeutralRole.Assistant)
            WriteAnswer(request, json, message, model);
        else
            WriteContent(request, json, message, model.Takes(RequestFeatures.CacheControl));
        if (isPrefix)
            json.Flag("prefix"u8, true);
        json.EndObject();
    }

    /// <summary>Text alone is one string, with an empty line between its parts: many servers take nothing else of a system prompt, some nothing else.</summary>
    private static void WriteContent(NeutralRequest request, JsonOut json, NeutralMessage message, bool marks)
    {
        if (!HasOthers(request, message, marks))
        {
            WriteText(request, json.OpenText("content"u8), message, isThought: false, "\\n\\n"u8);
            json.CloseText();
            return;
        }

        json.StartArray("content"u8);
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.Kind != PartKind.ToolResult && !part.IsOfResult)
                WritePart(request, json, part, marks);
        }

        json.EndArray();
    }

    /// <summary>Whether a message has more in it than text: pictures, files, sound, or marks of the cache that are taken.</summary>
    private static bool HasOthers(NeutralRequest request, NeutralMessage message, bool marks)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.Kind != PartKind.ToolResult && !part.IsOfResult
                && (part.Kind is PartKind.Image or PartKind.ImageUrl or PartKind.File || !Sound.ChatFormat(request.Source, part).IsEmpty
                    || (marks && part.CacheMark.IsPresent)))
                return true;
        }

        return false;
    }

    /// <summary>What a message says, or what was thought before it, as one text.</summary>
    private static void WriteText(NeutralRequest request, TextBuffer text, NeutralMessage message, bool isThought, ReadOnlySpan<byte> between)
    {
        var from = text.Length;
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.IsOfResult || part.Text.Length == 0 || !(isThought ? part.Kind == PartKind.Thinking : part.Kind is PartKind.Text or PartKind.Refusal))
                continue;
            text.Add(text.Length > from ? between : default).Add(part.Text.Of(request.Source));
        }
    }

    private static void WritePart(NeutralRequest request, JsonOut json, in NeutralPart part, bool marks)
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
            WriteText(request, json.OpenText("content"u8), message, isThought: false, default);
            json.CloseText();
        }

        // A call without it is refused by who thinks; that nothing is at hand is taken.
        if ((thoughts > 0 || calls > 0) && model.Takes(RequestFeatures.ReasoningContent))
        {
            WriteText(request, json.OpenText("reasoning_content"u8), message, isThought: true, "\\n\\n"u8);
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
            CallId.Write(json.StartObject(), "id"u8, request.Source, call, FormOf(model)).Text("type"u8, call.IsCustom ? "custom"u8 : "function"u8);
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
