using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The ledger's file: all buckets, exact up to a record's number. Written beside the old one and put into its place when it is on disk, so
/// that one of the two is there at every moment, whole.
/// </summary>
/// <remarks>Layout: magic (8 bytes), length of what follows the checksum (4), CRC-32C of it (4); then sequence and count (8 each) and the buckets.</remarks>
internal sealed class LedgerCheckpoint
{
    public const string FileName = "limits.checkpoint";
    private const string NewSuffix = ".new";
    private const int HeadBytes = 16;
    private const int TextBytesMax = 4096;

    /// <summary>The last byte is the format's version.</summary>
    private static ReadOnlySpan<byte> Magic => "AEDGLED\u0001"u8;

    /// <summary>Records below it are in the buckets, all others are not.</summary>
    public required long Sequence { get; init; }

    public required IReadOnlyCollection<LedgerBucket> Buckets { get; init; }

    /// <summary>The folder's checkpoint; null if it has none.</summary>
    /// <exception cref="JournalFault">The file is not what was written.</exception>
    public static LedgerCheckpoint? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < HeadBytes)
            throw new JournalFault($"{FileName} is cut at byte {bytes.Length}");
        if (!bytes.AsSpan(0, Magic.Length - 1).SequenceEqual(Magic[..^1]))
            throw new JournalFault($"{FileName} is damaged: it does not begin as it should");
        if (bytes[Magic.Length - 1] != Magic[^1])
            throw new JournalFault($"{FileName} is damaged, or a newer program wrote it: version {bytes[Magic.Length - 1]}");
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        if (length < 0 || bytes.Length - HeadBytes < length)
            throw new JournalFault($"{FileName} is cut at byte {bytes.Length}");
        var body = bytes.AsSpan(HeadBytes);
        if (body.Length != length || Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12)))
            throw new JournalFault($"{FileName} is damaged: its checksum is wrong");
        return Parse(body);
    }

    /// <summary>Puts it on disk, its place in the folder too.</summary>
    /// <exception cref="IOException">The disk does not take it; the old one is still there.</exception>
    public void Write(string folder) => Write(folder, Format());

    /// <summary>The same of one that has been formatted.</summary>
    public static void Write(string folder, byte[] bytes)
    {
        var path = Path.Combine(folder, FileName);
        using (var file = File.OpenHandle(path + NewSuffix, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(file, bytes, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(path + NewSuffix, path, overwrite: true);
        JournalFolder.Sync(folder);
    }

    private static LedgerCheckpoint Parse(ReadOnlySpan<byte> body)
    {
        var rest = body;
        var sequence = Number(ref rest);
        var count = Number(ref rest);
        var buckets = new List<LedgerBucket>();
        for (var i = 0L; i < count; i++)
        {
            var key = new LedgerKey(
                Text(ref rest), (LimitUnit)Number(ref rest), (LimitPeriod)Number(ref rest), (LimitScope)Number(ref rest), Text(ref rest), Text(ref rest));
            buckets.Add(new LedgerBucket(key, Number(ref rest), Number(ref rest), Number(ref rest), Number(ref rest)));
        }

        return new LedgerCheckpoint { Sequence = sequence, Buckets = buckets };
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Format()
    {
        var stream = new MemoryStream();
        stream.Write(Magic);
        stream.Write(new byte[HeadBytes - Magic.Length]);
        Write(stream, Sequence);
        Write(stream, Buckets.Count);
        foreach (var bucket in Buckets)
        {
            var key = bucket.Key;
            Write(stream, key.Limit);
            Write(stream, (long)key.Unit);
            Write(stream, (long)key.Period);
            Write(stream, (long)key.Per);
            Write(stream, key.Tag);
            Write(stream, key.Value);
            Write(stream, bucket.Window);
            Write(stream, bucket.EndUnixNs);
            Write(stream, bucket.Used);
            Write(stream, bucket.TouchedUnixMs);
        }

        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), bytes.Length - HeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), Checksum(bytes.AsSpan(HeadBytes)));
        return bytes;
    }

    private static void Write(MemoryStream stream, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        stream.Write(bytes);
    }

    private static void Write(MemoryStream stream, string text)
    {
        Span<byte> bytes = stackalloc byte[2];
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(utf8.Length, TextBytesMax);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)length);
        stream.Write(bytes);
        stream.Write(utf8.AsSpan(0, length));
    }

    private static long Number(ref ReadOnlySpan<byte> rest)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(rest);
        rest = rest[8..];
        return number;
    }

    private static string Text(ref ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        var text = Encoding.UTF8.GetString(rest.Slice(2, length));
        rest = rest[(2 + length)..];
        return text;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var one in bytes)
            sum = BitOperations.Crc32C(sum, one);
        return sum;
    }
}

/// <summary>What limits have used up to some record, as a checkpoint's bytes: whoever puts it on disk needs nothing of the ledger.</summary>
/// <param name="Sequence">The number of the record after the last one in it.</param>
/// <param name="Bytes">The file.</param>
internal sealed record LedgerSnapshot(long Sequence, byte[] Bytes);
