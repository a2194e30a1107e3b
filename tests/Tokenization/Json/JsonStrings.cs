using System.Globalization;
using System.Text;

namespace AiEdge.Tokenization.Tests.Json;

/// <summary>Insides of JSON strings to test with, and what they stand for by a second, plain way of reading.</summary>
internal static class JsonStrings
{
    private static readonly string[] Atoms =
    [
        "a", "Z", " ", "\\n", "\\r", "\\t", "\\b", "\\f", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\u00E9", "\\u20ac", "\\u0000",
        "\\ud83d\\ude00", "\\uD83D\\uDE00", "\\ud83d", "\\ude00", "\\udbff\\udfff", "\\ud800\\udc00", "é", "日", "😀", "hello world",
        "the quick brown fox jumps over the lazy dog and on", "\u007f", "\\ufffd", "\\uffff", "'s",
    ];

    public static IEnumerable<string> Chosen()
    {
        yield return "";
        foreach (string first in Atoms)
        {
            yield return first;
            foreach (string second in Atoms)
                yield return first + second;
        }
    }

    public static string Random(Random random, int atomsMax)
    {
        var text = new StringBuilder();
        for (int i = random.Next(atomsMax + 1); i > 0; i--)
            text.Append(Atoms[random.Next(Atoms.Length)]);
        return text.ToString();
    }

    /// <summary>The text in UTF-8: units are put together in UTF-16, where halves of pairs have a place, and replaced at the end.</summary>
    public static byte[] Plain(string raw)
    {
        var units = new StringBuilder();
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                units.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] == 'u')
            {
                units.Append((char)ushort.Parse(raw.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 4;
                continue;
            }

            units.Append(raw[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', var c => c });
        }

        return Encoding.UTF8.GetBytes(units.ToString());
    }
}
