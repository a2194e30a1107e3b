using AiEdge.Contracts.Faults;

namespace AiEdge.ControlPlane.Domain;

/// <summary>Why a write was not done.</summary>
internal enum RefusalKind : byte
{
    /// <summary>The document that would result has faults.</summary>
    Invalid,

    /// <summary>There is no such entry.</summary>
    NotFound,

    /// <summary>It belongs to another owner, or is there already.</summary>
    Conflict,

    /// <summary>It is not as the caller last saw it.</summary>
    Stale,

    /// <summary>The caller may not.</summary>
    Forbidden,

    /// <summary>It asks for something that is not built.</summary>
    NotSupported,

    /// <summary>It is larger than the log takes.</summary>
    TooLarge,

    /// <summary>The log cannot store it.</summary>
    Unavailable,
}

/// <summary>A write that is not done: nothing has changed.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Detail">In words.</param>
/// <param name="Faults">All that is wrong, where the document is.</param>
internal sealed record WriteRefusal(RefusalKind Kind, string Detail, IReadOnlyList<ConfigFault> Faults)
{
    public WriteRefusal(RefusalKind kind, string detail)
        : this(kind, detail, [])
    {
    }
}

/// <summary>What a writer makes of the document that it sees: changes, or a refusal.</summary>
internal sealed class WriteDecision
{
    private WriteDecision(AuditRecord? audit, IReadOnlyList<EntryChange> changes, WriteRefusal? refusal)
    {
        Audit = audit;
        Changes = changes;
        Refusal = refusal;
    }

    public AuditRecord? Audit { get; }

    public IReadOnlyList<EntryChange> Changes { get; }

    public WriteRefusal? Refusal { get; }

    /// <summary>Whether to judge only, and change nothing.</summary>
    public bool IsDryRun { get; private set; }

    /// <summary>Nodes of changed entries that still know their lines in what the user sent, by section and name.</summary>
    public IReadOnlyDictionary<(string Section, string Name), Contracts.Tree.ConfigNode>? Sources { get; private set; }

    /// <summary>Changes; without any, the write is done as soon as it is begun.</summary>
    public static WriteDecision Change(AuditRecord audit, params IReadOnlyList<EntryChange> changes) => new(audit, changes, null);

    /// <summary>What is done elsewhere and leaves the document as it is: the audit has it before it is done.</summary>
    public static WriteDecision Note(AuditRecord audit) => new(audit, [], null) { IsNote = true };

    /// <summary>Whether it stands in the audit though it changes nothing.</summary>
    public bool IsNote { get; private init; }

    /// <summary>The same, with the nodes that know their lines.</summary>
    public WriteDecision From(IReadOnlyDictionary<(string Section, string Name), Contracts.Tree.ConfigNode> sources)
    {
        Sources = sources;
        return this;
    }

    /// <summary>The same, to be judged only.</summary>
    public WriteDecision Dry(bool isDryRun)
    {
        IsDryRun = isDryRun;
        return this;
    }

    /// <summary>The same, with what is kept beside; a refusal stays one.</summary>
    public WriteDecision With(IReadOnlyList<EntryChange> beside) =>
        Refusal is not null || beside.Count == 0 ? this : new(Audit, [.. Changes, .. beside], null) { IsDryRun = IsDryRun, Sources = Sources, IsNote = IsNote };

    public static WriteDecision Refuse(RefusalKind kind, string detail) => new(null, [], new(kind, detail));

    public static WriteDecision Refuse(WriteRefusal refusal) => new(null, [], refusal);
}

/// <summary>What became of a write.</summary>
/// <param name="Document">The document from then on; the one that was seen, where nothing changed.</param>
/// <param name="Refusal">Why it was not done; null where it was.</param>
/// <param name="Warnings">What is odd about the document that results.</param>
internal sealed record WriteOutcome(EdgeDocument Document, WriteRefusal? Refusal, IReadOnlyList<ConfigFault> Warnings);
