using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Importing;

/// <summary>
/// The regular expressions that published vocabularies split by, and the rule that each one means. They are compared letter by
/// letter: an expression that is written differently may mean something different, and is refused.
/// </summary>
internal static class SplitExpressions
{
    private const string Tail = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Prefix = @"[^\r\n\p{L}\p{N}]?";
    private const string LowerEnded = Prefix + @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    private const string UpperLed = Prefix + @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";

    /// <summary>Expressions in the order in which they cut; each cuts what the one before has left.</summary>
    private static readonly (string[] Expressions, SplitRule Rule)[] Known =
    [
        ([LowerEnded + Contractions + "?|" + UpperLed + Contractions + @"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + Tail], SplitRule.O200k),
        ([LowerEnded + "|" + UpperLed + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + Tail], SplitRule.Tekken),
        ([Contractions + "|" + Prefix + @"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Tail], SplitRule.Llama3),
        ([Contractions + "|" + Prefix + @"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Tail], SplitRule.Qwen2),
        (
            [
                @"\p{N}{1,3}",
                "[一-龥\u3040-ゟ゠-ヿ]+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
                    + " ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
            ],
            SplitRule.DeepSeekV3),
    ];

    /// <summary>The rule that these expressions mean, one after the other; false where it is none of the known ones.</summary>
    public static bool TryFind(ReadOnlySpan<string> expressions, out SplitRule rule)
    {
        foreach (var (known, meaning) in Known)
        {
            if (expressions.SequenceEqual(known))
            {
                rule = meaning;
                return true;
            }
        }

        rule = default;
        return false;
    }
}
