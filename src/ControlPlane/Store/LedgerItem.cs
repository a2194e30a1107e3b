using System.Buffers.Binary;
using System.Text;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// A batch as an item of the log: version, flags, length of the plane's id, spare byte; epoch, last sequence, time of receipt, earliest and
/// latest time of its records, their count; the plane's id; each record behind its sequence, its time and its length.
/// </summary>
internal static class LedgerItem
{
    private const byte Version = 1;
    private const byte ClosedFlag = 1;
    private const int HeadBytes = 64;
    private const int RecordHeadBytes = 20;

    /// <summary>Writes a batch with its records from one on; the buffer grows as needed.</summary>
    public static ReadOnlySpan<byte> Write(ref byte[] buffer, LedgerBatch batch, int from)
    {
        var length = HeadBytes + batch.PlaneId.Length;
        var first = batch.ReceivedUnixMs;
        var last = batch.ReceivedUnixMs;
        for (var i = from; i < batch.Records.Count; i++)
        {
            var record = batch.Records[i];
            length += RecordHeadBytes + record.Bytes.Length;
            first = Math.Min(first, record.EndedUnixMs);
            last = Math.Max(last, record.EndedUnixMs);
        }

        if (buffer.Length < length)
            buffer = new byte[Math.Max(length, buffer.Length * 2)];
        var item = buffer.AsSpan(0, length);
        item[0] = Version;
        item[1] = batch.IsClosed ? ClosedFlag : (byte)0;
        item[2] = (byte)batch.PlaneId.Length;
        item[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(item[4..], batch.Records.Count - from);
        BinaryPrimitives.WriteUInt128BigEndian(item[8..], batch.Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(item[24..], batch.ThroughSequence);
        BinaryPrimitives.WriteInt64LittleEndian(item[32..], batch.ReceivedUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(item[40..], first);
        BinaryPrimitives.WriteInt64LittleEndian(item[48..], last);
        BinaryPrimitives.WriteInt64LittleEndian(item[56..], 0);
        Encoding.ASCII.GetBytes(batch.PlaneId, item[HeadBytes..]);
        var at = HeadBytes + batch.PlaneId.Length;
        for (var i = from; i < batch.Records.Count; i++)
        {
            var record = batch.Records[i];
            BinaryPrimitives.WriteUInt64LittleEndian(item[at..], record.Sequence);
            BinaryPrimitives.WriteInt64LittleEndian(item[(at + 8)..], record.EndedUnixMs);
            BinaryPrimitives.WriteInt32LittleEndian(item[(at + 16)..], record.Bytes.Length);
            record.Bytes.Span.CopyTo(item[(at + RecordHeadBytes)..]);
            at += RecordHeadBytes + record.Bytes.Length;
        }

        return item;
    }

    /// <summary>The earliest and the latest time in it, that of its receipt included.</summary>
    public static (long First, long Last) Times(ReadOnlySpan<byte> item) =>
        (BinaryPrimitives.ReadInt64LittleEndian(item[40..]), BinaryPrimitives.ReadInt64LittleEndian(item[48..]));

    public static (string PlaneId, UInt128 Epoch) Owner(ReadOnlySpan<byte> item) =>
        (Encoding.ASCII.GetString(item.Slice(HeadBytes, item[2])), BinaryPrimitives.ReadUInt128BigEndian(item[8..]));

    /// <summary>Reads a batch; its records are slices of what is given.</summary>
    /// <exception cref="StoreFault">It is none.</exception>
    public static LedgerBatch Read(ReadOnlyMemory<byte> memory)
    {
        var item = memory.Span;
        if (item.Length < HeadBytes || item[0] != Version)
            throw new StoreFault("an item of the ledger is no batch that is known here: a newer program wrote it");
        var (planeId, epoch) = Owner(item);
        var records = new LedgerRecord[BinaryPrimitives.ReadInt32LittleEndian(item[4..])];
        var at = HeadBytes + item[2];
        for (var i = 0; i < records.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(item[(at + 16)..]);
            records[i] = new(
                BinaryPrimitives.ReadUInt64LittleEndian(item[at..]), BinaryPrimitives.ReadInt64LittleEndian(item[(at + 8)..]),
                memory.Slice(at + RecordHeadBytes, length));
            at += RecordHeadBytes + length;
        }

        return new()
        {
            PlaneId = planeId,
            Epoch = epoch,
            ThroughSequence = BinaryPrimitives.ReadUInt64LittleEndian(item[24..]),
            ReceivedUnixMs = BinaryPrimitives.ReadInt64LittleEndian(item[32..]),
            IsClosed = (item[1] & ClosedFlag) != 0,
            Records = records,
        };
    }
}
