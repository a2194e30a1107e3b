using System.Text.Json;
using static AiEdge.FakeUpstream.SchemaParts;

namespace AiEdge.FakeUpstream;

/// <summary>What OpenAI refuses in a schema that an answer, or a call, is to keep to strictly.</summary>
internal static class StrictSchema
{
    private static readonly string[] Refused =
    [
        "allOf", "oneOf", "not", "if", "then", "else", "default", "patternProperties", "propertyNames", "uniqueItems", "contains", "minProperties", "maxProperties",
        "unevaluatedProperties", "dependentRequired", "dependentSchemas",
    ];

    /// <summary>OpenAI's guide "Structured outputs"; null for nothing.</summary>
    public static string? FaultOf(JsonElement schema)
    {
        if (FaultOfRoot(schema) is { } fault)
            return fault;
        foreach (var part in Within(schema))
        {
            if (part.EnumerateObject().FirstOrDefault(member => Refused.Contains(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } refused)
                return $"Invalid schema: '{refused.Name}' is not permitted.";
            if (Type(part) == "object" && !IsClosed(part))
                return "Invalid schema: 'additionalProperties' is required to be supplied and to be false.";
            if (part.TryGetProperty("properties", out var properties) && properties.EnumerateObject().Any(property => !Requires(part, property.Name)))
                return "Invalid schema: 'required' is required to be supplied and to be an array including every key in properties.";
        }

        return null;
    }

    /// <summary>An answer's is an object, strictly kept to or not.</summary>
    public static string? FaultOf(JsonElement format, bool isStrict) =>
        isStrict ? FaultOf(format.GetProperty("schema")) : FaultOfRoot(format.GetProperty("schema"));

    private static string? FaultOfRoot(JsonElement schema) =>
        Type(schema) == "object" ? null : "Invalid schema: schema must be a JSON Schema of 'type: \"object\"'.";

    /// <summary>What a function takes is an object that says which properties it has, strictly kept to or not.</summary>
    public static string? FaultOfParameters(JsonElement function) =>
        function.TryGetProperty("parameters", out var schema) && schema.ValueKind == JsonValueKind.Object && Type(schema) == "object" && !schema.TryGetProperty("properties", out _)
            ? $"Invalid schema for function '{function.GetProperty("name")}': In context=(), object schema missing properties."
            : null;
}
