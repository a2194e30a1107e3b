namespace AiEdge.DataPlane.Core;

/// <summary>
/// One secret of a key in a <see cref="KeyTable"/>: 80 bytes beside its name. A key that was given another secret for a while has two
/// of them.
/// </summary>
internal struct KeyEntry
{
    /// <summary>Digest of the whole secret.</summary>
    public KeyDigest Digest;

    /// <summary>The key's name.</summary>
    public string Name;

    public KeyPolicy Policy;

    /// <summary>As <see cref="KeyModel.ExpiresUnixMs"/>.</summary>
    public long ExpiresUnixMs;

    /// <summary>The key's place among all: they go by position, then by name. Of a previous secret the instant at which it ends by itself.</summary>
    public ulong Position;

    /// <summary>What exchanges hold; made when the key is first used.</summary>
    public KeyModel? Model;

    /// <summary>Finds names without reading them.</summary>
    public int NameHash;

    /// <summary>Whether it is the secret that the key had before.</summary>
    public bool IsPrevious;

    /// <summary>Whether its name came by reference, and is not shown.</summary>
    public bool HidesName;

    /// <summary>The hash of a name; the same within a process only.</summary>
    public static int HashOf(string name) => string.GetHashCode(name, StringComparison.Ordinal);
}
