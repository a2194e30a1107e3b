namespace AiEdge.ControlPlane.Domain;

/// <summary>
/// One accepted write as the log keeps it: what has changed, not what was asked for. Replaying it judges nothing again, so that a
/// newer version with stricter rules still opens an older log.
/// </summary>
/// <param name="Audit">Who did it.</param>
/// <param name="Changes">In order.</param>
internal sealed record EdgeCommand(AuditRecord Audit, IReadOnlyList<EntryChange> Changes);

/// <summary>A generation: what it changed, and what would undo it.</summary>
/// <param name="Generation">Its number.</param>
/// <param name="Line">Who made it.</param>
/// <param name="Changes">To what data planes get.</param>
/// <param name="Undo">The same entries as they were before.</param>
internal sealed record GenerationRecord(ulong Generation, AuditLine Line, IReadOnlyList<EntryChange> Changes, IReadOnlyList<EntryChange> Undo);
