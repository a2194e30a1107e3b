using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>An instance of a JSON schema, always the same one for the same schema.</summary>
internal static class SchemaSample
{
    private const int DepthMax = 24;

    public static string Write(JsonElement schema)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            WriteValue(json, schema, schema, 0);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void WriteValue(Utf8JsonWriter json, JsonElement schema, JsonElement root, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > DepthMax)
            json.WriteNullValue();
        else if (schema.TryGetProperty("$ref", out var reference))
            WriteValue(json, Resolve(root, reference.GetString() ?? ""), root, depth + 1);
        else if (schema.TryGetProperty("const", out var constant))
            constant.WriteTo(json);
        else if (schema.TryGetProperty("enum", out var values) && values.GetArrayLength() > 0)
            values[0].WriteTo(json);
        else if (FirstOf(schema, "anyOf") is { } any)
            WriteValue(json, any, root, depth + 1);
        else if (FirstOf(schema, "oneOf") is { } one)
            WriteValue(json, one, root, depth + 1);
        else
            WriteTyped(json, schema, root, depth);
    }

    private static void WriteTyped(Utf8JsonWriter json, JsonElement schema, JsonElement root, int depth)
    {
        switch (TypeOf(schema))
        {
            case "object":
                json.WriteStartObject();
                if (schema.TryGetProperty("properties", out var properties))
                {
                    foreach (var property in properties.EnumerateObject())
                    {
                        json.WritePropertyName(property.Name);
                        WriteValue(json, property.Value, root, depth + 1);
                    }
                }

                json.WriteEndObject();
                break;
            case "array":
                json.WriteStartArray();
                var count = schema.TryGetProperty("minItems", out var min) && min.TryGetInt32(out var least) ? Math.Clamp(least, 1, 100) : 1;
                for (var i = 0; i < count && depth < DepthMax && schema.TryGetProperty("items", out var items); i++)
                    WriteValue(json, items, root, depth + 1);
                json.WriteEndArray();
                break;
            case "integer":
                json.WriteNumberValue(schema.TryGetProperty("minimum", out var lower) && lower.TryGetInt64(out var bound) ? bound : 7);
                break;
            case "number":
                json.WriteNumberValue(schema.TryGetProperty("minimum", out var low) && low.TryGetDouble(out var number) ? number : 12.5);
                break;
            case "boolean":
                json.WriteBooleanValue(true);
                break;
            case "null":
                json.WriteNullValue();
                break;
            default:
                json.WriteStringValue("caf\u00e9 \u65e5\u672c");
                break;
        }
    }

    private static string? TypeOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
            return schema.TryGetProperty("properties", out _) ? "object" : null;
        return type.ValueKind == JsonValueKind.Array && type.GetArrayLength() > 0 ? type[0].GetString() : type.GetString();
    }

    private static JsonElement? FirstOf(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0] : null;

    private static JsonElement Resolve(JsonElement root, string reference)
    {
        var at = root;
        foreach (var part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out at))
                return default;
        }

        return at;
    }
}
