namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a key may and how it is treated, without who it is: kept once for all keys that are written alike, so that a hundred thousand of
/// them cost their names and digests.
/// </summary>
internal sealed class KeyPolicy
{
    public string? Team { get; init; }

    /// <summary>As <see cref="KeyModel.Models"/>.</summary>
    public byte[][]? Models { get; init; }

    /// <summary>As <see cref="KeyModel.ModelMap"/>.</summary>
    public KeyValuePair<byte[], ModelName>[] ModelMap { get; init; } = [];

    /// <summary>As <see cref="KeyModel.Regions"/>.</summary>
    public byte[][]? Regions { get; init; }

    /// <summary>As <see cref="KeyModel.TeamRegions"/>.</summary>
    public byte[][]? TeamRegions { get; init; }

    /// <summary>The team's tags, then the key's own, which win.</summary>
    public KeyValuePair<string, string>[] Tags { get; init; } = [];

    public string? Tier { get; init; }

    public PriorityClass Priority { get; init; } = PriorityClass.Normal;

    public int Weight { get; init; } = 1;

    public DisconnectPolicy OnDisconnect { get; init; } = DisconnectPolicy.Cancel;

    public string[] ClientTags { get; init; } = [];

    /// <summary>As <see cref="KeyModel.Passthrough"/>.</summary>
    public PassthroughGrant[] Passthrough { get; init; } = [];

    /// <summary>Whether keys of it are unknown for now: they are disabled, or their team is.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>
    /// The fields as they were written, as JSON without what is each key's own; what policies are told apart by. May hold what came by
    /// reference.
    /// </summary>
    public byte[] Text { get; init; } = [];

    /// <summary>The same with what came by reference masked.</summary>
    public byte[] Shown { get; init; } = [];

    /// <summary>Whether a key of the one is treated as a key of the other, where both were written alike.</summary>
    public bool IsSame(KeyPolicy other)
    {
        if (IsDisabled != other.IsDisabled || Tags.Length != other.Tags.Length || !AreSame(TeamRegions, other.TeamRegions))
            return false;
        for (var i = 0; i < Tags.Length; i++)
        {
            if (Tags[i].Key != other.Tags[i].Key || Tags[i].Value != other.Tags[i].Value)
                return false;
        }

        return true;
    }

    private static bool AreSame(byte[][]? some, byte[][]? others)
    {
        if (some is null || others is null)
            return some == others;
        if (some.Length != others.Length)
            return false;
        for (var i = 0; i < some.Length; i++)
        {
            if (!some[i].AsSpan().SequenceEqual(others[i]))
                return false;
        }

        return true;
    }
}
