using System.Text;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// What a start needs of the ledger so that it reads its newest batches only: how far each epoch is, which segments hold which times, and up
/// to where the follower was.
/// </summary>
internal sealed class LedgerState
{
    private const int Version = 1;

    /// <summary>The last batch that it contains.</summary>
    public ulong Through { get; set; }

    /// <summary>The address behind that batch.</summary>
    public long Address { get; set; } = LogShape.FirstAddress;

    /// <summary>The follower contains all batches up to it.</summary>
    public ulong Followed { get; set; }

    public List<LogSegment> Segments { get; } = [];

    public LedgerEpochs Epochs { get; } = new();

    /// <summary>Reads the state beside a log and goes over the batches behind it.</summary>
    /// <exception cref="StoreFault">Something is missing or damaged.</exception>
    public static LedgerState Read(string folder, in LogExtent extent, bool all = false)
    {
        var shape = LogShape.Ledger;
        var state = new LedgerState();
        var file = StateFile.Read(Path.Combine(folder, shape.StateFileName));
        if (extent.Released > (file?.Through ?? 0))
            throw new StoreFault($"{shape.StateFileName} holds {file?.Through ?? 0} batches, one of {extent.Released} was stored");
        if (file is { } found)
            state.Read(found.Body, found.Through);
        if (state.Through >= extent.NextNumber)
            throw new StoreFault($"{shape.Name}: batches {extent.NextNumber} to {state.Through} are missing, which {shape.StateFileName} contains");
        var begin = shape.SegmentOf(extent.Begin);
        state.Segments.RemoveAll(s => s.Number < begin);
        state.Catch(folder, extent, all);
        return state;
    }

    /// <summary>Writes the file; durable on return.</summary>
    public void Write(string folder) => StateFile.Write(Path.Combine(folder, LogShape.Ledger.StateFileName), Through, stream =>
    {
        using var to = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        to.Write(Version);
        to.Write(Address);
        to.Write(Followed);
        to.Write(Segments.Count);
        foreach (var segment in Segments)
        {
            to.Write(segment.Number);
            to.Write(segment.FirstItem);
            to.Write(segment.FirstUnixMs);
            to.Write(segment.LastUnixMs);
        }

        Epochs.Write(to);
    });

    /// <summary>Takes an item into account that has been appended or read.</summary>
    public void See(ReadOnlySpan<byte> item, long address)
    {
        var (first, last) = LedgerItem.Times(item);
        for (var i = Segments.Count - 1; i >= 0 && Segments[i].Number >= LogShape.Ledger.SegmentOf(address); i--)
            Segments[i].See(first, last);
    }

    private void Read(byte[] body, ulong through)
    {
        using var from = new BinaryReader(new MemoryStream(body));
        if (from.ReadInt32() != Version)
            throw new StoreFault($"{LogShape.Ledger.StateFileName} was written by a newer program");
        Through = through;
        Address = from.ReadInt64();
        Followed = from.ReadUInt64();
        for (var left = from.ReadInt32(); left > 0; left--)
        {
            var segment = new LogSegment(from.ReadInt64(), from.ReadUInt64());
            segment.See(from.ReadInt64(), from.ReadInt64());
            Segments.Add(segment);
        }

        Epochs.Read(from);
    }

    /// <summary>Reads what the state does not contain; or all, where everything is to be checked.</summary>
    private void Catch(string folder, in LogExtent extent, bool all)
    {
        var shape = LogShape.Ledger;
        var isFresh = all || Through + 1 < extent.BeginNumber || Address < extent.Begin;
        using var reader = isFresh ? new LogReader(folder, shape, extent) : new LogReader(folder, shape, extent, Address, Through + 1);
        var items = new ItemReader(reader) { OnEntry = entry => LogSegment.Note(Segments, shape.SegmentOf(entry.Address), entry.Number) };
        while (items.TryNext(out var item))
        {
            if (items.Number <= Through)
                continue;
            if (items.Number != Through + 1)
                throw new StoreFault($"{shape.Name}: batches {Through + 1} to {items.Number - 1} are missing");
            var batch = LedgerItem.Read(item.ToArray());
            See(item, items.Address);
            var place = Epochs.Get(batch.PlaneId, batch.Epoch);
            place.See(batch.ThroughSequence, batch.IsClosed, batch.ReceivedUnixMs);
            place.OnStored();
            Through = items.Number;
            Address = reader.Next;
        }
    }
}
