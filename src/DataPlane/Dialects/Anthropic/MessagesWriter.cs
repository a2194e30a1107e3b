using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Writes the turns of a request for Messages: those of one speaker that follow each other become one.</summary>
internal static class MessagesWriter
{
    /// <summary>In a turn of the user what tools have answered stands first: behind anything else it is refused.</summary>
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="staysSystem">What the system says behind the first turn stays among them, behind the user's.</param>
    public static void Write(NeutralRequest request, JsonOut json, bool staysSystem)
    {
        json.StartArray("messages"u8);
        var messages = request.Messages;
        var told = messages.FindIndex(static message => message.Role != NeutralRole.System);
        for (var i = 0; i < messages.Count; i++)
        {
            if (IsLeftOut(request, messages[i]))
                continue;
            var (from, role) = (i, messages[i].Role);
            i = request.EndOfTurn(from, role, IsLeftOut) - 1;
            json.StartObject().Text("role"u8, role == NeutralRole.User ? "user"u8 : "assistant"u8).StartArray("content"u8);
            for (var pass = role == NeutralRole.User ? 0 : 1; pass < 2; pass++)
            {
                for (var m = from; m <= i; m++)
                {
                    if (messages[m].Role == role)
                        WriteParts(request, json, messages[m], isResults: pass == 0);
                }
            }

            json.EndArray().EndObject();
            if (!staysSystem || role != NeutralRole.User)
                continue;
            MessagesSystem.WriteBehind(request, json, told, i + 1);
            told = i + 1;
        }

        json.EndArray();
    }

    /// <summary>Whether there is a turn at all besides what the system prompt says.</summary>
    public static bool HasTurns(NeutralRequest request)
    {
        foreach (var message in request.Messages)
        {
            if (message.Role != NeutralRole.System && SaysSomething(request, message))
                return true;
        }

        return false;
    }

    /// <summary>
    /// An answer that the request begins is gone on with by models that do so, and that do not think meanwhile; it may not end in white space then. Others are
    /// asked for its rest.
    /// </summary>
    public static void FitBegun(NeutralRequest request, bool isContinued)
    {
        if (request.Begun(IsLeftOut) is not { } begun)
            return;
        if (!isContinued)
        {
            request.AskToGoOn();
            return;
        }

        var at = begun.From + begun.Count - 1;
        while (!IsWritten(request, request.Parts[at]))
            at--;
        var part = request.Parts[at];
        if (part.Kind is not (PartKind.Text or PartKind.Refusal))
            return;
        part.Text = part.Text with { Length = JsonUnescape.LengthWithoutEnd(part.Text.Of(request.Source)) };
        request.Parts[at] = part;
    }

    private static bool IsLeftOut(NeutralRequest request, NeutralMessage message)
    {
        if (message.Role != NeutralRole.System && SaysSomething(request, message))
            return false;
        if (message.Role != NeutralRole.System)
            LoseUnwritten(request, message);
        return true;
    }

    private static void LoseUnwritten(NeutralRequest request, NeutralMessage message)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
            LoseUnwritten(request, request.Parts[p]);
    }

    private static void LoseUnwritten(NeutralRequest request, in NeutralPart part)
    {
        if (IsWritten(request, part))
            return;
        request.LoseIf(part.Kind == PartKind.Thinking, request.Names.Thinking);
        request.LoseIf(part.Kind == PartKind.Image, request.Names.ImageUrl);
        request.LoseIf(part.Kind == PartKind.File, request.Names.File);
        request.LoseIf(part.Kind == PartKind.Audio, request.Names.Audio);
    }

    private static bool SaysSomething(NeutralRequest request, NeutralMessage message)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            if (IsWritten(request, request.Parts[p]))
                return true;
        }

        return false;
    }

    /// <summary>Text without a letter in it is refused, and thought without its signature.</summary>
    private static bool IsWritten(NeutralRequest request, in NeutralPart part) => part.Kind switch
    {
        PartKind.Text or PartKind.Refusal => !JsonUnescape.IsBlank(part.Text.Of(request.Source)),
        PartKind.Thinking => part is { Signature.IsPresent: true, IsSealed: false },
        PartKind.Audio => false,
        PartKind.Image => !MessagesFile.PictureOf(request.Source, part).IsEmpty,
        PartKind.File => MessagesFile.Takes(request.Source, part),
        _ => true,
    };

    private static void WriteParts(NeutralRequest request, JsonOut json, NeutralMessage message, bool isResults)
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
                if (isResults)
                    WriteResult(request, json, part, from, p + 1);
                continue;
            }

            if (isResults)
                continue;
            LoseUnwritten(request, part);
            if (IsWritten(request, part))
                WritePart(request, json, part);
        }
    }

    private static void WriteResult(NeutralRequest request, JsonOut json, in NeutralPart result, int from, int to)
    {
        json.StartObject().Text("type"u8, "tool_result"u8);
        CallId.Write(json, "tool_use_id"u8, request.Source, result, CallIdForm.Messages);
        if (result.IsError)
            json.Flag("is_error"u8, true);
        PromptCache.Write(request, json, result.CacheMark);
        json.StartArray("content"u8);
        for (var p = from; p < to; p++)
        {
            LoseUnwritten(request, request.Parts[p]);
            if (IsWritten(request, request.Parts[p]))
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
            case PartKind.File:
                request.LoseIf(!MessagesFile.Write(json, source, part) && part.Name.IsPresent, request.Names.FileName);
                break;
            case PartKind.Image:
                json.Text("type"u8, "image"u8).StartObject("source"u8).Text("type"u8, "base64"u8).Text("media_type"u8, MessagesFile.PictureOf(source, part))
                    .Text("data"u8, part.Text.Of(source)).EndObject();
                break;
            case PartKind.ImageUrl or PartKind.FileUrl:
                json.Text("type"u8, part.Kind == PartKind.ImageUrl ? "image"u8 : "document"u8);
                if (part.Name.IsPresent)
                    json.Text("title"u8, part.Name.Of(source));
                json.StartObject("source"u8).Text("type"u8, "url"u8).Text("url"u8, part.Text.Of(source)).EndObject();
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

        if (part.Kind is not (PartKind.Thinking or PartKind.HiddenThinking))
            PromptCache.Write(request, json, part.CacheMark);
        json.EndObject();
    }

    private static void WriteCall(NeutralRequest request, JsonOut json, in NeutralPart call)
    {
        request.LoseIf(call.Signature.IsPresent, request.Names.CallProof);
        CallId.Write(json.Text("type"u8, "tool_use"u8), "id"u8, request.Source, call, CallIdForm.Messages)
            .Text("name"u8, call.Name.Of(request.Source));
        request.LoseIf(!CallArguments.WriteObject(json, "input"u8, request.Source, call), request.Names.Arguments);
    }
}
