using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// The schemas of entries, for OpenAPI: those of docs/config.schema.json, which says what a document holds (OpenAPI 3.1 has the same JSON Schema),
/// but for what a path says in their stead.
/// </summary>
internal static class EntrySchemas
{
    /// <summary>The whole document.</summary>
    public const string Config = "config";

    /// <summary>A key that is made with a secret of its own or ours.</summary>
    public const string NewKey = "newKey";

    private const string Definitions = "#/$defs/";
    private const string Components = "#/components/schemas/";

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["providers"] = "provider",
        ["models"] = "model",
        ["teams"] = "team",
        ["keys"] = "key",
        ["limits"] = "limit",
        ["prices"] = "price",
    };

    /// <summary>The name of the schema of a section's entries; null where the document has no such section.</summary>
    public static string? Of(string section) => Names.GetValueOrDefault(section);

    /// <summary>Writes all of them, each under its name.</summary>
    public static void Write(Utf8JsonWriter writer)
    {
        using var file = typeof(EntrySchemas).Assembly.GetManifestResourceStream("config.schema.json")!;
        var root = JsonNode.Parse(file)!.AsObject();
        var definitions = root["$defs"]!.AsObject();
        foreach (var meta in (string[])["$schema", "$defs"])
            root.Remove(meta);
        definitions[Config] = root;
        definitions[NewKey] = definitions["key"]!.DeepClone();
        Require(definitions, NewKey, "name");
        Require(definitions, "key", "sha256");
        Require(definitions, "limit");
        Point(definitions);
        foreach (var (name, schema) in definitions)
        {
            writer.WritePropertyName(name);
            schema!.WriteTo(writer);
        }
    }

    /// <summary>The name stands in the path, and a secret may be made here.</summary>
    private static void Require(JsonObject definitions, string name, params string[] fields)
    {
        var schema = definitions[name]!.AsObject();
        schema.Remove("required");
        if (fields.Length > 0)
            schema["required"] = new JsonArray([.. fields.Select(field => JsonValue.Create(field))]);
    }

    private static void Point(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            if (map["$ref"] is JsonValue reference && reference.GetValue<string>() is var to && to.StartsWith(Definitions, StringComparison.Ordinal))
                map["$ref"] = Components + to[Definitions.Length..];
            foreach (var (_, member) in map)
                Point(member);
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
                Point(item);
        }
    }
}
