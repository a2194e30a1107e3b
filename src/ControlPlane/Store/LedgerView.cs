namespace AiEdge.ControlPlane.Store;

/// <summary>The ledger as it was at a commit, for readers beside the thread that writes it.</summary>
internal sealed class LedgerView(LogExtent extent, LogSegment[] segments)
{
    public LogExtent Extent { get; } = extent;

    /// <summary>The batches from one on, in order.</summary>
    public IEnumerable<StoredBatch> ReadFrom(string folder, ulong number)
    {
        var shape = LogShape.Ledger;
        var at = segments.Length - 1;
        while (at > 0 && segments[at].FirstItem >= number)
            at--;
        if (at < 0 || number >= Extent.NextNumber)
            yield break;
        using var reader = new LogReader(folder, shape, Extent, shape.FirstOf(segments[at].Number), segments[at].FirstItem);
        var items = new ItemReader(reader);
        while (items.TryNext(out var item))
        {
            if (items.Number >= number)
                yield return new(items.Number, LedgerItem.Read(item.ToArray()));
        }
    }

    /// <summary>The batches whose times touch a span, newest first.</summary>
    public IEnumerable<StoredBatch> ReadBackwards(string folder, long fromUnixMs, long toUnixMs, ulong through)
    {
        for (var i = segments.Length - 1; i >= 0; i--)
        {
            var segment = segments[i];
            if (segment.FirstItem > through || segment.LastUnixMs < fromUnixMs || segment.FirstUnixMs >= toUnixMs)
                continue;
            var found = InSegment(folder, segment, fromUnixMs, toUnixMs, through);
            for (var at = found.Count - 1; at >= 0; at--)
                yield return new(found[at].Number, LedgerItem.Read(found[at].Item));
        }
    }

    /// <summary>The batches that begin in a segment; the last of them may end in the next.</summary>
    private List<(ulong Number, byte[] Item)> InSegment(string folder, LogSegment segment, long fromUnixMs, long toUnixMs, ulong through)
    {
        var shape = LogShape.Ledger;
        var found = new List<(ulong, byte[])>();
        try
        {
            using var reader = new LogReader(folder, shape, Extent, shape.FirstOf(segment.Number), segment.FirstItem);
            var items = new ItemReader(reader);
            while (items.TryNext(out var item) && items.Number <= through && shape.SegmentOf(items.Address) == segment.Number)
            {
                var (first, last) = LedgerItem.Times(item);
                if (last >= fromUnixMs && first < toUnixMs)
                    found.Add((items.Number, item.ToArray()));
            }
        }
        catch (StoreFault) when (!File.Exists(shape.SegmentFile(folder, segment.Number)))
        {
            // It has grown too old meanwhile.
            found.Clear();
        }

        return found;
    }
}
