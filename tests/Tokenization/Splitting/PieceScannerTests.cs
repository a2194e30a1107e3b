using System.Text;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Splitting;

public sealed class PieceScannerTests
{
    public static readonly TheoryData<SplitRule> Rules = [.. Enum.GetValues<SplitRule>()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Pieces_are_the_matches_of_the_published_expression(SplitRule rule)
    {
        var source = new HostileText((int)rule);
        for (var i = 0; i < 20_000; i++)
        {
            var text = source.Next(24);
            var pieces = Lengths(rule, text);
            var expected = PublishedExpression.Cut(rule, text);
            Assert.True(expected.SequenceEqual(pieces), $"{Escaped(text)}: {string.Join(' ', pieces)}, not {string.Join(' ', expected)}");
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_piece_that_is_final_stays_whatever_is_appended(SplitRule rule)
    {
        var source = new HostileText(100 + (int)rule);
        for (var i = 0; i < 2_000; i++)
        {
            var text = Encoding.UTF8.GetBytes(source.Next(12));
            var pieces = Pieces(rule, text);
            for (var j = 0; j < 40; j++)
            {
                byte[] longer = [.. text, .. Encoding.UTF8.GetBytes(j < HostileText.Alphabet.Length ? source.Next(6) : "")];
                var others = Pieces(rule, longer);
                // The pieces up to the first that is not final.
                var stable = pieces.TakeWhile(p => p.Final).ToList();
                Assert.True(others.Count >= stable.Count && others.Take(stable.Count).Select(p => p.Length).SequenceEqual(stable.Select(p => p.Length)),
                    $"{rule} {Escaped(Encoding.UTF8.GetString(text))} + {Escaped(Encoding.UTF8.GetString(longer.AsSpan(text.Length)))}");
            }
        }
    }

    [Theory]
    [InlineData(SplitRule.O200k, "𝐀's", "𝐀's")]
    [InlineData(SplitRule.Cl100k, "𝐀's", "𝐀", "'s")]
    [InlineData(SplitRule.O200k, "'ſ", "'ſ")]
    [InlineData(SplitRule.O200k, "a'ſb", "a'ſ", "b")]
    [InlineData(SplitRule.Cl100k, "a'ſb", "a", "'ſ", "b")]
    [InlineData(SplitRule.O200k, "\uFEFF hello", "\uFEFF", " hello")]
    [InlineData(SplitRule.O200k, "\u0301AB", "\u0301", "AB")]
    [InlineData(SplitRule.O200k, "//\n//", "//\n//")]
    [InlineData(SplitRule.Cl100k, "//\n//", "//\n", "//")]
    [InlineData(SplitRule.O200k, "x\n  ", "x", "\n", "  ")]
    [InlineData(SplitRule.Cl100k, "x\n  ", "x", "\n", "  ")]
    [InlineData(SplitRule.O200k, "日本AB", "日本", "AB")]
    [InlineData(SplitRule.O200k, "日本ABc", "日本ABc")]
    [InlineData(SplitRule.Cl100k, "'so", "'s", "o")]
    [InlineData(SplitRule.O200k, "'so", "'so")]
    [InlineData(SplitRule.Qwen2, "it's 123", "it", "'s", " ", "1", "2", "3")]
    [InlineData(SplitRule.Tekken, "it's 123", "it", "'s", " ", "1", "2", "3")]
    [InlineData(SplitRule.Llama3, "1234", "123", "4")]
    [InlineData(SplitRule.DeepSeekV3, "a  1あb x", "a", "  ", "1", "あ", "b", " x")]
    [InlineData(SplitRule.DeepSeekV3, "\u200B\u200B\u200Bx!abé", "\u200B\u200B", "\u200Bx", "!ab", "é")]
    public void A_pitfall_is_cut_as_published(SplitRule rule, string text, params string[] pieces) =>
        Assert.Equal(pieces.Select(Encoding.UTF8.GetByteCount), Lengths(rule, text));

    [Theory]
    [InlineData(SplitRule.O200k, "hello ", 1)]
    [InlineData(SplitRule.O200k, "hello", 0)]
    [InlineData(SplitRule.O200k, "it'", 0)]
    [InlineData(SplitRule.O200k, "it's", 1)]
    [InlineData(SplitRule.O200k, "it'r", 0)]
    [InlineData(SplitRule.O200k, "it'x", 1)]
    [InlineData(SplitRule.O200k, "123", 1)]
    [InlineData(SplitRule.O200k, "12", 0)]
    [InlineData(SplitRule.O200k, "日AB", 0)]
    [InlineData(SplitRule.O200k, "日ABc!", 1)]
    [InlineData(SplitRule.O200k, "a\n  ", 1)]
    [InlineData(SplitRule.Cl100k, "it'", 1)]
    [InlineData(SplitRule.Cl100k, "'s", 1)]
    [InlineData(SplitRule.Qwen2, "1", 1)]
    [InlineData(SplitRule.DeepSeekV3, "a1", 1)]
    public void Pieces_are_final_when_their_scan_did_not_look_at_the_end(SplitRule rule, string text, int finals) =>
        Assert.Equal(finals, Pieces(rule, Encoding.UTF8.GetBytes(text)).Count(p => p.Final));

    private static List<int> Lengths(SplitRule rule, string text) => Pieces(rule, Encoding.UTF8.GetBytes(text)).ConvertAll(p => p.Length);

    private static List<(int Length, bool Final)> Pieces(SplitRule rule, byte[] text)
    {
        var pieces = new List<(int, bool)>();
        var scanner = new PieceScanner(rule, text);
        while (scanner.TryNext(out _, out var length, out var final))
            pieces.Add((length, final));
        return pieces;
    }

    private static string Escaped(string text) => string.Concat(text.Select(c => c is >= ' ' and < '\x7F' ? c.ToString() : $"\\u{(int)c:X4}"));
}
