using System.Collections.Concurrent;
using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The usage journal: exchanges hand their records to a bounded queue and go on; one thread appends and commits them, another puts
/// the commits on disk (<see cref="JournalSyncs"/>). So a slow disk holds up nobody who did not ask for it (<see cref="JournalMode.Sync"/>), and
/// no commit.
/// </summary>
/// <remarks>
/// Requirements: handing over never blocks and allocates nothing in steady state; no record is written twice; records of one
/// exchange are written in the order in which it handed them over; at most <see cref="EntriesMax"/> wait.
/// Memory order: as in <see cref="RecordLog"/>; an entry is written by its exchange before it is queued, and not touched by it
/// afterwards.
/// </remarks>
internal sealed partial class UsageJournal : IDisposable
{
    /// <summary>Records that may wait.</summary>
    public const int EntriesMax = 8192;

    /// <summary>Streams are noted after so many output tokens, too; after so many events where tokens are not counted.</summary>
    public const int ProgressEvents = 4096;

    /// <summary>One commit takes all that waits: where commits are slow, each covers the more.</summary>
    private const int BatchMax = EntriesMax;

    private const int IdleMs = 1000;

    /// <summary>How often room is looked for where it is scarce.</summary>
    private const int ScarceMs = 100;

    /// <summary>Segments that are kept free at least, where older ones may go for it; an eighth of the whole where that is more.</summary>
    private const int SpareSegments = 2;

    /// <summary>How often what limits have used is put on disk, if it has changed. What lies between is read from the records.</summary>
    private const int CheckpointMs = 10_000;

    private readonly JournalStore _store;
    private readonly EdgeClock _clock;
    private readonly TextWriter _log;
    private readonly IndexStack<JournalEntry> _free = new(EntriesMax);
    private readonly ConcurrentQueue<JournalEntry> _full = new();
    private readonly List<JournalWait> _waits = new(64);

    // It does not spin: the thread would be awake half of the time.
    private readonly ManualResetEventSlim _wake = new(false, 0);

    // Waited for some hundred times a second and set once: a slim one takes a lock for each wait, and spins on a single processor.
    private readonly ManualResetEvent _ending = new(false);
    private readonly Thread _thread;
    private readonly JournalSyncs _syncs;
    private JournalModel _model;
    private int _made;
    private int _waiting;
    private long _lastId;
    private long _records;
    private long _dropped;
    private long _commitFailures;
    private long _droppedEarly;
    private long _bytes;
    private long _oldestAt;
    private long _dropDueMs;
    private long _checkpointDueMs;
    private long _snapshotFailures;
    private int _isStopped;
    private volatile bool _isEnding;
    private bool _isCheckpointLost;
    private bool _isWarned;
    private bool _hasRoom = true;

    public UsageJournal(JournalStore store, JournalModel model, EdgeClock clock, TextWriter log)
    {
        _store = store;
        _model = model;
        _clock = clock;
        _log = log;
        _bytes = store.Bytes;
        _syncs = new JournalSyncs(store, OnSynced);
        _thread = new Thread(Run) { IsBackground = true, Name = "journal" };
        _thread.Start();
    }

    public bool IsSync => Volatile.Read(ref _model).Mode == JournalMode.Sync;

    /// <summary>Whether a failed commit is to be hidden from the client: it is counted and traffic goes on.</summary>
    public bool Forgives => Volatile.Read(ref _model).Full == JournalFull.ContinueAndCount;

    /// <summary>Whether a new exchange may begin. Keeps half of the queue and a segment of the disk for those under way.</summary>
    public bool Admits
    {
        get
        {
            var model = Volatile.Read(ref _model);
            return model.Full == JournalFull.ContinueAndCount
                || Volatile.Read(ref _isStopped) == 0 && Volatile.Read(ref _hasRoom) && Queued < EntriesMax / 2
                && Bytes < model.BytesMax - JournalLayout.SegmentBytes;
        }
    }

    /// <summary>Records committed since the start.</summary>
    public long Records => Volatile.Read(ref _records);

    /// <summary>Records lost since the start: the queue or the journal was full, or the disk failed.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    public long CommitFailures => Volatile.Read(ref _commitFailures);

    /// <summary>Times that the checkpoint of what limits have used could not be written.</summary>
    public long CheckpointFailures => _syncs.SnapshotFailures;

    /// <summary>Records that went before they had been kept for as long as was asked, to make room for others.</summary>
    public long DroppedEarly => Volatile.Read(ref _droppedEarly);

    /// <summary>Bytes from the oldest record to the newest.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Bytes beyond which it is full.</summary>
    public long BytesMax => Volatile.Read(ref _model).BytesMax;

    /// <summary>About: entries that somebody is about to put somewhere are among them.</summary>
    private int Queued => Volatile.Read(ref _made) - _free.Count;

    /// <summary>
    /// How long records are gathered: a quarter of the interval that none may be older than. A record that comes when a commit has just begun waits for
    /// that, for a turn of gathering, and for its own.
    /// </summary>
    private long GatherTicks => (long)(Volatile.Read(ref _model).CommitInterval.TotalSeconds * Stopwatch.Frequency) / 4;

    /// <summary>Age of the oldest record that is not committed, or in sync mode not on disk, in milliseconds.</summary>
    public long LagMs
    {
        get
        {
            // In the direction in which records go, and each place is taken before the last is left: none is missed.
            var queued = _full.TryPeek(out var entry) ? Volatile.Read(ref entry.QueuedAt) : 0;
            var taken = Volatile.Read(ref _oldestAt);
            var syncing = _syncs.OldestAt;
            var oldest = syncing != 0 ? syncing : taken != 0 ? taken : queued;
            return oldest == 0 ? 0 : Math.Max(0, EdgeClock.Us(oldest, Stopwatch.GetTimestamp()) / 1000);
        }
    }

    /// <summary>A new configuration is about to be in force.</summary>
    public void Use(ConfigSnapshot config)
    {
        Volatile.Write(ref _model, config.Journal);
        // What a limit has used is forgotten with it: a crash soon after must not bring it back.
        if (_store.Ledger is { } ledger && ledger.Use(config))
            Volatile.Write(ref _checkpointDueMs, 0);
    }

    /// <summary>
    /// The exchange is about to cost something: from the next commit on a crash leaves a trace of it. One that is over by then has left
    /// its last record, and needs no other.
    /// </summary>
    /// <returns>Its place in the queue, to be handed in with its last record; null where it found none.</returns>
    public JournalEntry? Open(Exchange exchange)
    {
        exchange.ProgressDueMs = _clock.CoarseMs + (long)Volatile.Read(ref _model).Progress.TotalMilliseconds;
        return Add(exchange, JournalKind.Open, EndReason.Crashed, null);
    }

    /// <summary>Whether it is time to say how far a stream is.</summary>
    public bool IsProgressDue(Exchange exchange, long events) =>
        _clock.CoarseMs >= exchange.ProgressDueMs || events - exchange.ProgressEvents >= ProgressEvents;

    public void Progress(Exchange exchange)
    {
        exchange.ProgressDueMs = _clock.CoarseMs + (long)Volatile.Read(ref _model).Progress.TotalMilliseconds;
        exchange.ProgressEvents = exchange.CountedOutputTokens >= 0 ? exchange.CountedOutputTokens : exchange.Events;
        Add(exchange, JournalKind.Progress, EndReason.Crashed, null);
    }

    /// <summary>How far it is stands in its first record, which may be taken back still. False if that is on its way to the disk.</summary>
    public bool TryAmend(Exchange exchange, JournalEntry open)
    {
        if (!open.TryTakeBack(exchange.JournalId))
            return false;
        Fill(open, exchange, JournalKind.Progress, EndReason.Crashed, null);
        if (!open.TryWithholdAgain(exchange.JournalId))
        {
            open.Withhold();
            Enqueue(open);
        }

        return true;
    }

    /// <summary>One of several tries is over.</summary>
    public void Attempt(Exchange exchange, EndReason end) => Add(exchange, JournalKind.Attempt, end, null);

    /// <summary>
    /// The exchange is over. One whose key is unknown is not written: strangers must not be able to fill the disk; nor, beyond a bound, are those without
    /// an attempt, for neither must who is refused.
    /// </summary>
    public void Close(Exchange exchange, JournalEntry? open)
    {
        exchange.IsJournaled = true;
        if (exchange.Key is not null && (MayBill(exchange) || !TryLeaveOut(exchange, open)))
            TryClose(exchange, open, null);
    }

    /// <summary>The same, and true once the record is on disk.</summary>
    public ValueTask<bool> CloseAsync(Exchange exchange, JournalEntry? open, JournalWait wait)
    {
        exchange.IsJournaled = true;
        if (exchange.Key is null || (!MayBill(exchange) && TryLeaveOut(exchange, open)))
            return new(true);
        var task = wait.Begin();
        return TryClose(exchange, open, wait) ? task : new(false);
    }

    /// <summary>Commits what is waiting and stops.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _ending.Set();
        _wake.Set();
        var patience = TimeSpan.FromSeconds(10);
        if (!_thread.Join(patience) || !_syncs.TryEnd(patience))
        {
            _log.WriteLine("journal: the disk did not take the last records in time");
            return;
        }

        if (!_store.TryCheckpoint(_clock.CoarseUnixMs))
            OnCheckpointLost();
        _store.Dispose();
        _wake.Dispose();
        _ending.Dispose();
    }

    private bool TryClose(Exchange exchange, JournalEntry? open, JournalWait? wait)
    {
        if (open is null || !open.TryTakeBack(exchange.JournalId))
            return Add(exchange, JournalKind.Exchange, exchange.End, wait) is not null;
        Fill(open, exchange, JournalKind.Exchange, exchange.End, wait);
        if (!open.TryPutBack(exchange.JournalId))
            Enqueue(open);
        return true;
    }

    /// <summary>Whether an exchange without an attempt leaves no record; one whose first record is on its way has to be closed.</summary>
    private bool TryLeaveOut(Exchange exchange, JournalEntry? open)
    {
        if (TryTakeUnsent(exchange))
            return false;
        if (open is null)
            return true;
        if (!open.TryTakeBack(exchange.JournalId))
            return false;
        open.Kind = JournalKind.None;
        if (!open.TryPutBack(exchange.JournalId))
            Enqueue(open);
        return true;
    }

    private JournalEntry? Add(Exchange exchange, JournalKind kind, EndReason end, JournalWait? wait)
    {
        if (!_free.TryPop(out var entry))
        {
            if (Interlocked.Increment(ref _made) > EntriesMax)
            {
                Interlocked.Decrement(ref _made);
                Interlocked.Increment(ref _dropped);
                return null;
            }

            entry = new JournalEntry();
        }

        if (exchange.JournalId == 0)
            exchange.JournalId = Interlocked.Increment(ref _lastId);
        Fill(entry, exchange, kind, end, wait);
        if (kind == JournalKind.Open)
            entry.Withhold();
        Enqueue(entry);
        return entry;
    }

    private void Fill(JournalEntry entry, Exchange exchange, JournalKind kind, EndReason end, JournalWait? wait)
    {
        entry.Record.Take(exchange, _clock);
        entry.Record.LeftOut = kind == JournalKind.Exchange && exchange.Key is { } key ? key.TakeLeftOut() : 0;
        entry.Kind = kind;
        entry.End = end;
        entry.Exchange = exchange.JournalId;
        entry.Wait = wait;
        Volatile.Write(ref entry.QueuedAt, entry.Record.TakenAt);
    }

    private void Enqueue(JournalEntry entry)
    {
        _full.Enqueue(entry);
        if (Interlocked.Exchange(ref _waiting, 1) == 0)
            _wake.Set();
    }

    private void Run()
    {
        var isBusy = false;
        var next = 0L;
        while (!_isEnding || !_full.IsEmpty)
        {
            // One batch for each turn, and what comes while it is committed waits for the next: else commits would follow one another.
            if (isBusy || Await())
            {
                Gather(isBusy ? next : Stopwatch.GetTimestamp() + GatherTicks);
                next = Stopwatch.GetTimestamp() + GatherTicks;
                isBusy = DrainOnce();
            }

            DropOld();
        }
    }

    /// <summary>Sleeps until there is something to write. False after a second without, or at the end.</summary>
    private bool Await()
    {
        _wake.Reset();
        // A full fence: whoever enqueues after this finds that it has to wake us, whoever did before is seen by the look behind it.
        Interlocked.Exchange(ref _waiting, 0);
        if (!_full.IsEmpty)
            return true;
        if (_isEnding)
            return false;
        return _wake.Wait(IdleMs);
    }

    /// <summary>In group mode, lets records gather until the interval since the last commit is over. Syncs gather while the disk is busy.</summary>
    private void Gather(long until)
    {
        var us = IsSync ? 0 : EdgeClock.Us(Stopwatch.GetTimestamp(), until);
        if (us > 0)
            _ending.WaitOne((int)((us + 999) / 1000));
    }

    /// <summary>Appends what is waiting, up to a bound, and commits it. False if there was nothing.</summary>
    private bool DrainOnce()
    {
        var appended = 0;
        var taken = 0;
        if (_full.TryPeek(out var first))
            Volatile.Write(ref _oldestAt, first.QueuedAt);
        while (taken < BatchMax && _full.TryDequeue(out var entry))
        {
            taken++;
            if (!entry.TryTake())
                continue;
            if (entry.Kind != JournalKind.None && Append(entry))
                appended++;
            else if (entry.Kind != JournalKind.None)
                Interlocked.Increment(ref _dropped);
            entry.Record.Forget();
            _free.TryPush(entry);
        }

        if (appended > 0)
            Commit(appended);
        else
            EndWaits(false);
        Volatile.Write(ref _oldestAt, 0);
        return taken > 0;
    }

    private bool Append(JournalEntry entry)
    {
        var wait = entry.Wait;
        entry.Wait = null;
        var model = Volatile.Read(ref _model);
        var before = _store.Bytes;
        var done = before < model.BytesMax && _store.TryAppend(entry.Record, entry.Kind, entry.End, entry.Exchange);
        if (done && entry.Kind == JournalKind.Exchange && entry.Record.Attempts == 0)
            _unsent.Correct(_store.Bytes - before - UnsentAllowance.RecordBytes, UnsentAllowance.Interval(model.BytesMax, model.Keep));
        if (!done)
            Volatile.Write(ref _hasRoom, _store.TryPrepare());
        // A limit has used what was used, whether or not the disk took the record.
        if (entry.Kind is JournalKind.Exchange or JournalKind.Attempt)
            _store.Ledger?.Charge(entry.Record, entry.Kind);
        if (wait is null)
            return done;
        if (done)
            _waits.Add(wait);
        else
            wait.End(false);
        return done;
    }

    private void Commit(int appended)
    {
        var done = _store.TryCommit(CommitDepth.Process);
        Volatile.Write(ref _bytes, _store.Bytes);
        if (done && IsSync)
        {
            _syncs.AskNow(appended, _oldestAt, _waits);
            return;
        }

        OnCommitted(appended, done);
        EndWaits(done);
        if (done)
            _syncs.Ask();
    }

    /// <summary>Called by the thread that syncs, for records that were committed before.</summary>
    private void OnSynced(int records, bool done)
    {
        if (!done || records > 0)
            OnCommitted(records, done);
    }

    private void OnCommitted(int records, bool done)
    {
        if (done)
        {
            Interlocked.Add(ref _records, records);
            return;
        }

        Interlocked.Add(ref _dropped, records);
        Interlocked.Increment(ref _commitFailures);
        if (Interlocked.Exchange(ref _isStopped, 1) == 0)
            _log.WriteLine("journal: nothing is written any more: " + _store.Failure);
    }

    private void EndWaits(bool isCommitted)
    {
        foreach (var wait in _waits)
            wait.End(isCommitted);
        _waits.Clear();
    }
}
