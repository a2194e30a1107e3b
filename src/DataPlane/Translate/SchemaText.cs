using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Schemas, which Gemini writes in the manner of OpenAPI: its types are in capitals, elsewhere they are not.</summary>
internal static class SchemaText
{
    /// <summary>Writes a schema as JSON Schema has it.</summary>
    public static void Write(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, Piece schema, bool isOpenApi)
    {
        json.Name(name);
        if (!isOpenApi)
        {
            json.Value(schema.Of(source));
            return;
        }

        var walk = new JsonWalk(source, schema, stackalloc byte[64]);
        if (walk.TryBegin())
            WriteObject(json, source, ref walk);
    }

    private static void WriteObject(JsonOut json, ReadOnlySpan<byte> source, ref JsonWalk walk)
    {
        json.StartObject();
        while (walk.NextMember())
        {
            json.Name(walk.RawName);
            if (walk.Is("type"u8) && walk.Token == JsonToken.String)
                json.Lower(walk.Text.Of(source));
            else
                WriteValue(json, source, ref walk);
        }

        json.EndObject();
    }

    private static void WriteValue(JsonOut json, ReadOnlySpan<byte> source, ref JsonWalk walk)
    {
        if (walk.TryEnter(JsonToken.StartObject))
        {
            WriteObject(json, source, ref walk);
            return;
        }

        if (!walk.TryEnter(JsonToken.StartArray))
        {
            json.Value(walk.Value().Of(source));
            return;
        }

        json.StartArray();
        while (walk.NextElement())
            WriteValue(json, source, ref walk);
        json.EndArray();
    }
}
