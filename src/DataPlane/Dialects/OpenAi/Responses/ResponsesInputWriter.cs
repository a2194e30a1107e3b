using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Writes what is said in a request for Responses: a system prompt that opens it are the instructions, all else are items: what one speaker says in a
/// turn is a message, and what the assistant thinks and calls, and what tools answer, stand beside it in their order.
/// </summary>
internal static class ResponsesInputWriter
{
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="takesThought">Whether the model takes thoughts back: others refuse them.</param>
    public static void Write(NeutralRequest request, JsonOut json, bool takesThought)
    {
        var from = WriteInstructions(request, json);
        json.StartArray("input"u8);
        for (var i = from; i < request.Messages.Count; i++)
            WriteMessage(request, json, request.Messages[i], takesThought);
        json.EndArray();
    }

    /// <summary>
    /// A prompt of several parts stays a message, and so does one that nothing follows: there has to be an input. Where JSON is asked for, the word has to be
    /// in that, so that the prompt stays there, too.
    /// </summary>
    private static int WriteInstructions(NeutralRequest request, JsonOut json)
    {
        if (request.Format == AnswerFormat.Json || request.Messages.Count < 2 || request.Messages[0] is not { Role: NeutralRole.System, Count: 1 } first)
            return 0;
        var part = request.Parts[first.From];
        if (part.Kind != PartKind.Text)
            return 0;
        json.Text("instructions"u8, part.Text.Of(request.Source));
        return 1;
    }

    private static void WriteMessage(NeutralRequest request, JsonOut json, NeutralMessage message, bool takesThought)
    {
        var (end, isOpen) = (message.From + message.Count, false);
        for (var p = message.From; p < end; p++)
        {
            var part = request.Parts[p];
            var saysNothing = message.Role == NeutralRole.Assistant && part is { Kind: PartKind.Text or PartKind.Refusal, Text.Length: 0 };
            if (saysNothing || IsLost(request, message.Role, part, takesThought))
                continue;
            if (part.Kind is PartKind.ToolResult or PartKind.ToolCall or PartKind.Thinking)
                Close(json, ref isOpen);
            switch (part.Kind)
            {
                case PartKind.ToolResult:
                    var from = p + 1;
                    while (p + 1 < end && request.Parts[p + 1].IsOfResult)
                        p++;
                    WriteResult(request, json, part, from, p + 1);
                    break;
                case PartKind.ToolCall:
                    WriteCall(request, json, part);
                    break;
                case PartKind.Thinking:
                    WriteThought(request, json, part);
                    break;
                default:
                    Open(json, message.Role, ref isOpen);
                    WritePart(request, json, part, message.Role == NeutralRole.Assistant);
                    break;
            }
        }

        Close(json, ref isOpen);
    }

    /// <summary>What has no place among the items is reported.</summary>
    private static bool IsLost(NeutralRequest request, NeutralRole role, in NeutralPart part, bool takesThought)
    {
        var name = part.Kind switch
        {
            PartKind.HiddenThinking => request.Names.Thinking,
            PartKind.Thinking when !takesThought || !part.IsSealed => request.Names.Thinking,
            PartKind.Audio => request.Names.Audio,
            PartKind.Image or PartKind.ImageUrl when role == NeutralRole.Assistant => request.Names.ImageUrl,
            PartKind.File or PartKind.FileUrl when role == NeutralRole.Assistant => request.Names.File,
            _ => null,
        };
        if (name is not null)
            request.Losses.Add(name);
        return name is not null;
    }

    private static void Open(JsonOut json, NeutralRole role, ref bool isOpen)
    {
        if (isOpen)
            return;
        isOpen = true;
        json.StartObject().Text("type"u8, "message"u8).Text("role"u8, role switch
        {
            NeutralRole.System => "system"u8,
            NeutralRole.Assistant => "assistant"u8,
            _ => "user"u8,
        }).StartArray("content"u8);
    }

    private static void Close(JsonOut json, ref bool isOpen)
    {
        if (isOpen)
            json.EndArray().EndObject();
        isOpen = false;
    }

    private static void WritePart(NeutralRequest request, JsonOut json, in NeutralPart part, bool isAnswer)
    {
        var source = request.Source;
        json.StartObject();
        switch (part.Kind)
        {
            case PartKind.Refusal when isAnswer:
                json.Text("type"u8, "refusal"u8).Text("refusal"u8, part.Text.Of(source));
                break;
            case PartKind.Image or PartKind.ImageUrl:
                WriteData(json.Text("type"u8, "input_image"u8), "image_url"u8, source, part, part.Kind == PartKind.ImageUrl);
                if (part.Detail.IsPresent)
                    json.Text("detail"u8, part.Detail.Of(source));
                break;
            case PartKind.File:
                json.Text("type"u8, "input_file"u8).Text("filename"u8, part.Name.IsPresent ? part.Name.Of(source) : "document"u8);
                WriteData(json, "file_data"u8, source, part, isUrl: false);
                break;
            case PartKind.FileUrl:
                request.LoseIf(part.Name.IsPresent, request.Names.FileName);
                WriteData(json.Text("type"u8, "input_file"u8), "file_url"u8, source, part, isUrl: true);
                break;
            default:
                ResultParts.AddText(request, json.Text("type"u8, isAnswer ? "output_text"u8 : "input_text"u8).OpenText("text"u8), part);
                json.CloseText();
                break;
        }

        json.EndObject();
    }

    private static void WriteData(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart part, bool isUrl)
    {
        var text = json.OpenText(name);
        if (!isUrl)
            text.Add("data:"u8).Add(part.Media.Of(source)).Add(";base64,"u8);
        text.Add(part.Text.Of(source));
        json.CloseText();
    }

    /// <summary>A result is one text, or parts where it has more than that; nothing says whether it failed.</summary>
    private static void WriteResult(NeutralRequest request, JsonOut json, in NeutralPart result, int from, int to)
    {
        request.LoseIf(result.IsError, request.Names.ResultIsError);
        var type = result.IsCustom ? "custom_tool_call_output"u8 : "function_call_output"u8;
        CallId.Write(json.StartObject().Text("type"u8, type), "call_id"u8, request.Source, result, CallIdForm.Responses);
        var (texts, others) = (0, 0);
        for (var p = from; p < to; p++)
        {
            var part = request.Parts[p];
            texts += IsText(part) && part.Text.Length > 0 ? 1 : 0;
            others += IsOfResult(part) && !IsText(part) ? 1 : 0;
            if (!IsOfResult(part))
                request.LoseUnlessText(part);
        }

        if (others == 0 && texts <= 1)
        {
            var text = json.OpenText("output"u8);
            for (var p = from; p < to; p++)
            {
                if (IsText(request.Parts[p]))
                    ResultParts.AddText(request, text, request.Parts[p]);
            }

            json.CloseText().EndObject();
            return;
        }

        json.StartArray("output"u8);
        for (var p = from; p < to; p++)
        {
            if (IsOfResult(request.Parts[p]) && (!IsText(request.Parts[p]) || request.Parts[p].Text.Length > 0))
                WritePart(request, json, request.Parts[p], isAnswer: false);
        }

        json.EndArray().EndObject();
    }

    private static bool IsText(in NeutralPart part) => part.Kind is PartKind.Text or PartKind.Refusal;

    /// <summary>Whether a part has a place in what a tool has answered: text, pictures and files have.</summary>
    private static bool IsOfResult(in NeutralPart part) =>
        IsText(part) || part.Kind is PartKind.Image or PartKind.ImageUrl or PartKind.File or PartKind.FileUrl;

    private static void WriteCall(NeutralRequest request, JsonOut json, in NeutralPart call)
    {
        request.LoseIf(call.Signature.IsPresent, request.Names.CallProof);
        json.StartObject().Text("type"u8, call.IsCustom ? "custom_tool_call"u8 : "function_call"u8);
        CallId.Write(json, "call_id"u8, request.Source, call, CallIdForm.Responses)
            .Text("name"u8, call.Name.Of(request.Source));
        if (call.IsCustom)
            json.Text("input"u8, call.Text.Of(request.Source));
        else
            CallArguments.WriteText(json, "arguments"u8, request.Source, call);
        json.EndObject();
    }

    private static void WriteThought(NeutralRequest request, JsonOut json, in NeutralPart thought)
    {
        json.StartObject().Text("type"u8, "reasoning"u8).StartArray("summary"u8);
        if (thought.Text.Length > 0)
            json.StartObject().Text("type"u8, "summary_text"u8).Text("text"u8, thought.Text.Of(request.Source)).EndObject();
        json.EndArray().Text("encrypted_content"u8, thought.Signature.Of(request.Source)).EndObject();
    }
}
