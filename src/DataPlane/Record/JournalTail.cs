using System.Buffers.Binary;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The records behind the last commit that FASTER was asked for, as FASTER lays them out, so that they can be written to where FASTER will
/// write them, and the same bytes. FASTER's own commit hands over to another thread and back: for one that has only to survive the end of
/// the process that would cost more than its records do.
/// </summary>
internal sealed class JournalTail(JournalDevice device)
{
    private const int BytesMax = 64 * 1024;

    private readonly byte[] _bytes = new byte[BytesMax];
    private long _from;
    private int _length;

    /// <summary>All below <paramref name="address"/> is written.</summary>
    public void Begin(long address)
    {
        _from = address;
        _length = 0;
    }

    /// <summary>Takes the record that FASTER has put at <paramref name="address"/>; what it has left free before is zeros.</summary>
    public void Add(long address, ReadOnlySpan<byte> record)
    {
        var entry = JournalLayout.EntryBytes(record.Length);
        if (address - _from + entry > BytesMax)
            Write();
        var at = (int)(address - _from);
        _bytes.AsSpan(_length, at - _length).Clear();
        var into = _bytes.AsSpan(at, entry);
        // The last word of it holds what pads the record.
        into[^4..].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(into[8..], record.Length);
        record.CopyTo(into[JournalLayout.EntryHeadBytes..]);
        BinaryPrimitives.WriteUInt64LittleEndian(into, JournalLayout.Checksum(into.Slice(8, record.Length + 4)));
        _length = at + entry;
    }

    /// <summary>Writes what has been taken. Where that fails the device has a fault.</summary>
    public void Write()
    {
        device.Write(_from, _bytes.AsSpan(0, _length));
        Begin(_from + _length);
    }
}
