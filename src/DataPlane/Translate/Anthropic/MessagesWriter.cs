namespace AiEdge.DataPlane.Translate.Anthropic;

/// <summary>Writes the turns of a request for Messages: those of one speaker that follow each other become one.</summary>
internal static class MessagesWriter
{
    public static void Write(NeutralRequest request, JsonOut json)
    {
        NeutralRole? speaker = null;
        json.StartArray("messages"u8);
        foreach (var message in request.Messages)
        {
            if (message.Role == NeutralRole.System || !SaysSomething(request, message))
                continue;
            if (message.Role != speaker)
            {
                if (speaker is not null)
                    json.EndArray().EndObject();
                speaker = message.Role;
                json.StartObject().Text("role"u8, speaker == NeutralRole.User ? "user"u8 : "assistant"u8).StartArray("content"u8);
            }

            WriteParts(request, json, message);
        }

        if (speaker is not null)
            json.EndArray().EndObject();
        json.EndArray();
    }

    private static bool SaysSomething(NeutralRequest request, NeutralMessage message)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            if (IsWritten(request.Parts[p]))
                return true;
        }

        return false;
    }

    /// <summary>Text without a letter in it is refused, and thought without its signature.</summary>
    private static bool IsWritten(in NeutralPart part) => part.Kind switch
    {
        PartKind.Text or PartKind.Refusal => part.Text.Length > 0,
        PartKind.Thinking => part is { Signature.IsPresent: true, IsSealed: false },
        _ => true,
    };

    private static void WriteParts(NeutralRequest request, JsonOut json, NeutralMessage message)
    {
        var end = message.From + message.Count;
        for (var p = message.From; p < end; p++)
        {
            var part = request.Parts[p];
            if (part.Kind == PartKind.ToolResult)
            {
                var from = p + 1;
                while (p + 1 < end && request.Parts[p + 1].IsOfResult)
                    p++;
                WriteResult(request, json, part, from, p + 1);
                continue;
            }

            request.LoseIf(part.Kind == PartKind.Thinking && !IsWritten(part), request.Names.Thinking);
            if (IsWritten(part))
                WritePart(request, json, part);
        }
    }

    private static void WriteResult(NeutralRequest request, JsonOut json, in NeutralPart result, int from, int to)
    {
        json.StartObject().Text("type"u8, "tool_result"u8);
        CallId.Write(json, "tool_use_id"u8, request.Source, result);
        if (result.IsError)
            json.Flag("is_error"u8, true);
        json.StartArray("content"u8);
        for (var p = from; p < to; p++)
        {
            if (IsWritten(request.Parts[p]))
                WritePart(request, json, request.Parts[p]);
        }

        json.EndArray().EndObject();
    }

    private static void WritePart(NeutralRequest request, JsonOut json, in NeutralPart part)
    {
        var source = request.Source;
        json.StartObject();
        switch (part.Kind)
        {
            case PartKind.Text when part.IsObject:
                json.Text("type"u8, "text"u8).OpenText("text"u8).AddEscaped(part.Text.Of(source));
                json.CloseText();
                break;
            case PartKind.Text or PartKind.Refusal:
                json.Text("type"u8, "text"u8).Text("text"u8, part.Text.Of(source));
                break;
            case PartKind.Image or PartKind.File:
                json.Text("type"u8, part.Kind == PartKind.Image ? "image"u8 : "document"u8);
                if (part is { Kind: PartKind.File, Name.IsPresent: true })
                    json.Text("title"u8, part.Name.Of(source));
                json.StartObject("source"u8).Text("type"u8, "base64"u8).Text("media_type"u8, part.Media.Of(source))
                    .Text("data"u8, part.Text.Of(source)).EndObject();
                break;
            case PartKind.ImageUrl or PartKind.FileUrl:
                json.Text("type"u8, part.Kind == PartKind.ImageUrl ? "image"u8 : "document"u8)
                    .StartObject("source"u8).Text("type"u8, "url"u8).Text("url"u8, part.Text.Of(source)).EndObject();
                break;
            case PartKind.Thinking:
                json.Text("type"u8, "thinking"u8).Text("thinking"u8, part.Text.Of(source)).Text("signature"u8, part.Signature.Of(source));
                break;
            case PartKind.HiddenThinking:
                json.Text("type"u8, "redacted_thinking"u8).Text("data"u8, part.Text.Of(source));
                break;
            default:
                WriteCall(request, json, part);
                break;
        }

        json.EndObject();
    }

    private static void WriteCall(NeutralRequest request, JsonOut json, in NeutralPart call)
    {
        request.LoseIf(call.Signature.IsPresent, request.Names.CallProof);
        CallId.Write(json.Text("type"u8, "tool_use"u8), "id"u8, request.Source, call)
            .Text("name"u8, call.Name.Of(request.Source));
        request.LoseIf(!CallArguments.WriteObject(json, "input"u8, request.Source, call), request.Names.Arguments);
    }
}
