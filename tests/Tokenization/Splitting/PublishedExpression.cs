using System.Text;
using System.Text.RegularExpressions;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Splitting;

/// <summary>
/// The published expressions, run by .NET: slow, and right where no surrogate is concerned. Therefore astral code points are put in place
/// of others of their class first. The long s is spelt out, since .NET does not take it for an s.
/// </summary>
internal static class PublishedExpression
{
    private const string Contraction = "(?:'[sSſtTmMdD]|'[rR][eE]|'[vV][eE]|'[lL][lL])";
    private const string Spaces = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string LowerWord = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    private const string UpperWord = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";

    // Not letters of the alphabet, so that the way back is clear.
    private static readonly Dictionary<string, char> StandIns = new()
    {
        ["𝐚"] = 'ÿ',
        ["𝐀"] = 'Ÿ',
        ["𠀀"] = '\uA000',
        ["\U000E0101"] = '\u0315',
        ["𝟗"] = '\u06F9',
        ["😀"] = '☃',
        ["🏻"] = '˄',
        ["\U000E0001"] = '\u2061',
    };

    private static readonly Regex[] DeepSeek =
    [
        new(@"\p{N}{1,3}"),
        new("[一-龥぀-ゟ゠-ヿ]+"),
        new(@"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|" + Spaces),
    ];

    private static readonly Regex O200k = new($@"{LowerWord}{Contraction}?|{UpperWord}{Contraction}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}");
    private static readonly Regex Cl100k = new($@"{Contraction}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}");
    private static readonly Regex Qwen2 = new($@"{Contraction}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}");
    private static readonly Regex Tekken = new($@"{LowerWord}|{UpperWord}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}");

    /// <summary>The lengths of the pieces in UTF-8.</summary>
    public static List<int> Cut(SplitRule rule, string text)
    {
        var plain = new StringBuilder(text);
        foreach (var (astral, standIn) in StandIns)
            plain.Replace(astral, standIn.ToString());
        var pieces = new List<string> { plain.ToString() };
        foreach (var stage in rule switch { SplitRule.DeepSeekV3 => DeepSeek, _ => [Single(rule)] })
            pieces = pieces.SelectMany(p => Isolate(stage, p)).ToList();
        return pieces.ConvertAll(p => p.Sum(c => StandIns.ContainsValue(c) ? 4 : Encoding.UTF8.GetByteCount([c])));
    }

    private static Regex Single(SplitRule rule) => rule switch
    {
        SplitRule.O200k => O200k,
        SplitRule.Cl100k or SplitRule.Llama3 => Cl100k,
        SplitRule.Qwen2 => Qwen2,
        _ => Tekken,
    };

    /// <summary>Each match, and what lies between matches.</summary>
    private static IEnumerable<string> Isolate(Regex expression, string text)
    {
        var at = 0;
        foreach (Match match in expression.Matches(text))
        {
            if (match.Index > at)
                yield return text[at..match.Index];
            yield return match.Value;
            at = match.Index + match.Length;
        }
        if (at < text.Length)
            yield return text[at..];
    }
}
