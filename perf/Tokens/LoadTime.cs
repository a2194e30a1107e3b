using System.Diagnostics;
using System.Globalization;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Tests.Golden;
using AiEdge.Tokenization.Vocabularies;
using AiEdge.Tokens.Corpora;

namespace AiEdge.Tokens;

/// <summary>What the first use of a vocabulary costs a process, and how much of it stays resident after a megabyte of mixed text.</summary>
internal static class LoadTime
{
    private const int TextBytes = 1_000_000;

    public static int Run(string encoding)
    {
        byte[] text = CorpusCatalog.All.Single(c => c.Name == "mixed").Corpus.Make(new SeededRandom(1), TextBytes);
        long before = ResidentKilobytes();
        long start = Stopwatch.GetTimestamp();
        var vocabulary = encoding == "cl100k_base" ? Vocabulary.Cl100kBase : Vocabulary.O200kBase;
        double loaded = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        var tokenizer = new Tokenizer(vocabulary);
        long tokens = tokenizer.Count("What the first text costs."u8);
        double first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        long afterFirst = ResidentKilobytes();
        tokens += tokenizer.Count(text);
        Console.WriteLine($"{encoding}: loaded in {loaded:F2} ms, first text counted after {first:F2} ms, + {afterFirst - before} KB resident; "
            + $"after {text.Length} bytes of mixed text ({tokens} tokens) + {ResidentKilobytes() - before} KB");
        return 0;
    }

    /// <summary>As Linux tells it; elsewhere 0.</summary>
    private static long ResidentKilobytes()
    {
        const string File = "/proc/self/status", Field = "VmRSS:";
        if (!System.IO.File.Exists(File))
            return 0;
        string line = System.IO.File.ReadLines(File).First(l => l.StartsWith(Field, StringComparison.Ordinal));
        return long.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
