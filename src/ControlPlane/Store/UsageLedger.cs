namespace AiEdge.ControlPlane.Store;

/// <summary>How long the ledger keeps what it holds, and how it paces itself.</summary>
internal sealed class LedgerOptions
{
    /// <summary>Batches go, a segment file at a time, once all in it is older and the follower contains it.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(35);

    /// <summary>From one commit to the next.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>So many batches do not wait for the interval's end.</summary>
    public int EarlyBatches { get; init; } = 64;

    /// <summary>From one state file to the next, while batches come.</summary>
    public TimeSpan StateInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an epoch of which nothing comes is remembered: longer than any plane keeps its records.</summary>
    public TimeSpan EpochsKept { get; init; } = TimeSpan.FromDays(40);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The usage ledger on FASTER: one thread appends what is new of the batches that have come, and commits them together.</summary>
internal sealed class UsageLedger : IUsageLedger, IDisposable
{
    private readonly string _folder;
    private readonly LedgerOptions _options;
    private readonly LedgerState _state;
    private readonly StoreLog _log;
    private readonly CommitLoop _loop;
    private readonly List<StoredBatch> _round = [];
    private readonly Lock _following = new();
    private byte[] _item = new byte[1 << 16];
    private ILedgerFollower? _follower;
    private bool _isFollowed;
    private LedgerView _view;
    private long _stateTicks = Environment.TickCount64;

    private UsageLedger(string folder, LedgerOptions options, LedgerState state, StoreLog log)
    {
        _folder = folder;
        _options = options;
        _state = state;
        _log = log;
        _view = new(log.Stored, [.. state.Segments]);
        _loop = new(log, "store ledger", options.CommitInterval, options.EarlyBatches, OnStored, OnRound);
    }

    /// <summary>Opens the folder's ledger, or makes one; what its state does not contain is read and checked.</summary>
    /// <exception cref="StoreFault">Something is missing or damaged.</exception>
    public static UsageLedger Open(string folder, LedgerOptions options)
    {
        var shape = LogShape.Ledger;
        if (LogFiles.Judge(folder, shape) is not { } extent)
        {
            LogFiles.Create(folder, shape);
            extent = LogExtent.Empty;
        }

        var state = LedgerState.Read(folder, extent);
        return new(folder, options, state, StoreLog.Open(folder, shape, extent, state.Segments));
    }

    public ulong Through(string planeId, UInt128 epoch) => _state.Epochs.Find(planeId, epoch)?.Stored ?? 0;

    public bool IsClosed(string planeId, UInt128 epoch) => _state.Epochs.Find(planeId, epoch)?.IsClosed ?? false;

    public async ValueTask<ulong> AppendAsync(LedgerBatch batch, CancellationToken cancel)
    {
        Check(batch);
        cancel.ThrowIfCancellationRequested();
        var work = new Append(this, batch);
        _loop.Add(work);
        return await work.Done;
    }

    public void Follow(ILedgerFollower follower)
    {
        if (_isFollowed)
            throw new InvalidOperationException("the ledger has one follower");
        var lacking = follower.Through + 1;
        if (lacking <= _state.Followed && lacking < _view.Extent.BeginNumber)
            throw new StoreFault($"sums of batches {lacking} to {_view.Extent.BeginNumber - 1} are missing, which the ledger does not keep any more");
        foreach (var batch in _view.ReadFrom(_folder, lacking))
        {
            if (batch.Number != lacking)
                throw new StoreFault($"sums of batches {lacking} to {batch.Number - 1} are missing, which the ledger does not keep any more");
            follower.Take(batch);
            lacking++;
        }

        if (lacking != _view.Extent.NextNumber)
            throw new StoreFault($"sums contain {lacking - 1} batches, the ledger has {_view.Extent.NextNumber - 1}");
        _isFollowed = true;
        lock (_following)
            _follower = follower;
    }

    public void Unfollow()
    {
        lock (_following)
            _follower = null;
    }

    public async ValueTask ReleaseAsync(ulong through, CancellationToken cancel)
    {
        var work = new Release(this, through);
        _loop.Add(work);
        await work.Done.WaitAsync(cancel);
    }

    public IEnumerable<StoredBatch> ReadBackwards(long fromUnixMs, long toUnixMs, ulong through = ulong.MaxValue) =>
        Volatile.Read(ref _view).ReadBackwards(_folder, fromUnixMs, toUnixMs, through);

    public void Dispose()
    {
        _loop.Dispose();
        try
        {
            if (_log.Failure is null && _state.Through + 1 < _log.NextNumber)
                StoreState();
        }
        catch (IOException)
        {
            // It only makes the next start shorter.
        }

        _log.Dispose();
    }

    private static void Check(LedgerBatch batch)
    {
        if (batch.PlaneId.Length is 0 or > IUsageLedger.PlaneIdCharsMax || !System.Text.Ascii.IsValid(batch.PlaneId))
            throw new ArgumentException("a plane's id has 1 to 63 ASCII characters", nameof(batch));
        if (batch.Records.Count > IUsageLedger.RecordsMax)
            throw new ArgumentException($"a batch has {IUsageLedger.RecordsMax} records at most", nameof(batch));
        var last = 0UL;
        for (var i = 0; i < batch.Records.Count; i++)
        {
            var record = batch.Records[i];
            if (record.Sequence <= last || record.Sequence > batch.ThroughSequence)
                throw new ArgumentException("sequences grow within a batch, from 1 to the one it reaches", nameof(batch));
            if (record.Bytes.Length > IUsageLedger.RecordBytesMax)
                throw new ArgumentException($"a record has {IUsageLedger.RecordBytesMax} bytes at most", nameof(batch));
            last = record.Sequence;
        }
    }

    /// <summary>Readers see what is acknowledged.</summary>
    private void OnStored() => Volatile.Write(ref _view, new(_log.Stored, [.. _log.Segments]));

    /// <summary>On the ledger's thread, behind a commit.</summary>
    private void OnRound()
    {
        lock (_following)
        {
            foreach (var batch in _round)
                _follower?.Take(batch);
        }

        _round.Clear();
        if (Environment.TickCount64 - _stateTicks < _options.StateInterval.TotalMilliseconds)
            return;
        try
        {
            StoreState();
        }
        catch (IOException)
        {
            // The old one is still there, and so are the batches behind it; the next round tries again.
        }
    }

    /// <summary>Between commits only: all that was appended is durable.</summary>
    private void StoreState()
    {
        _stateTicks = Environment.TickCount64;
        var now = _options.Time.GetUtcNow();
        _state.Epochs.DropBefore((now - _options.EpochsKept).ToUnixTimeMilliseconds());
        _state.Through = _log.NextNumber - 1;
        _state.Address = _log.Tail;
        _state.Write(_folder);
        var old = (now - _options.Retention).ToUnixTimeMilliseconds();
        var last = Math.Min(_state.Followed, _state.Through);
        var segments = _log.Segments;
        _log.Release(_state.Through, segment => segment.LastUnixMs < old && segments[segments.IndexOf(segment) + 1].FirstItem <= last);
        Volatile.Write(ref _view, new(_log.Stored, [.. segments]));
    }

    private sealed class Append(UsageLedger ledger, LedgerBatch batch) : LogWork
    {
        private readonly TaskCompletionSource<ulong> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private LedgerEpochs.Place? _place;
        private StoredBatch? _stored;

        public Task<ulong> Done => _done.Task;

        public override void Apply(StoreLog log)
        {
            var place = ledger._state.Epochs.Get(batch.PlaneId, batch.Epoch);
            if (batch.AfterSequence > place.Appended)
                throw new IOException($"record {batch.AfterSequence} of the same start was not stored");
            var from = 0;
            while (from < batch.Records.Count && batch.Records[from].Sequence <= place.Appended)
                from++;
            if (from < batch.Records.Count || batch.ThroughSequence > place.Appended || (batch.IsClosed && !place.IsClosedAppended))
            {
                var item = LedgerItem.Write(ref ledger._item, batch, from);
                var address = log.Tail;
                var number = log.Append(item);
                ledger._state.See(item, address);
                place.See(batch.ThroughSequence, batch.IsClosed, batch.ReceivedUnixMs);
                _stored = new(number, from == 0 ? batch : Without(batch, from));
            }

            // Where nothing was new, what it repeats may have been appended a moment ago: it is told behind the same commit.
            _place = place;
        }

        public override void OnStored()
        {
            _place!.OnStored();
            if (_stored is { } stored)
                ledger._round.Add(stored);
            _done.SetResult(_place.Stored);
        }

        public override void OnFailed(IOException cause) => _done.SetException(cause);

        private static LedgerBatch Without(LedgerBatch batch, int from) => new()
        {
            PlaneId = batch.PlaneId,
            Epoch = batch.Epoch,
            ThroughSequence = batch.ThroughSequence,
            IsClosed = batch.IsClosed,
            ReceivedUnixMs = batch.ReceivedUnixMs,
            Records = [.. batch.Records.Skip(from)],
        };
    }

    private sealed class Release(UsageLedger ledger, ulong through) : LogWork
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public override void Apply(StoreLog log) => ledger._state.Followed = Math.Max(ledger._state.Followed, through);

        public override void OnStored()
        {
            // The state that goes to disk behind this round says so.
            ledger._stateTicks = Environment.TickCount64 - (long)ledger._options.StateInterval.TotalMilliseconds;
            _done.SetResult();
        }

        public override void OnFailed(IOException cause) => _done.SetException(cause);
    }
}
