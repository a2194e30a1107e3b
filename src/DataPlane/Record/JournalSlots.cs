using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>What was committed: the range of addresses, the range of record numbers, and how often the journal was opened.</summary>
internal readonly record struct JournalExtent(long Begin, long Until, long BeginSequence, long NextSequence, long Epoch)
{
    public static JournalExtent Empty { get; } = new(JournalLayout.FirstAddress, JournalLayout.FirstAddress, 0, 0, 0);
}

/// <summary>
/// A small file of two slots, each with a counter and a checksum. A slot is written over until it has been synced, then the other: a
/// write that breaks off spoils one slot, and the other still says what held before, on disk. Its size never changes, so that a full
/// disk cannot fail a write.
/// </summary>
internal sealed class JournalSlots : IDisposable
{
    public const int NoteBytesMax = 256;
    private const int SlotBytes = 4096;
    private const int UsedBytes = 512;
    private const uint Magic = 0x314a4541;
    private const int NoteAt = 64;

    private readonly SafeFileHandle _file;
    private readonly byte[] _slot = new byte[UsedBytes];
    private long _counter;
    private int _next;

    private JournalSlots(SafeFileHandle file) => _file = file;

    public JournalExtent Extent { get; private set; }

    /// <summary>What was written last is not on disk yet.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>FASTER's own account of the commit; empty in the mark.</summary>
    public byte[] Note { get; private set; } = [];

    public static JournalSlots Create(string path)
    {
        var slots = new JournalSlots(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read));
        RandomAccess.Write(slots._file, new byte[2 * SlotBytes], 0);
        slots.Write(JournalExtent.Empty, []);
        slots.Sync();
        return slots;
    }

    /// <summary>Opens the file and reads the newer slot that is whole.</summary>
    /// <exception cref="JournalFault">No slot is whole.</exception>
    public static JournalSlots Open(string path, bool forWriting)
    {
        var file = File.OpenHandle(path, FileMode.Open, forWriting ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite);
        var slots = new JournalSlots(file);
        var isFirst = slots.TryRead(0);
        if (slots.TryRead(1) || isFirst)
            return slots;
        slots.Dispose();
        throw new JournalFault($"{Path.GetFileName(path)} is damaged: neither of its two slots has a valid checksum");
    }

    /// <summary>Writes the slot that is not needed. The process may end now, but not the machine before <see cref="Sync"/>.</summary>
    public void Write(in JournalExtent extent, ReadOnlySpan<byte> note)
    {
        var slot = _slot.AsSpan();
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], Magic);
        BinaryPrimitives.WriteInt64LittleEndian(slot[8..], _counter + 1);
        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], extent.Begin);
        BinaryPrimitives.WriteInt64LittleEndian(slot[24..], extent.Until);
        BinaryPrimitives.WriteInt64LittleEndian(slot[32..], extent.BeginSequence);
        BinaryPrimitives.WriteInt64LittleEndian(slot[40..], extent.NextSequence);
        BinaryPrimitives.WriteInt64LittleEndian(slot[48..], extent.Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(slot[56..], note.Length);
        note.CopyTo(slot[NoteAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Checksum(slot[4..]));
        RandomAccess.Write(_file, slot, _next * SlotBytes);
        _counter++;
        IsDirty = true;
        Extent = extent;
    }

    /// <summary>Waits until what was written is on disk.</summary>
    public void Sync()
    {
        if (!IsDirty)
            return;
        RandomAccess.FlushToDisk(_file);
        IsDirty = false;
        _next = 1 - _next;
    }

    public void Dispose() => _file.Dispose();

    private bool TryRead(int number)
    {
        var slot = _slot.AsSpan();
        if (RandomAccess.Read(_file, slot, number * SlotBytes) != UsedBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(slot) != Checksum(slot[4..])
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) != Magic)
            return false;
        var counter = BinaryPrimitives.ReadInt64LittleEndian(slot[8..]);
        if (counter <= _counter)
            return true;
        _counter = counter;
        _next = 1 - number;
        Extent = new(
            BinaryPrimitives.ReadInt64LittleEndian(slot[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[48..]));
        var length = BinaryPrimitives.ReadInt32LittleEndian(slot[56..]);
        Note = length is > 0 and <= NoteBytesMax ? slot.Slice(NoteAt, length).ToArray() : [];
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var one in bytes)
            sum = BitOperations.Crc32C(sum, one);
        return sum;
    }
}
