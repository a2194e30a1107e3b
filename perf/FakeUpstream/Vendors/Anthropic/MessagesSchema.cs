using System.Text.Json;
using static AiEdge.FakeUpstream.SchemaParts;

namespace AiEdge.FakeUpstream;

/// <summary>What Anthropic refuses in a schema that an answer, or a call, is to keep to.</summary>
internal static class MessagesSchema
{
    private static readonly string[] Refused =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems", "oneOf",
        "minProperties", "maxProperties", "patternProperties", "not", "if", "then", "else", "contains", "prefixItems",
    ];

    /// <summary>Anthropic's page "Structured outputs"; null for nothing.</summary>
    public static string? FaultOf(JsonElement schema)
    {
        foreach (var part in Within(schema))
        {
            if (part.EnumerateObject().FirstOrDefault(member => Refused.Contains(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } refused)
                return $"output_config.format.schema: For '{Type(part)}' type, property '{refused.Name}' is not supported";
            if (part.TryGetProperty("minItems", out var count) && count.GetRawText() is not ("0" or "1"))
                return "output_config.format.schema: For 'array' type, 'minItems' values other than 0 or 1 are not supported";
            if (Type(part) == "object" && !IsClosed(part))
                return "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false";
        }

        return null;
    }
}
