using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Record;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>A batch with what it covers of the journal.</summary>
/// <param name="Message">What is sent.</param>
/// <param name="Next">The journal's first record behind it.</param>
/// <param name="OldestUnixMs">When the first record in it was made; 0 where it has none.</param>
internal sealed record ReadBatch(UsageBatch Message, long Next, long OldestUnixMs);

/// <summary>Reads the journal's committed records from some record on, in batches of one epoch each. Used by one call at a time.</summary>
internal sealed class UsageReading(string folder, UsageBook book) : IDisposable
{
    /// <summary>Records of one batch.</summary>
    public const int RecordsMax = 512;

    /// <summary>Bytes of one batch, about; a record is 8 KiB at most.</summary>
    private const int BytesMax = 256 * 1024;

    private readonly JournalItem _item = new();
    private JournalReader? _reader;
    private JournalExtent _extent;
    private long _address;
    private long _sequence = -1;

    /// <summary>What is committed; null while that cannot be told, as for a moment within a commit.</summary>
    public static JournalExtent? Committed(string folder)
    {
        try
        {
            return JournalRecovery.Judge(folder);
        }
        catch (Exception e) when (e is JournalFault or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Begins again at a record: the next batch begins with it, or with the oldest that there is.</summary>
    public void Rewind() => (_sequence, _reader) = (-1, Drop());

    /// <summary>The next batch; null where there is nothing more.</summary>
    /// <param name="extent">What is committed.</param>
    /// <param name="from">The first record of it, after <see cref="Rewind"/>; else reading goes on.</param>
    /// <exception cref="JournalFault">The journal does not hold what it says.</exception>
    public ReadBatch? Next(in JournalExtent extent, long from)
    {
        if (_sequence < 0 || _sequence < extent.BeginSequence)
            Find(extent, Math.Max(from, extent.BeginSequence));
        if (_sequence >= extent.NextSequence)
            return null;
        if (_reader is null)
        {
            _extent = extent with { Begin = _address, BeginSequence = _sequence };
            _reader = new JournalReader(folder, _extent);
        }

        var (epoch, end) = book.Of(_sequence);
        var message = new UsageBatch { Epoch = ByteString.CopyFrom(epoch) };
        var oldest = 0L;
        var bytes = 0;
        while (_sequence < end && message.Records.Count < RecordsMax && bytes < BytesMax && _reader.TryNext(out var bits))
        {
            bytes += bits.Length;
            _sequence = _reader.NextSequence;
            if (JournalFormat.Kind(bits) is not (JournalKind.Attempt or JournalKind.Exchange))
                continue;
            _item.Read(bits);
            message.Records.Add(UsageRecords.Of(_item));
            oldest = oldest == 0 ? _item.UnixMs : oldest;
        }

        if (_sequence >= _extent.NextSequence)
        {
            // All of that is read; what is committed later begins where it ends.
            _reader = Drop();
            _address = _extent.Until;
        }

        message.ThroughSequence = (ulong)_sequence;
        message.IsClosed = _sequence >= end;
        return new(message, _sequence, oldest);
    }

    public void Dispose() => _reader?.Dispose();

    /// <summary>Finds where a record lies. Records have no index: all before it are read.</summary>
    private void Find(in JournalExtent extent, long from)
    {
        _reader = Drop();
        (_address, _sequence) = (extent.Begin, extent.BeginSequence);
        if (from >= extent.NextSequence)
        {
            (_address, _sequence) = (extent.Until, extent.NextSequence);
            return;
        }

        using var reader = new JournalReader(folder, extent);
        while (reader.NextSequence <= from && reader.TryNext(out _))
            (_address, _sequence) = (reader.Address, reader.NextSequence - 1);
    }

    private JournalReader? Drop()
    {
        _reader?.Dispose();
        return null;
    }
}
