using FASTER.core;

namespace AiEdge.DataPlane.Record;

/// <summary>What a commit is to survive. Each includes the ones before it.</summary>
internal enum CommitDepth
{
    /// <summary>The end of the process: it is written.</summary>
    Process,

    /// <summary>The end of the machine: it is on disk.</summary>
    Machine,

    /// <summary>The same, and the mark is on disk, too, so that a commit that gets lost from the disk afterwards is missed.</summary>
    Mark,
}

/// <summary>
/// Where commits are kept: in the commit's slots how far the records are written and how far they are on disk, and the same in the mark's, which
/// are the journal's own memory of how far it was. What FASTER recovers is what the first say, held against the second.
/// What is written survives the end of the process, and a sync costs more than all else that is done for a record; so to commit is to write, and
/// one sync, behind it, makes all commits before it survive the end of the machine.
/// </summary>
/// <remarks>
/// <see cref="Write"/> belongs to the thread that appends, <see cref="Sync"/> to any, one at a time; the first never waits for the disk that the
/// second waits for. The lock is held to say something new in a slot and no longer.
/// Requirements, at every moment: (1) the end of the process loses nothing that was written; (2) the end of the machine loses nothing that
/// was written before a sync began that has ended; (3) what the slots say to be on disk is there; (4) the mark never says that more is on
/// disk than the commit's slots on the disk say, else a good journal would be refused; (5) a failure is final.
/// Argument. A slot says what is written after it was written, and the newest slot holds while the machine runs: (1). A sync takes note of what is
/// written, then syncs the segments, and only then says that this is on disk; a slot that gets to the disk before it was asked to says
/// nothing else: (3). When the slot that says so has been synced, too, the sync ends: (2), for the slots keep it (<see cref="JournalSlots"/>).
/// The mark is told of it after that alone, so on the disk its word is never ahead: (4). Commits meanwhile repeat what was last said to be on
/// disk. Segments that are dropped go when the mark is on disk with the beginning behind them: no slot that may be the newest needs them then.
/// What failed is asked for no more, for a second sync may well succeed over what the first has lost: (5).
/// </remarks>
internal sealed class JournalCommits : ILogCommitManager
{
    private readonly JournalDevice _device;
    private readonly JournalSlots _commits;
    private readonly JournalSlots _mark;

    /// <summary>Whether a slot can say that something is written and not on disk: who reads it has to know whether the machine still runs.</summary>
    private readonly bool _canBeLoose;

    /// <summary>Guards the slots and what they say. Not held while the disk is waited for.</summary>
    private readonly Lock _lock = new();

    /// <summary>One sync at a time.</summary>
    private readonly Lock _cycle = new();
    private JournalExtent _written;
    private JournalExtent _synced;
    private JournalExtent _sure;
    private JournalExtent _marked;
    private bool _isNoted = true;
    private bool _isMarkAhead;
    private string? _failure;

    public JournalCommits(JournalDevice device, JournalSlots commits, JournalSlots mark, JournalMachine machine)
    {
        (_device, _commits, _mark) = (device, commits, mark);
        _canBeLoose = machine.Boot != 0;
        Note = JournalNote.Read(mark.Note);
        _written = commits.Extent;
        _synced = _sure = commits.Synced;
        _marked = mark.IsDirty || mark.IsLoose ? JournalExtent.Empty : mark.Extent;
    }

    /// <summary>What the mark says besides. Changed before anything is appended, and told by <see cref="StoreNote"/>.</summary>
    public JournalNote Note { get; }

    /// <summary>Why nothing can be committed any more.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>What is written. To be asked by the thread that appends.</summary>
    public JournalExtent Written => _written;

    /// <summary>How far the records were written when it was asked, whoever asks.</summary>
    public long WrittenUntil
    {
        get
        {
            lock (_lock)
                return _written.Until;
        }
    }

    /// <summary>The number of the first record that is not on disk for good.</summary>
    public long SureSequence
    {
        get
        {
            lock (_lock)
                return _sure.NextSequence;
        }
    }

    /// <summary>Says how far the records are written: they survive the end of the process.</summary>
    public void Write(in JournalExtent extent)
    {
        lock (_lock)
        {
            _written = extent;
            // Where a slot cannot say so, the sync does that follows.
            if (!_canBeLoose)
                return;
            try
            {
                SayCommit();
                // The mark need not be near: whatever it says is enough to miss a commit that is behind it. So it is told once between syncs of it.
                if (!_isMarkAhead)
                    SayMark();
                _isMarkAhead = true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Fail(e);
            }
        }
    }

    /// <summary>Waits until all that was written before survives the end of the machine. False where that failed.</summary>
    public bool Sync(CommitDepth depth)
    {
        lock (_cycle)
        {
            try
            {
                if (Failure is null)
                    SyncCommit();
                if (Failure is null && depth == CommitDepth.Mark)
                    SyncMark();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Fail(e);
            }

            return Failure is null;
        }
    }

    /// <summary>Puts the changed note on disk.</summary>
    public bool StoreNote()
    {
        _isNoted = false;
        return Sync(CommitDepth.Mark);
    }

    public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata) =>
        throw new InvalidOperationException("FASTER was asked to commit; the journal does that itself");

    public byte[]? GetCommitMetadata(long commitNum)
    {
        if (_written.Until <= JournalLayout.FirstAddress)
            return null;
        // What FASTER would have said of it.
        var info = default(FasterLogRecoveryInfo);
        info.BeginAddress = _written.Begin;
        info.UntilAddress = _written.Until;
        return info.ToByteArray();
    }

    public IEnumerable<long> ListCommits() => _written.Until > JournalLayout.FirstAddress ? [1L] : [];

    public void RemoveCommit(long commitNum)
    {
        // The slots are written over in turn.
    }

    public void RemoveAllCommits()
    {
        // The slots are written over in turn.
    }

    public void OnRecovery(long commitNum)
    {
        // There is nothing older to tidy up.
    }

    public void Dispose()
    {
        _commits.Dispose();
        _mark.Dispose();
    }

    private void SyncCommit()
    {
        JournalExtent written;
        lock (_lock)
            written = _written;
        if (written == _sure && !_commits.IsDirty)
            return;
        _device.Sync();
        lock (_lock)
        {
            _synced = written;
            SayCommit();
            _commits.BeginSync();
        }

        _commits.SyncFile();
        lock (_lock)
        {
            _commits.EndSync();
            _sure = written;
        }
    }

    private void SyncMark()
    {
        if (_marked == _sure && _isNoted)
            return;
        lock (_lock)
        {
            SayMark();
            _mark.BeginSync();
        }

        _mark.SyncFile();
        lock (_lock)
        {
            _mark.EndSync();
            _isMarkAhead = false;
        }

        (_marked, _isNoted) = (_sure, true);
        _device.RemoveBelow(_marked.Begin >> JournalLayout.SegmentBits);
    }

    private void SayCommit() => _commits.Write(_canBeLoose ? _written : _synced, _synced, []);

    private void SayMark() => _mark.Write(_canBeLoose ? _written : _sure, _sure, Note.Bytes);

    private void Fail(Exception e) => Interlocked.CompareExchange(ref _failure, e.Message, null);
}
