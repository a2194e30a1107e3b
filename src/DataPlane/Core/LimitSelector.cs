namespace AiEdge.DataPlane.Core;

/// <summary>
/// Whom a limit binds (<c>match:</c>): each member that is set must hold; within one any of its patterns. Names are compared as
/// they are, patterns with <c>*</c> as globs.
/// </summary>
internal sealed class LimitSelector
{
    /// <summary>Binds everyone.</summary>
    public static readonly LimitSelector All = new();

    public byte[][]? Keys { get; init; }

    public byte[][]? Teams { get; init; }

    public byte[][]? Tiers { get; init; }

    /// <summary>Rules of <c>models:</c>, by the model that is asked for.</summary>
    public byte[][]? Models { get; init; }

    public byte[][]? Providers { get; init; }

    /// <summary>Tags of the key or its team; a client's own never decide which limits apply.</summary>
    public KeyValuePair<string, byte[][]>[] Tags { get; init; } = [];

    /// <summary>Whether who answers has a say: such a limit is drawn for each attempt.</summary>
    public bool IsOfProvider => Providers is not null;
}
