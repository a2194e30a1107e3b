using System.Text;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Splitting;

public sealed class PieceCutterTests
{
    public static readonly TheoryData<SplitRule> Rules = [.. Enum.GetValues<SplitRule>()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_cutter_agrees_with_the_scanner_on_hostile_text_that_ends_at_an_unmapped_page(SplitRule rule)
    {
        using var page = new GuardedPage(1 << 16);
        var source = new HostileText(200 + (int)rule);
        for (var i = 0; i < 4_000; i++)
            Compare(rule, page, Encoding.UTF8.GetBytes(source.Next(i % 10 == 0 ? 2_000 : 150)));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_cutter_agrees_with_the_scanner_on_ascii_with_a_few_others(SplitRule rule)
    {
        using var page = new GuardedPage(1 << 16);
        var random = new Random((int)rule);
        ReadOnlySpan<string> others = ["é", "日", "\u0301", "'ſ", "\u00A0", "😀", "𝐀"];
        ReadOnlySpan<string> usual = [" the", " Word", "'s", "'ll", "'LL", "\n", "\r\n", "  ", "\t", "123", "4", "==", "//", "/", ".", ";\n", "ABC", "aB", " (", "it", "'", "\0"];
        for (var i = 0; i < 4_000; i++)
        {
            var text = new StringBuilder();
            for (var n = random.Next(400); n > 0; n--)
                text.Append(random.Next(60) == 0 ? others[random.Next(others.Length)] : usual[random.Next(usual.Length)]);
            Compare(rule, page, Encoding.UTF8.GetBytes(text.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_cutter_agrees_with_the_scanner_on_runs_of_every_length_before_anything(SplitRule rule)
    {
        using var page = new GuardedPage(1 << 16);
        foreach (var unit in new[] { "a", "A", "!", " ", "\n", "/", "0", "aB", " \n", "é" })
        {
            foreach (var after in new[] { "", "a", "A", "!", " ", "\n", "/", "0", "'s", "'", "é", "\u0301", "\u00A0" })
            {
                for (var length = 1; length < 140; length++)
                    Compare(rule, page, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, length)) + after + new string('x', 7 * (length % 20)) + " y"));
            }
        }
    }

    [Fact]
    public void A_megabyte_of_anything_is_cut_into_the_text_again()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("日AB AB\u0301 ", 70_000)));
        foreach (var rule in Enum.GetValues<SplitRule>())
            Assert.Equal(text.Length, Cut(rule, text)[^1].End);
    }

    private static void Compare(SplitRule rule, GuardedPage page, byte[] bytes)
    {
        var text = page.Put(bytes);
        var expected = new List<(int End, bool Final)>();
        var scanner = new PieceScanner(rule, text);
        while (scanner.TryNext(out var start, out var length, out var final))
            expected.Add((start + length, final));
        var pieces = Cut(rule, text);
        Assert.True(expected.SequenceEqual(pieces), Convert.ToHexString(bytes));
    }

    private static List<(int End, bool Final)> Cut(SplitRule rule, ReadOnlySpan<byte> text)
    {
        var ends = new int[PieceCutter.PiecesMax];
        var pieces = new List<(int End, bool Final)>();
        for (var at = 0; at < text.Length; at = pieces[^1].End)
        {
            var count = PieceCutter.Cut(rule, text, at, ends, out var final);
            for (var i = 0; i < count; i++)
                pieces.Add((ends[i], final || i < count - 1));
        }
        return pieces;
    }
}
