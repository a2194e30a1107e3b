using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>Vertex AI's predict for models of embeddings: a vector for each instance, of the length that the parameters ask for.</summary>
internal static class PredictAnswer
{
    private const int DimensionsDefault = 768;
    private const int InstancesMax = 250;

    public static Answer Make(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body);
        var root = document.RootElement;
        if (!root.TryGetProperty("instances", out var instances) || instances.ValueKind != JsonValueKind.Array || instances.GetArrayLength() is 0 or > InstancesMax)
            return Refuse("instances is required, and at most 250");
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is not ("instances" or "parameters"))
                return Refuse($"Invalid JSON payload received. Unknown name \"{member.Name}\"");
        }

        foreach (var instance in instances.EnumerateArray())
        {
            if (!instance.TryGetProperty("content", out var content) || content.GetString() is not { Length: > 0 })
                return Refuse("content is empty");
        }

        var dimensions = root.TryGetProperty("parameters", out var parameters) && parameters.TryGetProperty("outputDimensionality", out var asked)
            ? Math.Clamp(asked.GetInt32(), 1, 8192) : DimensionsDefault;
        var count = instances.GetArrayLength();
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

    private static Answer Refuse(string message) => ErrorAnswer.Json(400, "", "INVALID_ARGUMENT", null, message);
}
