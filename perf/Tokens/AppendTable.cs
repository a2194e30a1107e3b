using AiEdge.Tokens.Corpora;

namespace AiEdge.Tokens;

/// <summary>What a delta of 4 to 8 bytes costs, with and without a look at the count, and what all of it allocates.</summary>
internal sealed class AppendTable(Func<string, string?> option)
{
    private const int WarmUps = 4;

    private readonly int _rounds = int.Parse(option("--rounds") ?? "9");
    private ulong _seed = (ulong)Environment.TickCount64;

    public int Run()
    {
        using var contestants = new Contestants();
        var all = contestants.Ours(option("--native"));
        foreach (string encoding in ((string[])["o200k_base", "cl100k_base"]).Where(e => (option("--encoding") ?? e) == e))
        {
            Console.WriteLine($"{encoding}: nanoseconds an append (best of {_rounds}), and an append with a look at the count; bytes allocated\n");
            Console.WriteLine("| corpus | " + string.Join(" | ", all.Select(c => $"{c.Name} append | and count")) + " | allocated |");
            Console.WriteLine("| --- | " + string.Join(" | ", all.Select(_ => "--- | ---")) + " | --- |");
            foreach (var corpus in CorpusCatalog.All.Where(c => option("--corpus") is not { } wanted || wanted.Split(',').Contains(c.Name)))
                Console.WriteLine($"| {corpus.Name} | {string.Join(" | ", all.Select(c => Cell(c, 'a', encoding, corpus) + " | " + Cell(c, 'A', encoding, corpus)))} "
                    + $"| {Allocated(all[0], encoding, corpus)} |");
            Console.WriteLine();
        }

        return 0;
    }

    private string Cell(Contestant contestant, char operation, string encoding, NamedCorpus corpus)
    {
        double best = double.MaxValue;
        for (int round = -WarmUps; round < _rounds; round++)
        {
            var (appends, time) = contestant.Time(operation, encoding, corpus.Make(_seed++));
            if (round >= 0)
                best = Math.Min(best, time / appends);
        }

        return best.ToString("F0");
    }

    private string Allocated(Contestant contestant, string encoding, NamedCorpus corpus)
    {
        var (counting, other) = contestant.Process.Time('m', encoding, contestant.Library, corpus.Make(_seed++), rounds: 2);
        return $"{counting} counting, {other[0]} appending; a counter {other[1]}";
    }
}
