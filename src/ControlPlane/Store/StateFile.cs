using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// A file that is replaced whole or not at all: written beside, synced, renamed over the old one, the folder synced. It says up to which
/// number it contains what a log holds, and carries a SHA-256 over all of it.
/// </summary>
internal static class StateFile
{
    private const ulong Magic = 0x3154_4154_5345_4145;
    private const int HeadBytes = 24;
    private const int HashBytes = SHA256.HashSizeInBytes;
    private const string Beside = ".new";

    /// <summary>Writes the file; durable on return.</summary>
    public static void Write(string path, ulong through, ReadOnlySpan<byte> body)
    {
        // A span cannot be captured: it is copied once, as states are small beside what they replace.
        var copy = body.ToArray();
        Write(path, through, stream => stream.Write(copy));
    }

    /// <summary>Writes the file with a body that is made while it is written; durable on return.</summary>
    public static void Write(string path, ulong through, Action<Stream> body)
    {
        using (var file = new FileStream(path + Beside, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            file.Write(new byte[HeadBytes + HashBytes]);
            using var sha = SHA256.Create();
            using (var hashed = new CryptoStream(file, sha, CryptoStreamMode.Write, leaveOpen: true))
                body(hashed);
            file.Flush();
            var head = new byte[HeadBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(head, Magic);
            BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(8), through);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), file.Length - HeadBytes - HashBytes);
            file.Position = 0;
            file.Write(head);
            file.Write(Seal(head, sha.Hash!));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + Beside, path, overwrite: true);
        StoreFolder.Sync(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads the file; null where there is none.</summary>
    /// <exception cref="StoreFault">It is not as it was written.</exception>
    public static (ulong Through, byte[] Body)? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var bytes = File.ReadAllBytes(path);
        var name = Path.GetFileName(path);
        if (bytes.Length < HeadBytes + HashBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic)
            throw new StoreFault($"{name} is damaged: it does not begin as it should");
        if (BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)) != bytes.Length - HeadBytes - HashBytes)
            throw new StoreFault($"{name} is damaged: it is cut, or longer than it says");
        var body = bytes[(HeadBytes + HashBytes)..];
        if (!Seal(bytes.AsSpan(0, HeadBytes), SHA256.HashData(body)).AsSpan().SequenceEqual(bytes.AsSpan(HeadBytes, HashBytes)))
            throw new StoreFault($"{name} is damaged: its checksum is wrong");
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)), body);
    }

    private static byte[] Seal(ReadOnlySpan<byte> head, ReadOnlySpan<byte> bodyHash)
    {
        Span<byte> both = stackalloc byte[HeadBytes + HashBytes];
        head.CopyTo(both);
        bodyHash.CopyTo(both[HeadBytes..]);
        return SHA256.HashData(both);
    }
}
