using System.Globalization;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;

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
        switch (refusal.Kind)
        {
            case RefusalKind.Concurrent:
                return EdgeError.Client(ErrorKind.ConcurrencyLimited,
                    string.Create(CultureInfo.InvariantCulture, $"{limit} allows {part.Limit.Concurrent} requests under way at once, and so many are. Try again in 1s."));
            case RefusalKind.Unpriced:
                return EdgeError.Client(ErrorKind.ModelUnpriced, $"{limit} counts money, and nobody knows what this model costs.");
            case RefusalKind.TooLarge:
                return EdgeError.Client(ErrorKind.BeyondLimit,
                    $"The request needs {Amount(part, refusal.Cost)}. {limit} allows {Allowed(part)}, and can never hold more than {Amount(part, Most(part))}.");
            case var _ when part.Quantity!.Unit == LimitUnit.Requests:
                return EdgeError.Client(ErrorKind.RequestsLimited, $"{limit} allows {Allowed(part)}. {Left(part, refusal.Remaining)} left. {Again(refusal)}");
            default:
                return EdgeError.Client(
                    part.Quantity.Unit == LimitUnit.Cost ? ErrorKind.BudgetSpent : ErrorKind.TokensLimited,
                    $"{limit} allows {Allowed(part)}. {Left(part, refusal.Remaining)} left, and the request needs {Amount(part, refusal.Cost)}. {Again(refusal)}");
        }
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

    private static string Named(LimitModel limit) => $"The limit '{limit.Name}' ({(limit.Per == LimitScope.Global ? "global" : "per " + Scope(limit))})";

    private static string Allowed(LimitPart part) => $"{Amount(part, part.Quantity!.Amount)} per {Period(part.Quantity.Period)}";

    private static long Most(LimitPart part) => part.Quantity!.IsRate ? part.Quantity.Burst : part.Quantity.Amount;

    private static string Left(LimitPart part, long left) => left == 1 && part.Quantity!.Unit != LimitUnit.Cost
        ? Amount(part, left) + " is"
        : Amount(part, left) + (part.Quantity!.Unit == LimitUnit.Cost ? " is" : " are");

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
        var ms = LimitHeaders.WaitMs(refusal.WaitNs);
        if (ms > LimitHeaders.ShortWaitMs)
            return string.Create(CultureInfo.InvariantCulture, $"Try again at {LimitHeaders.Second(refusal.AtUnixNs):yyyy-MM-ddTHH:mm:ssZ}.");
        return string.Create(CultureInfo.InvariantCulture, $"Try again in {(ms < 1000 ? $"{ms}ms" : $"{(ms + 999) / 1000}s")}.");
    }
}
