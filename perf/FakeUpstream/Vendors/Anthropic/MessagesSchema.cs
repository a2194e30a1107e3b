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

    private const int ToolsMax = 20;
    private const int OptionalMax = 24;
    private const int UnionsMax = 16;

    /// <summary>What all of a request's may have together (the same page, "Schema complexity limits"); null for nothing.</summary>
    /// <param name="format">The answer's, if there is one.</param>
    /// <param name="tools">Those of functions.</param>
    public static string? FaultOf(JsonElement? format, IReadOnlyCollection<JsonElement> tools)
    {
        if (tools.Count > ToolsMax)
            return $"Too many strict tools ({tools.Count}). The maximum number of strict tools supported is {ToolsMax}.";
        var parts = (format is { } answer ? tools.Append(answer) : tools).SelectMany(Within).ToArray();
        var optional = parts.Sum(part => part.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().Count(one => !Requires(part, one.Name)) : 0);
        if (optional > OptionalMax)
            return $"Schemas contains too many optional parameters ({optional}), which would make grammar compilation inefficient. "
                + $"Reduce the number of optional parameters in your tool schemas (limit: {OptionalMax}).";
        var unions = parts.Count(part => part.TryGetProperty("anyOf", out _) || (part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Array));
        return unions > UnionsMax
            ? $"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf), which causes exponential compilation cost (limit: {UnionsMax})."
            : null;
    }

    /// <summary>Anthropic's page "Structured outputs"; null for nothing.</summary>
    public static string? FaultOf(JsonElement schema)
    {
        if (FaultOfReferences(schema) is { } circular)
            return circular;
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

    /// <summary>What is referred to stands among the schema's own definitions, and none of those refers to itself, over however many others.</summary>
    private static string? FaultOfReferences(JsonElement schema)
    {
        var defined = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var word in (string[])["$defs", "definitions"])
        {
            if (!schema.TryGetProperty(word, out var definitions))
                continue;
            foreach (var one in definitions.EnumerateObject())
                defined[$"#/{word}/{one.Name}"] = [.. References(one.Value)];
        }

        if (References(schema).FirstOrDefault(one => !defined.ContainsKey(one)) is { } unknown)
            return $"output_config.format.schema: '$ref' '{unknown}' is not supported";
        return defined.Keys.FirstOrDefault(one => Reaches(one, one, [])) is { } ring
            ? $"Circular reference detected in schema definitions: {ring} -> {ring}. Self-referencing or mutually-referencing definitions are not supported."
            : null;

        bool Reaches(string from, string to, HashSet<string> seen) => defined[from].Any(one => one == to || (seen.Add(one) && Reaches(one, to, seen)));
    }

    private static IEnumerable<string> References(JsonElement schema) =>
        Within(schema).Where(part => part.TryGetProperty("$ref", out _)).Select(part => part.GetProperty("$ref").GetString()!);
}
