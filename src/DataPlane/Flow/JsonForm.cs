using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Whether answers are the JSON that their request asks for. Of its schema <c>type</c>, <c>required</c>, <c>properties</c> and <c>items</c> are looked at, and
/// of a large answer a part.
/// </summary>
internal static class JsonForm
{
    /// <summary>Members and items that are compared with a schema; what is behind them passes.</summary>
    private const int ComparedMax = 2_000;

    /// <summary>A longer schema is not looked at.</summary>
    private const int SchemaBytesMax = 64 * 1024;

    /// <summary>Whether no choice breaks what its request asks for. One that says nothing and calls tools is not meant.</summary>
    public static bool IsMet(List<AnswerChoice> choices, RequestShape shape, in ReadOnlySequence<byte> request)
    {
        if (choices.Count == 0 || !Mentions(request, "json"u8))
            return true;
        using var asked = JsonDocument.Parse(request, JsonMembers.Options);
        if (Translations.Of(shape).WantsJson is not { } wants || !wants(asked.RootElement, out var schema))
            return true;
        foreach (var choice in choices)
        {
            if (!(choice.HasCalls && choice.Text.Length == 0) && !IsMet(choice.Text, schema))
                return false;
        }

        return true;
    }

    private static bool IsMet(string text, JsonElement schema)
    {
        try
        {
            using var value = JsonDocument.Parse(text, JsonMembers.Options);
            var left = schema.ValueKind == JsonValueKind.Object && JsonMarshal.GetRawUtf8Value(schema).Length <= SchemaBytesMax ? ComparedMax : 0;
            return Fits(value.RootElement, schema, ref left);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Fits(JsonElement value, JsonElement schema, ref int left)
    {
        if (left-- <= 0 || schema.ValueKind != JsonValueKind.Object)
            return true;
        if (value.ValueKind == JsonValueKind.Null && JsonMembers.Member(schema, "nullable").ValueKind == JsonValueKind.True)
            return true;
        if (!IsOf(value, JsonMembers.Text(JsonMembers.Member(schema, "type"))))
            return false;
        if (value.ValueKind == JsonValueKind.Object)
            return HasMembers(value, schema, ref left);
        var items = JsonMembers.Member(schema, "items");
        foreach (var item in items.ValueKind == JsonValueKind.Object ? JsonMembers.Items(value) : [])
        {
            if (!Fits(item, items, ref left))
                return false;
        }

        return true;
    }

    private static bool HasMembers(JsonElement value, JsonElement schema, ref int left)
    {
        foreach (var name in JsonMembers.Items(JsonMembers.Member(schema, "required")))
        {
            if (left-- <= 0)
                return true;
            if (name.ValueKind == JsonValueKind.String && !value.TryGetProperty(name.GetString()!, out _))
                return false;
        }

        var properties = JsonMembers.Member(schema, "properties");
        foreach (var member in value.EnumerateObject())
        {
            if (left-- <= 0)
                return true;
            if (!Fits(member.Value, JsonMembers.Member(properties, member.Name), ref left))
                return false;
        }

        return true;
    }

    /// <summary>Whether a value is of a type; Gemini writes them in capitals. One of another name, or of several, is any.</summary>
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

    private static bool Mentions(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> word)
    {
        if (bytes.IsSingleSegment)
            return bytes.FirstSpan.IndexOf(word) >= 0;
        var reader = new SequenceReader<byte>(bytes);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, word);
    }
}
