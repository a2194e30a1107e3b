using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What stands in a schema that an answer, or a call, is to keep to.</summary>
internal static class SchemaParts
{
    public static bool IsClosed(JsonElement schema) => schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False;

    public static bool Requires(JsonElement schema, string name) =>
        schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(one => one.GetString() == name);

    public static string? Type(JsonElement schema) =>
        schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    /// <summary>A schema and all that stand in it.</summary>
    public static IEnumerable<JsonElement> Within(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            yield break;
        yield return schema;
        foreach (var member in schema.EnumerateObject())
        {
            IEnumerable<JsonElement> parts = member.Name switch
            {
                "properties" or "$defs" or "definitions" when member.Value.ValueKind == JsonValueKind.Object => member.Value.EnumerateObject().Select(one => one.Value),
                "anyOf" or "oneOf" or "allOf" when member.Value.ValueKind == JsonValueKind.Array => member.Value.EnumerateArray(),
                "items" or "additionalProperties" => [member.Value],
                _ => [],
            };
            foreach (var part in parts.SelectMany(Within))
                yield return part;
        }
    }
}
