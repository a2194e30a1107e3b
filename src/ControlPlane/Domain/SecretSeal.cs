using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AiEdge.ControlPlane.Domain;

/// <summary>
/// Seals providers' secrets for the disk: AES-256-GCM under a key that lies outside the store. The name is bound in, so that a sealed
/// secret moved under another provider's name does not open.
/// </summary>
internal sealed class SecretSeal : IDisposable
{
    /// <summary>Bytes of the key.</summary>
    public const int KeyBytes = 32;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly AesGcm _cipher;
    private readonly string _keyId;

    public SecretSeal(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
            throw new ArgumentException($"a key has {KeyBytes} bytes", nameof(key));
        _cipher = new AesGcm(key, TagBytes);
        _keyId = Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 4));
    }

    /// <summary>The JSON of a sealed secret's entry.</summary>
    public byte[] Seal(string name, string secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceBytes + plain.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        _cipher.Encrypt(
            box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes, plain.Length), box.AsSpan(NonceBytes + plain.Length), Encoding.UTF8.GetBytes(name));
        CryptographicOperations.ZeroMemory(plain);
        return JsonBytes.Of(writer =>
        {
            writer.WriteString("key", _keyId);
            writer.WriteBase64String("sealed", box);
        });
    }

    /// <summary>Whether an entry was sealed under another key.</summary>
    public bool IsOthers(EdgeEntry entry)
    {
        using var json = JsonDocument.Parse(entry.Value.Json);
        return !json.RootElement.TryGetProperty("key", out var id) || id.GetString() != _keyId;
    }

    /// <summary>What an entry holds; null where it was sealed under another key or another name, or has been changed.</summary>
    public byte[]? Open(EdgeEntry entry)
    {
        using var json = JsonDocument.Parse(entry.Value.Json);
        if (!json.RootElement.TryGetProperty("sealed", out var text) || !text.TryGetBytesFromBase64(out var box) || box.Length < NonceBytes + TagBytes)
            return null;
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        try
        {
            _cipher.Decrypt(
                box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes, plain.Length), box.AsSpan(box.Length - TagBytes), plain, Encoding.UTF8.GetBytes(entry.Name));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public void Dispose() => _cipher.Dispose();
}
