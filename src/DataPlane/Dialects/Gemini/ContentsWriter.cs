using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Writes the contents of a request: those of one speaker that follow each other become one.</summary>
internal static class ContentsWriter
{
    /// <summary>What Gemini takes in the place of a signature, for calls that another model has made.</summary>
    private static ReadOnlySpan<byte> NoSignature => "skip_thought_signature_validator"u8;

    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="model">What the model takes: some refuse calls without a signature, some refuse their ids and some ask for them.</param>
    public static void Write(NeutralRequest request, JsonOut json, in ModelAbilities model)
    {
        if (!HasTurns(request))
            request.TurnSystem();
        WriteSystem(request, json);
        json.StartArray("contents"u8);
        var table = new CallTable(request);
        WriteTurns(request, json, model, ref table);
        table.Release();
        json.EndArray();
    }

    private static void WriteTurns(NeutralRequest request, JsonOut json, in ModelAbilities model, ref CallTable table)
    {
        var messages = request.Messages;
        ContentsTurn calls = default;
        for (var i = 0; i < messages.Count; i++)
        {
            if (IsLeftOut(request, messages[i]))
                continue;
            var (from, role) = (i, messages[i].Role);
            i = request.EndOfTurn(from, role, IsLeftOut) - 1;
            json.StartObject().Text("role"u8, role == NeutralRole.User ? "user"u8 : "model"u8).StartArray("parts"u8);
            var turn = new ContentsTurn(request, messages[from].From, messages[i].From + messages[i].Count);
            if (role == NeutralRole.Assistant)
                table.Add(turn);
            var isSorted = role == NeutralRole.User && turn.Count(PartKind.ToolResult) > 1;
            if (isSorted)
                WriteResults(request, json, turn, calls, table, model);
            for (var m = from; m <= i; m++)
            {
                if (messages[m].Role == role)
                    WriteParts(request, json, messages[m], model, isSorted ? calls : default, table);
            }

            json.EndArray().EndObject();
            calls = role == NeutralRole.Assistant ? turn : default;
        }
    }

    /// <summary>Whether there is a turn at all besides what the system prompt says.</summary>
    private static bool HasTurns(NeutralRequest request)
    {
        foreach (var message in request.Messages)
        {
            if (!IsLeftOut(request, message))
                return true;
        }

        return false;
    }

    /// <summary>Whether a message is no turn: the system prompt, or one of which nothing can be carried, which is reported.</summary>
    public static bool IsLeftOut(NeutralRequest request, NeutralMessage message) =>
        message.Role == NeutralRole.System || !SaysSomething(request, message);

    /// <summary>
    /// The results of one turn in the order of the calls that they belong to: of functions that are called by the same name nothing else tells which is which,
    /// where the model takes no ids.
    /// </summary>
    private static void WriteResults(
        NeutralRequest request, JsonOut json, ContentsTurn results, ContentsTurn calls, in CallTable table, in ModelAbilities model)
    {
        var order = ArrayPool<long>.Shared.Rent(results.Count(PartKind.ToolResult));
        var count = 0;
        for (var part = results.Next(results.From - 1, PartKind.ToolResult); part >= 0; part = results.Next(part, PartKind.ToolResult))
        {
            if (table.Find(request.Parts[part].Id) is var call && calls.Holds(call))
                order[count++] = ((long)call << 32) | (uint)part;
        }

        order.AsSpan(0, count).Sort();
        foreach (var one in order.AsSpan(0, count))
            WriteResult(request, json, (int)one, table, model);
        foreach (var one in order.AsSpan(0, count))
            WritePicturesBehind(request, json, (int)one, table, model);
        ArrayPool<long>.Shared.Return(order);
    }

    /// <summary>A turn of which nothing can be carried is left out with what it had: one without parts is refused.</summary>
    private static bool SaysSomething(NeutralRequest request, NeutralMessage message)
    {
        var says = false;
        for (var p = message.From; p < message.From + message.Count; p++)
            says |= IsWritten(request.Source, request.Parts[p]);
        for (var p = message.From; !says && p < message.From + message.Count; p++)
            request.LoseUnlessText(request.Parts[p]);
        return says;
    }

    /// <summary>An empty text is refused, and chats have one beside calls.</summary>
    private static bool IsWritten(ReadOnlySpan<byte> source, in NeutralPart part) => part.Kind switch
    {
        PartKind.Text or PartKind.Refusal => part.Text.Length > 0,
        PartKind.Thinking or PartKind.HiddenThinking => false,
        PartKind.ImageUrl or PartKind.FileUrl => !UrlMedia.Of(source, part).IsEmpty,
        _ => true,
    };

    private static void WriteSystem(NeutralRequest request, JsonOut json)
    {
        var (isOpen, isTurned) = (false, false);
        foreach (var message in request.Messages)
        {
            if (message.Role != NeutralRole.System)
            {
                isTurned = true;
                continue;
            }

            request.LoseIf(isTurned, request.Names.Role);
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                request.LoseUnlessText(request.Parts[p]);
                if (request.Parts[p] is not { Kind: PartKind.Text or PartKind.Refusal, Text.Length: > 0 })
                    continue;
                if (!isOpen)
                    json.StartObject("systemInstruction"u8).StartArray("parts"u8);
                isOpen = true;
                json.StartObject().Text("text"u8, request.Parts[p].Text.Of(request.Source)).EndObject();
            }
        }

        if (isOpen)
            json.EndArray().EndObject();
    }

    private static void WriteParts(
        NeutralRequest request, JsonOut json, NeutralMessage message, in ModelAbilities model, ContentsTurn answered, in CallTable table)
    {
        var (end, wantsProof) = (message.From + message.Count, model.WantsCallProof);
        for (var p = message.From; p < end; p++)
        {
            var part = request.Parts[p];
            if (part.Kind == PartKind.ToolResult)
            {
                if (answered.Holds(table.Find(part.Id)))
                    continue;
                WriteResult(request, json, p, table, model);
                WritePicturesBehind(request, json, p, table, model);
                continue;
            }

            if (part.IsOfResult)
                continue;

            // Of calls that are made at once the first one has it.
            if (part.Kind == PartKind.ToolCall)
            {
                WriteCall(request, json, part, wantsProof, model.CallsHaveIds);
                wantsProof = false;
            }
            else
                WritePart(request, json, part);
        }
    }

    private static void WritePart(NeutralRequest request, JsonOut json, in NeutralPart part)
    {
        var source = request.Source;
        switch (part.Kind)
        {
            case PartKind.Text or PartKind.Refusal when part.Text.Length == 0:
                break;
            case PartKind.Text or PartKind.Refusal:
                json.StartObject().Text("text"u8, part.Text.Of(source)).EndObject();
                break;
            case PartKind.Image or PartKind.File:
                request.LoseIf(part.Name.IsPresent, request.Names.FileName);
                json.StartObject().StartObject("inlineData"u8).Text("mimeType"u8, part.Media.Of(source)).Text("data"u8, part.Text.Of(source))
                    .EndObject().EndObject();
                break;
            case PartKind.Audio:
                json.StartObject().StartObject("inlineData"u8).OpenText("mimeType"u8).Add("audio/"u8).Add(part.Media.Of(source));
                json.CloseText().Text("data"u8, part.Text.Of(source)).EndObject().EndObject();
                break;
            case PartKind.Thinking or PartKind.HiddenThinking:
                request.Losses.Add(request.Names.Thinking);
                break;
            case PartKind.ImageUrl or PartKind.FileUrl when IsWritten(source, part):
                request.LoseIf(part.Name.IsPresent, request.Names.FileName);
                json.StartObject().StartObject("fileData"u8).Text("mimeType"u8, UrlMedia.Of(source, part)).Text("fileUri"u8, part.Text.Of(source))
                    .EndObject().EndObject();
                break;
            case PartKind.ImageUrl:
                request.Losses.Add(request.Names.ImageUrl);
                break;
            default:
                request.Losses.Add(request.Names.File);
                break;
        }
    }

    private static void WriteCall(NeutralRequest request, JsonOut json, in NeutralPart call, bool wantsProof, bool hasId)
    {
        json.StartObject().StartObject("functionCall"u8);
        if (hasId)
            CallId.Write(json, "id"u8, request.Source, call, CallIdForm.Contents);
        json.Text("name"u8, call.Name.Of(request.Source));
        request.LoseIf(!CallArguments.WriteObject(json, "args"u8, request.Source, call), request.Names.Arguments);
        json.EndObject();
        if (call.Signature.IsPresent || wantsProof)
            json.Text("thoughtSignature"u8, call.Signature.IsPresent ? call.Signature.Of(request.Source) : NoSignature);
        json.EndObject();
    }

    /// <summary>
    /// A result goes by its function's name, which the call has that it belongs to, and is an object with the text in it; media may stand beside that.
    /// </summary>
    private static void WriteResult(NeutralRequest request, JsonOut json, int at, in CallTable table, in ModelAbilities model)
    {
        var result = request.Parts[at];
        json.StartObject().StartObject("functionResponse"u8);
        if (model.CallsHaveIds)
            CallId.Write(json, "id"u8, request.Source, result, CallIdForm.Contents);
        json.Text("name"u8, NameOf(request, result, table).Of(request.Source)).StartObject("response"u8);
        var (end, media, behind) = (ResultParts.End(request, at), 0, false);
        for (var p = at + 1; p < end; p++)
        {
            var part = request.Parts[p];
            media += IsInResult(request.Source, part, model) ? 1 : 0;
            behind |= IsBehindResult(request.Source, part, model);
            request.LoseIf(
                part.Kind != PartKind.Text && !IsInResult(request.Source, part, model) && !IsBehindResult(request.Source, part, model),
                request.Names.ResultContent);
        }

        ResultParts.AddTexts(request, json.OpenText(result.IsError ? "error"u8 : "result"u8), at, behind);
        json.CloseText().EndObject();
        if (media > 0)
        {
            json.StartArray("parts"u8);
            for (var p = at + 1; p < end; p++)
            {
                if (IsInResult(request.Source, request.Parts[p], model))
                    WritePart(request, json, request.Parts[p]);
            }

            json.EndArray();
        }

        json.EndObject().EndObject();
    }

    /// <summary>Whether a part of a result has its place in it: pictures and PDF, by their data.</summary>
    private static bool IsInResult(ReadOnlySpan<byte> source, in NeutralPart part, in ModelAbilities model) =>
        model.ResultsHaveMedia && (part.Kind == PartKind.Image || (part.Kind == PartKind.File && part.Media.Of(source).SequenceEqual("application/pdf"u8)));

    /// <summary>Whether a part of a result is a picture that has its place behind it.</summary>
    private static bool IsBehindResult(ReadOnlySpan<byte> source, in NeutralPart part, in ModelAbilities model) =>
        ResultParts.IsPicture(part) && !IsInResult(source, part, model) && IsWritten(source, part);

    private static void WritePicturesBehind(NeutralRequest request, JsonOut json, int result, in CallTable table, in ModelAbilities model)
    {
        var (end, isTold) = (ResultParts.End(request, result), false);
        for (var p = result + 1; p < end; p++)
        {
            if (!IsBehindResult(request.Source, request.Parts[p], model))
                continue;
            if (!isTold)
            {
                var name = NameOf(request, request.Parts[result], table).Of(request.Source);
                json.StartObject().OpenText("text"u8).Add(ResultParts.PictureOf).Add(name).Add(":"u8);
                json.CloseText().EndObject();
                isTold = true;
            }

            WritePart(request, json, request.Parts[p]);
        }
    }

    private static Piece NameOf(NeutralRequest request, in NeutralPart result, in CallTable table)
    {
        if (table.Find(result.Id) is var call and >= 0)
            return request.Parts[call].Name;
        return result.Name.IsPresent ? result.Name : result.Id;
    }
}
