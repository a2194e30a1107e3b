using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Incremental;

/// <summary>
/// Short texts, all of them: with a bound on held bytes so low that almost every piece is counted the way only long ones are, and with the usual one.
/// </summary>
public sealed class EverySplitTests
{
    public static TheoryData<SplitRule> Rules => [.. Enum.GetValues<SplitRule>()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void All_texts_of_three_symbols_are_counted_after_every_byte(SplitRule rule)
    {
        var toy = ToyVocabulary.For(rule);
        var counters = Counters(toy);
        foreach (var a in HostileSymbols.Few)
        {
            foreach (var b in HostileSymbols.Few)
            {
                foreach (var c in HostileSymbols.Few)
                    Check(toy, counters, [.. a, .. b, .. c]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Whatever_follows_a_piece_of_each_kind_is_counted_after_every_byte(SplitRule rule)
    {
        string[] beginnings =
        [
            "aaaa", "AAAA", "日本", "日AB", "日本ABAB日A", " AB日AB", "\u0301AB", "!日AB", "\u0301\u0301", "aé日\u0301ʰ",
            "    ", "\n\n\t ", " \n \n  ", "\t\u3000\u00A0", "!!!!", " !/!", "!!\n\r", "//\n//", "!aaaa", "カカカ", "カ日",
            "\u0001\u0001\u0001", "\uFEFF\u0001", "AB'", "日A'", "日'l", "aA'r", "ABBB'v", "'labc", "1231",
        ];
        var toy = ToyVocabulary.For(rule);
        var counters = Counters(toy);
        foreach (var beginning in beginnings)
        {
            var start = System.Text.Encoding.UTF8.GetBytes(beginning);
            foreach (var a in HostileSymbols.Few)
            {
                foreach (var b in HostileSymbols.Few)
                    Check(toy, counters, [.. start, .. a, .. b]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_way_to_cut_a_text_gives_the_same_counts(SplitRule rule)
    {
        var toy = ToyVocabulary.For(rule);
        var counters = Counters(toy);
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            var text = HostileSymbols.Text(random, 5, 3);
            if (text.Length > 10)
                continue;
            var expected = ExactCount.AfterEachByte(text, toy.Count);
            for (var cuts = 0; cuts < 1 << (text.Length - 1); cuts++)
            {
                foreach (var counter in counters)
                {
                    ExactCount.Check(counter, text, expected, at => Part(cuts, at), () => true);
                    ExactCount.Check(counter, text, expected, at => Part(cuts, at), () => false);
                }
            }
        }
    }

    private static int Part(int cuts, int at) => System.Numerics.BitOperations.TrailingZeroCount((cuts >> at) | (1 << 20)) + 1;

    // With a room of 1 there is just room for a token and a little more; with none, last tokens are followed from the first byte on.
    private static IncrementalCounter[] Counters(ToyVocabulary toy) =>
    [
        .. new[] { (3, 0), (3, 1), (3, 256), (5, 1), (8, 0), (8, 256), (256, 256) }.Select(c => new IncrementalCounter(toy.Vocabulary, c.Item1, c.Item2)),
    ];

    private static void Check(ToyVocabulary toy, IncrementalCounter[] counters, byte[] text)
    {
        var expected = ExactCount.AfterEachByte(text, toy.Count);
        foreach (var counter in counters)
            ExactCount.Check(counter, text, expected, static _ => 1, static () => true);
    }
}
