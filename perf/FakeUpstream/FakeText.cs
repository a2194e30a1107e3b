using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>
/// The text that every streamed and whole answer consists of. Chunk number i is a function of i alone, so that a client can tell a lost,
/// doubled, swapped or damaged chunk. Some chunks hold multi-byte characters and characters that JSON escapes; every eighth names its own
/// number, so that no long run repeats.
/// </summary>
public static class FakeText
{
    private static readonly string[] Words =
    [
        "The", " river", " runs", " past", " caf\u00e9", " tables", ",", " where", " \u65e5\u672c", " guests", " say", " \"good", " day\"", " and",
        " \ud83c\udf0d", " turns", ".", "\n", "Na\u00efve", " figures", " add", " up", " to", " 12.4", " %", " of", " the", " \u20ac", " total", ";", " \u03a9\\",
    ];

    private static readonly byte[][] EscapedWords = [.. Words.Select(Escape)];

    /// <summary>The text of content chunk <paramref name="index"/>, counted from 0.</summary>
    public static string Chunk(int index) => index % 8 == 7 ? $" #{index}" : Words[index % Words.Length];

    /// <summary>The whole text of <paramref name="count"/> chunks.</summary>
    public static string All(int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
            text.Append(Chunk(i));
        return text.ToString();
    }

    /// <summary>The filler that stands in for chunk 0 when a script asks for a huge event.</summary>
    public static string Filler(int bytes) => new('x', bytes);

    /// <summary>Chunk <paramref name="index"/> as it stands inside a JSON string, without the quotes.</summary>
    internal static void WriteEscaped(ByteWriter to, int index)
    {
        if (index % 8 == 7)
            to.Add(" #"u8).Add(index);
        else
            to.Add(EscapedWords[index % Words.Length]);
    }

    private static byte[] Escape(string word)
    {
        var writer = new ByteWriter();
        writer.AddJson(word);
        return writer.Span[1..^1].ToArray();
    }
}
