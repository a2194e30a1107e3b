using System.Runtime.InteropServices;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Which series have a sum in a slot.</summary>
internal sealed class SlotSeries
{
    public List<int> Series { get; } = [];

    /// <summary>How many of them are folded ones.</summary>
    public int Folded { get; set; }

    /// <summary>Something has come since the slot was folded last.</summary>
    public bool IsTouched { get; set; }

    /// <summary>
    /// The sums in the order of <see cref="Series"/>, read once for many questions; null where something has come since. Read and set by several
    /// readers at a time, who all find the same.
    /// </summary>
    public UsageCounters[]? Copy { get; set; }
}

/// <summary>The names of sums: series by number, and the series of each slot.</summary>
internal sealed class RollupIndex
{
    private readonly Dictionary<UsageSeries, int> _numbers = [];
    private readonly List<UsageSeries> _series = [];

    public Dictionary<long, SlotSeries> Slots { get; } = [];

    public IReadOnlyList<UsageSeries> Series => _series;

    public int Number(UsageSeries series)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, series, out var isKnown);
        if (isKnown)
            return number;
        number = _series.Count;
        _series.Add(series);
        return number;
    }

    public SlotSeries Slot(long slot)
    {
        if (!Slots.TryGetValue(slot, out var found))
            Slots.Add(slot, found = new());
        return found;
    }

    /// <summary>The slots of one step from a time until another, in order.</summary>
    public IEnumerable<(long Slot, SlotSeries Series)> Between(UsageStep step, long fromUnixMs, long toUnixMs)
    {
        var last = UsageSlots.Of(step, toUnixMs - 1);
        for (var slot = UsageSlots.Of(step, fromUnixMs); slot <= last; slot = UsageSlots.Next(slot))
        {
            if (Slots.TryGetValue(slot, out var series))
                yield return (slot, series);
        }
    }
}
