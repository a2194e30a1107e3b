using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Writes requests for embeddings of Vertex AI's <c>predict</c>: an instance for each text, and parameters for all of them.</summary>
internal sealed class PredictRequestWriter : RequestWriter
{
    public override Endpoint EndpointOf(bool isStream) => GeminiForm.Predict;

    protected override void WriteBody(NeutralRequest request, in RequestTarget target, JsonOut json)
    {
        var source = request.Source;
        json.StartObject().StartArray("instances"u8);
        foreach (var message in request.Messages)
        {
            var text = json.StartObject().OpenText("content"u8);
            for (var i = message.From; i < message.From + message.Count; i++)
                text.Add(request.Parts[i].Text.Of(source));
            json.CloseText().EndObject();
        }

        json.EndArray();
        if (request.Dimensions.IsPresent)
            json.StartObject("parameters"u8).Value("outputDimensionality"u8, request.Dimensions.Of(source)).EndObject();
        json.EndObject();
        request.LoseIf(request.User.IsPresent, request.Names.User);
    }
}

/// <summary>Reads an answer of Vertex AI's <c>predict</c>: a prediction for each instance, with its <c>embeddings.values</c>.</summary>
internal sealed class PredictAnswerReader : WholeAnswerReader
{
    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to)
    {
        var walk = new JsonWalk(body, stackalloc byte[64]);
        if (!walk.TryBegin())
            return false;
        var isFound = false;
        while (walk.NextMember())
        {
            if (!walk.Is("predictions"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                if (!TryTell(ref walk, body, to))
                    return false;
                isFound = true;
            }
        }

        return walk.IsWhole() && isFound;
    }

    /// <summary>One prediction, to the end of its object.</summary>
    private static bool TryTell(ref JsonWalk walk, ReadOnlySpan<byte> body, AnswerWriter to)
    {
        var isTold = false;
        if (!walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("embeddings"u8))
                isTold = EmbedAnswerReader.TryTell(ref walk, body, to);
        }

        return isTold;
    }
}
