using System.Text;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>All inputs whose tokens the golden files know, made the same way whenever they are needed.</summary>
/// <param name="tokens">The vocabulary's tokens, in order of their ids.</param>
internal sealed class InputSets(IReadOnlyList<byte[]> tokens)
{
    private const int RandomInputs = 8192;
    private const int Alignments = 64;
    private const string GeneratedPrefix = "random-";

    private static readonly int[] PieceLengths =
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65, 79, 80, 81, 127, 128, 129, 130, 255, 256, 257, 511, 512, 513];

    /// <summary>The sets by name.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "tokens", "pairs", "code-points", "lengths", "long-tokens", "lines", "two-bytes", "broken-utf8", "surrogates", "long",
        .. TextGenerator.Ways.Select(way => GeneratedPrefix + way),
    ];

    public IEnumerable<InputBlock> Blocks(string set) => InputBlock.Split(set, set switch
    {
        "tokens" => tokens,
        "pairs" => Pairs(),
        "code-points" => CodePoints(),
        "lengths" => Lengths(),
        "long-tokens" => LongTokens(),
        "lines" => Lines(),
        "two-bytes" => TwoBytes(),
        "broken-utf8" => Broken(),
        "surrogates" => Surrogates(),
        "long" => LongTexts.All,
        _ => Generated(set[GeneratedPrefix.Length..]),
    });

    private IEnumerable<byte[]> Pairs()
    {
        var random = new SeededRandom(1);
        for (int i = 0; i < 64 * InputBlock.InputsMax; i++)
            yield return [.. random.Pick(tokens), .. random.Pick(tokens)];
    }

    /// <summary>Every character of the planes that have some, and a few of the others, between neighbours that a split asks about.</summary>
    private static IEnumerable<byte[]> CodePoints()
    {
        for (int codePoint = 0; codePoint < 0x110000; codePoint += codePoint is < 0x32000 or (>= 0xE0000 and < 0xE1000) ? 1 : 0x3F)
        {
            if (!Rune.TryCreate(codePoint, out Rune rune))
                continue;
            string c = rune.ToString();
            yield return Encoding.UTF8.GetBytes($"{c}Ab {c}A{c}a{c} {c}1{c}'s{c}\n{c}/{c} ");
        }
    }

    /// <summary>Pieces of each length at each distance from the start: of letters at random, of a pattern, of capitals that a last letter re-splits.</summary>
    private static IEnumerable<byte[]> Lengths()
    {
        var random = new SeededRandom(2);
        foreach (int length in PieceLengths)
        {
            for (int at = 0; at < Alignments; at++)
            {
                string before = new string('.', at) + (at % 2 == 0 ? "\n" : " ");
                var letters = new char[length];
                for (int i = 0; i < length; i++)
                    letters[i] = (char)random.Between('a', 'z');
                yield return Encoding.UTF8.GetBytes($"{before}{new string(letters)} end");
                yield return Encoding.UTF8.GetBytes($"{before}{string.Concat(Enumerable.Repeat("banana", length / 6 + 1))[..length]}, end");
                yield return Encoding.UTF8.GetBytes($"{before}日{string.Concat(Enumerable.Repeat("AB", length / 2 + 1))[..length]}{(at % 3 == 0 ? "c" : "")}!");
            }
        }
    }

    /// <summary>The tokens that are too long for short keys, in a sentence.</summary>
    private IEnumerable<byte[]> LongTokens()
    {
        foreach (byte[] token in tokens.Where(t => t.Length >= 15))
            yield return [.. "x"u8, .. token, .. ". y"u8];
    }

    private static IEnumerable<byte[]> Lines()
    {
        foreach (var (_, bytes) in GoldenFiles.Corpora)
        {
            foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
                yield return Encoding.UTF8.GetBytes(line);
        }
    }

    private static IEnumerable<byte[]> TwoBytes()
    {
        for (int pair = 0; pair < 0x10000; pair++)
            yield return [(byte)'a', (byte)(pair >> 8), (byte)pair, (byte)'z'];
    }

    private static IEnumerable<byte[]> Broken()
    {
        foreach (byte a in Alphabets.Utf8Edges)
        {
            foreach (byte b in Alphabets.Utf8Edges)
            {
                foreach (byte c in Alphabets.Utf8Edges)
                    yield return [a, b, c];
            }
        }

        var random = new SeededRandom(3);
        for (int i = 0; i < 16 * InputBlock.InputsMax; i++)
            yield return [.. Enumerable.Range(0, random.Between(4, 12)).Select(_ => random.Pick(Alphabets.Utf8Edges))];
    }

    /// <summary>Surrogates as bytes, alone and in pairs: none of them is a character of UTF-8.</summary>
    private static IEnumerable<byte[]> Surrogates()
    {
        for (int high = 0xD800; high < 0xE000; high += 0x25)
            yield return [(byte)'x', 0xED, (byte)(0x80 | (high >> 6 & 0x3F)), (byte)(0x80 | (high & 0x3F)), 0xED, 0xB0, 0x80, (byte)'y'];
    }

    private IEnumerable<byte[]> Generated(string way)
    {
        byte[][] corpora = [.. GoldenFiles.Corpora.Select(c => c.Bytes)];
        var generator = new TextGenerator(new SeededRandom((ulong)TextGenerator.Ways.ToList().IndexOf(way) + 100), tokens, corpora);
        for (int i = 0; i < RandomInputs; i++)
            yield return generator.Next(way);
    }
}
