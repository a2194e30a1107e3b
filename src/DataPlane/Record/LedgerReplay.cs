namespace AiEdge.DataPlane.Record;

/// <summary>
/// Brings a ledger to where the journal ends: from its checkpoint and the records behind that; or, where the checkpoint is lost, from
/// all records that there are, if they reach back far enough.
/// </summary>
internal sealed class LedgerReplay
{
    private readonly LimitLedger _ledger;
    private readonly JournalItem _item = new();
    private readonly string? _fault;
    private readonly long _from;
    private readonly bool _isComplete;
    private long _oldestUnixMs = long.MaxValue;

    private LedgerReplay(LimitLedger ledger, long from, string? fault, bool isComplete)
    {
        _ledger = ledger;
        _from = from;
        _fault = fault;
        _isComplete = isComplete;
    }

    /// <param name="folder">The journal's folder.</param>
    /// <param name="extent">What the journal holds.</param>
    /// <param name="isExpected">Whether a checkpoint was ever written there.</param>
    /// <param name="ledger">An empty one.</param>
    /// <param name="nowUnixMs">The present.</param>
    /// <exception cref="JournalFault">The checkpoint knows of records that the journal does not.</exception>
    public static LedgerReplay Begin(string folder, in JournalExtent extent, bool isExpected, LimitLedger ledger, long nowUnixMs)
    {
        var (checkpoint, fault) = Find(folder, extent, isExpected);
        if (checkpoint is not null)
            ledger.Load(checkpoint, nowUnixMs);
        return new(ledger, checkpoint?.Sequence ?? 0, fault, extent.BeginSequence == 0);
    }

    /// <summary>The checkpoint that can be built on, or what is wrong with it. Neither where there never was one.</summary>
    public static (LedgerCheckpoint? Checkpoint, string? Fault) Find(string folder, in JournalExtent extent, bool isExpected)
    {
        LedgerCheckpoint? checkpoint;
        try
        {
            checkpoint = LedgerCheckpoint.Read(folder);
        }
        catch (JournalFault e)
        {
            return (null, e.Message);
        }

        if (checkpoint is null)
            return (null, isExpected ? $"{LedgerCheckpoint.FileName} is missing" : null);
        if (checkpoint.Sequence > extent.NextSequence)
            throw new JournalFault($"{LedgerCheckpoint.FileName} knows of {checkpoint.Sequence} records, the journal of {extent.NextSequence}");
        if (checkpoint.Sequence < extent.BeginSequence)
            return (null, $"{LedgerCheckpoint.FileName} holds what was before record {checkpoint.Sequence}, the journal begins with {extent.BeginSequence}");
        return (checkpoint, null);
    }

    /// <summary>Takes the next record of the journal.</summary>
    public void Take(ReadOnlySpan<byte> record)
    {
        _oldestUnixMs = Math.Min(_oldestUnixMs, JournalFormat.UnixMs(record));
        if (JournalFormat.Sequence(record) < _from || JournalFormat.Kind(record) is not (JournalKind.Exchange or JournalKind.Attempt))
            return;
        _item.Read(record);
        _ledger.Replay(_item);
    }

    /// <summary>What was wrong although the ledger is exact; null if nothing was.</summary>
    /// <exception cref="JournalFault">Nobody can say any more what a limit's window has used.</exception>
    public string? End(long nowUnixMs)
    {
        if (_fault is null)
            return null;
        if (!_isComplete && _ledger.FirstBefore(_oldestUnixMs, nowUnixMs) is { } limit)
        {
            throw new JournalFault(
                $"{_fault}, and the records do not reach back to where the present window of the limit {limit.Name} begins: "
                + "what it has used is not known (`journal rebuild` accepts what they still say)");
        }

        return _fault + "; what limits have used was read anew from the records";
    }
}
