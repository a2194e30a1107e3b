using AiEdge.Tokens.Corpora;

namespace AiEdge.Tokens;

/// <summary>
/// MB/s of everyone on every corpus. Rounds alternate between the contestants; each round has text that none has seen; the best
/// round is told, and the median over the rounds of the ratio to ours.
/// </summary>
internal sealed class SpeedTable(Func<string, string?> option)
{
    private const int WarmUps = 6;

    private readonly int _rounds = int.Parse(option("--rounds") ?? "7");
    private readonly string? _corpus = option("--corpus");
    private ulong _seed = (ulong)Environment.TickCount64;

    public int Run()
    {
        using var contestants = new Contestants();
        var ours = contestants.Ours(option("--native"));
        string peers = option("--peers") ?? "tiktoken,gpt-tokenizer,regex";
        List<Contestant> all = [.. ours, .. contestants.Others(peers.Split(',', StringSplitOptions.RemoveEmptyEntries), ours[0].Process)];
        foreach (string encoding in ((string[])["o200k_base", "cl100k_base"]).Where(e => (option("--encoding") ?? e) == e))
        {
            Console.WriteLine($"{encoding}, MB/s (best of {_rounds} rounds; in brackets the median of ours ÷ theirs)\n");
            Console.WriteLine($"| corpus | bytes a token | {string.Join(" | ", all.Select(c => c.Name))} |");
            Console.WriteLine($"| --- | --- | {string.Join(" | ", all.Select(_ => "---"))} |");
            foreach (var corpus in CorpusCatalog.All.Where(c => _corpus is null || c.Name == _corpus))
                Console.WriteLine(Row(encoding, corpus, all));
            Console.WriteLine();
        }

        return 0;
    }

    private string Row(string encoding, NamedCorpus corpus, List<Contestant> all)
    {
        foreach (var contestant in all)
        {
            // What compiles itself needs warming; who is slow needs it as well, but not for long.
            for (int i = 0, spent = 0; i < WarmUps && spent < 1000; i++)
                spent += (int)(contestant.Time('b', encoding, corpus.Make(_seed++)).Nanoseconds / 1e6);
        }

        var times = all.Select(_ => new double[_rounds]).ToArray();
        long bytes = 0, tokens = 0;
        for (int round = 0; round < _rounds; round++)
        {
            byte[][] texts = corpus.Make(_seed++);
            bytes = texts.Sum(t => (long)t.Length);
            for (int i = 0; i < all.Count; i++)
            {
                (long counted, double time) = all[i].Time('b', encoding, texts);
                times[i][round] = time / bytes;
                tokens = i == 0 ? counted : tokens;
                if (counted != tokens && all[i].Name is not ("regex" or "gpt-tokenizer"))
                    throw new InvalidOperationException($"{all[i].Name} counts {counted} tokens of {corpus.Name}, ours {tokens}");
            }
        }

        return $"| {corpus.Name} | {(double)bytes / tokens:F1} | {string.Join(" | ", all.Select((_, i) => Cell(times, i)))} |";
    }

    private static string Cell(double[][] times, int contestant)
    {
        string speed = (1e3 / times[contestant].Min()).ToString(1e3 / times[contestant].Min() < 10 ? "F2" : "F0");
        double[] ratios = [.. times[contestant].Select((time, round) => time / times[0][round]).Order()];
        return contestant == 0 ? speed : $"{speed} ({ratios[ratios.Length / 2]:F1})";
    }
}
