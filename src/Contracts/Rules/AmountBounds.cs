using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Rules;

/// <summary>What an amount of a limit lets through: at once, and in the long run.</summary>
internal static class AmountBounds
{
    /// <summary>What it gives at once: the burst of a rate, all of a window.</summary>
    public static long AtOnce(LimitOptions limit, AmountField field, Amount amount) =>
        LimitOptions.IsRate(field, amount) && limit.BurstOf(field) is { IsSet: true, Value: var burst } ? burst : amount.Value;

    /// <summary>
    /// Whether a part of the tokens is never reached, whatever is asked for: <c>tokens</c> lets no more through in any time. Where that is not
    /// certain, it is not said.
    /// </summary>
    public static bool IsNeverReached(LimitOptions limit, AmountField field, Amount part)
    {
        var tokens = limit.Tokens.Value;
        if (!LimitOptions.IsRate(field, part))
            return part.Period <= tokens.Period && part.Value >= tokens.Value;
        var (burst, whole) = (AtOnce(limit, field, part), AtOnce(limit, LimitOptions.TokensField, tokens));

        // All of a window may be used right before it ends, and all of the next right behind that.
        if (!LimitOptions.IsRate(LimitOptions.TokensField, tokens))
            burst /= 2;
        return burst >= whole && (Int128)part.Value * SecondsOf(tokens.Period) >= (Int128)tokens.Value * SecondsOf(part.Period);
    }

    /// <summary>The shortest that a period can be: a day has 23 hours where clocks go forward, a month 28 days.</summary>
    private static long SecondsOf(AmountPeriod period) => period switch
    {
        AmountPeriod.Second => 1,
        AmountPeriod.Minute => 60,
        AmountPeriod.Hour => 3600,
        AmountPeriod.Day => 23 * 3600,
        _ => ((28 * 24) - 1) * 3600,
    };
}
