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
        json.StartArray("messages"u8);
        foreach (var message in request.Messages)
        {
            WriteResults(request, json, message, FormOf(model));
            if (SaysSomething(request, message))
                WriteMessage(request, json, message, model);
        }

        json.EndArray();
    }

    private static CallIdForm FormOf(in ModelAbilities model) => model.TakesNineLetterIds ? CallIdForm.Nine : CallIdForm.Chat;

    private static void WriteResults(NeutralRequest request, JsonOut json, NeutralMessage message, CallIdForm ids)
    {
        var end = message.From + message.Count;
        for (var p = message.From; p < end; p++)
        {
            if (request.Parts[p].Kind != PartKind.ToolResult)
                continue;
            var result = request.Parts[p];
            var from = p + 1;
            while (p + 1 < end && request.Parts[p + 1].IsOfResult)
                p++;
            WriteResult(request, json, result, from, p + 1, ids);
        }
    }

    /// <summary>A turn of which nothing can be carried is left out, reported: one without content is refused. What the assistant left empty stays.</summary>
    private static bool SaysSomething(NeutralRequest request, NeutralMessage message)
    {
        var isAnswer = message.Role == NeutralRole.Assistant;
        var (says, others) = (false, false);
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.Kind == PartKind.ToolResult || part.IsOfResult)
                continue;
            others = true;
            says |= part.Kind is PartKind.Text or PartKind.Refusal
                || (isAnswer ? part.Kind == PartKind.ToolCall : part.Kind is PartKind.Image or PartKind.ImageUrl or PartKind.File)
                || (!isAnswer && !Sound.ChatFormat(request.Source, part).IsEmpty);
            request.LoseIf(part.Kind == PartKind.Audio && (isAnswer || Sound.ChatFormat(request.Source, part).IsEmpty), request.Names.Audio);
            request.LoseIf(part.Kind is PartKind.Thinking or PartKind.HiddenThinking, request.Names.Thinking);
            request.LoseIf(part.Kind == PartKind.FileUrl, request.Names.File);
            request.LoseIf(isAnswer && part.Kind is (PartKind.Image or PartKind.ImageUrl), request.Names.ImageUrl);
            request.LoseIf(isAnswer && part.Kind == PartKind.File, request.Names.File);
        }

        return says || (isAnswer && !others);
    }

    /// <summary>A result is text alone, and nothing says whether it failed.</summary>
    private static void WriteResult(NeutralRequest request, JsonOut json, in NeutralPart result, int from, int to, CallIdForm ids)
    {
        request.LoseIf(result.IsError, request.Names.ResultIsError);
        json.StartObject().Text("role"u8, "tool"u8);
        CallId.Write(json, "tool_call_id"u8, request.Source, result, ids);
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

        json.CloseText().EndObject();
    }

    private static void WriteMessage(NeutralRequest request, JsonOut json, NeutralMessage message, in ModelAbilities model)
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
            WriteContent(request, json, message);
        json.EndObject();
    }

    private static void WriteContent(NeutralRequest request, JsonOut json, NeutralMessage message)
    {
        json.StartArray("content"u8);
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            var part = request.Parts[p];
            if (part.Kind != PartKind.ToolResult && !part.IsOfResult)
                WritePart(request, json, part);
        }

        json.EndArray();
    }

    private static void WritePart(NeutralRequest request, JsonOut json, in NeutralPart part)
    {
        var source = request.Source;
        switch (part.Kind)
        {
            case PartKind.Text or PartKind.Refusal:
                json.StartObject().Text("type"u8, "text"u8).Text("text"u8, part.Text.Of(source)).EndObject();
                break;
            case PartKind.Image or PartKind.ImageUrl:
                json.StartObject().Text("type"u8, "image_url"u8).StartObject("image_url"u8);
                WriteUrl(json, "url"u8, source, part);
                if (part.Detail.IsPresent)
                    json.Text("detail"u8, part.Detail.Of(source));
                json.EndObject().EndObject();
                break;
            case PartKind.Audio when Sound.ChatFormat(source, part) is { IsEmpty: false } format:
                json.StartObject().Text("type"u8, "input_audio"u8).StartObject("input_audio"u8).Text("data"u8, part.Text.Of(source))
                    .Text("format"u8, format).EndObject().EndObject();
                break;
            case PartKind.File:
                json.StartObject().Text("type"u8, "file"u8).StartObject("file"u8)
                    .Text("filename"u8, part.Name.IsPresent ? part.Name.Of(source) : "document"u8);
                WriteUrl(json, "file_data"u8, source, part);
                json.EndObject().EndObject();
                break;
        }
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
        var (end, calls, texts) = (message.From + message.Count, 0, 0);
        for (var p = message.From; p < end; p++)
        {
            var kind = request.Parts[p].Kind;
            calls += kind == PartKind.ToolCall ? 1 : 0;
            texts += kind is PartKind.Text or PartKind.Refusal ? 1 : 0;
        }

        if (texts == 0 && calls > 0)
            json.Value("content"u8, "null"u8);
        else
        {
            var text = json.OpenText("content"u8);
            for (var p = message.From; p < end; p++)
            {
                if (request.Parts[p].Kind is PartKind.Text or PartKind.Refusal)
                    text.Add(request.Parts[p].Text.Of(request.Source));
            }

            json.CloseText();
        }

        if (calls > 0)
            WriteCalls(request, json, message, model);
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
