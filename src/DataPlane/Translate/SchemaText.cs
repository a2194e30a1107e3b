using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Schemas. Gemini writes them in the manner of OpenAPI (its reference, <c>Schema</c>): types in capitals, numbers of 64 bits as strings,
/// <c>nullable</c>, and the order of properties, which JSON Schema tells by the order that they stand in. Anthropic wants objects closed, and refuses
/// bounds (its page "Structured outputs"): those stand in the description then, where the model may read them.
/// </summary>
internal static class SchemaText
{
    private const int ScratchBytes = 64;

    /// <summary>Writes a schema as JSON Schema has it. One in OpenAPI's manner has to be one that may be looked into.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="name">The member's name.</param>
    /// <param name="source">What it is of.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="isOpenApi">It is in OpenAPI's manner.</param>
    /// <param name="closes">Its objects have no properties besides those that they name, which is what it means there.</param>
    public static void Write(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, Piece schema, bool isOpenApi, bool closes)
    {
        json.Name(name);
        if (isOpenApi)
            new Form(source, isOpenApi, default, null, closes).Write(json, schema);
        else
            json.Value(schema.Of(source));
    }

    /// <summary>
    /// As above, for Anthropic to keep to: objects have no properties besides those that they name, and what it refuses is lost. It has to be one that may be
    /// closed so (<see cref="ClosedSchemas"/>).
    /// </summary>
    public static void WriteClosed(JsonOut json, ReadOnlySpan<byte> name, NeutralRequest request, Piece schema, bool isOpenApi, ReadOnlySpan<byte> field) =>
        new Form(request.Source, isOpenApi, field, request.Losses, closes: true).Write(json.Name(name), schema);

    /// <summary>
    /// As above, of what a function takes, which Anthropic keeps to where it is strict: false where it is not to, for the schema could not be looked into, or
    /// would mean something else (<see cref="ClosedSchemas"/>). It is an object, and said to be one where the schema does not: else it is refused.
    /// </summary>
    public static bool WriteInput(JsonOut json, ReadOnlySpan<byte> name, NeutralRequest request, in NeutralTool tool)
    {
        json.Name(name);
        var source = request.Source;
        var schema = tool.Schema;
        var keeps = tool.IsStrict && request.Closes(schema, tool.IsOpenApi, isTool: true);
        if (keeps || (tool.IsOpenApi && request.MayLookInto(schema)))
            new Form(source, tool.IsOpenApi, request.Names.ToolSchema, keeps ? request.Losses : null, keeps).Write(json, schema, isInput: true);
        else if (HasType(source, schema))
            json.Value(schema.Of(source));
        else
        {
            json.StartObject().Text("type"u8, "object"u8);
            var members = schema.Of(source)[1..^1];
            if (members.IndexOfAnyExcept(" \t\r\n"u8) >= 0)
                json.Value(members);
            json.EndObject();
        }

        return keeps;
    }

    /// <summary>
    /// As <see cref="Write"/>, of what a function takes, for OpenAI: an object that does not say which properties it has is refused, so it says none.
    /// </summary>
    public static void WriteParameters(JsonOut json, NeutralRequest request, in NeutralTool tool, bool keeps)
    {
        var source = request.Source;
        var isOver = tool.IsOpenApi && (keeps || request.MayLookInto(tool.Schema));
        if (!LacksProperties(source, tool.Schema))
            Write(json, "parameters"u8, source, tool.Schema, isOver, closes: keeps);
        else if (isOver)
            new Form(source, isOpenApi: true, default, null, keeps).Write(json.Name("parameters"u8), tool.Schema, lacksProperties: true);
        else
            json.StartObject("parameters"u8).Value(tool.Schema.Of(source)[1..^1]).StartObject("properties"u8).EndObject().EndObject();
    }

    private static bool LacksProperties(ReadOnlySpan<byte> source, Piece schema)
    {
        var isObject = false;
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("properties"u8))
                return false;
            isObject |= walk.Is("type"u8) && (walk.IsText("object"u8) || walk.IsText("OBJECT"u8));
        }

        return isObject;
    }

    private static bool HasType(ReadOnlySpan<byte> source, Piece schema)
    {
        var walk = new JsonWalk(source, schema, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("type"u8))
                return true;
        }

        return false;
    }

    /// <summary>What has to be known of a schema before its first member is written.</summary>
    private struct Facts
    {
        public bool IsNullable;
        public bool HasType;
        public bool IsObject;
        public bool HasProperties;
        public bool HasAnyOf;
        public bool HasDropped;
        public Piece Description;
    }

    /// <summary>How schemas are written over.</summary>
    /// <param name="source">What the schema is of.</param>
    /// <param name="isOpenApi">It is in OpenAPI's manner.</param>
    /// <param name="field">The field that it stands in.</param>
    /// <param name="losses">What Anthropic refuses goes in here, if it is to be taken out; else null.</param>
    /// <param name="closes">Whether objects are to be closed.</param>
    private readonly ref struct Form(ReadOnlySpan<byte> source, bool isOpenApi, ReadOnlySpan<byte> field, LossReport? losses, bool closes)
    {
        private readonly ReadOnlySpan<byte> _source = source;
        private readonly ReadOnlySpan<byte> _field = field;
        private readonly bool _drops = losses is not null;

        /// <summary>A value that stands where a schema does; what is none is written as it stands.</summary>
        public void Write(JsonOut json, Piece schema, bool isInput = false, bool lacksProperties = false)
        {
            if (_source[schema.Start] != (byte)'{')
            {
                json.Value(schema.Of(_source));
                return;
            }

            var facts = Look(schema);
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            json.StartObject();
            if (isInput && !facts.HasType)
            {
                facts.IsObject = true;
                json.Text("type"u8, "object"u8);
            }

            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
                WriteMember(json, facts, ref walk);
            if (lacksProperties)
                json.StartObject("properties"u8).EndObject();
            if (closes && (facts.IsObject || facts.HasProperties))
                json.Flag("additionalProperties"u8, false);
            if (facts.HasDropped)
                WriteDropped(json, schema, facts);
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
                    (facts.HasType, facts.IsObject) = (true, SchemaWords.NamesObject(ref walk));
                else if (walk.Is("properties"u8))
                    facts.HasProperties = walk.Token == JsonToken.StartObject;
                else if (walk.Is("anyOf"u8))
                    facts.HasAnyOf = true;
                else if (walk.Is("description"u8) && walk.Token == JsonToken.String)
                    facts.Description = walk.Text;
            }

            if (_drops)
                LookForDropped(schema, ref facts);
            return facts;
        }

        private void LookForDropped(Piece schema, ref Facts facts)
        {
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (!IsDropped(ref walk, facts))
                    continue;
                facts.HasDropped = true;
                losses!.Add(_field, walk.Name);
            }
        }

        /// <summary>What is refused stands behind the description, as Anthropic's own clients have it.</summary>
        private void WriteDropped(JsonOut json, Piece schema, in Facts facts)
        {
            var text = json.OpenText("description"u8);
            if (facts.Description.Length > 0)
                text.Add(facts.Description.Of(_source)).Add("\\n\\n"u8);
            text.Add("{"u8);
            var from = text.Length;
            var walk = new JsonWalk(_source, schema, stackalloc byte[ScratchBytes]);
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (IsDropped(ref walk, facts))
                    text.Add(text.Length > from ? ", "u8 : default).Add(walk.RawName).Add(": "u8).AddEscaped(walk.Value().Of(_source));
            }

            text.Add("}"u8);
            json.CloseText();
        }

        private void WriteMember(JsonOut json, in Facts facts, ref JsonWalk walk)
        {
            if (isOpenApi && (walk.Is("nullable"u8) || walk.Is("propertyOrdering"u8) || walk.Is("property_ordering"u8)))
                return;
            if (closes && walk.Is("additionalProperties"u8))
                return;
            if (_drops && ((facts.HasDropped && walk.Is("description"u8)) || IsDropped(ref walk, facts)))
                return;
            json.Name(_drops && walk.Is("oneOf"u8) ? "anyOf"u8 : walk.RawName);
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

        /// <summary>Whether Anthropic refuses it; one of several forms it takes as <c>anyOf</c>.</summary>
        private static bool IsDropped(ref JsonWalk walk, in Facts facts)
        {
            if (walk.Is("oneOf"u8))
                return facts.HasAnyOf;
            if (walk.Is("minItems"u8))
                return !(walk.Token is JsonToken.Number or JsonToken.String && walk.TextBytes is [(byte)'0' or (byte)'1']);
            return walk.Is("format"u8) ? walk.Token == JsonToken.String && !IsFormat(ref walk) : SchemaWords.IsBound(walk.Name);
        }

        private static bool IsFormat(ref JsonWalk walk) => SchemaWords.IsFormat(walk.TextBytes);

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
