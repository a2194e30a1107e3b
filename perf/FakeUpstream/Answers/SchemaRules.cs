using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What providers refuse in a schema that an answer, or a call, is to keep to.</summary>
internal static class SchemaRules
{
    private static readonly string[] AnthropicRefuses =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems", "oneOf",
        "minProperties", "maxProperties", "patternProperties", "not", "if", "then", "else", "contains", "prefixItems",
    ];

    private static readonly string[] OpenAiRefuses =
    [
        "allOf", "oneOf", "not", "if", "then", "else", "default", "patternProperties", "propertyNames", "uniqueItems", "contains", "minProperties", "maxProperties",
        "unevaluatedProperties", "dependentRequired", "dependentSchemas",
    ];

    /// <summary>Anthropic's page "Structured outputs"; null for nothing.</summary>
    public static string? OfAnthropic(JsonElement schema)
    {
        foreach (var part in Within(schema))
        {
            if (part.EnumerateObject().FirstOrDefault(member => AnthropicRefuses.Contains(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } refused)
                return $"output_config.format.schema: For '{Type(part)}' type, property '{refused.Name}' is not supported";
            if (part.TryGetProperty("minItems", out var count) && count.GetRawText() is not ("0" or "1"))
                return "output_config.format.schema: For 'array' type, 'minItems' values other than 0 or 1 are not supported";
            if (Type(part) == "object" && !IsClosed(part))
                return "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false";
        }

        return null;
    }

    /// <summary>OpenAI's guide "Structured outputs"; null for nothing.</summary>
    public static string? OfOpenAi(JsonElement schema)
    {
        if (Type(schema) != "object")
            return "Invalid schema: schema must be a JSON Schema of 'type: \"object\"'.";
        foreach (var part in Within(schema))
        {
            if (part.EnumerateObject().FirstOrDefault(member => OpenAiRefuses.Contains(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } refused)
                return $"Invalid schema: '{refused.Name}' is not permitted.";
            if (Type(part) == "object" && !IsClosed(part))
                return "Invalid schema: 'additionalProperties' is required to be supplied and to be false.";
            if (part.TryGetProperty("properties", out var properties) && properties.EnumerateObject().Any(property => !Requires(part, property.Name)))
                return "Invalid schema: 'required' is required to be supplied and to be an array including every key in properties.";
        }

        return null;
    }

    private static bool IsClosed(JsonElement schema) => schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False;

    private static bool Requires(JsonElement schema, string name) =>
        schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(one => one.GetString() == name);

    private static string? Type(JsonElement schema) =>
        schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    /// <summary>A schema and all that stand in it.</summary>
    private static IEnumerable<JsonElement> Within(JsonElement schema)
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
