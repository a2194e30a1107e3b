using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AiEdge.DataPlane.Dialects;

/// <summary>In which form answers are compared that mean the same by other letters.</summary>
internal static class AnswerText
{
    private static readonly SearchValues<char> Edges = SearchValues.Create(" .!?,;:\"'`*");

    /// <summary>
    /// JSON with the members of its objects in order and numbers in one form; of other text small letters, one space between words, and nothing of
    /// what stands around it.
    /// </summary>
    public static string Normal(string text)
    {
        var bare = text.AsSpan().Trim();
        return bare.Length > 0 && bare[0] is '{' or '[' && OfJson(text) is { } json ? json : OfWords(bare);
    }

    private static string OfWords(ReadOnlySpan<char> text)
    {
        var first = text.IndexOfAnyExcept(Edges);
        if (first < 0)
            return text.ToString();
        text = text[first..(text.LastIndexOfAnyExcept(Edges) + 1)];
        var words = new StringBuilder(text.Length);
        var isBetween = false;
        foreach (var letter in text)
        {
            if (char.IsWhiteSpace(letter))
            {
                isBetween = true;
                continue;
            }

            if (isBetween)
                words.Append(' ');
            isBetween = false;
            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }

    private static string? OfJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, JsonMembers.Options);
            var into = new StringBuilder(text.Length);
            Write(document.RootElement, into);
            return into.ToString();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Write(JsonElement value, StringBuilder into)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                into.Append('{');
                foreach (var member in value.EnumerateObject().OrderBy(static member => member.Name, StringComparer.Ordinal))
                {
                    into.Append(JsonEncodedText.Encode(member.Name).Value).Append(':');
                    Write(member.Value, into);
                    into.Append(',');
                }

                into.Append('}');
                break;
            case JsonValueKind.Array:
                into.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, into);
                    into.Append(',');
                }

                into.Append(']');
                break;
            case JsonValueKind.Number when value.TryGetDecimal(out var number):
                into.Append(number.ToString("G29", CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.String:
                into.Append('"').Append(JsonEncodedText.Encode(value.GetString()!).Value).Append('"');
                break;
            default:
                into.Append(value.GetRawText());
                break;
        }
    }
}
