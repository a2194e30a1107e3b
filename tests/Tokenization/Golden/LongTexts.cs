using System.Text;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>Texts that are one piece, or few, however long they grow.</summary>
internal static class LongTexts
{
    private const int Length = 100_000;

    public static IEnumerable<byte[]> All =>
    [
        Repeat("a", Length), Repeat("Z", Length), Repeat("!", Length), Repeat("=", Length), Repeat("-", Length), Repeat("~", Length / 4),
        Repeat(" ", Length), Repeat("\n", Length), Repeat("\t", Length / 4), Repeat(" ", Length, "\nx"), Repeat(" ", Length, "x"),
        Repeat("0", Length), Repeat("日AB", 1, string.Concat(Enumerable.Repeat("AB", Length / 4)) + "c"), Repeat("AB", Length / 4),
        Repeat("日本", Length / 10), Repeat("é", Length / 10), Repeat("👍", Length / 10), Repeat("\u0301", Length / 10), Repeat("ab", Length / 4),
        Letters(Length / 2), Base64(Length / 2), Repeat("\r\n", Length / 4), Repeat("/", Length / 4, "\n/"), Repeat("'s", Length / 4),
    ];

    private static byte[] Repeat(string unit, int times, string end = "") =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, times)) + end);

    private static byte[] Letters(int length)
    {
        var random = new SeededRandom(4);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Between('a', 'z'))];
    }

    private static byte[] Base64(int length)
    {
        var random = new SeededRandom(5);
        return Encoding.ASCII.GetBytes(Convert.ToBase64String([.. Enumerable.Range(0, length * 3 / 4).Select(_ => (byte)random.Below(256))]));
    }
}
