using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The file as programs before wrote it: two slots, each of which says one thing, and, if that was not on disk, in which run of the machine.
/// What was on disk before such a one stands in the other. It is read, and replaced when it is opened for writing.
/// </summary>
internal static class JournalSlotsOfTwo
{
    public const uint Magic = 0x314a4541;
    private const int ExtentAt = 16;

    /// <summary>What the file says; null where it has no whole slot of this kind.</summary>
    public static JournalSlot? Read(SafeFileHandle file)
    {
        var (first, second) = (Read(file, 0), Read(file, 1));
        if ((first ?? second) is not { } found)
            return null;
        var (newest, older) = second?.Counter > first?.Counter ? (second, first) : (found, first is null ? null : second);
        return newest.Boot == 0 ? newest : newest with { Synced = older?.Extent };
    }

    private static JournalSlot? Read(SafeFileHandle file, int number)
    {
        Span<byte> slot = stackalloc byte[JournalSlots.UsedBytes];
        if (!JournalSlots.TryRead(file, number, slot, Magic))
            return null;
        var extent = JournalSlots.ReadExtent(slot[ExtentAt..]);
        return new(
            number, BinaryPrimitives.ReadInt64LittleEndian(slot[8..]), extent, extent, JournalSlots.ReadNote(slot),
            BinaryPrimitives.ReadUInt64LittleEndian(slot[JournalSlots.BootAt..]));
    }
}
