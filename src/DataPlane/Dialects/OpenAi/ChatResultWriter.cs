using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// Writes what tools have answered in a turn: messages of their own, which stand together right behind the calls, for many servers refuse anything between.
/// Pictures have no place in them: they are the user's, in a message behind all of them.
/// </summary>
internal static class ChatResultWriter
{
    /// <summary>Writes the results of a turn; whether there are any, and whether any has pictures that stand in a message of their own.</summary>
    public static (bool IsAny, bool HasPictures) Write(NeutralRequest request, JsonOut json, ReadOnlySpan<NeutralMessage> turn, in ModelAbilities model)
    {
        var (isAny, hasPictures) = (false, false);
        foreach (var message in turn)
        {
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                if (request.Parts[p].Kind != PartKind.ToolResult)
                    continue;
                isAny = true;
                hasPictures |= WriteResult(request, json, p, model);
            }
        }

        return (isAny, hasPictures);
    }

    /// <summary>Writes the pictures in the results of a turn, and of which call each is.</summary>
    public static void WritePictures(NeutralRequest request, JsonOut json, ReadOnlySpan<NeutralMessage> turn, in ModelAbilities model)
    {
        json.StartObject().Text("role"u8, "user"u8).StartArray("content"u8);
        foreach (var message in turn)
        {
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                if (request.Parts[p].Kind == PartKind.ToolResult)
                    WritePictures(request, json, p, model);
            }
        }

        json.EndArray().EndObject();
    }

    private static void WritePictures(NeutralRequest request, JsonOut json, int result, in ModelAbilities model)
    {
        var (end, isTold) = (ResultParts.End(request, result), false);
        for (var p = result + 1; p < end; p++)
        {
            if (!ResultParts.IsPicture(request.Parts[p]))
                continue;
            if (!isTold)
            {
                var text = json.StartObject().Text("type"u8, "text"u8).OpenText("text"u8).Add(ResultParts.PictureOf);
                CallId.Add(text, request.Source, request.Parts[result], FormOf(model));
                text.Add(":"u8);
                json.CloseText().EndObject();
                isTold = true;
            }

            ChatMessageWriter.WritePart(request, json, request.Parts[p], marks: false);
        }
    }

    /// <summary>A result is text: parts of it to models that are known to take them, else one. Nothing says whether it failed.</summary>
    private static bool WriteResult(NeutralRequest request, JsonOut json, int at, in ModelAbilities model)
    {
        var (result, end) = (request.Parts[at], ResultParts.End(request, at));
        request.LoseIf(result.IsError, request.Names.ResultIsError);
        var (texts, hasPictures) = (0, false);
        for (var p = at + 1; p < end; p++)
        {
            var part = request.Parts[p];
            texts += part is { Kind: PartKind.Text, Text.Length: > 0 } ? 1 : 0;
            hasPictures |= ResultParts.IsPicture(part);
            request.LoseIf(part.Kind != PartKind.Text && !ResultParts.IsPicture(part), request.Names.ResultContent);
        }

        json.StartObject().Text("role"u8, "tool"u8);
        CallId.Write(json, "tool_call_id"u8, request.Source, result, FormOf(model));
        if (texts > 1 && model.IsOpenAi)
            WriteTexts(request, json, at + 1, end);
        else
        {
            ResultParts.AddTexts(request, json.OpenText("content"u8), at, hasPictures);
            json.CloseText();
        }

        ChatMessageWriter.WriteMark(request, json, at, end, model);
        json.EndObject();
        return hasPictures;
    }

    private static void WriteTexts(NeutralRequest request, JsonOut json, int from, int to)
    {
        json.StartArray("content"u8);
        for (var p = from; p < to; p++)
        {
            if (request.Parts[p] is not { Kind: PartKind.Text, Text.Length: > 0 } part)
                continue;
            ResultParts.AddText(request, json.StartObject().Text("type"u8, "text"u8).OpenText("text"u8), part);
            json.CloseText().EndObject();
        }

        json.EndArray();
    }

    /// <summary>What ids of calls the model takes.</summary>
    public static CallIdForm FormOf(in ModelAbilities model) => model.IsMistral ? CallIdForm.Nine : CallIdForm.Chat;
}
