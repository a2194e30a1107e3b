using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Reads requests for Gemini's <c>embedContent</c> or <c>batchEmbedContents</c>: a message for each content.</summary>
internal sealed class EmbedRequestReader(bool isBatch) : RequestReader
{
    public override FieldNames Names { get; } = new();

    protected override EdgeError ReadBody(NeutralRequest request)
    {
        var walk = new JsonWalk(request.Source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return Malformed(null);
        var error = isBatch ? ReadBatch(request, ref walk) : ReadOne(request, ref walk);
        if (error.IsError)
            return error;
        if (!walk.IsWhole())
            return Malformed(null);
        return request.Messages.Count > 0 ? default : Malformed(isBatch ? "requests" : "content");
    }

    private static EdgeError Malformed(string? param) => EdgeError.Invalid("The request has not the form that it must have.", param);

    private static EdgeError ReadBatch(NeutralRequest request, ref JsonWalk walk)
    {
        while (walk.NextMember())
        {
            if (walk.Is("requests"u8) && walk.TryEnter(JsonToken.StartArray))
            {
                while (walk.NextElement())
                {
                    var (before, length) = (request.Messages.Count, request.Dimensions);
                    request.Dimensions = default;
                    if (!walk.TryEnter(JsonToken.StartObject))
                        return Malformed("requests");
                    if (ReadOne(request, ref walk) is { IsError: true } error)
                        return error;
                    if (request.Messages.Count != before + 1)
                        return Malformed("requests.content");
                    if (before > 0 && !AreAlike(request, length, request.Dimensions))
                        return EdgeError.Invalid("The model's provider gives all embeddings of a request the same length.", "requests.outputDimensionality");
                }
            }
            else if (!walk.Is("model"u8) && !walk.IsNothing())
                request.Losses.Add(walk.Name);
        }

        return default;
    }

    /// <summary>The members of one request, to the end of its object.</summary>
    private static EdgeError ReadOne(NeutralRequest request, ref JsonWalk walk)
    {
        EmbedPurpose purpose = default;
        while (walk.NextMember())
        {
            if (walk.Is("content"u8) && walk.TryEnter(JsonToken.StartObject))
            {
                if (!TryReadContent(request, ref walk))
                    return EdgeError.Invalid("The model's provider embeds texts alone.", "content.parts");
            }
            else if (ContentsRequestReader.Is(ref walk, "outputDimensionality"u8, "output_dimensionality"u8) && walk.Token == JsonToken.Number)
                request.Dimensions = walk.Text;
            else if (ContentsRequestReader.Is(ref walk, "taskType"u8, "task_type"u8) && walk.Token == JsonToken.String)
                purpose = purpose with { Task = walk.IsText("TASK_TYPE_UNSPECIFIED"u8) ? default : walk.Text };
            else if (walk.Is("title"u8) && walk.Token == JsonToken.String)
                purpose = purpose with { Title = walk.Text.Length > 0 ? walk.Text : default };
            else if (!walk.Is("model"u8) && !walk.IsNothing())
                request.Losses.Add(walk.Name);
        }

        request.Purposes.Add(purpose);
        return default;
    }

    private static bool AreAlike(NeutralRequest request, Piece one, Piece other) =>
        one.IsPresent == other.IsPresent && (!one.IsPresent || one.Of(request.Source).SequenceEqual(other.Of(request.Source)));

    private static bool TryReadContent(NeutralRequest request, ref JsonWalk walk)
    {
        var from = request.Parts.Count;
        while (walk.NextMember())
        {
            if (!walk.Is("parts"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                Piece text = default;
                if (!walk.TryEnter(JsonToken.StartObject))
                    return false;
                while (walk.NextMember())
                {
                    if (walk.Is("text"u8) && walk.Token == JsonToken.String)
                        text = walk.Text;
                    else if (!walk.IsNothing())
                        request.Losses.Add("content.parts"u8, walk.Name);
                }

                if (!text.IsPresent)
                    return false;
                request.Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = text });
            }
        }

        request.EndMessage(NeutralRole.User, from);
        return request.Parts.Count > from;
    }
}

/// <summary>Writes requests for Gemini's <c>batchEmbedContents</c>, each of which names the model once more.</summary>
internal sealed class EmbedRequestWriter : RequestWriter
{
    public override Endpoint EndpointOf(NeutralRequest request) => GeminiForm.BatchEmbed;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var source = request.Source;
        json.StartObject().StartArray("requests"u8);
        for (var m = 0; m < request.Messages.Count; m++)
        {
            var message = request.Messages[m];
            json.StartObject();
            json.OpenText("model"u8).Add("models/"u8).Add(target.ModelJson[1..^1]);
            json.CloseText().StartObject("content"u8).StartArray("parts"u8);
            for (var i = message.From; i < message.From + message.Count; i++)
                json.StartObject().Text("text"u8, request.Parts[i].Text.Of(source)).EndObject();
            json.EndArray().EndObject();
            WritePurpose(request, json, m, "taskType"u8);
            if (request.Dimensions.IsPresent)
                json.Value("outputDimensionality"u8, request.Dimensions.Of(source));
            json.EndObject();
        }

        json.EndArray().EndObject();
        request.LoseIf(request.User.IsPresent, request.Names.User);
    }

    /// <summary>What a message's embedding is for, by the name that the host has for it.</summary>
    public static void WritePurpose(NeutralRequest request, JsonOut json, int message, ReadOnlySpan<byte> task)
    {
        if (message >= request.Purposes.Count)
            return;
        var purpose = request.Purposes[message];
        if (purpose.Task.IsPresent)
            json.Text(task, purpose.Task.Of(request.Source));
        if (purpose.Title.IsPresent)
            json.Text("title"u8, purpose.Title.Of(request.Source));
    }
}

/// <summary>The names of the model that bodies have besides the one in their path: those of embeddings, and of what is counted.</summary>
internal static class EmbedModels
{
    /// <summary>Adds where a body names its model, behind <c>models/</c>; an error where that is another than the path's.</summary>
    public static EdgeError Find(ReadOnlySpan<byte> source, ReadOnlySpan<byte> asked, List<Piece> found)
    {
        var walk = new JsonWalk(source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return default;
        while (walk.NextMember())
        {
            if (walk.Is("model"u8) && !TryTake(ref walk, source, asked, found))
                return Other("model");
            if (!walk.Is("requests"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                if (!walk.TryEnter(JsonToken.StartObject))
                    continue;
                while (walk.NextMember())
                {
                    if (walk.Is("model"u8) && !TryTake(ref walk, source, asked, found))
                        return Other("requests.model");
                }
            }
        }

        return default;
    }

    /// <summary>Adds the name at hand; false where it is another than the path's, or none.</summary>
    public static bool TryTake(ref JsonWalk walk, ReadOnlySpan<byte> source, ReadOnlySpan<byte> asked, List<Piece> found)
    {
        if (walk.Token != JsonToken.String)
            return false;
        var name = walk.Text.TryBehind("models/"u8, source, out var behind) ? behind : walk.Text;
        found.Add(name);
        return name.Of(source).SequenceEqual(asked);
    }

    public static EdgeError Other(string param) => EdgeError.Invalid("The body names another model than the path.", param);
}
