using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// The schemas of bodies and answers, for OpenAPI. Of entries they are those of docs/config.schema.json, which says what a document holds (OpenAPI 3.1
/// has the same JSON Schema), but for what a path says in their stead and for what REST refuses; all others lie beside this in JSON.
/// </summary>
internal static class EntrySchemas
{
    /// <summary>The whole document.</summary>
    public const string Config = "config";

    /// <summary>A key that is made with a secret of its own or ours.</summary>
    public const string NewKey = "newKey";

    private const string Definitions = "#/$defs/";
    private const string Components = "#/components/schemas/";
    private const string Reference = "reference";
    private const string InPath = "Entry";

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["providers"] = "provider",
        ["models"] = "model",
        ["teams"] = "team",
        ["keys"] = "key",
        ["limits"] = "limit",
        ["prices"] = "price",
        [Sections.Alerts] = "Alert",
        [Sections.Tokens] = "Token",
        [Sections.JoinTokens] = "JoinToken",
    };

    /// <summary>The name of the schema of a section's entries, as they are read.</summary>
    public static string Of(string section) => Names[section];

    /// <summary>The same as they are written, where their name stands in the path.</summary>
    public static string WrittenOf(string section) =>
        section is "keys" or "limits" or Sections.Tokens or Sections.JoinTokens ? Of(section) + InPath : Of(section);

    /// <summary>What may be merged into an entry of a section.</summary>
    public static string PatchOf(string section) => Of(section) + "Patch";

    /// <summary>A page of a section's entries.</summary>
    public static string PageOf(string section) => Of(section) + "Page";

    /// <summary>Writes all of them, each under its name.</summary>
    public static void Write(Utf8JsonWriter writer)
    {
        var root = Read("config.schema.json");
        var definitions = root["$defs"]!.AsObject();
        WithoutReferences(definitions);
        foreach (var meta in (string[])["$schema", "$defs", "required"])
            root.Remove(meta);
        WithoutReferences(root);

        // A document grows entry by entry, and an owner's part of it need not have any of a section.
        foreach (var section in (string[])["providers", "models"])
        {
            var schema = root["properties"]![section]!.AsObject();
            schema.Remove("minProperties");
            schema["type"] = new JsonArray("object", "null");
        }

        definitions[Config] = root;
        Clone(definitions, "key", NewKey, "name");
        Clone(definitions, "key", "keyEntry", "sha256");
        Clone(definitions, "limit", "limitEntry");
        foreach (var file in (string[])["rest.schema.json", "use.schema.json"])
        {
            foreach (var (name, schema) in Read(file))
                definitions.Add(name, schema!.DeepClone());
        }

        Clone(definitions, "NewToken", "TokenEntry", "role");
        Clone(definitions, "NewJoinToken", "JoinTokenEntry");
        foreach (var section in Names.Keys)
        {
            definitions[PatchOf(section)] = Patch(definitions[WrittenOf(section)]!.AsObject());
            definitions[PageOf(section)] = section is Sections.Tokens or Sections.JoinTokens ? Page(Ref(Of(section))) : Page(Listed(section));
        }

        Point(definitions);
        foreach (var (name, schema) in definitions)
        {
            writer.WritePropertyName(name);
            schema!.WriteTo(writer);
        }
    }

    private static JsonObject Read(string name)
    {
        using var file = typeof(EntrySchemas).Assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(file)!.AsObject();
    }

    /// <summary>The same with other fields that have to be there: a path says the name, and a secret may be made here.</summary>
    private static void Clone(JsonObject definitions, string from, string name, params string[] fields)
    {
        var schema = definitions[from]!.DeepClone().AsObject();
        schema.Remove("required");
        if (fields.Length > 0)
            schema["required"] = new JsonArray([.. fields.Select(field => JsonValue.Create(field))]);
        definitions[name] = schema;
    }

    /// <summary>RFC 7396: a field with what is to be merged into it, or null; null, too, for what is none.</summary>
    private static JsonObject Patch(JsonObject schema) => new()
    {
        ["type"] = "object",
        ["description"] = "What is to be merged (RFC 7396): null removes a field.",
        ["properties"] = new JsonObject(schema["properties"]!.AsObject().Select(p => KeyValuePair.Create(p.Key, (JsonNode?)new JsonObject()))),
        ["additionalProperties"] = new JsonObject { ["type"] = "null" },
    };

    private static JsonObject Page(JsonObject item) => Closed(
        ["items"], ("items", new JsonObject { ["type"] = "array", ["items"] = item }),
        ("next", new JsonObject { ["type"] = "string", ["description"] = "The name to go on after." }));

    private static JsonObject Listed(string section)
    {
        var item = Closed(
            ["name", "owner", "etag", "entry"], ("name", Text()), ("owner", new JsonObject { ["enum"] = new JsonArray("api", "git") }), ("etag", Ref("ETag")),
            ("switchedOff", new JsonObject { ["const"] = true }), ("entry", Ref(Of(section))));
        if (section == "keys")
            (item["properties"]!["prefix"], item["properties"]!["previousPrefix"]) = (Text(), Text());
        return item;
    }

    private static JsonObject Closed(string[] required, params (string Name, JsonObject Schema)[] fields) => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["required"] = new JsonArray([.. required.Select(field => JsonValue.Create(field))]),
        ["properties"] = new JsonObject(fields.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.Schema))),
    };

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject Ref(string name) => new() { ["$ref"] = Definitions + name };

    /// <summary>References of a file are read where they are allowed to whoever may write here: of what is not a text of its own, in hashes of keys.</summary>
    private static void WithoutReferences(JsonNode? node, string field = "")
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
                WithoutReferences(item);
        }
        else if (node is JsonObject map)
        {
            if (field != "sha256" && map["anyOf"] is JsonArray any)
                any.RemoveAll(one => (string?)(one as JsonObject)?["$ref"] == Definitions + Reference);
            foreach (var (name, member) in map)
                WithoutReferences(member, name);
        }
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
