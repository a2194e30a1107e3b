using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Domain;

/// <summary>The sections of <see cref="EdgeDocument"/>: those that data planes get, and those that stay here.</summary>
internal static class Sections
{
    /// <summary>REST's callers: role, team, hash of the token.</summary>
    public const string Tokens = "tokens";

    /// <summary>What data planes may enrol with.</summary>
    public const string JoinTokens = "joinTokens";

    /// <summary>Who is told, and when.</summary>
    public const string Alerts = "alerts";

    /// <summary>Credentials of data planes by their ids.</summary>
    public const string DataPlanes = "dataplanes";

    /// <summary>Sealed secrets of providers.</summary>
    public const string Secrets = "secrets";

    /// <summary>Answers to requests that may come twice.</summary>
    public const string Replays = "replays";

    /// <summary>What was taken away, and whose entry is gone: see <see cref="Denial"/>.</summary>
    public const string Denied = "denied";

    /// <summary>All sections; a new one stands last, and <see cref="EdgeCodec"/> says which states do not have it.</summary>
    public static IReadOnlyList<string> All { get; } = [.. ConfigSections.All, Tokens, JoinTokens, Alerts, DataPlanes, Secrets, Replays, Denied];

    /// <summary>Whether data planes get it.</summary>
    public static bool IsPublished(string section) => ConfigSections.All.Contains(section);
}
