using System.Text;
using AiEdge.Tokenization.Tests.Golden;
using AiEdge.Tokens.Corpora;

namespace AiEdge.Tokens;

/// <summary>1 MB against 100 KB: whole and byte by byte, of texts that are one piece or few. 10 is linear; 11 is allowed.</summary>
internal sealed class ScaleTable(Func<string, string?> option)
{
    private const int Small = 100_000;
    private const int Large = 1_000_000;
    private const int Rounds = 7;

    private ulong _seed = 77;

    public int Run()
    {
        using var contestants = new Contestants();
        var all = contestants.Ours(option("--native"));
        foreach (string encoding in ((string[])["o200k_base", "cl100k_base"]).Where(e => (option("--encoding") ?? e) == e))
        {
            Console.WriteLine($"{encoding}: MB/s at 1 MB, and time of 1 MB ÷ time of 100 KB\n");
            Console.WriteLine("| text | " + string.Join(" | ", all.Select(c => $"{c.Name}, whole | byte by byte")) + " |");
            Console.WriteLine("| --- | " + string.Join(" | ", all.Select(_ => "--- | ---")) + " |");
            foreach (var (name, make) in Shapes().Where(s => option("--shape") is not { } wanted || s.Name.Contains(wanted, StringComparison.Ordinal)))
                Console.WriteLine($"| {name} | {string.Join(" | ", all.Select(c => Cell(c, 'b', encoding, make) + " | " + Cell(c, '1', encoding, make)))} |");
            Console.WriteLine();
        }

        return 0;
    }

    private string Cell(Contestant contestant, char operation, string encoding, Func<SeededRandom, int, byte[]> make)
    {
        // Ten of the small beside one of the large, turn by turn: what else the machine does hits both alike.
        double small = double.MaxValue, large = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            var random = new SeededRandom(_seed++);
            byte[][] ten = [.. Enumerable.Range(0, 10).Select(_ => make(random, Small))];
            small = Math.Min(small, contestant.Time(operation, encoding, ten).Nanoseconds / ten.Sum(t => t.Length));
            byte[] one = make(random, Large);
            large = Math.Min(large, contestant.Time(operation, encoding, [one]).Nanoseconds / one.Length);
        }

        return $"{1e3 / large:F0} · {10 * large / small:F1}";
    }

    private static IEnumerable<(string Name, Func<SeededRandom, int, byte[]> Make)> Shapes()
    {
        foreach (var corpus in CorpusCatalog.All)
            yield return (corpus.Name, corpus.Corpus.Make);
        (string Name, string First, string Unit, string Last)[] repeated =
        [
            ("`日` `AB`… `c`", "日", "AB", "c"), ("spaces, line end, x", "", " ", "\nx"), ("`ab`…", "", "ab", ""), ("`aab`…", "", "aab", ""),
            ("`日本`…", "", "日本", ""), ("`é`…", "", "é", ""), ("pictures", "", "👍", ""), ("marks", "a", "\u0301", ""), ("`'s`…", "", "'s", ""),
            ("`?!`…", "", "?!", ""), ("`\\r\\n`…", "", "\r\n", ""), ("`banana`…", "", "banana", ""),
        ];
        foreach (var (name, first, unit, last) in repeated)
            yield return (name, (_, bytes) => Repeated(first, unit, last, bytes));
    }

    private static byte[] Repeated(string first, string unit, string last, int bytes) =>
        Encoding.UTF8.GetBytes(first + string.Concat(Enumerable.Repeat(unit, bytes / Encoding.UTF8.GetByteCount(unit))) + last);
}
