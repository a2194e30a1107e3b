using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>
/// Gemini's embedContent and batchEmbedContents: a vector for each content, of the length that is asked for. A request within a batch that names no
/// model, and any that names another than the path, is refused as Google does.
/// </summary>
internal static class EmbedAnswer
{
    private const int DimensionsDefault = 768;

    public static Answer Make(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body);
        var root = document.RootElement;
        if (!context.Path.EndsWith(":batchEmbedContents", StringComparison.Ordinal))
            return Judge(root, context, needsModel: false) ?? Answer.Json(Single(DimensionsOf(root)));
        if (!root.TryGetProperty("requests", out var requests) || requests.GetArrayLength() == 0)
            return context.Vendor.Fault("requests is required");
        var lengths = new List<int>();
        foreach (var request in requests.EnumerateArray())
        {
            if (Judge(request, context, needsModel: true) is { } refused)
                return refused;
            lengths.Add(DimensionsOf(request));
        }

        return Answer.Json(Batch(lengths));
    }

    private static Action<ByteWriter> Single(int dimensions) => to =>
    {
        EmbeddingsAnswer.WriteNumbers(to.Add("{\"embedding\":{\"values\":"u8), 0, dimensions);
        to.Add("}}"u8);
    };

    private static Action<ByteWriter> Batch(List<int> lengths) => to =>
    {
        to.Add("{\"embeddings\":["u8);
        for (var i = 0; i < lengths.Count; i++)
        {
            EmbeddingsAnswer.WriteNumbers(to.Add(i > 0 ? ",{\"values\":"u8 : "{\"values\":"u8), i, lengths[i]);
            to.Add("}"u8);
        }

        to.Add("]}"u8);
    };

    private static Answer? Judge(JsonElement request, AnswerContext context, bool needsModel)
    {
        var expected = "models/" + RequestFacts.ModelIn(context.Path);
        if (request.TryGetProperty("model", out var model) ? model.GetString() != expected : needsModel)
            return context.Vendor.Fault("the model has to be the path's");
        return request.TryGetProperty("content", out var content) && content.TryGetProperty("parts", out var parts) && parts.GetArrayLength() > 0
            ? null
            : context.Vendor.Fault("content is empty");
    }

    private static int DimensionsOf(JsonElement request) =>
        request.TryGetProperty("outputDimensionality", out var asked) && asked.TryGetInt32(out var number) ? Math.Clamp(number, 1, 8192) : DimensionsDefault;
}
