using FASTER.core;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Reads sums; one reader is used by one thread at a time.</summary>
internal readonly struct RollupReader(RollupTable table) : IDisposable
{
    private readonly ClientSession<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty, RollupTable.Adding> _session = table.Open();

    /// <summary>The sums of a slot, in the order of its series.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="series">Its series.</param>
    /// <param name="keep">Whether they stay in memory until something comes: the next question will want them.</param>
    public UsageCounters[] Sums(long slot, SlotSeries series, bool keep)
    {
        if (series.Copy is { } known)
            return known;
        var sums = new UsageCounters[series.Series.Count];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = RollupTable.Read(_session, new(slot, series.Series[i]));
        if (keep)
            series.Copy = sums;
        return sums;
    }

    public void Dispose() => _session.Dispose();
}
