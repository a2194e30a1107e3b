namespace AiEdge.ControlPlane.Usage;

/// <summary>What a period will have cost at its end.</summary>
/// <param name="FromUnixMs">Where the period begins.</param>
/// <param name="ToUnixMs">Where it ends.</param>
/// <param name="Spent">In it so far, in nanodollars.</param>
/// <param name="Expected">At its end, in nanodollars; no less than what is spent.</param>
/// <param name="HistoryHours">Hours of the past that it rests on, 672 (28 days) at most.</param>
internal sealed record UsageForecast(long FromUnixMs, long ToUnixMs, long Spent, long Expected, int HistoryHours)
{
    private const int HoursOfWeek = 168;
    private const int HistoryMax = 4 * HoursOfWeek;
    private static readonly UsageDimension[] NoDimensions = [];

    /// <summary>The calendar period of a time, in UTC: day, week (from Monday) or month.</summary>
    public static (long FromUnixMs, long ToUnixMs) Period(string name, long unixMs)
    {
        var day = DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.Date;
        var (from, to) = name switch
        {
            "day" => (day, day.AddDays(1)),
            "week" => (day.AddDays(-(((int)day.DayOfWeek + 6) % 7)), day.AddDays(7 - (((int)day.DayOfWeek + 6) % 7))),
            _ => (new(day.Year, day.Month, 1), new DateTime(day.Year, day.Month, 1).AddMonths(1)),
        };
        return (UnixMs(from), UnixMs(to));
    }

    /// <summary>
    /// Spent so far, and for each hour to come what the same hour of the week has cost on average in up to four weeks; where there is less
    /// than a week of history, what an hour of it has cost on average.
    /// </summary>
    public static UsageForecast Of(
        Rollups rollups, string period, long nowUnixMs, IReadOnlyList<(UsageDimension Dimension, string Value)> filters)
    {
        var (from, to) = Period(period, nowUnixMs);
        var hour = UsageSlots.LengthMs(UsageStep.Hour);
        var thisHour = nowUnixMs / hour * hour;
        var costs = HourlyCosts(rollups, Math.Min(from, thisHour - (HistoryMax * hour)), nowUnixMs, filters);
        var spent = 0L;
        var oldest = thisHour;
        foreach (var (at, cost) in costs)
        {
            if (at >= from)
                spent += cost;
            oldest = Math.Min(oldest, at);
        }

        var history = (int)Math.Min(HistoryMax, (thisHour - oldest) / hour);
        var expected = (decimal)spent;
        for (var at = thisHour; at < to; at += hour)
        {
            // Of the hour that is under way, the part that is left.
            var share = at == thisHour ? (decimal)(thisHour + hour - nowUnixMs) / hour : 1;
            expected += share * Expect(costs, at, thisHour, history, hour);
        }

        return new(from, to, spent, (long)Math.Min(expected, long.MaxValue), history);
    }

    private static decimal Expect(Dictionary<long, long> costs, long at, long thisHour, int history, long hour)
    {
        if (history == 0)
            return 0;
        var sum = 0m;
        if (history < HoursOfWeek)
        {
            for (var past = thisHour - (history * hour); past < thisHour; past += hour)
                sum += costs.GetValueOrDefault(past);
            return sum / history;
        }

        var count = 0;
        var week = HoursOfWeek * hour;
        for (var past = at - week; past >= thisHour - (history * hour); past -= week)
        {
            if (past >= thisHour)
                continue;
            sum += costs.GetValueOrDefault(past);
            count++;
        }

        return count == 0 ? 0 : sum / count;
    }

    private static Dictionary<long, long> HourlyCosts(
        Rollups rollups, long from, long to, IReadOnlyList<(UsageDimension Dimension, string Value)> filters)
    {
        var rows = UsageAnswer.Of(rollups, new() { FromUnixMs = from, ToUnixMs = to, Step = UsageStep.Hour, GroupBy = NoDimensions, Filters = filters });
        return rows!.ToDictionary(static r => r.FromUnixMs, static r => r.Sum.Cost);
    }

    private static long UnixMs(DateTime utc) => new DateTimeOffset(utc, TimeSpan.Zero).ToUnixTimeMilliseconds();
}
