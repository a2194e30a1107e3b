using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace AiEdge.ControlPlane.Domain;

/// <summary>A data plane whose credential is good.</summary>
/// <param name="PlaneId">The id that the credential is bound to.</param>
/// <param name="CredentialSha256">Its hash in hexadecimal; another one under the same id is another credential.</param>
internal sealed record PlaneIdentity(string PlaneId, string CredentialSha256)
{
    /// <summary>Longest id.</summary>
    public const int IdCharsMax = 63;

    /// <summary>Bytes of a plane's secret.</summary>
    public const int SecretBytes = 32;

    /// <summary>Whether a text can be an id: <c>[a-z0-9-]</c>, 63 characters at most.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > IdCharsMax)
            return false;
        foreach (var c in id)
        {
            if (c is not (>= 'a' and <= 'z') and not (>= '0' and <= '9') and not '-')
                return false;
        }

        return true;
    }

    /// <summary>The plane behind <c>PLANE_ID.SECRET</c> (base64url without padding), or null. The time does not depend on the hash that is kept.</summary>
    public static PlaneIdentity? Authenticate(EdgeDocument document, string bearer, long nowUnixMs)
    {
        var dot = bearer.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !IsId(bearer.AsSpan(0, dot)))
            return null;
        Span<byte> secret = stackalloc byte[SecretBytes + 1];
        var text = bearer.AsSpan(dot + 1);
        if (!Base64Url.IsValid(text, out var decoded) || decoded != SecretBytes || !Base64Url.TryDecodeFromChars(text, secret, out var length)
            || length != SecretBytes)
            return null;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret[..length], hash);
        var id = bearer[..dot];
        if (document.Find(Sections.DataPlanes, id) is not { } entry || PlaneCredential.Read(entry) is not { } credential)
            return null;
        if (credential.ExpiresUnixMs != 0 && credential.ExpiresUnixMs <= nowUnixMs)
            return null;
        return CryptographicOperations.FixedTimeEquals(hash, credential.Sha256) ? new(id, Convert.ToHexStringLower(hash)) : null;
    }
}

/// <summary>What is kept of a plane's credential, as the JSON of its entry.</summary>
/// <param name="Sha256">Hash of the secret.</param>
/// <param name="JoinToken">Name of the join token that it was made with.</param>
/// <param name="Host">Where the plane said that it ran.</param>
/// <param name="JoinedUnixMs">When.</param>
/// <param name="ExpiresUnixMs">When it ends by itself; 0 for never.</param>
internal sealed record PlaneCredential(byte[] Sha256, string JoinToken, string Host, long JoinedUnixMs, long ExpiresUnixMs)
{
    /// <summary>Reads it; null where the entry holds none.</summary>
    public static PlaneCredential? Read(EdgeEntry entry)
    {
        using var json = JsonDocument.Parse(entry.Value.Json);
        var root = json.RootElement;
        return root.TryGetProperty("sha256", out var hash) && hash.ValueKind == JsonValueKind.String
            ? new(
                Convert.FromHexString(hash.GetString()!), Text(root, "joinToken"), Text(root, "host"),
                Number(root, "joinedUnixMs"), Number(root, "expiresUnixMs"))
            : null;
    }

    public byte[] ToJson() => JsonBytes.Of(writer =>
    {
        writer.WriteString("sha256", Convert.ToHexStringLower(Sha256));
        writer.WriteString("joinToken", JoinToken);
        writer.WriteString("host", Host);
        writer.WriteNumber("joinedUnixMs", JoinedUnixMs);
        writer.WriteNumber("expiresUnixMs", ExpiresUnixMs);
    });

    private static string Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static long Number(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
}
