using System.Diagnostics;
using System.Text;
using AiEdge.Tokenization.Tests.Golden;
using AiEdge.Tokenization.Tests.Oracle;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Fuzz;

/// <summary>
/// Random texts counted by us, in every way that there is, and by npm `tiktoken`. The first differences are made as short as they
/// stay differences, and told.
/// </summary>
internal sealed class Differential(OracleProcess oracle, Vocabulary vocabulary, int seed)
{
    private const int BatchTexts = 4096;
    private const int DifferencesMax = 20;

    // A recount after each append takes time by the square of the length.
    private const int RecountBytesMax = 400;

    private readonly TokenProbe _probe = new(vocabulary);
    private readonly Random _random = new(seed);

    public long Texts { get; private set; }

    public long Bytes { get; private set; }

    public List<string> Differences { get; } = [];

    public static int Run(Func<string, string, string> option)
    {
        long texts = long.Parse(option("strings", "1000000"));
        int seed = int.Parse(option("seed", "1"));
        string[] ways = option("ways", string.Join(',', TextGenerator.Ways)).Split(',');
        Vocabulary[] all = [.. ((Vocabulary[])[Vocabulary.O200kBase, Vocabulary.Cl100kBase]).Where(v => option("encoding", v.Name) == v.Name)];
        bool failed = false;
        using var oracle = OracleProcess.Start();
        foreach (var vocabulary in all)
        {
            var run = new Differential(oracle, vocabulary, seed);
            var watch = Stopwatch.StartNew();
            run.Compare(texts, ways);
            Console.WriteLine($"{vocabulary.Name}: {run.Texts} strings of {run.Bytes / Math.Max(1, run.Texts)} bytes on average, seed {seed}, "
                + $"{watch.Elapsed.TotalSeconds:F0} s: {(run.Differences.Count == 0 ? "no difference" : "DIFFERENT")}");
            run.Differences.ForEach(Console.WriteLine);
            failed |= run.Differences.Count > 0;
        }

        return failed ? 1 : 0;
    }

    private void Compare(long textsMax, string[] ways)
    {
        var tokens = Enumerable.Range(0, vocabulary.Count).Select(t => vocabulary.Bytes(t).ToArray()).ToArray();
        byte[][] corpora = [.. GoldenFiles.Corpora.Select(c => c.Bytes)];
        var generator = new TextGenerator(new SeededRandom((ulong)seed), tokens, corpora);
        var told = Stopwatch.StartNew();
        for (int batch = 0; Texts < textsMax && Differences.Count < DifferencesMax; batch++)
        {
            string way = ways[batch % ways.Length];
            var texts = new byte[BatchTexts][];
            for (int i = 0; i < texts.Length; i++)
                texts[i] = generator.Next(way);
            var asked = Task.Run(() => oracle.Count(vocabulary.Name, texts));
            var ours = Array.ConvertAll(texts, t => _probe.Facts(t));
            var disagreements = Array.ConvertAll(texts, t => _probe.Disagreement(t, _random, atEveryAppend: t.Length <= RecountBytesMax && _random.Next(8) == 0));
            Judge(texts, ours, disagreements, asked.GetAwaiter().GetResult());
            if (told.Elapsed.TotalSeconds < 30)
                continue;
            Console.WriteLine($"  {vocabulary.Name}: {Texts} strings, {Differences.Count} differences");
            told.Restart();
        }
    }

    private void Judge(byte[][] texts, TokenFacts[] ours, string?[] disagreements, TokenFacts[] theirs)
    {
        Texts += texts.Length;
        Bytes += texts.Sum(t => (long)t.Length);
        for (int i = 0; i < texts.Length && Differences.Count < DifferencesMax; i++)
        {
            if (ours[i] != theirs[i])
                Differences.Add(Tell(Shortened(texts[i])));
            else if (disagreements[i] is { } reason)
                Differences.Add($"  {reason}\n    {Convert.ToHexString(texts[i])} \"{Encoding.UTF8.GetString(texts[i])}\"");
        }
    }

    private byte[] Shortened(byte[] text)
    {
        for (int size = text.Length / 2; size > 0; size /= 2)
        {
            for (int at = 0; at + size <= text.Length;)
            {
                byte[] without = [.. text.AsSpan(0, at), .. text.AsSpan(at + size)];
                if (_probe.Facts(without) != oracle.Count(vocabulary.Name, [without])[0])
                    text = without;
                else
                    at += size;
            }
        }

        return text;
    }

    private string Tell(byte[] text)
    {
        int[] theirs = oracle.Encode(vocabulary.Name, [text])[0];
        return $"  {Convert.ToHexString(text)} \"{Encoding.UTF8.GetString(text)}\"\n    tiktoken [{string.Join(' ', theirs)}]\n"
            + $"    ours     {_probe.Facts(text).Count} tokens; plainly [{string.Join(' ', PlainTokenizer.Encode(vocabulary, text))}]";
    }
}
