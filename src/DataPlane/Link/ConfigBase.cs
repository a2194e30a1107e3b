using System.Buffers.Binary;
using System.Security.Cryptography;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Snapshot;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// A whole configuration in one file, written and read entry by entry: a hundred thousand of them are never in memory together.
/// </summary>
/// <remarks>
/// Layout: <c>AEC1</c>, applied (8 bytes), maximal age (8), length of the store's id (1) and the id, SHA-256 of the entries (32),
/// SHA-256 of everything else in the file (32), then a <c>ConfigChange</c> of the wire. Numbers are little-endian.
/// </remarks>
internal static class ConfigBase
{
    private const int StoreIdBytesMax = 64;
    private const int FixedBytes = 21;
    private const int BufferBytes = 1 << 16;

    /// <summary>Writes a file's content.</summary>
    /// <param name="file">Empty.</param>
    /// <param name="held">What is known of it.</param>
    /// <param name="secrets">Its secrets, sealed.</param>
    /// <param name="entries">In their order; asked for twice.</param>
    /// <returns>The checksum.</returns>
    public static byte[] Write(FileStream file, HeldConfig held, IReadOnlyList<ConfigSecret> secrets, Func<IEnumerable<ConfigPiece>> entries)
    {
        var headBytes = FixedBytes + held.StoreId.Length + SHA256.HashSizeInBytes;
        var head = new byte[headBytes + SHA256.HashSizeInBytes];
        "AEC1"u8.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(4), held.AppliedUnixSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(12), held.MaxAgeMs);
        head[20] = (byte)held.StoreId.Length;
        held.StoreId.CopyTo(head, FixedBytes);
        ConfigEntries.Sha256(entries()).CopyTo(head, FixedBytes + held.StoreId.Length);
        file.Write(head);
        using (var output = new CodedOutputStream(file, BufferBytes, leaveOpen: true))
        {
            output.WriteTag(ConfigChange.GenerationFieldNumber, WireFormat.WireType.Varint);
            output.WriteUInt64((ulong)held.Generation);
            foreach (var piece in entries())
            {
                output.WriteTag(ConfigChange.EntriesFieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteMessage(new ConfigEntry
                {
                    Section = piece.Section,
                    Name = piece.Name,
                    Json = UnsafeByteOperations.UnsafeWrap(piece.Json),
                    Position = piece.Position,
                });
            }

            foreach (var secret in secrets)
            {
                output.WriteTag(ConfigChange.SecretsFieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteMessage(secret);
            }
        }

        var checksum = Checksum(file, headBytes);
        file.Position = headBytes;
        file.Write(checksum);
        return checksum;
    }

    /// <summary>What a file says of its configuration, its secrets and its checksum; null where it is not what it was written as.</summary>
    public static (HeldConfig Held, List<ConfigSecret> Secrets, byte[] Checksum)? Read(FileStream file)
    {
        if (Head(file) is not { } head)
            return null;
        var headBytes = head.Length;
        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        if (file.ReadAtLeast(checksum, checksum.Length, throwOnEndOfStream: false) < checksum.Length || !checksum.SequenceEqual(Checksum(file, headBytes)))
            return null;
        var (generation, secrets) = (0UL, new List<ConfigSecret>());
        foreach (var (number, part) in Parts(file, headBytes))
        {
            if (part is ConfigSecret secret)
                secrets.Add(secret);
            else if (part is null)
                generation = number;
        }

        var held = new HeldConfig(
            head.AsSpan(FixedBytes, head[20]).ToArray(), (long)generation, HeldConfig.None.Secrets,
            BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(4)), BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(12)));
        return (held, secrets, checksum.ToArray());
    }

    /// <summary>The entries of a file that has been read once, in their order.</summary>
    public static IEnumerable<ConfigPiece> Entries(FileStream file)
    {
        if (Head(file) is not { } head)
            yield break;
        foreach (var (_, part) in Parts(file, head.Length))
        {
            if (part is ConfigEntry entry)
                yield return new(entry.Section, entry.Name, entry.Json.ToByteArray(), entry.Position);
        }
    }

    private static byte[]? Head(FileStream file)
    {
        file.Position = 0;
        var head = new byte[FixedBytes + StoreIdBytesMax + SHA256.HashSizeInBytes];
        var read = file.ReadAtLeast(head.AsSpan(0, FixedBytes), FixedBytes, throwOnEndOfStream: false);
        if (read < FixedBytes || !head.AsSpan(0, 4).SequenceEqual("AEC1"u8) || head[20] > StoreIdBytesMax)
            return null;
        var rest = head[20] + SHA256.HashSizeInBytes;
        return file.ReadAtLeast(head.AsSpan(FixedBytes, rest), rest, throwOnEndOfStream: false) < rest ? null : head[..(FixedBytes + rest)];
    }

    /// <summary>The generation, each entry and each secret, as they come.</summary>
    private static IEnumerable<(ulong Number, IMessage? Part)> Parts(FileStream file, int headBytes)
    {
        file.Position = headBytes + SHA256.HashSizeInBytes;
        using var input = new CodedInputStream(file, leaveOpen: true);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case ConfigChange.GenerationFieldNumber:
                    yield return (input.ReadUInt64(), null);
                    break;
                case ConfigChange.EntriesFieldNumber:
                    var entry = new ConfigEntry();
                    input.ReadMessage(entry);
                    yield return (0, entry);
                    break;
                case ConfigChange.SecretsFieldNumber:
                    var secret = new ConfigSecret();
                    input.ReadMessage(secret);
                    yield return (0, secret);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private static byte[] Checksum(FileStream file, int headBytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        file.Position = 0;
        file.ReadExactly(buffer.AsSpan(0, headBytes));
        hash.AppendData(buffer.AsSpan(0, headBytes));
        file.Position = headBytes + SHA256.HashSizeInBytes;
        for (var read = file.Read(buffer); read > 0; read = file.Read(buffer))
            hash.AppendData(buffer.AsSpan(0, read));
        return hash.GetHashAndReset();
    }
}
