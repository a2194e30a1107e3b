using System.Buffers.Binary;
using System.Security.Cryptography;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Record;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// The changes to a <see cref="ConfigBase"/> since it was written, one behind the other. What is not whole at the end was never answered.
/// </summary>
/// <remarks>
/// Layout: <c>AEL1</c> and the checksum of the base; then records: length of what follows (4 bytes), checksum (32), applied (8), maximal age (8), a
/// <c>ConfigChange</c> of the wire. A record's checksum is over the one before it (the base's for the first) and the rest, so that records
/// hold in their order and behind their base only. Numbers are little-endian.
/// </remarks>
internal sealed class ConfigLog(string path)
{
    private const int HeadBytes = 4 + SHA256.HashSizeInBytes;
    private const int FixedBytes = SHA256.HashSizeInBytes + 8 + 8;

    private byte[] _last = [];

    /// <summary>Bytes of whole records, with their head; 0 where there is no file that belongs to the base.</summary>
    public long Bytes { get; private set; }

    /// <summary>Reads all whole records behind a base.</summary>
    /// <param name="baseChecksum">The base's.</param>
    /// <returns>What each says and holds, in order; and whether something stands behind them that is none.</returns>
    public (List<(ConfigChange Change, long AppliedUnixSeconds, long MaxAgeMs)> Records, bool IsCut) Read(byte[] baseChecksum)
    {
        var records = new List<(ConfigChange, long, long)>();
        (_last, Bytes) = (baseChecksum, 0);
        var file = File.Exists(path) ? File.ReadAllBytes(path) : [];
        if (file.Length < HeadBytes || !file.AsSpan(0, 4).SequenceEqual("AEL1"u8) || !file.AsSpan(4, baseChecksum.Length).SequenceEqual(baseChecksum))
            return (records, false);
        var at = HeadBytes;
        while (Whole(file.AsSpan(at)) is { Length: > 0 } record)
        {
            var change = ConfigChange.Parser.ParseFrom(record[FixedBytes..]);
            var numbers = record[SHA256.HashSizeInBytes..];
            records.Add((change, BinaryPrimitives.ReadInt64LittleEndian(numbers), BinaryPrimitives.ReadInt64LittleEndian(numbers[8..])));
            _last = record[..SHA256.HashSizeInBytes].ToArray();
            at += 4 + record.Length;
        }

        Bytes = at;
        return (records, at < file.Length);
    }

    /// <summary>From now on records stand behind this base, and none does yet.</summary>
    public void Begin(byte[] baseChecksum)
    {
        (_last, Bytes) = (baseChecksum, 0);
        File.Delete(path);
    }

    /// <summary>Appends a record; it is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public void Append(ConfigChange change, long appliedUnixSeconds, long maxAgeMs)
    {
        var isFirst = Bytes == 0;
        var record = new byte[4 + FixedBytes + change.CalculateSize()];
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - 4);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(4 + SHA256.HashSizeInBytes), appliedUnixSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(4 + SHA256.HashSizeInBytes + 8), maxAgeMs);
        change.WriteTo(record.AsSpan(4 + FixedBytes));
        var checksum = Checksum(_last, record.AsSpan(4 + SHA256.HashSizeInBytes));
        checksum.CopyTo(record, 4);
        using (var file = isFirst ? PrivateFile.Create(path) : new FileStream(path, FileMode.Open, FileAccess.Write))
        {
            if (isFirst)
            {
                file.Write("AEL1"u8);
                file.Write(_last);
                Bytes = HeadBytes;
            }

            // Behind what is known to be whole: a cut record that a crash has left is overwritten.
            file.SetLength(Bytes);
            file.Position = Bytes;
            file.Write(record);
            file.Flush(flushToDisk: true);
        }

        if (isFirst)
            JournalFolder.Sync(Path.GetDirectoryName(path)!);
        (_last, Bytes) = (checksum, Bytes + record.Length);
    }

    /// <summary>The record at the beginning, behind its length; empty where there is none.</summary>
    private ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4 + FixedBytes)
            return default;
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < FixedBytes || length > rest.Length - 4)
            return default;
        var record = rest.Slice(4, length);
        return Checksum(_last, record[SHA256.HashSizeInBytes..]).AsSpan().SequenceEqual(record[..SHA256.HashSizeInBytes]) ? record : default;
    }

    private static byte[] Checksum(byte[] before, ReadOnlySpan<byte> rest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        hash.AppendData(rest);
        return hash.GetHashAndReset();
    }
}
