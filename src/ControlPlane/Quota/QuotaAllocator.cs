using System.Collections.Concurrent;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>A lease that is called back.</summary>
internal readonly record struct QuotaCall(PlaneState Plane, BucketId Bucket, string Share, ulong Lease, long Keep);

/// <summary>
/// The buckets of the fleet. It knows no socket and no clock: the present is handed in, so the same asks at the same times have the same
/// answers. Safe for any number of threads; two that ask for one bucket take turns.
/// </summary>
internal sealed partial class QuotaAllocator
{
    /// <summary>A plane that was not heard of for so long has no share in an outage any more.</summary>
    private const long PlaneNs = 600 * LimitClock.SecondNs;

    /// <summary>Without a stream for so long, a plane has neither leases of rates nor is it waited for.</summary>
    private const long GoneNs = 30 * LimitClock.SecondNs;

    private const int NumberBits = 40;

    /// <summary>Planes without an answer for twice as long may take the control plane for gone and go on with their shares.</summary>
    private const long StallNs = LimitClock.SecondNs / 4;

    private readonly IQuotaRules _rules;
    private readonly QuotaMemory _memory;
    private readonly ConcurrentDictionary<BucketId, QuotaBucket> _buckets = new();
    private readonly ConcurrentDictionary<(string Id, UInt128 Epoch), PlaneState> _planes = new();
    private readonly ConcurrentQueue<QuotaCall> _calls = new();
    private readonly Lock _raising = new();
    private readonly Lock _finding = new();
    private readonly HashSet<string> _unwritten = new(StringComparer.Ordinal);
    private ulong _renamedGeneration = ulong.MaxValue;
    private HashSet<QuotaBucket> _raised = [];
    private List<QuotaRecord> _records = [];
    private long _lastLease;
    private long _beatNs = long.MaxValue / 2;
    private long _stalledNs;
    private int _planeCount = 1;
    private ulong _preparedGeneration = ulong.MaxValue;
    private long _prepareAgainUnixNs;
    private volatile bool _isResolved;
    private bool _hasForgotten;

    /// <summary>Begins with what the log says; <paramref name="memory"/> is of no use to anybody else afterwards.</summary>
    public QuotaAllocator(IQuotaRules rules, QuotaMemory memory, Moment now)
    {
        (_rules, _memory) = (rules, memory);
        StartNs = now.Ns;
        Incarnation = memory.Incarnation + 1;
        IsRestarted = memory.Incarnation > 0;
        PlanesBefore = Math.Max(1, memory.Planes.Select(static plane => plane.Id).Distinct(StringComparer.Ordinal).Count());
        _isResolved = memory.Planes.Count == 0;
        _records.Add(QuotaRecord.Of(Incarnation));
    }

    /// <summary>When it began.</summary>
    public long StartNs { get; }

    /// <summary>1 for the first allocator of a store, one more for each after it.</summary>
    public ulong Incarnation { get; }

    /// <summary>Whether there was one before it: it may have granted what nobody knows of now.</summary>
    public bool IsRestarted { get; }

    /// <summary>Whether all planes that one before it had granted to have said what they hold.</summary>
    public bool IsResolved => _isResolved;

    /// <summary>Planes that may have shared in the outage before this allocator began; 1 at least.</summary>
    public int PlanesBefore { get; }

    /// <summary>
    /// How long altogether this process stood still (stopped, or starved) for longer than a moment. Nobody was answered then, and planes may have
    /// gone on with their shares.
    /// </summary>
    public long StalledNs => Interlocked.Read(ref _stalledNs);

    /// <summary>Planes that share in an outage.</summary>
    public int Planes => Volatile.Read(ref _planeCount);

    /// <summary>Buckets there are.</summary>
    public int Count => _buckets.Count;

    /// <summary>Whether there is something that <see cref="TakeRecords"/> would give. What is raised ahead of need is written beside the asks.</summary>
    public bool HasRecords
    {
        get
        {
            lock (_raising)
                return _records.Count > 0 || _raised.Count > 0;
        }
    }

    /// <summary>Leases to be called back, in order; each once.</summary>
    public bool TryTakeCall(out QuotaCall call) => _calls.TryDequeue(out call);

    /// <summary>Called some fifty times a second, so that a time in which this process stood still is noticed; without a first call none is.</summary>
    public void Beat(Moment now)
    {
        NoticeStall(now);
        Interlocked.Exchange(ref _beatNs, now.Ns);
    }

    /// <summary>A stream of a plane begins. Nothing may be granted to it before what <see cref="TakeRecords"/> gives is in the log.</summary>
    public PlaneState Join(string id, UInt128 epoch, Moment now)
    {
        PlaneState plane;
        lock (_raising)
        {
            plane = _planes.GetOrAdd((id, epoch), key => new PlaneState(key.Id, key.Epoch) { WasThere = _memory.Planes.Contains(key) });
            if (plane.Streams++ == 0 && _memory.Planes.Add((id, epoch)))
                _records.Add(QuotaRecord.Of(id, epoch, isThere: true));
            plane.SeenNs = now.Ns;
        }

        CountPlanes(now);
        return plane;
    }

    /// <summary>A stream of a plane has ended; what it holds stays out until its time is over.</summary>
    public void Leave(PlaneState plane, Moment now)
    {
        lock (_raising)
        {
            plane.Streams--;
            plane.SeenNs = now.Ns;
        }
    }

    /// <summary>The plane has said all that it holds: its first ask on a stream was taken.</summary>
    public void Reported(PlaneState plane)
    {
        if (plane.HasReported)
            return;
        plane.HasReported = true;
        lock (_raising)
        {
            _memory.Waiting.Remove((plane.Id, plane.Epoch));
            _isResolved = _memory.Waiting.Count == 0;
        }
    }

    /// <summary>Answers for one bucket; see <see cref="QuotaBucket.Answer"/>. The same report may be asked again, which changes nothing.</summary>
    public BucketGrant Ask(
        PlaneState plane, ulong stream, BucketSeat seat, BucketReport report, IReadOnlyDictionary<uint, string> keys, Moment now, out bool isPending)
    {
        isPending = false;
        plane.SeenNs = now.Ns;
        NoticeStall(now);
        while (true)
        {
            if (seat.Bucket is not { } bucket || Volatile.Read(ref bucket.Generation) != _rules.Generation)
            {
                bucket = Find(seat.Id, now);
                if (bucket != seat.Bucket)
                    (seat.Bucket, seat.Part) = (bucket, null);
                if (bucket is null)
                    return new BucketGrant { Bucket = report.Bucket, IsUnknown = true };
            }

            lock (bucket.Gate)
            {
                // Swept or replaced: what is there now is another.
                if (!bucket.IsOver)
                    return bucket.Answer(plane, seat, stream, report, keys, now, out isPending);
                seat.Bucket = null;
            }
        }
    }

    /// <summary>What has to be in the log before what waits for it may be granted; call <see cref="Written"/> then.</summary>
    public List<QuotaRecord> TakeRecords()
    {
        List<QuotaRecord> records;
        HashSet<QuotaBucket> raised;
        lock (_raising)
        {
            (records, raised) = (_records, _raised);
            (_records, _raised) = ([], []);
        }

        foreach (var bucket in raised)
        {
            lock (bucket.Gate)
                records.Add(bucket.TakeRecord());
        }

        return records;
    }

    /// <summary>These could not be written: they are still to be.</summary>
    public void Return(IReadOnlyList<QuotaRecord> records)
    {
        lock (_raising)
            _records.InsertRange(0, records);
    }

    /// <summary>These are in the log.</summary>
    public void Written(IReadOnlyList<QuotaRecord> records)
    {
        foreach (var record in records)
        {
            _memory.Take(record);
            if (record.Kind == QuotaRecordKind.Renamed)
                OnRenamed(record.Bucket.Limit);
            if (!record.IsOfBucket || !_buckets.TryGetValue(Named(record.Bucket), out var bucket))
                continue;
            lock (bucket.Gate)
                bucket.Raised(record);
        }
    }

    /// <summary>All that the log says, for a state in place of its records; only by whoever calls <see cref="Written"/>.</summary>
    public byte[] State()
    {
        lock (_raising)
            return _memory.Save();
    }

    /// <summary>Called about once a second.</summary>
    public void Sweep(Moment now)
    {
        foreach (var (id, bucket) in _buckets)
        {
            lock (bucket.Gate)
            {
                if (bucket.Sweep(now))
                    bucket.IsOver = _buckets.TryRemove(KeyValuePair.Create(id, bucket));
            }
        }

        foreach (var (key, plane) in _planes)
        {
            lock (_raising)
            {
                if (plane.Streams > 0 || now.Ns - plane.SeenNs < GoneNs)
                    continue;
                if (_memory.Planes.Remove(key))
                    _records.Add(QuotaRecord.Of(key.Id, key.Epoch, isThere: false));
            }

            if (now.Ns - plane.SeenNs > WindowQuota.LeaseNs + WindowQuota.HoldNs + PlaneNs)
                _planes.TryRemove(key, out _);
        }

        ForgetGone(now);
        CountPlanes(now);
    }

    /// <summary>Starts of planes that an allocator before this one knew and that never came back: what they held is over by now.</summary>
    private void ForgetGone(Moment now)
    {
        if (_hasForgotten || !IsRestarted || now.Ns - StartNs < WindowQuota.LeaseNs + WindowQuota.HoldNs + PlaneNs)
            return;
        lock (_raising)
        {
            foreach (var key in _memory.Planes.Where(key => !_planes.ContainsKey(key)).ToList())
            {
                _memory.Planes.Remove(key);
                _records.Add(QuotaRecord.Of(key.Id, key.Epoch, isThere: false));
            }
        }

        _hasForgotten = true;
    }

    /// <summary>Gives back what is held of a plane's epochs, all but <paramref name="living"/>; says how much, by bucket.</summary>
    public List<(BucketId Bucket, long Amount)> Release(string plane, UInt128? living, Moment now)
    {
        var released = new List<(BucketId, long)>();
        foreach (var (key, state) in _planes)
        {
            if (key.Id != plane || key.Epoch == living)
                continue;
            foreach (var (id, bucket) in _buckets)
            {
                lock (bucket.Gate)
                {
                    if (bucket.Release(state, now) is var amount and > 0)
                        released.Add((id, amount));
                }
            }
        }

        return released;
    }

    /// <summary>
    /// The windows of budgets of which a start of a plane may have used more than it told; none while it has a stream, or where an allocator
    /// before this one granted to it: then what it holds is held to the end of its time.
    /// </summary>
    public List<BudgetSpan> Spans(string plane, UInt128 epoch, Moment now)
    {
        var spans = new List<BudgetSpan>();
        if (!_planes.TryGetValue((plane, epoch), out var state) || state.Streams > 0)
            return spans;
        foreach (var bucket in _buckets.Values)
        {
            lock (bucket.Gate)
                spans.AddRange(bucket.Spans(state, now));
        }

        return spans;
    }

    /// <summary>The records of a start of a plane are all here: it has used what they say. Returns how much of what it held came back.</summary>
    public long Settle(string plane, UInt128 epoch, IReadOnlyList<BudgetSpan> spans, IReadOnlyList<BudgetSpent> spent, Moment now)
    {
        var back = 0L;
        if (!_planes.TryGetValue((plane, epoch), out var state) || state.Streams > 0)
            return back;
        for (var i = 0; i < spans.Count; i++)
        {
            if (!_buckets.TryGetValue(Named(new(spans[i].Limit, spans[i].Unit, spans[i].Scope, spans[i].Value)), out var bucket))
                continue;
            lock (bucket.Gate)
                back += bucket.Settle(state, spans[i].Window, spent[i], now);
        }

        return back;
    }

    /// <summary>Whether a plane has a stream, or had one.</summary>
    public bool HasStream(string plane, UInt128 epoch) => _planes.TryGetValue((plane, epoch), out var state) && state.Streams > 0;

    /// <summary>Forgets what was used of a limit; durable once what <see cref="TakeRecords"/> gives is in the log. Says how many buckets there are.</summary>
    public int Reset(string limit, Moment now)
    {
        var ids = new HashSet<BucketId>(_memory.Of(limit));
        foreach (var (id, _) in _buckets)
        {
            if (id.Limit == limit)
                ids.Add(id);
        }

        foreach (var id in ids)
        {
            if (Find(id, now) is not { } bucket)
                continue;
            lock (bucket.Gate)
                bucket.Reset(now);
        }

        return ids.Count;
    }

    /// <summary>How the buckets of a limit stand.</summary>
    public List<BucketView> View(string limit, Moment now)
    {
        var views = new List<BucketView>();
        foreach (var (id, bucket) in _buckets)
        {
            if (id.Limit != limit)
                continue;
            lock (bucket.Gate)
                views.Add(bucket.View(now));
        }

        views.Sort(static (a, b) => a.Id.Unit != b.Id.Unit ? a.Id.Unit.CompareTo(b.Id.Unit) : string.CompareOrdinal(a.Id.Value, b.Id.Value));
        return views;
    }

    /// <summary>Whether something may still be said of a start of a plane.</summary>
    internal bool IsKnown(PlaneState plane) => _planes.ContainsKey((plane.Id, plane.Epoch));

    internal ulong NextLease() => Incarnation << NumberBits | (ulong)Interlocked.Increment(ref _lastLease);

    /// <summary>Whether a lease was granted by an allocator before this one.</summary>
    internal bool IsEarlier(ulong lease) => lease >> NumberBits < Incarnation;

    internal void Raise(QuotaBucket bucket)
    {
        lock (_raising)
            _raised.Add(bucket);
    }

    internal void Recall(PlanePart part, in BucketId id, ulong lease, long keep) => _calls.Enqueue(new(part.Plane, id, part.Share, lease, keep));

    /// <summary>Before anything is granted in a present that lies behind a stall.</summary>
    private void NoticeStall(Moment now)
    {
        var beatNs = Interlocked.Read(ref _beatNs);
        while (now.Ns - beatNs > StallNs)
        {
            var found = Interlocked.CompareExchange(ref _beatNs, now.Ns, beatNs);
            if (found == beatNs)
                Interlocked.Add(ref _stalledNs, now.Ns - beatNs);
            beatNs = found;
        }
    }

    private void CountPlanes(Moment now)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, plane) in _planes)
        {
            if (plane.Streams > 0 || now.Ns - plane.SeenNs < PlaneNs)
                ids.Add(key.Id);
        }

        Volatile.Write(ref _planeCount, Math.Max(1, ids.Count));
    }
}
