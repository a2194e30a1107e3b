using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>Vertex AI's predict for models of embeddings: a vector for each instance, of the length that the parameters ask for.</summary>
internal static class PredictAnswer
{
    private const int DimensionsDefault = 768;
    private const int InstancesMax = 250;

    /// <summary>The model that takes no more than one instance.</summary>
    private const string OneAtATime = "gemini-embedding-001";

    public static Answer Make(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body);
        var root = document.RootElement;
        if (!root.TryGetProperty("instances", out var instances) || instances.ValueKind != JsonValueKind.Array)
            return context.Vendor.Fault("instances is required");
        var count = instances.GetArrayLength();
        var most = RequestFacts.ModelIn(context.Path) == OneAtATime ? 1 : InstancesMax;
        if (count == 0 || count > most)
            return context.Vendor.Fault($"{count} instances, of 1 to {most}");
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is not ("instances" or "parameters"))
                return context.Vendor.Fault($"Invalid JSON payload received. Unknown name \"{member.Name}\"");
        }

        foreach (var instance in instances.EnumerateArray())
        {
            if (!instance.TryGetProperty("content", out var content) || content.GetString() is not { Length: > 0 })
                return context.Vendor.Fault("content is empty");
        }

        var dimensions = root.TryGetProperty("parameters", out var parameters) && parameters.TryGetProperty("outputDimensionality", out var asked)
            ? Math.Clamp(asked.GetInt32(), 1, 8192) : DimensionsDefault;
        return Answer.Json(to =>
        {
            to.Add("{\"predictions\":["u8);
            for (var i = 0; i < count; i++)
            {
                EmbeddingsAnswer.WriteNumbers(to.Add(i > 0 ? ",{\"embeddings\":{\"statistics\":{\"truncated\":false,\"token_count\":3},\"values\":"u8
                    : "{\"embeddings\":{\"statistics\":{\"truncated\":false,\"token_count\":3},\"values\":"u8), i, dimensions);
                to.Add("}}"u8);
            }

            to.Add("],\"metadata\":{\"billableCharacterCount\":9}}"u8);
        });
    }
}
