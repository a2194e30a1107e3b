using System.Globalization;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>
/// What the oracle said, as committed: `blocks.ENCODING.txt` holds a line for each block of inputs, `ids.ENCODING.txt` one for each
/// named text and corpus. `tests/Fuzz` writes them (verb `golden`).
/// </summary>
internal static class GoldenFiles
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Golden");

    /// <summary>Names and bytes of the corpora, in order of their names.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Corpora { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "corpora")).Order(StringComparer.Ordinal)
            .Select(f => (Path.GetFileNameWithoutExtension(f), File.ReadAllBytes(f)))];

    public static string BlocksName(string encoding) => $"blocks.{encoding}.txt";

    public static string IdsName(string encoding) => $"ids.{encoding}.txt";

    /// <summary>Blocks of one set: number of inputs, tokens in all, hash over number and ids of each.</summary>
    public static IReadOnlyList<BlockFacts> Blocks(string encoding, string set) =>
        [.. File.ReadLines(Path.Combine(Folder, BlocksName(encoding))).Select(BlockFacts.Parse).Where(b => b.Set == set)];

    /// <summary>Ids of each named text and corpus.</summary>
    public static IReadOnlyDictionary<string, int[]> Ids(string encoding) =>
        File.ReadLines(Path.Combine(Folder, IdsName(encoding))).Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => parts[1..].Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray(), StringComparer.Ordinal);
}

/// <summary>One line of a file of blocks.</summary>
internal sealed record BlockFacts(string Set, int Number, int Inputs, long Tokens, uint Hash)
{
    public static BlockFacts Of(InputBlock block, IReadOnlyList<TokenFacts> facts) =>
        new(block.Set, block.Number, facts.Count, facts.Sum(f => (long)f.Count), GoldenHash.Of(facts));

    public static BlockFacts Parse(string line)
    {
        var parts = line.Split(' ');
        return new(parts[0], Number(parts[1]), Number(parts[2]), Number(parts[3]),
            uint.Parse(parts[4], NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    public override string ToString() => $"{Set} {Number} {Inputs} {Tokens} {Hash:x8}";
}
