using System.Text.Json;
using System.Text.RegularExpressions;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>
/// Judges a JSON value by the part of JSON Schema 2020-12 that our schema uses. A keyword that it does not know is an
/// error, so that none is passed over in silence.
/// </summary>
internal sealed class JsonSchemaChecker
{
    private readonly JsonElement _root;

    public JsonSchemaChecker(JsonElement root) => _root = root;

    /// <summary>The places that do not fit, each with the keyword.</summary>
    public List<string> Check(JsonElement value)
    {
        var errors = new List<string>();
        Check(_root, value, "", errors);
        return errors;
    }

    /// <summary>The schema behind a reference, or the schema itself.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.TryGetProperty("$ref", out var reference))
            schema = reference.GetString()!.TrimStart('#', '/').Split('/').Aggregate(_root, (at, step) => at.GetProperty(step));
        return schema;
    }

    private bool IsValid(JsonElement schema, JsonElement value)
    {
        var errors = new List<string>();
        Check(schema, value, "", errors);
        return errors.Count == 0;
    }

    private void Check(JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            if (schema.ValueKind == JsonValueKind.False)
                errors.Add(path + ": false");
            return;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            if (!Holds(keyword, schema, value, path, errors))
                errors.Add($"{path}: {keyword.Name}");
        }
    }

    private bool Holds(JsonProperty keyword, JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        var rule = keyword.Value;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : null;
        switch (keyword.Name)
        {
            case "$schema" or "$defs" or "title" or "description" or "default":
                return true;
            case "$ref":
                Check(Resolve(schema), value, path, errors);
                return true;
            case "type":
                return rule.ValueKind == JsonValueKind.String ? IsOfType(rule, value) : rule.EnumerateArray().Any(type => IsOfType(type, value));
            case "enum":
                return rule.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value));
            case "const":
                return JsonElement.DeepEquals(rule, value);
            case "anyOf":
                return rule.EnumerateArray().Any(one => IsValid(one, value));
            case "not":
                return !IsValid(rule, value);
            case "pattern":
                return text is null || Regex.IsMatch(text, rule.GetString()!, RegexOptions.ECMAScript);
            case "minLength":
                return text is null || text.Length >= rule.GetInt32();
            case "maxLength":
                return text is null || text.Length <= rule.GetInt32();
            case "minimum":
                return value.ValueKind != JsonValueKind.Number || value.GetDouble() >= rule.GetDouble();
            case "maximum":
                return value.ValueKind != JsonValueKind.Number || value.GetDouble() <= rule.GetDouble();
            default:
                return value.ValueKind == JsonValueKind.Array ? HoldsForList(keyword, value, path, errors) : HoldsForMap(keyword, schema, value, path, errors);
        }
    }

    private bool HoldsForList(JsonProperty keyword, JsonElement value, string path, List<string> errors)
    {
        switch (keyword.Name)
        {
            case "minItems":
                return value.GetArrayLength() >= keyword.Value.GetInt32();
            case "maxItems":
                return value.GetArrayLength() <= keyword.Value.GetInt32();
            case "items":
                var i = 0;
                foreach (var item in value.EnumerateArray())
                    Check(keyword.Value, item, $"{path}[{i++}]", errors);
                return true;
            default:
                return IsOfOtherKinds(keyword.Name);
        }
    }

    private bool HoldsForMap(JsonProperty keyword, JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return IsOfOtherKinds(keyword.Name);
        var names = value.EnumerateObject().Select(p => p.Name).ToList();
        switch (keyword.Name)
        {
            case "minProperties":
                return names.Count >= keyword.Value.GetInt32();
            case "maxProperties":
                return names.Count <= keyword.Value.GetInt32();
            case "required":
                return keyword.Value.EnumerateArray().All(name => names.Contains(name.GetString()!));
            case "dependentRequired":
                return keyword.Value.EnumerateObject().Where(d => names.Contains(d.Name)).All(d => d.Value.EnumerateArray().All(name => names.Contains(name.GetString()!)));
            case "propertyNames":
                return names.TrueForAll(name => IsValid(keyword.Value, JsonDocument.Parse("\"" + JsonEncodedText.Encode(name) + "\"").RootElement));
            case "properties":
                foreach (var property in value.EnumerateObject())
                {
                    if (keyword.Value.TryGetProperty(property.Name, out var own))
                        Check(own, property.Value, path + "." + property.Name, errors);
                }

                return true;
            case "additionalProperties":
                foreach (var property in value.EnumerateObject())
                {
                    if (!schema.TryGetProperty("properties", out var known) || !known.TryGetProperty(property.Name, out _))
                        Check(keyword.Value, property.Value, path + "." + property.Name, errors);
                }

                return true;
            default:
                return IsOfOtherKinds(keyword.Name);
        }
    }

    /// <summary>A keyword for lists or maps holds for every other kind of value.</summary>
    private static bool IsOfOtherKinds(string name) =>
        name is "properties" or "additionalProperties" or "propertyNames" or "required" or "dependentRequired" or "minProperties" or "maxProperties"
            or "minItems" or "maxItems" or "items"
            ? true
            : throw new NotSupportedException(name);

    private static bool IsOfType(JsonElement type, JsonElement value) => type.GetString() switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        var other => throw new NotSupportedException(other),
    };
}
