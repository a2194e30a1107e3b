using System.Text;

namespace AiEdge.Tokenization.Tests.Incremental;

/// <summary>Characters of each kind that a split rule tells apart, and bytes that are none.</summary>
internal static class HostileSymbols
{
    /// <summary>All cases of letters, marks, digits, white space, line ends, contractions, symbols, formats, astral ones, no UTF-8.</summary>
    public static IReadOnlyList<byte[]> All { get; } =
    [
        .. new[]
        {
            "A", "B", "ǅ", "a", "s", "L", "l", "r", "e", "ſ", "é", "日", "本", "カ", "ʰ", "\u0301", "\u20DD", "1", "٣", " ", "\t", "\u00A0", "\u3000",
            "\n", "\r", "'", "/", "!", "¿", "$", "\uFEFF", "\u0001", "𝐀", "𝐚", "😀",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xE6, 0x97], [0xF0, 0x9F, 0x98], [0xED, 0xA0, 0x80], [0x80], [0xC0, 0x80],
    ];

    /// <summary>One of each kind, or few: for tests that go through all combinations.</summary>
    public static IReadOnlyList<byte[]> Few { get; } =
    [
        .. new[]
        {
            "A", "a", "s", "l", "e", "ſ", "日", "ʰ", "\u0301", "1", " ", "\u3000", "\n", "'", "/", "¿", "\uFEFF", "𝐀", "𝐚",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xE6, 0x97], [0xED, 0xA0],
    ];

    public static List<byte[]> Some(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => All[random.Next(All.Count)])];

    public static byte[] Text(Random random, int symbols, int kinds)
    {
        var some = Some(random, kinds);
        return [.. Enumerable.Range(0, symbols).SelectMany(_ => some[random.Next(some.Count)])];
    }
}
