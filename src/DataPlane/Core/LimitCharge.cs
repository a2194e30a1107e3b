namespace AiEdge.DataPlane.Core;

/// <summary>What an exchange that is over counts against a limit. One judge for the buckets and for what is rebuilt from records.</summary>
internal static class LimitCharge
{
    /// <summary>In the unit of <paramref name="unit"/>.</summary>
    /// <param name="limit">The limit, whose weights count.</param>
    /// <param name="unit">The unit of one of its amounts.</param>
    /// <param name="bill">The exchange's bill.</param>
    /// <param name="wasSent">Whether an attempt was begun (<see cref="Exchange.Attempts"/> above 0): what was refused counts nothing.</param>
    public static long Of(LimitModel limit, LimitUnit unit, in Bill bill, bool wasSent)
    {
        if (!wasSent)
            return 0;
        return unit switch
        {
            LimitUnit.Requests => 1,
            LimitUnit.Tokens => Input(limit, bill) + bill.OutputTokens,
            LimitUnit.InputTokens => Input(limit, bill),
            LimitUnit.OutputTokens => bill.OutputTokens,
            _ => bill.CostNanodollars,
        };
    }

    /// <summary>Cached tokens count what the limit says they weigh, rounded up.</summary>
    private static long Input(LimitModel limit, in Bill bill)
    {
        if (limit.CachedInputWeight == 1000)
            return bill.InputTokens;
        var cached = Math.Clamp(bill.CachedInputTokens, 0, bill.InputTokens);
        return bill.InputTokens - cached + (cached * limit.CachedInputWeight + 999) / 1000;
    }
}
