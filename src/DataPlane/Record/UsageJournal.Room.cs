using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <content>Room on the disk: who may still take some, and what makes some.</content>
internal sealed partial class UsageJournal
{
    private readonly UnsentAllowance _unsent = new();
    private long _leftOut;

    /// <summary>Records that were not written because exchanges without an attempt had made so many.</summary>
    public long LeftOut => Volatile.Read(ref _leftOut);

    private static long NowNs => (long)System.Diagnostics.Stopwatch.GetElapsedTime(0).TotalNanoseconds;

    /// <summary>Whether somebody may have to pay for it: it was tried, and not for a count of tokens alone.</summary>
    private static bool MayBill(Exchange exchange) => exchange.Attempts > 0 && exchange.Endpoint is not { IsCount: true };

    /// <summary>
    /// Whether the record of an exchange without an attempt has room: bills come first, so that the last of it is theirs alone. One that has
    /// none is counted, a refusal in its key's next record.
    /// </summary>
    private bool TryTakeUnsent(Exchange exchange)
    {
        var model = Volatile.Read(ref _model);
        // Where nothing goes before its time, what they take is missed by the bills for as long.
        var most = model.Full == JournalFull.Refuse && _store.NeededFrom is null
            ? model.BytesMax / 4 * 3
            : model.BytesMax - JournalLayout.SegmentBytes;
        if (Bytes < most && Queued < EntriesMax / 2 && _unsent.TryTake(NowNs, UnsentAllowance.Interval(model.BytesMax, model.Keep)))
            return true;
        Interlocked.Increment(ref _leftOut);
        if (exchange.End != EndReason.Done)
            exchange.Key!.LeaveOut();
        return false;
    }

    /// <summary>
    /// Once a second, or more often where room is scarce, between commits: what limits have used is stored if that is due, and segments go that
    /// have been kept long enough, or that room is needed for.
    /// </summary>
    private void DropOld()
    {
        var now = _clock.CoarseMs;
        if (now < _dropDueMs)
            return;
        _dropDueMs = now + IdleMs;
        if (Volatile.Read(ref _isStopped) == 0)
        {
            Volatile.Write(ref _hasRoom, _store.TryPrepare());
            Drop();
        }

        if (_syncs.SnapshotFailures is var failures && failures > _snapshotFailures)
        {
            _snapshotFailures = failures;
            _store.Ledger?.OnLost();
            OnCheckpointLost();
        }

        if (now >= Volatile.Read(ref _checkpointDueMs) && _store.Ledger is { IsChanged: true })
            BeginCheckpoint();
    }

    private void Drop()
    {
        var model = Volatile.Read(ref _model);
        var keepFrom = _clock.CoarseUnixMs - (long)model.Keep.TotalMilliseconds;
        // What a control plane has acknowledged need not be refused for; what nobody else has goes early only where the user says so.
        var bytesMax = model.Full == JournalFull.DropOldest || _store.NeededFrom is not null
            ? model.BytesMax - Math.Max(SpareSegments * JournalLayout.SegmentBytes, model.BytesMax / 8)
            : long.MaxValue;
        if (_store.Bytes > bytesMax)
            _dropDueMs = _clock.CoarseMs + ScarceMs;
        if (bytesMax == long.MaxValue)
            Warn(model);
        if (!_store.CanDrop(keepFrom, bytesMax))
            return;
        // The files go with the sync that follows the commit: the one before it would miss them.
        if (!_store.TryDrop(keepFrom, bytesMax, out var early))
            // What limits have used has to be on disk beyond them first.
            BeginCheckpoint();
        else if (_full.IsEmpty)
            Commit(0);
        if (early > 0 && Interlocked.Add(ref _droppedEarly, early) == early)
            _log.WriteLine("journal: bytesMax has room for less than keep asks for; the oldest records go early (aiedge_journal_dropped_early_total)");
    }

    /// <summary>Says once that it will be full, while there is time to do something.</summary>
    private void Warn(JournalModel model)
    {
        // New ones are refused a segment before it is full.
        var most = model.BytesMax - JournalLayout.SegmentBytes;
        var isFilling = _store.Bytes > (_isWarned ? most / 2 : most / 4 * 3);
        if (isFilling && !_isWarned && model.Full == JournalFull.Refuse)
            _log.WriteLine("journal: three quarters of bytesMax are used, and nothing goes before keep is over: when it is full, requests are refused");
        _isWarned = isFilling;
    }

    private void BeginCheckpoint()
    {
        if (_syncs.IsStoring)
            return;
        _checkpointDueMs = _clock.CoarseMs + CheckpointMs;
        if (_store.TakeSnapshot(_clock.CoarseUnixMs) is { } snapshot)
            _syncs.Store(snapshot);
    }

    private void OnCheckpointLost()
    {
        if (!_isCheckpointLost)
            _log.WriteLine($"journal: {LedgerCheckpoint.FileName} cannot be written; the old one and the records since are kept");
        _isCheckpointLost = true;
    }
}
