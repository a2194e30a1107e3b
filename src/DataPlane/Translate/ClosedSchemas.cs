using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// What is left of what all schemas of one request may have that Anthropic keeps to (its page "Structured outputs"): so many functions, so many properties that
/// need not be there, and so many that may be one of several things. In any of them each object has the properties that it names and no others, and nothing
/// refers to what it is within. One that means more, or is too much for the rest, is not kept to.
/// </summary>
internal struct ClosedSchemas
{
    private const int ScratchBytes = 64;
    private const int ReferenceBytesMax = 512;
    private const int ToolsMax = 20;
    private const int OptionalMax = 24;
    private const int UnionsMax = 16;

    private int _tools;
    private int _optional;
    private int _unions;

    /// <summary>Takes one more function that has no schema, and so no properties.</summary>
    public bool TryTakeTool()
    {
        if (_tools == ToolsMax)
            return false;
        _tools++;
        return true;
    }

    /// <summary>Takes one more schema, which has to be one that may be looked into. False where it is not to be kept to, and nothing is taken.</summary>
    /// <param name="source">What it is of.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="isOpenApi">It is in OpenAPI's manner.</param>
    /// <param name="isTool">It is what a function takes.</param>
    public bool TryTake(ReadOnlySpan<byte> source, Piece schema, bool isOpenApi, bool isTool)
    {
        if (isTool && _tools == ToolsMax)
            return false;
        var look = new Look(source, isOpenApi, stackalloc Piece[Look.DefinitionsMax], stackalloc ulong[Look.DefinitionsMax]);
        if (!look.IsClosed(schema, isTool) || _optional + look.Optional > OptionalMax || _unions + look.Unions > UnionsMax)
            return false;
        _tools += isTool ? 1 : 0;
        _optional += look.Optional;
        _unions += look.Unions;
        return true;
    }

    /// <summary>A way through a schema.</summary>
    /// <param name="source">What it is of.</param>
    /// <param name="isOpenApi">It is in OpenAPI's manner.</param>
    /// <param name="names">Where names of what it defines are put.</param>
    /// <param name="uses">Where it is put which of them each refers to, a bit for each.</param>
    private ref struct Look(ReadOnlySpan<byte> source, bool isOpenApi, Span<Piece> names, Span<ulong> uses)
    {
        /// <summary>As many as an unsigned long has bits.</summary>
        public const int DefinitionsMax = 64;

        private readonly ReadOnlySpan<byte> _source = source;
        private readonly Span<Piece> _names = names;
        private readonly Span<ulong> _uses = uses;
        private int _count = 0;
        private int _within = -1;

        /// <summary>Properties that need not be there.</summary>
        public int Optional { get; private set; }

        /// <summary>Schemas that allow for several things.</summary>
        public int Unions { get; private set; }

        public bool IsClosed(Piece schema, bool isInput)
        {
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (!IsDefinitions(ref walk) || !walk.TryEnter(JsonToken.StartObject))
                    continue;
                while (walk.NextMember())
                {
                    if (_count == DefinitionsMax)
                        return false;
                    _names[_count++] = new Piece(walk.MemberStart + 1, walk.RawName.Length);
                }
            }

            return IsClosed(schema, isInput, isRoot: true) && !HasRing();
        }

        private bool IsClosed(Piece schema, bool isInput = false, bool isRoot = false)
        {
            if (_source[schema.Start] != (byte)'{')
                return true;
            Piece properties = default, required = default;
            var (isObject, isUnion, isShut) = (isInput, false, false);
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (walk.Is("type"u8))
                {
                    isUnion |= walk.Token == JsonToken.StartArray;
                    isObject |= SchemaWords.NamesObject(ref walk);
                }
                else if (walk.Is("nullable"u8))
                    isUnion |= isOpenApi && walk.Token == JsonToken.True;
                else if (walk.Is("additionalProperties"u8) && walk.Token == JsonToken.False)
                    isShut = true;
                else if (walk.Is("additionalProperties"u8) || walk.Is("patternProperties"u8))
                    return false;
                else if (walk.Is("$ref"u8) && !IsKnown(ref walk))
                    return false;
                else if (walk.Is("properties"u8) && walk.Token == JsonToken.StartObject)
                    properties = walk.Value();
                else if (walk.Is("required"u8) && walk.Token == JsonToken.StartArray)
                    required = walk.Value();
                else if (IsDefinitions(ref walk))
                {
                    if (!AreClosed(walk.Value(), areDefinitions: isRoot))
                        return false;
                }
                else if (walk.Is("anyOf"u8) || walk.Is("oneOf"u8) || walk.Is("allOf"u8) || walk.Is("items"u8))
                {
                    isUnion |= walk.Is("anyOf"u8) || walk.Is("oneOf"u8);
                    if (walk.Is("items"u8) ? !IsClosed(walk.Value()) : !AreClosed(walk.Value()))
                        return false;
                }
            }

            Unions += isUnion ? 1 : 0;

            // Where nothing is named nothing could be there. What a function takes is nothing, where it says so.
            if ((isObject || properties.IsPresent) && !isShut && (isInput ? !properties.IsPresent : IsEmpty(properties)))
                return false;
            return !properties.IsPresent || (AreClosed(properties) && CountOptional(properties, required));
        }

        /// <summary>Whether all that stand in an object or in an array are.</summary>
        private bool AreClosed(Piece schemas, bool areDefinitions = false)
        {
            var walk = new JsonWalk(_source, schemas, stackalloc byte[ScratchBytes]);
            if (_source[schemas.Start] == (byte)'{')
            {
                for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
                {
                    if (areDefinitions)
                        _within = Find(walk.RawName);
                    if (!IsClosed(walk.Value()))
                        return false;
                }

                if (areDefinitions)
                    _within = -1;
                return true;
            }

            for (var isIn = walk.TryBeginArray(); isIn && walk.NextElement();)
            {
                if (!IsClosed(walk.Value()))
                    return false;
            }

            return true;
        }

        /// <summary>Counts those that need not be there, as far as it matters.</summary>
        private bool CountOptional(Piece properties, Piece required)
        {
            var walk = new JsonWalk(_source, properties, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (!SchemaWords.Has(_source, required, walk.RawName) && ++Optional > OptionalMax)
                    return false;
            }

            return true;
        }

        private readonly bool IsEmpty(Piece properties) =>
            !properties.IsPresent || properties.Of(_source)[1..^1].IndexOfAnyExcept(" \t\r\n"u8) < 0;

        private static bool IsDefinitions(ref JsonWalk walk) => walk.Is("$defs"u8) || walk.Is("definitions"u8);

        /// <summary>Whether it refers to one of those that the schema defines, which is put down; to the whole, or to others' schemas, it may not.</summary>
        private readonly bool IsKnown(ref JsonWalk walk)
        {
            if (walk.Token != JsonToken.String)
                return false;
            Span<byte> plain = stackalloc byte[ReferenceBytesMax];
            scoped var text = walk.TextBytes;
            if (text.IndexOf((byte)'\\') >= 0)
            {
                if (!JsonUnescape.TryUnescape(text, plain, out var length))
                    return false;
                text = plain[..length];
            }

            var at = text.StartsWith("#/$defs/"u8) ? Find(text["#/$defs/".Length..])
                : text.StartsWith("#/definitions/"u8) ? Find(text["#/definitions/".Length..])
                : -1;
            if (at >= 0 && _within >= 0)
                _uses[_within] |= 1UL << at;
            return at >= 0;
        }

        private readonly int Find(ReadOnlySpan<byte> name)
        {
            for (var i = 0; i < _count; i++)
            {
                if (_names[i].Of(_source).SequenceEqual(name))
                    return i;
            }

            return -1;
        }

        /// <summary>Whether one of them refers to itself, over however many others.</summary>
        private readonly bool HasRing()
        {
            for (var over = 0; over < _count; over++)
            {
                for (var i = 0; i < _count; i++)
                {
                    if ((_uses[i] & (1UL << over)) != 0)
                        _uses[i] |= _uses[over];
                }
            }

            for (var i = 0; i < _count; i++)
            {
                if ((_uses[i] & (1UL << i)) != 0)
                    return true;
            }

            return false;
        }
    }
}
