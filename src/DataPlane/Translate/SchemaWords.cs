using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Words of JSON Schema that some provider refuses where an answer has to keep to a schema.</summary>
internal static class SchemaWords
{
    private const int ScratchBytes = 64;

    /// <summary>Properties of one object that are looked for among those required, and those that are looked through.</summary>
    private const int PropertiesMax = 256;

    /// <summary>Bytes of a schema that is looked into, once for each level: a larger one goes as it stands, and is not strictly kept to.</summary>
    public const int SchemaBytesMax = 256 * 1024;

    /// <summary>Whether Anthropic refuses the word (its page "Structured outputs", and what its own clients leave out).</summary>
    public static bool IsBound(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("minimum"u8) || word.SequenceEqual("maximum"u8)
        || word.SequenceEqual("exclusiveMinimum"u8) || word.SequenceEqual("exclusiveMaximum"u8)
        || word.SequenceEqual("multipleOf"u8) || word.SequenceEqual("minLength"u8) || word.SequenceEqual("maxLength"u8) || word.SequenceEqual("pattern"u8)
        || word.SequenceEqual("maxItems"u8) || word.SequenceEqual("uniqueItems"u8) || word.SequenceEqual("prefixItems"u8) || IsUnusual(word);

    /// <summary>Whether Anthropic takes the form of a string.</summary>
    public static bool IsFormat(ReadOnlySpan<byte> format) =>
        format.SequenceEqual("date-time"u8) || format.SequenceEqual("time"u8) || format.SequenceEqual("date"u8) || format.SequenceEqual("duration"u8)
        || format.SequenceEqual("email"u8) || format.SequenceEqual("hostname"u8) || format.SequenceEqual("uri"u8) || format.SequenceEqual("ipv4"u8)
        || format.SequenceEqual("ipv6"u8) || format.SequenceEqual("uuid"u8);

    /// <summary>
    /// Whether OpenAI takes a schema as one that is strictly kept to (guide "Structured outputs"): each object is closed and wants all its properties, and
    /// words that it refuses are not in it.
    /// </summary>
    public static bool IsStrict(ReadOnlySpan<byte> source, Piece schema)
    {
        if (schema.Length > SchemaBytesMax)
            return false;
        var (isObject, isOneOfSeveral) = (false, false);
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            isObject |= walk.Is("type"u8) && walk.IsText("object"u8);
            isOneOfSeveral |= walk.Is("anyOf"u8);
        }

        return isObject && !isOneOfSeveral && IsStrictWithin(source, schema);
    }

    private static bool IsStrictWithin(ReadOnlySpan<byte> source, Piece schema)
    {
        if (source[schema.Start] != (byte)'{')
            return true;
        Piece properties = default, required = default;
        var (isObject, isClosed) = (false, false);
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (IsRefused(walk.Name))
                return false;
            if (walk.Is("type"u8))
                isObject = walk.IsText("object"u8);
            else if (walk.Is("additionalProperties"u8))
                isClosed = walk.Token == JsonToken.False;
            else if (walk.Is("required"u8) && walk.Token == JsonToken.StartArray)
                required = walk.Value();
            else if (walk.Is("properties"u8) && walk.Token == JsonToken.StartObject)
            {
                properties = walk.Value();
                if (!AreStrict(source, properties))
                    return false;
            }
            else if ((walk.Is("$defs"u8) || walk.Is("definitions"u8) || walk.Is("anyOf"u8)) && !AreStrict(source, walk.Value()))
                return false;
            else if (walk.Is("items"u8) && !IsStrictWithin(source, walk.Value()))
                return false;
        }

        return !(isObject || properties.IsPresent) || (isClosed && AreRequired(source, properties, required));
    }

    /// <summary>Whether all that stand in an object or in an array are.</summary>
    private static bool AreStrict(ReadOnlySpan<byte> source, Piece schemas)
    {
        var walk = new JsonWalk(source, schemas, stackalloc byte[ScratchBytes]);
        if (source[schemas.Start] == (byte)'{')
        {
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (!IsStrictWithin(source, walk.Value()))
                    return false;
            }

            return true;
        }

        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (!IsStrictWithin(source, walk.Value()))
                return false;
        }

        return true;
    }

    private static bool AreRequired(ReadOnlySpan<byte> source, Piece properties, Piece required)
    {
        if (!properties.IsPresent)
            return true;
        var left = PropertiesMax;
        var walk = new JsonWalk(source, properties, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (left-- == 0 || !Has(source, required, walk.RawName))
                return false;
        }

        return true;
    }

    private static bool Has(ReadOnlySpan<byte> source, Piece list, ReadOnlySpan<byte> name)
    {
        if (!list.IsPresent)
            return false;
        var left = PropertiesMax;
        var walk = new JsonWalk(source, list, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBeginArray(); isIn && left-- > 0 && walk.NextElement();)
        {
            if (walk.Token == JsonToken.String && walk.TextBytes.SequenceEqual(name))
                return true;
        }

        return false;
    }

    private static bool IsRefused(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("allOf"u8) || word.SequenceEqual("oneOf"u8) || word.SequenceEqual("default"u8) || word.SequenceEqual("uniqueItems"u8)
        || word.SequenceEqual("prefixItems"u8) || IsUnusual(word);

    private static bool IsUnusual(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("minProperties"u8) || word.SequenceEqual("maxProperties"u8) || word.SequenceEqual("patternProperties"u8)
        || word.SequenceEqual("propertyNames"u8) || word.SequenceEqual("unevaluatedProperties"u8) || word.SequenceEqual("unevaluatedItems"u8)
        || word.SequenceEqual("contains"u8) || word.SequenceEqual("minContains"u8) || word.SequenceEqual("maxContains"u8) || word.SequenceEqual("not"u8)
        || word.SequenceEqual("if"u8) || word.SequenceEqual("then"u8) || word.SequenceEqual("else"u8) || word.SequenceEqual("dependentRequired"u8)
        || word.SequenceEqual("dependentSchemas"u8);
}
