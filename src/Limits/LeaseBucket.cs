namespace AiEdge.Limits;

/// <summary>
/// Credit lent by the level above, lease after lease: a fleet's rate or budget as one plane has it. It decides from what it holds and
/// never waits; <see cref="Report"/> and <see cref="Answer"/> are how it is filled, by whoever speaks with the level above.
/// </summary>
/// <remarks>
/// <para>All credit ever granted lies on one line, a lease behind the other, and one word is the place on it up to which it was drawn. A
/// lease is an interval of the line; what lies in it before the place was used. A draw moves the place forward, over several leases
/// if need be; a lease whose time is over is skipped by moving the place to its end.</para>
/// <para>Requirements: (1) what is drawn from a lease, less what was given back to it, never exceeds its amount; (2) nothing is drawn from
/// a lease at or after its expiry, by the drawer's clock; (3) a lease that is reported as closed does not change any more; (4) what is
/// used is told once: used of leases + adjustments + outage use = all draws + charges − refunds; (5) draws neither lock, wait nor
/// allocate.</para>
/// <para>Memory order: the place changes only by compare-and-swap on the value that the decision was made from, so decisions have one
/// order: (1). The intervals are an immutable array behind a volatile reference that only grows at its end and loses leases that the
/// place has left behind, so an old array names the same lease for the same place, or none: then the decision is made again. Expiry
/// and interval of a lease never change: (2). A refund moves the place back, but never out of the lease that it lies in, so a lease
/// that has been left is never entered again: (3); what does not fit goes to the adjustments. Whoever skips a lease notes how much
/// of it was void after the skip; a report closes a lease only if an earlier report had already found it left behind, and one that
/// comes before the note says too much used, never too little: (4).</para>
/// </remarks>
public sealed partial class LeaseBucket : LimitBucket
{
    private const long ColdWaitNs = LimitClock.SecondNs;
    private const long LeastNs = 5 * LimitClock.SecondNs;
    private const long AgainNs = LimitClock.SecondNs / 10;

    /// <summary>Where the level above gave all that was wanted and it was too little, what is wanted was known too little: it is said again soon.</summary>
    private const long RisingNs = LimitClock.SecondNs / 100;
    private const long WarmNs = 3 * LimitClock.SecondNs / 2;

    /// <summary>What is left of a window was said so long before the level above fell silent at most: others may have been lent it since.</summary>
    private const long FreshNs = 2 * LimitClock.SecondNs;

    private readonly Lock _asking = new();
    private readonly bool _isRate;
    private long _capacity;
    private int _outagePolicy;
    private bool _hasMore;
    private Lease[] _line = [];
    private long _place;
    private long _window;
    private long _windowEndNs = long.MaxValue;
    private long _retryAtNs;
    private long _refused;
    private long _leastRefused;
    private Adjusted[] _adjusted = [];
    private Outage? _outage;
    private long _outageTotal;
    private long _outageAcknowledged;
    private long _share;
    private long _shareNs;
    private long _shareSaidNs = long.MinValue / 2;
    private long _answeredNs = long.MinValue / 2;
    private long _lowPlace = long.MaxValue;
    private bool _isLow;
    private bool _isRising;
    private bool _isSpent;

    // What only Report and Answer touch, under their lock.
    private readonly List<Lease> _told = [];
    private long _end;
    private long _drawnBefore;
    private long _voidSum;
    private long _reportedNs;
    private double _demand;
    private long _least;
    private long _leastNs = long.MinValue / 2;

    /// <summary>A bucket that holds nothing yet.</summary>
    /// <param name="capacity">The most that the level above can ever grant at once: the burst of a rate, the limit of a window.</param>
    /// <param name="isRate">Whether it refills all the time; else it is counted in windows.</param>
    /// <param name="outage">What to do when the level above cannot be asked.</param>
    /// <param name="nowNs">The present.</param>
    public LeaseBucket(long capacity, bool isRate, LeaseOutage outage, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, AmountMax);
        (_capacity, _isRate, _outagePolicy, _reportedNs) = (capacity, isRate, (int)outage, nowNs);
    }

    /// <summary>A draw was refused that the level above may have credit for: it should be asked at once. Set before the first draw.</summary>
    public Action<LeaseBucket>? OnCold { get; set; }

    /// <inheritdoc/>
    public override long Capacity => Volatile.Read(ref _capacity);

    /// <summary>Used without a lease while the level above could not be asked.</summary>
    public long OutageTotal => Volatile.Read(ref _outageTotal);

    /// <summary>
    /// Whether a refusal may only mean that nobody has asked yet: the last answer to what was used, if there was one, is older than 1.5 s.
    /// </summary>
    public bool IsCold(long nowNs) => nowNs - Volatile.Read(ref _answeredNs) > WarmNs && !IsCutOff;

    /// <summary>Whether what was granted last was all that was wanted, and more may be had for the asking: demand has just begun.</summary>
    public bool IsRising(long nowNs) => Volatile.Read(ref _isRising) && !IsDry(nowNs) && !IsCutOff;

    /// <summary>Whether the level above is taken to be out of reach.</summary>
    public bool IsCutOff => Volatile.Read(ref _outage) is not null;

    /// <summary>Changes the figures of an edited limit; leases that are here go on.</summary>
    public void Edit(long capacity, LeaseOutage outage)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Volatile.Write(ref _capacity, capacity);
        Volatile.Write(ref _outagePolicy, (int)outage);
    }

    /// <inheritdoc/>
    public override SettleOutcome Settle(long delta, long token, long nowNs)
    {
        delta = Bounded(delta);
        if (delta == 0)
            return SettleOutcome.Applied;
        if (delta < 0 && Volatile.Read(ref _outage)?.Rate is { } rate)
            rate.Refund(-delta, rate.EpochAt(nowNs), nowNs);
        while (_isRate || token == Volatile.Read(ref _window))
        {
            var line = Volatile.Read(ref _line);
            var place = Volatile.Read(ref _place);
            var at = Find(line, place);
            if (at >= 0 && delta > 0 && nowNs >= line[at].ExpiryNs)
            {
                Skip(line[at], place);
                continue;
            }

            if (at < 0 || nowNs >= line[at].ExpiryNs)
                break;
            var next = delta > 0 ? Math.Min(place + delta, line[at].End) : Math.Max(place + delta, line[at].Start);
            if (Interlocked.CompareExchange(ref _place, next, place) != place)
                continue;
            delta -= next - place;
            if (delta <= 0)
                break;
        }

        if (delta != 0)
            Volatile.Write(ref _hasMore, true);
        if (delta != 0)
            Adjust(_isRate ? 0 : token, delta);
        return !_isRate && token != Volatile.Read(ref _window) ? SettleOutcome.WindowClosed : SettleOutcome.Applied;
    }

    /// <summary>Units drawn from the leases that are here; 1 at least while the level above has not been told all.</summary>
    public override long Used(long nowNs)
    {
        var line = Volatile.Read(ref _line);
        var used = line.Length == 0 ? 0 : Math.Max(0, Volatile.Read(ref _place) - line[0].Start);
        return used > 0 || !Volatile.Read(ref _hasMore) ? used : 1;
    }

    /// <summary>
    /// Whether what is under way may go into debt rather than end: nothing is here now, but the level above has not said that it has nothing.
    /// </summary>
    public bool MayOverdraw(long nowNs) => !IsDry(nowNs) && !IsCutOff && !IsCold(nowNs);

    /// <summary>What may be used each length of a lease while the level above cannot be asked, as it said last.</summary>
    public long Share => Volatile.Read(ref _share);

    /// <summary>Whether the level above said last that it has nothing to give now.</summary>
    public bool IsDry(long nowNs) => nowNs < Volatile.Read(ref _retryAtNs);

    /// <summary>
    /// What may be drawn before long: the whole limit unless the level above said that it has nothing to give. It bounds what an answer is
    /// promised; what is drawn is bounded by the leases alone.
    /// </summary>
    public override long Reach(long nowNs) => IsDry(nowNs) || IsCutOff ? Remaining(nowNs) : Capacity;

    /// <inheritdoc/>
    public override long Remaining(long nowNs)
    {
        var line = Volatile.Read(ref _line);
        var place = Volatile.Read(ref _place);
        long sum = 0;
        foreach (var lease in line)
        {
            if (nowNs < lease.ExpiryNs && lease.End > place)
                sum += lease.End - Math.Max(place, lease.Start);
        }

        if (Volatile.Read(ref _outage) is not { } outage)
            return sum;
        return outage.Rate is { } rate ? sum + rate.Remaining(nowNs) : outage.Policy == LeaseOutage.Allow ? Capacity : sum + outage.Left;
    }

    /// <inheritdoc/>
    public override long ResetNs(long nowNs) => Math.Max(0, (_isRate ? Volatile.Read(ref _retryAtNs) : Volatile.Read(ref _windowEndNs)) - nowNs);

    /// <inheritdoc/>
    public override long ForecastNs(long ahead, long cost, long nowNs)
    {
        if (cost > Capacity)
            return long.MaxValue;
        return Bounded(ahead) + Math.Max(0, cost) <= Remaining(nowNs) ? 0 : WaitNs(nowNs);
    }

    /// <summary>Nothing: the level above remembers.</summary>
    public override BucketCheckpoint Checkpoint(long nowNs) => default;

    /// <summary>Does nothing: the level above remembers.</summary>
    public override void Restore(BucketCheckpoint past, long nowNs)
    {
    }

    internal override bool TryTake(long cost, long nowNs, out long token)
    {
        token = 0;
        while (true)
        {
            var line = Volatile.Read(ref _line);
            var place = Volatile.Read(ref _place);
            var at = Find(line, place);
            if (at < 0 && line != Volatile.Read(ref _line))
                continue;
            if (at < 0)
                return TryOutage(cost, nowNs, out token);
            if (nowNs >= line[at].ExpiryNs)
            {
                Skip(line[at], place);
                continue;
            }

            var end = at;
            while (end + 1 < line.Length && nowNs < line[end + 1].ExpiryNs && line[end + 1].Window == line[at].Window)
                end++;
            if (cost > line[end].End - place)
                return TryOutage(cost, nowNs, out token);
            token = line[at].Window;
            if (Interlocked.CompareExchange(ref _place, place + cost, place) != place)
                continue;
            if (place + cost >= Volatile.Read(ref _lowPlace))
                AskAhead(nowNs);
            return true;
        }
    }

    internal override void Miss(long cost) => Interlocked.Add(ref _refused, cost > Capacity ? 0 : cost);

    internal override LimitDraw Probe(long cost, long nowNs)
    {
        if (cost > Capacity)
            return new LimitDraw(DrawOutcome.TooLarge, 0);

        var least = Volatile.Read(ref _leastRefused);
        while (least < cost && Interlocked.CompareExchange(ref _leastRefused, cost, least) is var found && found != least)
            least = found;
        if (nowNs >= Volatile.Read(ref _retryAtNs) && nowNs - Volatile.Read(ref _answeredNs) >= (Volatile.Read(ref _isRising) ? RisingNs : AgainNs))
            OnCold?.Invoke(this);
        return new LimitDraw(_isRate ? DrawOutcome.RateRefused : DrawOutcome.WindowRefused, WaitNs(nowNs));
    }

    internal override LimitDraw Refuse(long cost, long nowNs) => Probe(cost, nowNs);

    internal override long EpochAt(long nowNs) => _isRate ? 0 : Volatile.Read(ref _window);

    /// <summary>The lease that a place lies in; -1 for none.</summary>
    private static int Find(Lease[] line, long place)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (place < line[i].End)
                return place >= line[i].Start ? i : -1;
        }

        return -1;
    }

    /// <summary>Half of what was here is drawn: more is asked for before somebody has to wait for it, once for each answer.</summary>
    private void AskAhead(long nowNs)
    {
        if (nowNs - Volatile.Read(ref _answeredNs) < Volatile.Read(ref _aheadNs) || Interlocked.Exchange(ref _lowPlace, long.MaxValue) == long.MaxValue)
            return;
        Volatile.Write(ref _isLow, true);
        OnCold?.Invoke(this);
    }

    private bool TryOutage(long cost, long nowNs, out long token)
    {
        token = EpochAt(nowNs);
        if (Volatile.Read(ref _outage) is not { } outage || outage.Policy == LeaseOutage.Refuse)
            return false;
        if (outage.Policy == LeaseOutage.Share && !(outage.Rate?.TryTake(cost, nowNs, out _) ?? outage.TryTake(cost, nowNs < Volatile.Read(ref _windowEndNs))))
            return false;
        Interlocked.Add(ref _outageTotal, cost);
        Volatile.Write(ref _hasMore, true);
        return true;
    }

    private long WaitNs(long nowNs)
    {
        var retryNs = Volatile.Read(ref _retryAtNs) - nowNs;
        if (_isRate)
            return retryNs > 0 ? retryNs : ColdWaitNs;

        // Only of a window that is used up its end is what helps; else more comes with an answer.
        var endNs = Volatile.Read(ref _windowEndNs);
        return endNs < long.MaxValue && nowNs < endNs && (Volatile.Read(ref _isSpent) || IsCutOff) ? endNs - nowNs : Math.Max(retryNs, ColdWaitNs);
    }

    /// <summary>Leaves a lease behind from a place in it; whoever succeeds notes what was void.</summary>
    private bool Skip(Lease lease, long place)
    {
        if (Interlocked.CompareExchange(ref _place, lease.End, place) != place)
            return false;
        Interlocked.Add(ref lease.Void, lease.End - place);
        Interlocked.Add(ref _voidSum, lease.End - place);
        return true;
    }

    private void Adjust(long window, long delta)
    {
        foreach (var known in Volatile.Read(ref _adjusted))
        {
            if (known.Window == window)
            {
                Interlocked.Add(ref known.Total, delta);
                return;
            }
        }

        lock (_asking)
        {
            foreach (var known in _adjusted)
            {
                if (known.Window != window)
                    continue;
                Interlocked.Add(ref known.Total, delta);
                return;
            }

            Volatile.Write(ref _adjusted, [.. _adjusted, new Adjusted(window) { Total = delta }]);
        }
    }

    private sealed class Lease(ulong number, long start, long end, long expiryNs, long window, long takenNs)
    {
        public readonly ulong Number = number;
        public readonly long Start = start;
        public readonly long End = end;
        public readonly long ExpiryNs = expiryNs;
        public readonly long Window = window;
        public readonly long TakenNs = takenNs;
        public long Void;
        public bool IsLeft;
        public bool IsClosed;
    }

    private sealed class Adjusted(long window)
    {
        public readonly long Window = window;
        public long Total;
        public long Told;
        public long Acknowledged;
    }

    private sealed class Outage(LeaseOutage policy, RateBucket? rate, long left)
    {
        public readonly LeaseOutage Policy = policy;
        public readonly RateBucket? Rate = rate;
        private long _left = left;

        public long Left => Volatile.Read(ref _left);

        /// <summary>Of a window's share, which does not refill.</summary>
        public bool TryTake(long cost, bool isOpen)
        {
            var left = Left;
            while (isOpen && left >= cost)
            {
                var found = Interlocked.CompareExchange(ref _left, left - cost, left);
                if (found == left)
                    return true;
                left = found;
            }

            return false;
        }
    }
}
