using System.Text;
using AiEdge.Tokenization.Tests.Golden;
using AiEdge.Tokenization.Tests.Oracle;

namespace AiEdge.Fuzz;

/// <summary>Writes the golden files of the tokenizer: what npm `tiktoken` says of all inputs. Nothing of ours counts here.</summary>
internal static class GoldenWriter
{
    private static readonly (string Encoding, int Tokens)[] Encodings = [("o200k_base", 199_998), ("cl100k_base", 100_256)];

    public static int Run(string folder)
    {
        using var oracle = OracleProcess.Start();
        foreach (var (encoding, count) in Encodings)
        {
            WriteIds(oracle, encoding, Path.Combine(folder, GoldenFiles.IdsName(encoding)));
            WriteBlocks(oracle, encoding, oracle.Tokens(encoding, count), Path.Combine(folder, GoldenFiles.BlocksName(encoding)));
        }

        return 0;
    }

    private static void WriteIds(OracleProcess oracle, string encoding, string file)
    {
        List<(string Name, byte[] Text)> all = [.. NamedTexts.All.Select(n => (n.Name, Encoding.UTF8.GetBytes(n.Text))), .. GoldenFiles.Corpora];
        var ids = oracle.Encode(encoding, [.. all.Select(a => a.Text)]);
        File.WriteAllLines(file, all.Select((a, i) => string.Join(' ', (IEnumerable<object>)[a.Name, .. ids[i].Cast<object>()])));
        Console.WriteLine($"{file}: {all.Count} texts, {ids.Sum(i => i.Length)} tokens");
    }

    private static void WriteBlocks(OracleProcess oracle, string encoding, byte[][] tokens, string file)
    {
        var sets = new InputSets(tokens);
        using var writer = new StreamWriter(file) { NewLine = "\n" };
        foreach (string set in InputSets.Names)
        {
            var blocks = sets.Blocks(set).Select(b => BlockFacts.Of(b, oracle.Count(encoding, b.Inputs))).ToList();
            blocks.ForEach(writer.WriteLine);
            Console.WriteLine($"{encoding} {set}: {blocks.Sum(b => b.Inputs)} inputs, {blocks.Sum(b => b.Tokens)} tokens");
        }
    }
}
