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
/// disk cannot fail a write. A slot that is not on disk yet says during which run of the machine it was written: while that lasts, it
/// is what holds; after it, it may speak of bytes that never got to the disk, and the other may have to do.
/// </summary>
internal sealed class JournalSlots : IDisposable
{
    public const int NoteBytesMax = 256;

    /// <summary>Where the run of the machine stands in a slot.</summary>
    public const int BootAt = NoteAt + NoteBytesMax;

    public const int SlotBytes = 4096;
    public const int UsedBytes = 512;
    private const uint Magic = 0x314a4541;
    private const int NoteAt = 64;

    private readonly SafeFileHandle _file;
    private readonly string _name;
    private readonly byte[] _slot = new byte[UsedBytes];
    private Slot _newest;
    private Slot? _older;
    private long _counter;
    private int _next;

    private JournalSlots(SafeFileHandle file, string name)
    {
        _file = file;
        _name = name;
        _newest = new(0, 0, JournalExtent.Empty, [], 0);
    }

    public JournalExtent Extent => _newest.Extent;

    /// <summary>What was written last is not on disk yet.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>FASTER's own account of the commit, or what the mark says besides.</summary>
    public byte[] Note => _newest.Note;

    /// <summary>Whether the slot was written before it and all that it speaks of was on disk.</summary>
    public bool IsLoose => _newest.Boot != 0;

    /// <summary>Whether it was, and the machine has ended since: what it speaks of may never have got to the disk.</summary>
    public bool IsDoubtful => IsLoose && _newest.Boot != MachineBoot.Id;

    /// <summary>What is certain to have been on disk.</summary>
    /// <exception cref="JournalFault">The slot that says so is damaged.</exception>
    public JournalExtent Sure => (IsDoubtful ? SyncedSlot() : _newest).Extent;

    public static JournalSlots Create(string path)
    {
        var slots = new JournalSlots(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read), Path.GetFileName(path));
        RandomAccess.Write(slots._file, new byte[2 * SlotBytes], 0);
        slots.Write(JournalExtent.Empty, [], isLoose: false);
        RandomAccess.FlushToDisk(slots._file);
        slots.Sync();
        return slots;
    }

    /// <summary>Opens the file and reads the newer slot that is whole.</summary>
    /// <exception cref="JournalFault">No slot is whole.</exception>
    public static JournalSlots Open(string path, bool forWriting)
    {
        var file = File.OpenHandle(path, FileMode.Open, forWriting ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite);
        var slots = new JournalSlots(file, Path.GetFileName(path));
        var (first, second) = (slots.Read(0), slots.Read(1));
        if ((first ?? second) is { } found)
        {
            (slots._newest, slots._older) = second?.Counter > first?.Counter ? (second, first) : (found, first is null ? null : second);
            slots._counter = slots._newest.Counter;
            slots._next = 1 - slots._newest.Number;
            return slots;
        }

        slots.Dispose();
        throw new JournalFault($"{Path.GetFileName(path)} is damaged: neither of its two slots has a valid checksum");
    }

    /// <summary>Makes of a slot's bytes one that is taken for whole.</summary>
    public static void Seal(Span<byte> slot) => BinaryPrimitives.WriteUInt32LittleEndian(slot, Checksum(slot[4..UsedBytes]));

    /// <summary>Takes the slot that was on disk before the newest, which is written over next.</summary>
    public void Revert()
    {
        var synced = SyncedSlot();
        _next = _newest.Number;
        (_newest, _older) = (synced, null);
    }

    /// <summary>Writes the slot that is not needed. The process may end now, but not the machine before <see cref="Sync"/>.</summary>
    /// <param name="extent">What has been committed.</param>
    /// <param name="note">What is to be kept with it.</param>
    /// <param name="isLoose">Whether the bytes that it speaks of may not be on disk yet.</param>
    public void Write(in JournalExtent extent, byte[] note, bool isLoose)
    {
        var boot = isLoose ? MachineBoot.Id : 0;
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
        BinaryPrimitives.WriteUInt64LittleEndian(slot[BootAt..], boot);
        Seal(slot);
        RandomAccess.Write(_file, slot, _next * SlotBytes);
        _counter++;
        IsDirty = true;
        _newest = new(_next, _counter, extent, note, boot);
        _older = null;
    }

    /// <summary>Waits until what was written is on disk.</summary>
    public void Sync()
    {
        if (!IsDirty)
            return;
        JournalFolder.SyncData(_file);
        IsDirty = false;
        _next = 1 - _newest.Number;
    }

    public void Dispose() => _file.Dispose();

    private Slot SyncedSlot() => _older ?? throw new JournalFault($"{_name} is damaged: the slot that was on disk has no valid checksum");

    private Slot? Read(int number)
    {
        var slot = _slot.AsSpan();
        if (RandomAccess.Read(_file, slot, number * SlotBytes) != UsedBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(slot) != Checksum(slot[4..])
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) != Magic)
            return null;
        var extent = new JournalExtent(
            BinaryPrimitives.ReadInt64LittleEndian(slot[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[48..]));
        var length = BinaryPrimitives.ReadInt32LittleEndian(slot[56..]);
        byte[] note = length is > 0 and <= NoteBytesMax ? slot.Slice(NoteAt, length).ToArray() : [];
        return new(number, BinaryPrimitives.ReadInt64LittleEndian(slot[8..]), extent, note, BinaryPrimitives.ReadUInt64LittleEndian(slot[BootAt..]));
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

    /// <param name="Number">Which of the two.</param>
    /// <param name="Counter">Grows with each write.</param>
    /// <param name="Extent">What it says.</param>
    /// <param name="Note">What it says besides.</param>
    /// <param name="Boot">The run of the machine during which it was written without all of it being on disk; else 0.</param>
    private sealed record Slot(int Number, long Counter, JournalExtent Extent, byte[] Note, ulong Boot);
}
