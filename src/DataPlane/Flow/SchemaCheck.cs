using System.Globalization;
using System.Text.Json;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Whether a value keeps to a JSON schema. Looked at are its types, members and items, <c>enum</c>, <c>const</c>, <c>anyOf</c> and its like, and what a
/// <c>$ref</c> within the schema leads to; what else a schema can say is taken for kept to. Nothing is taken for broken that is not.
/// </summary>
/// <param name="root">The whole schema, which its references start from.</param>
/// <param name="comparedMax">Values, members and items that are compared; what is behind them passes.</param>
internal ref struct SchemaCheck(JsonElement root, int comparedMax)
{
    /// <summary>Schemas within each other; what lies deeper passes. A reference may lead to itself.</summary>
    private const int DepthMax = 128;

    private readonly JsonElement _root = root;
    private int _left = comparedMax;
    private int _depth;

    /// <summary>Whether the value keeps to the whole schema.</summary>
    public bool Fits(JsonElement value) => Fits(value, _root);

    private bool Fits(JsonElement value, JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.False)
            return false;
        if (schema.ValueKind != JsonValueKind.Object || _left-- <= 0 || _depth >= DepthMax)
            return true;
        _depth++;
        var fits = (value.ValueKind == JsonValueKind.Null && JsonMembers.Member(schema, "nullable").ValueKind == JsonValueKind.True)
            || (IsOfType(value, JsonMembers.Member(schema, "type")) && IsOneOf(value, schema) && FitsOthers(value, schema) && FitsWithin(value, schema));
        _depth--;
        return fits;
    }

    /// <summary>Types by name, one or several; Gemini writes them in capitals.</summary>
    private static bool IsOfType(JsonElement value, JsonElement type)
    {
        if (type.ValueKind != JsonValueKind.Array)
            return IsOf(value, JsonMembers.Text(type));
        var isAny = false;
        foreach (var one in type.EnumerateArray())
            isAny |= IsOf(value, JsonMembers.Text(one));
        return isAny;
    }

    /// <summary>One of another name is any.</summary>
    private static bool IsOf(JsonElement value, string type) => type.ToUpperInvariant() switch
    {
        "OBJECT" => value.ValueKind == JsonValueKind.Object,
        "ARRAY" => value.ValueKind == JsonValueKind.Array,
        "STRING" => value.ValueKind == JsonValueKind.String,
        "NUMBER" => value.ValueKind == JsonValueKind.Number,
        "INTEGER" => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Floor(number) == number,
        "BOOLEAN" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "NULL" => value.ValueKind == JsonValueKind.Null,
        _ => true,
    };

    private bool IsOneOf(JsonElement value, JsonElement schema)
    {
        var constant = JsonMembers.Member(schema, "const");
        if (constant.ValueKind != JsonValueKind.Undefined && !JsonElement.DeepEquals(value, constant))
            return false;
        var values = JsonMembers.Member(schema, "enum");
        if (values.ValueKind != JsonValueKind.Array)
            return true;
        foreach (var one in values.EnumerateArray())
        {
            if (_left-- <= 0 || JsonElement.DeepEquals(value, one))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Schemas that hold beside this one. Of <c>oneOf</c> one has to be kept to; that no other is cannot be told by those who look at a part.
    /// </summary>
    private bool FitsOthers(JsonElement value, JsonElement schema)
    {
        if (JsonMembers.Text(JsonMembers.Member(schema, "$ref")) is { Length: > 0 } reference && !Fits(value, Resolve(reference)))
            return false;
        foreach (var all in JsonMembers.Items(JsonMembers.Member(schema, "allOf")))
        {
            if (!Fits(value, all))
                return false;
        }

        return FitsAny(value, JsonMembers.Member(schema, "anyOf")) && FitsAny(value, JsonMembers.Member(schema, "oneOf"));
    }

    private bool FitsAny(JsonElement value, JsonElement schemas)
    {
        if (schemas.ValueKind != JsonValueKind.Array)
            return true;
        foreach (var one in schemas.EnumerateArray())
        {
            if (Fits(value, one))
                return true;
        }

        return false;
    }

    /// <summary>What a reference leads to (a JSON pointer, RFC 6901, behind <c>#</c>); undefined where that lies elsewhere, or is not there.</summary>
    private readonly JsonElement Resolve(string reference)
    {
        if (reference[0] != '#')
            return default;
        var at = _root;
        foreach (var step in reference.Split('/').AsSpan(1))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at.ValueKind != JsonValueKind.Array ? JsonMembers.Member(at, name)
                : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < at.GetArrayLength() ? at[index] : default;
        }

        return reference.Length == 1 || reference[1] == '/' ? at : default;
    }

    private bool FitsWithin(JsonElement value, JsonElement schema) => value.ValueKind switch
    {
        JsonValueKind.Object => HasMembers(value, schema) && FitsMembers(value, schema),
        JsonValueKind.Array => FitsItems(value, schema),
        _ => true,
    };

    private bool HasMembers(JsonElement value, JsonElement schema)
    {
        foreach (var name in JsonMembers.Items(JsonMembers.Member(schema, "required")))
        {
            if (_left-- <= 0)
                return true;
            if (name.ValueKind == JsonValueKind.String && !value.TryGetProperty(name.GetString()!, out _))
                return false;
        }

        return true;
    }

    /// <summary>Members that <c>properties</c> do not name are others, unless they may have a pattern's name.</summary>
    private bool FitsMembers(JsonElement value, JsonElement schema)
    {
        var properties = JsonMembers.Member(schema, "properties");
        var others = JsonMembers.Member(schema, "patternProperties").ValueKind == JsonValueKind.Undefined
            ? JsonMembers.Member(schema, "additionalProperties") : default;
        foreach (var member in value.EnumerateObject())
        {
            if (_left-- <= 0)
                return true;
            var known = JsonMembers.Member(properties, member.Name);
            if (!Fits(member.Value, known.ValueKind == JsonValueKind.Undefined ? others : known))
                return false;
        }

        return true;
    }

    /// <summary>The first items have schemas of their own where the schema says so.</summary>
    private bool FitsItems(JsonElement value, JsonElement schema)
    {
        var first = JsonMembers.Member(schema, "prefixItems");
        var (at, own) = (0, first.ValueKind == JsonValueKind.Array ? first.GetArrayLength() : 0);
        var others = JsonMembers.Member(schema, "items");
        foreach (var item in value.EnumerateArray())
        {
            if (_left <= 0)
                return true;
            if (!Fits(item, at < own ? first[at] : others))
                return false;
            at++;
        }

        return true;
    }
}
