using System.Diagnostics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Puts on disk what the journal's thread has written, on a thread of its own: the disk takes its time, and what comes meanwhile is written all
/// the same. One sync covers all that was written before it began: in group mode of a tenth of a second, in sync mode of what came while the
/// last one was under way, and there the answers whose records it covers go on when it has ended.
/// </summary>
/// <remarks>
/// Asked by the journal's thread alone, after it has committed; so what is asked for is among what a sync covers that begins after the
/// question was taken. What was asked for when the thread is told to end is done before it ends.
/// </remarks>
internal sealed class JournalSyncs
{
    /// <summary>How long commits of group mode may wait for being safe from the end of the machine, too, and the mark in any mode.</summary>
    public const int SyncMs = 100;

    private const int StackBytes = 256 * 1024;

    private readonly JournalStore _store;
    private readonly Action<int, bool> _ended;
    private readonly Thread _thread;

    /// <summary>Guards what is asked for.</summary>
    private readonly Lock _lock = new();

    // Neither spins: the thread sleeps most of the time.
    private readonly ManualResetEventSlim _wake = new(false, 0);
    private readonly ManualResetEventSlim _hurry = new(false, 0);
    private List<JournalWait> _waits = new(64);
    private List<JournalWait> _waitsBefore = new(64);
    private LedgerSnapshot? _snapshot;
    private int _records;
    private long _oldestAt;
    private long _syncingFrom;
    private long _markDueAt;
    private long _snapshotFailures;
    private bool _isEnding;

    /// <param name="store">What the journal's thread appends to.</param>
    /// <param name="ended">Told of each sync: how many records had waited for it, and whether they are on disk. Called by its thread.</param>
    public JournalSyncs(JournalStore store, Action<int, bool> ended)
    {
        _store = store;
        _ended = ended;
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "journal-sync" };
        _thread.Start();
    }

    /// <summary>When the oldest record was queued that waits for a sync; 0 if none does.</summary>
    public long OldestAt
    {
        get
        {
            var asked = Volatile.Read(ref _oldestAt);
            return Volatile.Read(ref _syncingFrom) is var from and not 0 ? from : asked;
        }
    }

    /// <summary>Whether what limits have used is still to be put on disk.</summary>
    public bool IsStoring => Volatile.Read(ref _snapshot) is not null;

    /// <summary>Times that what limits have used could not be put on disk.</summary>
    public long SnapshotFailures => Volatile.Read(ref _snapshotFailures);

    /// <summary>There are commits that a sync has to cover, some time.</summary>
    public void Ask() => _wake.Set();

    /// <summary>There are commits that a sync has to cover now.</summary>
    /// <param name="records">How many records are in them.</param>
    /// <param name="oldestAt">When the oldest was queued.</param>
    /// <param name="waits">The exchanges that wait for it. Taken out of the list.</param>
    public void AskNow(int records, long oldestAt, List<JournalWait> waits)
    {
        lock (_lock)
        {
            _records += records;
            if (_oldestAt == 0)
                Volatile.Write(ref _oldestAt, oldestAt);
            _waits.AddRange(waits);
            waits.Clear();
        }

        _hurry.Set();
        _wake.Set();
    }

    /// <summary>What limits have used is to be put on disk. Not while <see cref="IsStoring"/>.</summary>
    public void Store(LedgerSnapshot snapshot)
    {
        Volatile.Write(ref _snapshot, snapshot);
        _wake.Set();
    }

    /// <summary>Does what was asked for and ends. False where the disk did not take it in time.</summary>
    public bool TryEnd(TimeSpan timeout)
    {
        Volatile.Write(ref _isEnding, true);
        _hurry.Set();
        _wake.Set();
        if (!_thread.Join(timeout))
            return false;
        _wake.Dispose();
        _hurry.Dispose();
        return true;
    }

    private void Run()
    {
        var next = Stopwatch.GetTimestamp();
        while (true)
        {
            _wake.Wait();
            // In group mode syncs keep their distance: each makes the disk work, and covers the more.
            if (EdgeClock.Us(Stopwatch.GetTimestamp(), next) is var us and > 0)
                _hurry.Wait((int)((us + 999) / 1000));
            // Before anything is taken: who asks after this wakes it again.
            var isEnding = Volatile.Read(ref _isEnding);
            _wake.Reset();
            _hurry.Reset();
            next = Stopwatch.GetTimestamp() + SyncMs * Stopwatch.Frequency / 1000;
            SyncOnce();
            if (isEnding)
                return;
        }
    }

    private void SyncOnce()
    {
        int records;
        List<JournalWait> waits;
        lock (_lock)
        {
            (records, waits) = (_records, _waits);
            Volatile.Write(ref _syncingFrom, _oldestAt);
            Volatile.Write(ref _oldestAt, 0);
            (_records, _waits, _waitsBefore) = (0, _waitsBefore, _waits);
        }

        var done = _store.Sync(TakeDepth(waits));
        Volatile.Write(ref _syncingFrom, 0);
        _ended(records, done);
        foreach (var wait in waits)
            wait.End(done);
        waits.Clear();
        _store.PrepareAhead();
        if (_snapshot is not { } snapshot)
            return;
        if (!_store.TryStore(snapshot))
            Volatile.Write(ref _snapshotFailures, _snapshotFailures + 1);
        Volatile.Write(ref _snapshot, null);
    }

    /// <summary>The mark guards against a loss on the disk itself; nobody waits for it.</summary>
    private CommitDepth TakeDepth(List<JournalWait> waits)
    {
        var now = Stopwatch.GetTimestamp();
        if (waits.Count > 0 && now < _markDueAt)
            return CommitDepth.Machine;
        _markDueAt = now + SyncMs * Stopwatch.Frequency / 1000;
        return CommitDepth.Mark;
    }
}
