using FASTER.core;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Reads sums; one reader is used by one thread at a time.</summary>
internal readonly struct RollupReader(RollupTable table) : IDisposable
{
    private readonly ClientSession<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty, RollupTable.Adding> _session = table.Open();

    public UsageCounters this[long slot, int series] => RollupTable.Read(_session, new(slot, series));

    public void Dispose() => _session.Dispose();
}
