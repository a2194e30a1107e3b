using System.Security.Cryptography;
using System.Text.Json;

namespace AiEdge.ControlPlane.Domain;

/// <summary>What a caller of REST may do.</summary>
internal enum ApiRole : byte
{
    /// <summary>Reads the configuration and what became of it.</summary>
    Viewer,

    /// <summary>Keys and limits of one team, as far as <c>teams.NAME.may</c> goes.</summary>
    Owner,

    /// <summary>Writes entries, but for where requests and secrets go.</summary>
    Editor,

    /// <summary>Everything.</summary>
    Admin,
}

/// <summary>A caller's token.</summary>
/// <param name="Name">Its name, which the audit shows.</param>
/// <param name="Sha256">Hash of the token.</param>
/// <param name="Role">What it may.</param>
/// <param name="Team">The team of <see cref="ApiRole.Owner"/>; else empty.</param>
/// <param name="ExpiresUnixMs">When it ends; 0 for never.</param>
/// <param name="IsDisabled">Whether it is not good for now.</param>
internal sealed record ApiToken(string Name, byte[] Sha256, ApiRole Role, string Team, long ExpiresUnixMs, bool IsDisabled)
{
    /// <summary>The roles as they are written.</summary>
    public static IReadOnlyList<string> RoleNames { get; } = ["viewer", "owner", "editor", "admin"];

    /// <summary>The token that the start gives.</summary>
    public const string GivenName = "admin";

    /// <summary>The tokens of a team's owners: whoever has another team of its name later is not ruled by them.</summary>
    public static IEnumerable<string> OfTeam(EdgeDocument document, string team) =>
        document.Section(Sections.Tokens).Values.Select(Read).Where(t => t.Role == ApiRole.Owner && t.Team == team).Select(t => t.Name);

    /// <summary>The token behind a bearer's hash, if it is good now; else null.</summary>
    public static ApiToken? Find(EdgeDocument document, ReadOnlySpan<byte> sha256, long nowUnixMs)
    {
        ApiToken? found = null;
        foreach (var entry in document.Section(Sections.Tokens).Values)
        {
            var token = Read(entry);
            if (CryptographicOperations.FixedTimeEquals(token.Sha256, sha256) && !token.IsDisabled
                && (token.ExpiresUnixMs == 0 || token.ExpiresUnixMs > nowUnixMs))
                found = token;
        }

        return found;
    }

    public static ApiToken Read(EdgeEntry entry)
    {
        using var json = JsonDocument.Parse(entry.Value.Json);
        var root = json.RootElement;
        return new(
            entry.Name, Convert.FromHexString(root.GetProperty("sha256").GetString()!), (ApiRole)IndexOf(root.GetProperty("role").GetString()!),
            root.GetProperty("team").GetString()!, root.GetProperty("expiresUnixMs").GetInt64(), root.GetProperty("disabled").GetBoolean());
    }

    public byte[] ToJson() => JsonBytes.Of(writer =>
    {
        writer.WriteString("sha256", Convert.ToHexStringLower(Sha256));
        writer.WriteString("role", RoleNames[(int)Role]);
        writer.WriteString("team", Team);
        writer.WriteNumber("expiresUnixMs", ExpiresUnixMs);
        writer.WriteBoolean("disabled", IsDisabled);
    });

    /// <summary>Place of a role's name, or -1.</summary>
    public static int IndexOf(string role)
    {
        for (var i = 0; i < RoleNames.Count; i++)
        {
            if (RoleNames[i] == role)
                return i;
        }

        return -1;
    }
}
