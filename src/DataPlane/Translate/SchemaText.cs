using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Schemas. Gemini writes them in the manner of OpenAPI (its reference, <c>Schema</c>): types in capitals, numbers of 64 bits as strings,
/// <c>nullable</c>, and the order of properties, which JSON Schema tells by the order that they stand in. Anthropic wants objects closed.
/// </summary>
internal static class SchemaText
{
    private const int ScratchBytes = 64;

    /// <summary>Writes a schema as JSON Schema has it.</summary>
    public static void Write(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, Piece schema, bool isOpenApi)
    {
        json.Name(name);
        if (isOpenApi)
            new Form(source, isOpenApi, closes: false).Write(json, schema);
        else
            json.Value(schema.Of(source));
    }

    /// <summary>As above; objects that say nothing of it have no properties besides those that they name.</summary>
    public static void WriteClosed(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, Piece schema, bool isOpenApi) =>
        new Form(source, isOpenApi, closes: true).Write(json.Name(name), schema);

    /// <summary>What has to be known of a schema before its first member is written.</summary>
    private struct Facts
    {
        public bool IsNullable;
        public bool IsObject;
        public bool IsClosed;
        public bool HasProperties;
    }

    /// <summary>How schemas are written over.</summary>
    private readonly ref struct Form(ReadOnlySpan<byte> source, bool isOpenApi, bool closes)
    {
        private readonly ReadOnlySpan<byte> _source = source;

        /// <summary>A value that stands where a schema does; what is none is written as it stands.</summary>
        public void Write(JsonOut json, Piece schema)
        {
            if (_source[schema.Start] != (byte)'{')
            {
                json.Value(schema.Of(_source));
                return;
            }

            var facts = Look(schema);
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            json.StartObject();
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
                WriteMember(json, facts, ref walk);
            if (closes && !facts.IsClosed && (facts.IsObject || facts.HasProperties))
                json.Flag("additionalProperties"u8, false);
            json.EndObject();
        }

        private Facts Look(Piece schema)
        {
            Facts facts = default;
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (walk.Is("nullable"u8))
                    facts.IsNullable = isOpenApi && walk.Token == JsonToken.True;
                else if (walk.Is("type"u8))
                    facts.IsObject = walk.IsText("object"u8) || walk.IsText("OBJECT"u8) || HasObject(ref walk);
                else if (walk.Is("properties"u8))
                    facts.HasProperties = walk.Token == JsonToken.StartObject;
                else if (walk.Is("additionalProperties"u8))
                    facts.IsClosed = true;
            }

            return facts;
        }

        private static bool HasObject(ref JsonWalk walk)
        {
            var has = false;
            if (!walk.TryEnter(JsonToken.StartArray))
                return false;
            while (walk.NextElement())
                has |= walk.IsText("object"u8);
            return has;
        }

        private void WriteMember(JsonOut json, in Facts facts, ref JsonWalk walk)
        {
            if (isOpenApi && (walk.Is("nullable"u8) || walk.Is("propertyOrdering"u8) || walk.Is("property_ordering"u8)))
                return;
            json.Name(walk.RawName);
            if (isOpenApi && walk.Is("type"u8) && walk.Token == JsonToken.String)
                WriteType(json, facts.IsNullable, walk.Text.Of(_source));
            else if (isOpenApi && walk.Is("enum"u8) && facts.IsNullable && walk.Token == JsonToken.StartArray)
                WriteWithNull(json, walk.Value().Of(_source), "null"u8);
            else if (isOpenApi && IsCount(ref walk))
                json.Value(walk.Text.Of(_source));
            else if ((walk.Is("properties"u8) || walk.Is("$defs"u8) || walk.Is("definitions"u8)) && walk.TryEnter(JsonToken.StartObject))
            {
                json.StartObject();
                while (walk.NextMember())
                    Write(json.Name(walk.RawName), walk.Value());
                json.EndObject();
            }
            else if ((walk.Is("anyOf"u8) || walk.Is("oneOf"u8) || walk.Is("allOf"u8) || walk.Is("prefixItems"u8)) && walk.TryEnter(JsonToken.StartArray))
            {
                json.StartArray();
                while (walk.NextElement())
                    Write(json, walk.Value());
                json.EndArray();
            }
            else if (walk.Is("items"u8) || walk.Is("additionalProperties"u8))
                Write(json, walk.Value());
            else
                json.Value(walk.Value().Of(_source));
        }

        private static void WriteType(JsonOut json, bool isNullable, ReadOnlySpan<byte> type)
        {
            if (!isNullable)
            {
                json.Lower(type);
                return;
            }

            json.StartArray();
            json.Lower(type).Text("null"u8).EndArray();
        }

        /// <summary>An array as it stands with one more element.</summary>
        private static void WriteWithNull(JsonOut json, ReadOnlySpan<byte> array, ReadOnlySpan<byte> element)
        {
            json.StartArray();
            if (array[1..^1].IndexOfAnyExcept(" \t\r\n"u8) >= 0)
                json.Value(array[1..^1]);
            json.Value(element).EndArray();
        }

        /// <summary>Whether it is a number in a string, as protobuf's JSON has those of 64 bits.</summary>
        private static bool IsCount(ref JsonWalk walk)
        {
            var isNamed = walk.Is("minItems"u8) || walk.Is("maxItems"u8) || walk.Is("minLength"u8) || walk.Is("maxLength"u8)
                || walk.Is("minProperties"u8) || walk.Is("maxProperties"u8);
            return isNamed && walk.Token == JsonToken.String && walk.TextBytes is { Length: > 0 and < 19 } digits
                && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && (digits.Length == 1 || digits[0] != (byte)'0');
        }
    }
}
