namespace AiEdge.DataPlane.Core;

/// <summary>When an answer's last bytes go out (<c>journal.mode</c>).</summary>
internal enum JournalMode : byte
{
    /// <summary>At once; its record is committed within <see cref="JournalModel.CommitInterval"/>.</summary>
    Group,

    /// <summary>After its record is committed.</summary>
    Sync,
}

/// <summary>What becomes of exchanges while the journal has no room, or its disk fails (<c>journal.full</c>).</summary>
internal enum JournalFull : byte
{
    /// <summary>New ones are refused.</summary>
    Refuse,

    /// <summary>They go on, and what could not be written is counted.</summary>
    ContinueAndCount,

    /// <summary>The oldest records make room before their time; a disk that fails refuses.</summary>
    DropOldest,
}

/// <summary>The <c>journal:</c> block, compiled. Every field takes effect at a reload.</summary>
internal sealed record JournalModel
{
    public required JournalMode Mode { get; init; }

    /// <summary>What a kill of the process may lose at most in group mode; records are gathered for a quarter of it.</summary>
    public required TimeSpan CommitInterval { get; init; }

    /// <summary>How often a stream under way is noted.</summary>
    public required TimeSpan Progress { get; init; }

    /// <summary>Bytes on disk beyond which the journal is full.</summary>
    public required long BytesMax { get; init; }

    public required JournalFull Full { get; init; }

    /// <summary>Age after which records are dropped, at the latest.</summary>
    public required TimeSpan Keep { get; init; }
}
