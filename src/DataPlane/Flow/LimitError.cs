using System.Globalization;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// From a limit's refusal to the error that a client sees. It names the limit, whom it is kept for, what it allows, what is left
/// and when to come again; never whose bucket it is.
/// </summary>
internal static class LimitError
{
    public static EdgeError Of(in Refusal refusal)
    {
        if (refusal.Part is not { } part)
            return EdgeError.Edge(ErrorKind.Overloaded, "Too many requests are under way; try again.");
        var limit = Named(part.Limit);
        return refusal.Kind switch
        {
            RefusalKind.Concurrent => Error(
                ErrorKind.ConcurrencyLimited, $"{Capital(limit)} allows {part.Limit.Concurrent} requests under way at once, and so many are. Try again in 1s."),
            RefusalKind.Unpriced => Error(ErrorKind.ModelUnpriced, $"{Capital(limit)} counts money, and nobody knows what this model costs."),
            RefusalKind.TooLarge => Error(
                ErrorKind.BeyondLimit, $"The request needs {Amount(part, refusal.Cost)}, and {limit} can never hold more than {Amount(part, Most(part))}."),
            _ => Spent(part, $"{Capital(limit)} allows {Amount(part, part.Quantity!.Amount)} per {Period(part.Quantity.Period)}.", refusal),
        };
    }

    /// <summary>The word for whom a limit is kept.</summary>
    public static string Scope(LimitModel limit) => limit.Per switch
    {
        LimitScope.Key => "key",
        LimitScope.Team => "team",
        LimitScope.Model => "model",
        LimitScope.Provider => "provider",
        LimitScope.Ip => "ip",
        LimitScope.Tag => "tag:" + limit.PerTag,
        _ => "global",
    };

    private static EdgeError Spent(LimitPart part, string allowed, in Refusal refusal) => part.Quantity!.Unit switch
    {
        LimitUnit.Requests => Error(ErrorKind.RequestsLimited, $"{allowed} {Left(part, refusal.Remaining)} left. {Again(refusal)}"),
        LimitUnit.Cost => Error(ErrorKind.BudgetSpent, $"{allowed} {Needed(part, refusal)} {Again(refusal)}"),
        _ => Error(ErrorKind.TokensLimited, $"{allowed} {Needed(part, refusal)} {Again(refusal)}"),
    };

    private static string Needed(LimitPart part, in Refusal refusal) =>
        $"{Left(part, refusal.Remaining)} left, and the request needs {Amount(part, refusal.Cost)}.";

    private static EdgeError Error(ErrorKind kind, FormattableString message) =>
        EdgeError.Client(kind, message.ToString(CultureInfo.InvariantCulture));

    private static string Named(LimitModel limit) => $"the limit '{limit.Name}' ({(limit.Per == LimitScope.Global ? "global" : "per " + Scope(limit))})";

    private static long Most(LimitPart part) => part.Quantity!.IsRate ? part.Quantity.Burst : part.Quantity.Amount;

    private static string Left(LimitPart part, long left) => left == 1 && part.Quantity!.Unit != LimitUnit.Cost
        ? Amount(part, left) + " is"
        : Amount(part, left) + (part.Quantity!.Unit == LimitUnit.Cost ? " is" : " are");

    private static string Capital(string limit) => "T" + limit[1..];

    private static string Period(LimitPeriod period) => period switch
    {
        LimitPeriod.Second => "second",
        LimitPeriod.Minute => "minute",
        LimitPeriod.Hour => "hour",
        LimitPeriod.Day => "day",
        _ => "month",
    };

    private static string Amount(LimitPart part, long amount)
    {
        if (part.Quantity!.Unit == LimitUnit.Cost)
            return "$" + (amount / 1_000_000_000m).ToString("0.00#######", CultureInfo.InvariantCulture);
        var unit = part.Quantity.Unit switch
        {
            LimitUnit.Requests => "request",
            LimitUnit.InputTokens => "input token",
            LimitUnit.OutputTokens => "output token",
            _ => "token",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{amount} {unit}{(amount == 1 ? "" : "s")}");
    }

    private static string Again(in Refusal refusal)
    {
        var ms = LimitTimes.WaitMs(refusal.WaitNs);
        if (ms > LimitHeaders.ShortWaitMs)
            return string.Create(CultureInfo.InvariantCulture, $"Try again at {LimitTimes.Second(refusal.AtUnixNs):yyyy-MM-ddTHH:mm:ssZ}.");
        return string.Create(CultureInfo.InvariantCulture, $"Try again in {(ms < 1000 ? $"{ms}ms" : $"{(ms + 999) / 1000}s")}.");
    }
}
