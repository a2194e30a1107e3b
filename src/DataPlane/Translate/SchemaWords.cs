using System.Buffers;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Words of JSON Schema that some provider refuses where an answer has to keep to a schema.</summary>
internal static class SchemaWords
{
    private const int ScratchBytes = 64;

    private static readonly SearchValues<byte> Marks = SearchValues.Create("{}[]\""u8);

    /// <summary>Properties of one object that are looked for among those required, and those that are looked through.</summary>
    private const int PropertiesMax = 256;

    /// <summary>
    /// Bytes of all of a request's schemas that are looked into, each as often as it is within something (<see cref="Work"/>): others go as they stand, and
    /// are not strictly kept to.
    /// </summary>
    public const long WorkMax = 4 * 1024 * 1024;

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
    /// Bytes that are gone through where a schema is looked into: each once for each object and list that it is in. What is more than <paramref name="max"/>
    /// is not counted to its end.
    /// </summary>
    public static long Work(ReadOnlySpan<byte> schema, long max)
    {
        if (schema.Length > max)
            return schema.Length;
        var (work, depth) = (0L, 0L);
        while (work <= max && schema.IndexOfAny(Marks) is var at and >= 0)
        {
            var mark = schema[at];
            depth += mark is (byte)'{' or (byte)'[' ? 1 : 0;
            work += (at + 1) * depth;
            depth -= mark is (byte)'}' or (byte)']' ? 1 : 0;
            schema = schema[(at + 1)..];
            while (mark == (byte)'"' && schema.IndexOfAny((byte)'"', (byte)'\\') is var end and >= 0)
            {
                var isEscape = schema[end] == (byte)'\\';
                var length = Math.Min(schema.Length, end + (isEscape ? 2 : 1));
                work += length * depth;
                schema = schema[length..];
                if (!isEscape)
                    break;
            }
        }

        return work;
    }

    /// <summary>
    /// Whether OpenAI takes a schema as one that is strictly kept to (guide "Structured outputs"): each object is closed and wants all its properties, and
    /// words that it refuses are not in it. Objects in OpenAPI's manner are as good as closed where they name properties: Gemini gives no others.
    /// </summary>
    public static bool IsStrict(ReadOnlySpan<byte> source, Piece schema, bool isOpenApi)
    {
        var isOneOfSeveral = false;
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            isOneOfSeveral |= walk.Is("anyOf"u8);
        return !isOneOfSeveral && IsOfObject(source, schema, isOpenApi) && IsStrictWithin(source, schema, isOpenApi);
    }

    /// <summary>Whether a schema says that it is an object's, and nothing else's.</summary>
    public static bool IsOfObject(ReadOnlySpan<byte> source, Piece schema, bool isOpenApi)
    {
        var isObject = false;
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("type"u8))
                isObject = IsObject(ref walk, isOpenApi);
        }

        return isObject;
    }

    /// <summary>Whether the type at hand is that of an object, or has it among others.</summary>
    public static bool NamesObject(ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return walk.IsText("object"u8) || walk.IsText("OBJECT"u8);
        var has = false;
        while (walk.NextElement())
            has |= walk.IsText("object"u8);
        return has;
    }

    private static bool IsObject(ref JsonWalk walk, bool isOpenApi) => walk.IsText("object"u8) || (isOpenApi && walk.IsText("OBJECT"u8));

    private static bool IsStrictWithin(ReadOnlySpan<byte> source, Piece schema, bool isOpenApi)
    {
        if (source[schema.Start] != (byte)'{')
            return true;
        Piece properties = default, required = default;
        var (isObject, isClosed, isNullable, hasType) = (false, isOpenApi, false, false);
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (IsRefused(walk.Name) || (isOpenApi && walk.Is("example"u8)))
                return false;
            if (walk.Is("type"u8))
                (isObject, hasType) = (IsObject(ref walk, isOpenApi), true);
            else if (walk.Is("format"u8) && walk.Token == JsonToken.String && !IsStrictFormat(walk.TextBytes))
                return false;
            else if (walk.Is("nullable"u8))
                isNullable = isOpenApi && walk.Token == JsonToken.True;
            else if (walk.Is("additionalProperties"u8))
                isClosed = walk.Token == JsonToken.False;
            else if (walk.Is("required"u8) && walk.Token == JsonToken.StartArray)
                required = walk.Value();
            else if (walk.Is("properties"u8) && walk.Token == JsonToken.StartObject)
            {
                properties = walk.Value();
                if (!AreStrict(source, properties, isOpenApi))
                    return false;
            }
            else if ((walk.Is("$defs"u8) || walk.Is("definitions"u8) || walk.Is("anyOf"u8)) && !AreStrict(source, walk.Value(), isOpenApi))
                return false;
            else if (walk.Is("items"u8) && !IsStrictWithin(source, walk.Value(), isOpenApi))
                return false;
        }

        // One without a type has no place for what is nullable, and one that names no properties has any.
        if ((isNullable && !hasType) || (isOpenApi && isObject && properties.Length <= 2))
            return false;
        return !(isObject || properties.IsPresent) || (isClosed && AreRequired(source, properties, required));
    }

    /// <summary>Whether all that stand in an object or in an array are.</summary>
    private static bool AreStrict(ReadOnlySpan<byte> source, Piece schemas, bool isOpenApi)
    {
        var walk = new JsonWalk(source, schemas, stackalloc byte[ScratchBytes]);
        if (source[schemas.Start] == (byte)'{')
        {
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (!IsStrictWithin(source, walk.Value(), isOpenApi))
                    return false;
            }

            return true;
        }

        for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
        {
            if (!IsStrictWithin(source, walk.Value(), isOpenApi))
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

    /// <summary>Whether a list of names has one, as far as it is looked through.</summary>
    public static bool Has(ReadOnlySpan<byte> source, Piece list, ReadOnlySpan<byte> name)
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

    /// <summary>Whether OpenAI takes the form of a string where it keeps strictly to it.</summary>
    private static bool IsStrictFormat(ReadOnlySpan<byte> format) => IsFormat(format) && !format.SequenceEqual("uri"u8);

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
