namespace AiEdge.ControlPlane.Store;

/// <summary>A segment file that holds entries.</summary>
/// <param name="number">Its own number.</param>
/// <param name="firstItem">The number of the item to which its first entry belongs.</param>
internal sealed class LogSegment(long number, ulong firstItem)
{
    public long Number { get; } = number;

    public ulong FirstItem { get; } = firstItem;

    /// <summary>The earliest and the latest time of what lies in it; of the ledger only.</summary>
    public long FirstUnixMs { get; private set; } = long.MaxValue;

    public long LastUnixMs { get; private set; } = long.MinValue;

    public void See(long firstUnixMs, long lastUnixMs)
    {
        FirstUnixMs = Math.Min(FirstUnixMs, firstUnixMs);
        LastUnixMs = Math.Max(LastUnixMs, lastUnixMs);
    }

    /// <summary>Adds the segment of an entry to those known so far, unless it is the last of them.</summary>
    public static void Note(List<LogSegment> segments, long segment, ulong item)
    {
        if (segments.Count == 0 || segments[^1].Number < segment)
            segments.Add(new(segment, item));
    }
}
