using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.ControlPlane.Store;

/// <summary>What was committed.</summary>
/// <param name="Begin">The first address that still counts.</param>
/// <param name="Until">The first address behind.</param>
/// <param name="BeginNumber">The number of the item to which the entry at <see cref="Begin"/> belongs.</param>
/// <param name="NextNumber">The number of the next item.</param>
/// <param name="Released">A state was stored that contains all items up to it; 0 for none.</param>
internal readonly record struct LogExtent(long Begin, long Until, ulong BeginNumber, ulong NextNumber, ulong Released)
{
    public static LogExtent Empty { get; } = new(LogShape.FirstAddress, LogShape.FirstAddress, 1, 1, 0);
}

/// <summary>
/// A small file of two slots that are written in turn and synced each, with a counter and a checksum: a write that breaks off spoils one,
/// and the other says what held before. Its size never changes, so that a full disk cannot fail a write.
/// </summary>
internal sealed class LogSlots : IDisposable
{
    public const int NoteBytesMax = 256;
    private const int SlotBytes = 4096;
    private const int UsedBytes = 512;
    private const uint Magic = 0x3153_4541;
    private const int NoteAt = 64;

    private readonly SafeFileHandle _file;
    private readonly byte[] _slot = new byte[UsedBytes];
    private long _counter;
    private int _next;

    private LogSlots(SafeFileHandle file) => _file = file;

    public LogExtent Extent { get; private set; }

    /// <summary>FASTER's own account of the commit; empty in the mark.</summary>
    public byte[] Note { get; private set; } = [];

    public static LogSlots Create(string path, in LogExtent extent, ReadOnlySpan<byte> note)
    {
        var slots = new LogSlots(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read));
        RandomAccess.Write(slots._file, new byte[2 * SlotBytes], 0);
        slots.Store(extent, note);
        return slots;
    }

    /// <summary>Opens the file and reads the newer slot that is whole.</summary>
    /// <exception cref="StoreFault">No slot is whole.</exception>
    public static LogSlots Open(string path, bool forWriting)
    {
        var slots = new LogSlots(File.OpenHandle(path, FileMode.Open, forWriting ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite));
        var isFirst = slots.TryRead(0);
        if (slots.TryRead(1) || isFirst)
            return slots;
        slots.Dispose();
        throw new StoreFault($"{Path.GetFileName(path)} is damaged: neither of its two slots has a valid checksum");
    }

    /// <summary>Reads the newer slot of a file that another may be writing.</summary>
    public static (LogExtent Extent, byte[] Note) Read(string path)
    {
        using var slots = Open(path, forWriting: false);
        return (slots.Extent, slots.Note);
    }

    /// <summary>Writes the slot that is not needed; on disk on return.</summary>
    public void Store(in LogExtent extent, ReadOnlySpan<byte> note)
    {
        var slot = _slot.AsSpan();
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], Magic);
        BinaryPrimitives.WriteInt64LittleEndian(slot[8..], _counter + 1);
        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], extent.Begin);
        BinaryPrimitives.WriteInt64LittleEndian(slot[24..], extent.Until);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[32..], extent.BeginNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[40..], extent.NextNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[48..], extent.Released);
        BinaryPrimitives.WriteInt32LittleEndian(slot[56..], note.Length);
        note.CopyTo(slot[NoteAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot, LogEntry.Checksum(slot[4..]));
        RandomAccess.Write(_file, slot, _next * SlotBytes);
        RandomAccess.FlushToDisk(_file);
        _counter++;
        _next = 1 - _next;
        Extent = extent;
    }

    public void Dispose() => _file.Dispose();

    private bool TryRead(int number)
    {
        var slot = _slot.AsSpan();
        if (RandomAccess.Read(_file, slot, number * SlotBytes) != UsedBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(slot) != LogEntry.Checksum(slot[4..])
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
            BinaryPrimitives.ReadUInt64LittleEndian(slot[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(slot[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(slot[48..]));
        var length = BinaryPrimitives.ReadInt32LittleEndian(slot[56..]);
        Note = length is > 0 and <= NoteBytesMax ? slot.Slice(NoteAt, length).ToArray() : [];
        return true;
    }
}
