using System.Security.Cryptography;
using System.Text;

namespace AiEdge.DataPlane.Link;

/// <summary>Seals secrets on disk under the plane's credential, each bound to its name (AES-GCM).</summary>
internal static class SecretBox
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static byte[] Seal(byte[] key, string name, string value)
    {
        var clear = Encoding.UTF8.GetBytes(value);
        var box = new byte[NonceBytes + TagBytes + clear.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(
            box.AsSpan(0, NonceBytes), clear, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(name));
        return box;
    }

    /// <exception cref="CryptographicException">It was not sealed so.</exception>
    public static string Open(byte[] key, string name, ReadOnlySpan<byte> box)
    {
        if (box.Length < NonceBytes + TagBytes)
            throw new CryptographicException("a sealed secret is cut");
        var clear = new byte[box.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), clear, Encoding.UTF8.GetBytes(name));
        return Encoding.UTF8.GetString(clear);
    }
}
