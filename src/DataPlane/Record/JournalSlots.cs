using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>What was committed: the range of addresses, the range of record numbers, and how often the journal was opened.</summary>
internal readonly record struct JournalExtent(long Begin, long Until, long BeginSequence, long NextSequence, long Epoch)
{
    public static JournalExtent Empty { get; } = new(JournalLayout.FirstAddress, JournalLayout.FirstAddress, 0, 0, 0);

    /// <summary>The same beginning and nothing behind it.</summary>
    public JournalExtent Emptied => this with { Until = Begin, NextSequence = BeginSequence };
}

/// <summary>
/// A small file of three slots, each with a counter and a checksum. A slot says two things: what is written, which holds as long as the run of
/// the machine lasts in which it was said, and what was on disk before it was said, which holds for good. The whole slot with the highest
/// counter is what holds. The file's size never changes, so that a full disk cannot fail a write.
/// </summary>
/// <remarks>
/// Requirements: at every moment (1) the end of the process leaves the newest slot, (2) the end of the machine leaves one that says no less to
/// be on disk than the last <see cref="EndSync"/> has covered; and (3) slots can be written while the file is being synced.
/// Argument. The slot that was newest when the last sync began that has ended is kept: it is on disk and is not written over. The slot that was
/// newest when the present sync began is kept, too: a write over it could spoil it on the disk before it has got there, and there would be
/// nothing to keep when the sync ends. That leaves one of three for what is written meanwhile, and two in turn otherwise; (3). A write of
/// 512 bytes within one page of memory is done or not done when the process ends, so the newest slot is whole; (1). The end of the machine
/// may leave any slot but the kept ones in any state, also half written, and then its checksum is wrong; whichever whole one is newest has a
/// counter no lower than the kept one's, and what is said to be on disk never goes back; (2).
/// Slots and counters belong to whoever holds the lock of <see cref="JournalCommits"/>; the file's sync alone is done without it.
/// </remarks>
internal sealed class JournalSlots : IDisposable
{
    public const int NoteBytesMax = 256;

    /// <summary>Where the run of the machine stands in a slot.</summary>
    public const int BootAt = NoteAt + NoteBytesMax;

    /// <summary>Where stands what was on disk.</summary>
    public const int SyncedAt = BootAt + 8;

    public const int Count = 3;
    public const int SlotBytes = 4096;
    public const int UsedBytes = 512;
    private const uint Magic = 0x324a4541;
    private const int ExtentAt = 16;
    private const int NoteAt = 64;
    private const int None = -1;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly JournalMachine _machine;
    private readonly byte[] _slot = new byte[UsedBytes];
    private JournalSlot _newest = new(0, 0, JournalExtent.Empty, JournalExtent.Empty, [], 0);
    private long _counter;
    private long _syncedCounter;
    private int _kept = None;
    private int _syncing = None;

    private JournalSlots(SafeFileHandle file, string path, JournalMachine machine)
    {
        _file = file;
        _path = path;
        _machine = machine;
    }

    /// <summary>What is written.</summary>
    public JournalExtent Extent => _newest.Extent;

    /// <summary>What was written last is not known to be on disk.</summary>
    public bool IsDirty => _counter != _syncedCounter;

    /// <summary>What is kept with it.</summary>
    public byte[] Note => _newest.Note;

    /// <summary>Whether more is written than was on disk.</summary>
    public bool IsLoose => _newest.IsLoose;

    /// <summary>Whether it is, and the machine has ended since: it may never have got to the disk.</summary>
    public bool IsDoubtful => IsLoose && _newest.Boot != _machine.Boot;

    /// <summary>What is certain to be there.</summary>
    /// <exception cref="JournalFault">The slot that says so is damaged.</exception>
    public JournalExtent Sure => IsDoubtful ? Synced : Extent;

    /// <summary>What was on disk.</summary>
    /// <exception cref="JournalFault">The slot that says so is damaged.</exception>
    public JournalExtent Synced =>
        _newest.Synced ?? throw new JournalFault($"{Path.GetFileName(_path)} is damaged: the slot that was on disk has no valid checksum");

    public static JournalSlots Create(string path, JournalMachine? machine = null)
    {
        var slots = new JournalSlots(
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read), path, machine ?? JournalMachine.Real);
        RandomAccess.Write(slots._file, new byte[Count * SlotBytes], 0);
        slots.Write(JournalExtent.Empty, JournalExtent.Empty, []);
        RandomAccess.FlushToDisk(slots._file);
        slots.SyncAll();
        return slots;
    }

    /// <summary>Opens the file and reads the newest slot that is whole. For writing, that slot is on disk when this returns.</summary>
    /// <exception cref="JournalFault">No slot is whole.</exception>
    public static JournalSlots Open(string path, bool forWriting, JournalMachine? machine = null)
    {
        var file = File.OpenHandle(path, FileMode.Open, forWriting ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var slots = new JournalSlots(file, path, machine ?? JournalMachine.Real);
        try
        {
            if (slots.ReadNewest() is { } newest)
                slots.Take(newest);
            else if (JournalSlotsOfTwo.Read(file) is { } old)
            {
                if (forWriting)
                    return Renew(slots, old);
                slots.Take(old);
            }
            else
                throw new JournalFault($"{Path.GetFileName(path)} is damaged: none of its slots has a valid checksum");

            if (forWriting)
                slots.SyncAll();
            return slots;
        }
        catch
        {
            slots.Dispose();
            throw;
        }
    }

    /// <summary>Makes of a slot's bytes one that is taken for whole.</summary>
    public static void Seal(Span<byte> slot) => BinaryPrimitives.WriteUInt32LittleEndian(slot, Checksum(slot[4..UsedBytes]));

    /// <summary>Gives up what was not on disk.</summary>
    public void Revert() => _newest = _newest with { Extent = Synced, Boot = 0 };

    /// <summary>Says something new, in a slot that is not needed.</summary>
    /// <param name="extent">What is written.</param>
    /// <param name="synced">What of it is on disk; never less than what was said to be.</param>
    /// <param name="note">What is to be kept with it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(in JournalExtent extent, in JournalExtent synced, byte[] note) =>
        Write(extent, synced, note, extent == synced ? 0 : _machine.Boot);

    /// <summary>What was said so far is about to be synced by <see cref="SyncFile"/>, and may not be written over until then.</summary>
    public void BeginSync()
    {
        _syncing = _newest.Number;
        _syncedCounter = _counter;
    }

    /// <summary>Waits until what was written before is on disk. By one thread at a time, while others may write.</summary>
    public void SyncFile() => _machine.Sync(_file, _path);

    /// <summary>It is on disk. Not called where the sync has failed: nothing is written any more then.</summary>
    public void EndSync() => (_kept, _syncing) = (_syncing, None);

    public void Dispose() => _file.Dispose();

    /// <summary>A file of two slots is replaced by one that says the same.</summary>
    private static JournalSlots Renew(JournalSlots old, JournalSlot newest)
    {
        var (path, machine) = (old._path, old._machine);
        File.Delete(path + ".new");
        using (var slots = Create(path + ".new", machine))
        {
            slots._counter = newest.Counter;
            slots.Write(newest.Extent, newest.Synced ?? newest.Extent.Emptied, newest.Note, newest.Boot);
            slots.SyncAll();
        }

        old.Dispose();
        File.Move(path + ".new", path, overwrite: true);
        machine.SyncFolder(Path.GetDirectoryName(path)!);
        return Open(path, forWriting: true, machine);
    }

    private void Take(JournalSlot newest)
    {
        _newest = newest;
        _counter = newest.Counter;
    }

    private void SyncAll()
    {
        BeginSync();
        SyncFile();
        EndSync();
    }

    private void Write(in JournalExtent extent, in JournalExtent synced, byte[] note, ulong boot)
    {
        var slot = _slot.AsSpan();
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], Magic);
        BinaryPrimitives.WriteInt64LittleEndian(slot[8..], _counter + 1);
        WriteExtent(slot[ExtentAt..], extent);
        BinaryPrimitives.WriteInt32LittleEndian(slot[56..], note.Length);
        note.CopyTo(slot[NoteAt..]);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[BootAt..], boot);
        WriteExtent(slot[SyncedAt..], synced);
        Seal(slot);
        var number = FreeSlot();
        RandomAccess.Write(_file, slot, number * SlotBytes);
        _counter++;
        _newest = new(number, _counter, extent, synced, note, boot);
    }

    /// <summary>One that is not kept, and not the newest if there is another.</summary>
    private int FreeSlot()
    {
        var found = None;
        for (var i = 0; i < Count; i++)
        {
            if (i != _kept && i != _syncing && (found == None || i != _newest.Number))
                found = i;
        }

        return found;
    }

    private JournalSlot? ReadNewest()
    {
        JournalSlot? newest = null;
        var slot = _slot.AsSpan();
        for (var i = 0; i < Count; i++)
        {
            if (!TryRead(_file, i, slot, Magic) || newest?.Counter > BinaryPrimitives.ReadInt64LittleEndian(slot[8..]))
                continue;
            newest = new(
                i, BinaryPrimitives.ReadInt64LittleEndian(slot[8..]), ReadExtent(slot[ExtentAt..]), ReadExtent(slot[SyncedAt..]), ReadNote(slot),
                BinaryPrimitives.ReadUInt64LittleEndian(slot[BootAt..]));
        }

        return newest;
    }

    internal static bool TryRead(SafeFileHandle file, int number, Span<byte> slot, uint magic) =>
        RandomAccess.Read(file, slot, number * SlotBytes) == UsedBytes
        && BinaryPrimitives.ReadUInt32LittleEndian(slot) == Checksum(slot[4..])
        && BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) == magic;

    internal static byte[] ReadNote(ReadOnlySpan<byte> slot) =>
        BinaryPrimitives.ReadInt32LittleEndian(slot[56..]) is var length and > 0 and <= NoteBytesMax ? slot.Slice(NoteAt, length).ToArray() : [];

    internal static JournalExtent ReadExtent(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadInt64LittleEndian(from),
        BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[16..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[32..]));

    private static void WriteExtent(Span<byte> into, in JournalExtent extent)
    {
        BinaryPrimitives.WriteInt64LittleEndian(into, extent.Begin);
        BinaryPrimitives.WriteInt64LittleEndian(into[8..], extent.Until);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], extent.BeginSequence);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], extent.NextSequence);
        BinaryPrimitives.WriteInt64LittleEndian(into[32..], extent.Epoch);
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

/// <param name="Number">Which of the slots.</param>
/// <param name="Counter">Grows with each write.</param>
/// <param name="Extent">What is written.</param>
/// <param name="Synced">What was on disk; null where the slot that said so is damaged.</param>
/// <param name="Note">What is kept with it.</param>
/// <param name="Boot">The run of the machine in which it was said, where more is written than was on disk; else 0.</param>
internal sealed record JournalSlot(int Number, long Counter, JournalExtent Extent, JournalExtent? Synced, byte[] Note, ulong Boot)
{
    public bool IsLoose => Extent != Synced;
}
