using System.Text.Json;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>Reads fields of a JSON document whose author is not us: whatever is not as it must be is said with the field's name and value.</summary>
internal static class JsonFields
{
    private const int ShownCharsMax = 120;

    /// <summary>Parses a document; the caller disposes of it.</summary>
    /// <exception cref="VocabularyException">The content is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> content)
    {
        if (content.Span.StartsWith("\uFEFF"u8))
            content = content[3..];
        try
        {
            return JsonDocument.Parse(content);
        }
        catch (JsonException e)
        {
            throw new VocabularyException($"is not well-formed JSON (line {e.LineNumber + 1})");
        }
    }

    /// <summary>The object that a document or field holds.</summary>
    public static JsonElement Object(JsonElement element, string path) =>
        element.ValueKind == JsonValueKind.Object ? element : throw Unsupported(path, element, "an object is expected");

    /// <summary>A field that must be there.</summary>
    public static JsonElement Required(JsonElement parent, string path, string name) =>
        parent.TryGetProperty(name, out var value) ? value : throw new VocabularyException($"{Join(path, name)} is missing");

    /// <summary>Refuses fields that nobody here knows: what they ask for would be left undone.</summary>
    public static void KnowsOnly(JsonElement parent, string path, ReadOnlySpan<string> names)
    {
        foreach (var field in parent.EnumerateObject())
        {
            if (!names.Contains(Text(field)))
                throw Unsupported(Join(path, Text(field)), field.Value, "the field is not known");
        }
    }

    /// <summary>A truth value; <paramref name="absent"/> where the field is not there or null.</summary>
    public static bool Boolean(JsonElement parent, string path, string name, bool absent)
    {
        if (!parent.TryGetProperty(name, out var value))
            return absent;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null => absent,
            _ => throw Unsupported(Join(path, name), value, "true or false is expected"),
        };
    }

    /// <summary>A whole number from 0 to <see cref="int.MaxValue"/>.</summary>
    public static int Number(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0
            ? number
            : throw Unsupported(path, value, "a whole number from 0 is expected");

    /// <summary>A text.</summary>
    public static string Text(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Unsupported(path, value, "a text is expected");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new VocabularyException($"{path} holds bytes or escapes that are not Unicode text");
        }
    }

    /// <summary>The name of a field.</summary>
    public static string Text(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            throw new VocabularyException("the name of a field holds bytes or escapes that are not Unicode text");
        }
    }

    /// <summary>The complaint about a field whose value cannot be followed.</summary>
    public static VocabularyException Unsupported(string path, JsonElement value, string reason) =>
        new($"{path} {Shown(value)} is not supported: {reason}");

    /// <summary>The name of a field within another.</summary>
    public static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= ShownCharsMax ? text : text[..ShownCharsMax] + "…";
    }
}
