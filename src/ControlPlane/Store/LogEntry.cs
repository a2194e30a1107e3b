using System.Buffers.Binary;
using System.Numerics;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// An item, or a part of one, as it lies in an entry: checksum (CRC-32C of all that follows), version, whether it is the item's last part, two
/// spare bytes, the item's number, the part's number, the bytes. FASTER's own checksum is an exclusive or, which two flipped bits pass.
/// </summary>
/// <param name="Number">Of the item: 1, 2, 3 …</param>
/// <param name="Part">Within the item, from 0.</param>
/// <param name="IsLast">The item ends with it.</param>
/// <param name="Address">Where it lies in the log.</param>
internal readonly record struct LogEntry(ulong Number, uint Part, bool IsLast, long Address)
{
    public const int HeadBytes = 20;
    public const byte Version = 1;

    public static void WriteHead(Span<byte> entry, ulong number, uint part, bool isLast)
    {
        entry[4] = Version;
        entry[5] = isLast ? (byte)1 : (byte)0;
        entry[6] = 0;
        entry[7] = 0;
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], part);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Checksum(entry[4..]));
    }

    public static bool IsWhole(ReadOnlySpan<byte> entry) =>
        entry.Length >= HeadBytes && BinaryPrimitives.ReadUInt32LittleEndian(entry) == Checksum(entry[4..]);

    public static LogEntry ReadHead(ReadOnlySpan<byte> entry, long address) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]), entry[5] == 1, address);

    public static uint Checksum(ReadOnlySpan<byte> bytes)
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
