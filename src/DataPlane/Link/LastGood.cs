using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Snapshot;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>A configuration as it came from a control plane, with what its next change is built upon.</summary>
/// <param name="StoreId">The store it came from.</param>
/// <param name="Generation">The store's number for it; 0 for none.</param>
/// <param name="Entries">All of it.</param>
/// <param name="Secrets">What its entries refer to as <c>${store:NAME}</c>.</param>
/// <param name="AppliedUnixSeconds">When it first came into force here.</param>
/// <param name="MaxAgeMs">How long the control plane lets it be served without hearing from it; 0 where it did not say.</param>
internal sealed record HeldConfig(
    byte[] StoreId, long Generation, ConfigEntries Entries, IReadOnlyDictionary<string, string> Secrets, long AppliedUnixSeconds, long MaxAgeMs)
{
    public static HeldConfig None { get; } = new([], 0, ConfigEntries.None, new Dictionary<string, string>(), 0, 0);
}

/// <summary>
/// The last good configuration on disk, so that a plane that starts while its control plane does not serves what it served. One file,
/// its owner's alone, replaced whole; within it secrets are sealed under the plane's credential. The time of the file is when the control
/// plane was last heard.
/// </summary>
/// <remarks>
/// Layout: <c>AEC1</c>, applied (8 bytes), maximal age (8), length of the store's id (1) and the id, SHA-256 of the entries (32),
/// SHA-256 of everything else in the file (32), then a <c>ConfigChange</c> of the wire. Numbers are little-endian.
/// </remarks>
internal sealed class LastGood(string folder, byte[] key)
{
    public const string FileName = "plane.config";

    private const int StoreIdBytesMax = 64;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly string _path = Path.Combine(folder, FileName);

    /// <summary>The file's configuration; null where there is none. A file that is not what it was written as is a complaint.</summary>
    public HeldConfig? Load(out string? complaint)
    {
        complaint = null;
        if (!File.Exists(_path))
            return null;
        try
        {
            var held = Parse(File.ReadAllBytes(_path));
            complaint = held is null ? $"{_path} is damaged; it is not used" : null;
            return held;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidProtocolBufferException or CryptographicException)
        {
            complaint = $"{_path} cannot be used: {e.Message}";
            return null;
        }
    }

    /// <summary>When the control plane was last heard, as the file says.</summary>
    public DateTime HeardUtc => File.GetLastWriteTimeUtc(_path);

    /// <summary>Puts a configuration in the place of the last one; it is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public void Store(HeldConfig held)
    {
        var change = new ConfigChange { Generation = (ulong)held.Generation };
        foreach (var piece in held.Entries.All)
        {
            var json = UnsafeByteOperations.UnsafeWrap(piece.Json);
            change.Entries.Add(new ConfigEntry { Section = piece.Section, Name = piece.Name, Json = json, Position = piece.Position });
        }

        foreach (var (name, value) in held.Secrets)
            change.Secrets.Add(new ConfigSecret { Name = name, Value = ByteString.CopyFrom(Seal(name, value)) });
        var head = Head(held);
        var size = change.CalculateSize();
        var file = new byte[head.Length + SHA256.HashSizeInBytes + size];
        head.CopyTo(file, 0);
        change.WriteTo(file.AsSpan(head.Length + SHA256.HashSizeInBytes));
        Checksum(file, head.Length).CopyTo(file.AsSpan(head.Length));
        PrivateFile.Write(_path, file);
    }

    /// <summary>Notes that the control plane was heard now. A disk that does not take it makes the configuration look older.</summary>
    public void Touch(DateTime utc)
    {
        try
        {
            if (File.Exists(_path))
                File.SetLastWriteTimeUtc(_path, utc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is only ever taken for older than it is.
        }
    }

    private static byte[] Head(HeldConfig held)
    {
        var head = new byte[4 + 8 + 8 + 1 + held.StoreId.Length + SHA256.HashSizeInBytes];
        "AEC1"u8.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(4), held.AppliedUnixSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(12), held.MaxAgeMs);
        head[20] = (byte)held.StoreId.Length;
        held.StoreId.CopyTo(head, 21);
        held.Entries.Sha256().CopyTo(head, 21 + held.StoreId.Length);
        return head;
    }

    private HeldConfig? Parse(byte[] file)
    {
        if (file.Length < 21 || !file.AsSpan(0, 4).SequenceEqual("AEC1"u8) || file[20] > StoreIdBytesMax)
            return null;
        var headBytes = 21 + file[20] + SHA256.HashSizeInBytes;
        if (file.Length < headBytes + SHA256.HashSizeInBytes
            || !Checksum(file, headBytes).AsSpan().SequenceEqual(file.AsSpan(headBytes, SHA256.HashSizeInBytes)))
            return null;
        var change = ConfigChange.Parser.ParseFrom(file.AsSpan(headBytes + SHA256.HashSizeInBytes));
        var pieces = new List<ConfigPiece>(change.Entries.Count);
        foreach (var entry in change.Entries)
            pieces.Add(new(entry.Section, entry.Name, entry.Json.ToByteArray(), entry.Position));
        var entries = ConfigEntries.None.With(pieces, []);
        if (!entries.Sha256().AsSpan().SequenceEqual(file.AsSpan(headBytes - SHA256.HashSizeInBytes, SHA256.HashSizeInBytes)))
            return null;
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var secret in change.Secrets)
            secrets[secret.Name] = Open(secret.Name, secret.Value.Span);
        return new(
            file.AsSpan(21, file[20]).ToArray(),
            (long)change.Generation,
            entries,
            secrets,
            BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(4)),
            BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(12)));
    }

    private static byte[] Checksum(byte[] file, int headBytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(file.AsSpan(0, headBytes));
        hash.AppendData(file.AsSpan(headBytes + SHA256.HashSizeInBytes));
        return hash.GetHashAndReset();
    }

    private byte[] Seal(string name, string value)
    {
        var clear = Encoding.UTF8.GetBytes(value);
        var box = new byte[NonceBytes + TagBytes + clear.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(
            box.AsSpan(0, NonceBytes), clear, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(name));
        return box;
    }

    private string Open(string name, ReadOnlySpan<byte> box)
    {
        if (box.Length < NonceBytes + TagBytes)
            throw new CryptographicException("a sealed secret is cut");
        var clear = new byte[box.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), clear, Encoding.UTF8.GetBytes(name));
        return Encoding.UTF8.GetString(clear);
    }
}
