using System.Security.Cryptography;
using System.Text.Json;

namespace AiEdge.ControlPlane.Domain;

/// <summary>What data planes enrol with.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sha256">Hash of the token.</param>
/// <param name="ExpiresUnixMs">When it ends; 0 for never.</param>
/// <param name="UsesLeft">How many planes may still join by it.</param>
/// <param name="IsDisabled">Whether it is not good for now.</param>
internal sealed record JoinToken(string Name, byte[] Sha256, long ExpiresUnixMs, long UsesLeft, bool IsDisabled = false)
{
    /// <summary>Planes that one token may let in, at most.</summary>
    public const long UsesMax = 1_000_000;

    /// <summary>The token that the start gives.</summary>
    public const string GivenName = "first";

    private EdgeEntry? Entry { get; init; }

    /// <summary>The token of that hash, or null.</summary>
    public static JoinToken? Find(EdgeDocument document, ReadOnlySpan<byte> sha256)
    {
        foreach (var entry in document.Section(Sections.JoinTokens).Values)
        {
            var token = Read(entry);
            if (CryptographicOperations.FixedTimeEquals(token.Sha256, sha256))
                return token;
        }

        return null;
    }

    public static JoinToken Read(EdgeEntry entry)
    {
        using var json = JsonDocument.Parse(entry.Value.Json);
        var root = json.RootElement;
        return new(
            entry.Name, Convert.FromHexString(root.GetProperty("sha256").GetString()!), root.GetProperty("expiresUnixMs").GetInt64(),
            root.GetProperty("usesLeft").GetInt64(), root.TryGetProperty("disabled", out var disabled) && disabled.GetBoolean())
        {
            Entry = entry,
        };
    }

    public bool HasExpired(long nowUnixMs) => ExpiresUnixMs != 0 && ExpiresUnixMs <= nowUnixMs;

    /// <summary>The change that takes one use.</summary>
    public EntryChange Spent() =>
        new(Sections.JoinTokens, Name, Entry!.Value with { Json = (this with { UsesLeft = UsesLeft - 1 }).ToJson() });

    public byte[] ToJson() => JsonBytes.Of(writer =>
    {
        writer.WriteString("sha256", Convert.ToHexStringLower(Sha256));
        writer.WriteNumber("expiresUnixMs", ExpiresUnixMs);
        writer.WriteNumber("usesLeft", UsesLeft);
        if (IsDisabled)
            writer.WriteBoolean("disabled", true);
    });
}
