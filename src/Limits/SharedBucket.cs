namespace AiEdge.Limits;

/// <summary>
/// A rate or a window of which parts are guaranteed: so many percent for each share, the rest for whoever comes. A share draws first
/// from its own part; beyond that it borrows what is there, as far as all that the others may still claim at once stays
/// untouched. So nothing lent has ever to be called back.
/// </summary>
/// <remarks>
/// <para>Each share has a bucket of its own with its percentage, and all draw from the parent too. Let R be what the parent has, g of
/// each share what its own bucket has, P what is on its way between the two. Invariant: R ≥ Σg + P, but for debt, which
/// settlements may make and which lending waits for.</para>
/// <para>Requirements: (1) what is drawn never exceeds the parent's bound, exactly; (2) a share that asks for no more than its own bucket
/// has is never refused, whatever the others do; (3) a draw of a quiescent bucket fails only if R − Σg of the others is too
/// little; (4) a settlement reaches the share and the window that it was drawn in, a refund its own part before the common one.</para>
/// <para>Memory order: an own draw counts P up, takes from its own bucket, then from the parent without asking, then counts P down. A
/// borrower reads the parent's word, then the claims, and takes by compare-and-swap on that word, so what it decided on still
/// held for the parent. The claims it read are P, each g, P again, added up: an own draw that lowered its g before that look is in
/// the second P, or has reached the parent before the word could still be unchanged; a refund, which counts P up, raises R, then g, then
/// counts P down, is in the first P, in R not yet, or in g: no claim is missed, some may be counted twice, which refuses a borrower
/// and never an owner: (1), (2). Own draws need no answer of the parent, since the invariant says that it has as much: (2), also
/// with an old reading of the clock. A window that ends between an own draw's two steps sends it back to its beginning.</para>
/// <para>A parent's refund that has nothing to add to (it has been full since) adds nothing to the share either. An edit that would leave
/// more claimed than the parent has lowers the claims, each in its ratio, until they are covered. Of a rate a sixteenth of the burst is
/// nobody's claim: through it goes what the shares leave, also while all of them are full; so one share alone gets the whole rate. A
/// window's guaranteed part is lent to nobody before the window ends, since its owner may claim it until then; unless it is kept by
/// pace only: then who borrows first takes from each share's bucket, in its owner's name and for good, what it has beyond an even use of the
/// rest of the window. That lowers a claim and nothing else, so the invariant holds, and what an owner's own draw meets in its bucket is his.</para>
/// </remarks>
public sealed class SharedBucket
{
    private readonly LimitBucket _parent;
    private readonly LimitBucket?[] _own;
    private readonly Share[] _shares;
    private bool _isByPace;
    private long _moving;

    private SharedBucket(LimitBucket parent, LimitBucket?[] own, bool isByPace = false)
    {
        (_parent, _own, _isByPace) = (parent, own, isByPace);
        _shares = new Share[own.Length + 1];
        for (var i = 0; i < _shares.Length; i++)
            _shares[i] = new Share(this, i, i < own.Length ? own[i] : null);
    }

    /// <summary>The bucket that all draw from.</summary>
    public LimitBucket Parent => _parent;

    /// <summary>Whoever has no share.</summary>
    public LimitBucket Common => _shares[^1];

    /// <summary>Shares of a rate; the figures are those of <see cref="RateBucket"/>.</summary>
    /// <param name="limit">Units each period.</param>
    /// <param name="periodNs">Nanoseconds; at most a hundredth of <see cref="RateBucket.PeriodNsMax"/>.</param>
    /// <param name="burst">The most at once.</param>
    /// <param name="percents">Of each share, 0 to 100, together at most 100.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="used">Units used already, as after a restart: then no share has a claim but what it earns.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds.</exception>
    public static SharedBucket OfRate(
        long limit, long periodNs, long? burst, ReadOnlySpan<int> percents, long nowNs, long used = 0)
    {
        Check(percents);
        var parent = new RateBucket(limit, periodNs, burst, nowNs, used);
        var own = new LimitBucket?[percents.Length];
        for (var i = 0; i < own.Length; i++)
        {
            var part = Part(parent.Capacity - Slack(parent.Capacity), percents[i]);
            if (part > 0)
                own[i] = new RateBucket(limit * percents[i], periodNs * 100, part, nowNs, used > 0 ? part : 0);
        }

        var shared = new SharedBucket(parent, own);
        shared.Fit(nowNs);
        return shared;
    }

    /// <summary>Shares of a window; the figures are those of <see cref="WindowBucket"/>.</summary>
    /// <param name="limit">Units a window.</param>
    /// <param name="schedule">The windows.</param>
    /// <param name="debt">What becomes of use beyond the limit.</param>
    /// <param name="clock">Its anchor places the windows.</param>
    /// <param name="percents">Of each share, 0 to 100, together at most 100.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="isByPace">Whether of each part only as much is kept for its owner as of the window is still to come.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds.</exception>
    public static SharedBucket OfWindow(
        long limit, WindowSchedule schedule, DebtPolicy debt, LimitClock clock, ReadOnlySpan<int> percents, long nowNs, bool isByPace = false)
    {
        Check(percents);
        var parent = new WindowBucket(limit, schedule, debt, clock, nowNs);
        var own = new LimitBucket?[percents.Length];
        for (var i = 0; i < own.Length; i++)
        {
            if (Part(limit, percents[i]) is var part and > 0)
                own[i] = new WindowBucket(part, schedule, debt, clock, nowNs);
        }

        return new SharedBucket(parent, own, isByPace);
    }

    /// <summary>What a share draws from and settles with; a bucket like any other, also below a <see cref="ShardedBucket"/>.</summary>
    public LimitBucket Of(int share) => _shares[share];

    /// <summary>Changes the parent's figures; the percentages stay. What is used stays used. One edit at a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds; nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">It is not of a rate.</exception>
    public void EditRate(long limit, long periodNs, long? burst, ReadOnlySpan<int> percents, long nowNs)
    {
        CheckEdit(burst ?? RateBucket.DefaultBurst(limit, periodNs), isRate: true, percents);
        if (_parent is not RateBucket parent)
            throw new InvalidOperationException("A window cannot become a rate.");
        parent.Edit(limit, periodNs, burst, nowNs);
        for (var i = 0; i < _own.Length; i++)
        {
            var part = Part(parent.Capacity - Slack(parent.Capacity), percents[i]);
            (_own[i] as RateBucket)?.Edit(limit * percents[i], periodNs * 100, part, nowNs);
        }

        Fit(nowNs);
    }

    /// <summary>Changes a window's figures; what is used stays used. One edit at a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds; nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">It is not of a window.</exception>
    public void EditWindow(
        long limit, WindowSchedule schedule, DebtPolicy debt, ReadOnlySpan<int> percents, long nowNs, bool isByPace = false)
    {
        CheckEdit(limit, isRate: false, percents);
        if (_parent is not WindowBucket parent)
            throw new InvalidOperationException("A rate cannot become a window.");
        Volatile.Write(ref _isByPace, isByPace);
        parent.Edit(limit, schedule, debt, nowNs);
        for (var i = 0; i < _own.Length; i++)
            (_own[i] as WindowBucket)?.Edit(Part(limit, percents[i]), schedule, debt, nowNs);
        Fit(nowNs);
    }

    /// <summary>
    /// What all shares but one may claim at once; what is on its way may count twice, but not what the asking draw has on its way itself.
    /// </summary>
    internal long Claims(int but, long mine, long nowNs)
    {
        var sum = Volatile.Read(ref _moving);
        for (var i = 0; i < _own.Length; i++)
            sum += i == but ? 0 : _own[i]?.Remaining(nowNs) ?? 0;
        return sum + Volatile.Read(ref _moving) - 2 * mine;
    }

    /// <summary>What all shares but one are to be left at a time, as one who has not lowered their claims foresees it.</summary>
    private long Kept(int but, long nowNs, long aheadNs)
    {
        if (!Volatile.Read(ref _isByPace))
            return Claims(but, 0, nowNs);
        var sum = 2 * Volatile.Read(ref _moving);
        for (var i = 0; i < _own.Length; i++)
            sum += i == but || _own[i] is not WindowBucket own ? 0 : Math.Min(own.Remaining(nowNs), own.Pace(nowNs, aheadNs));
        return sum;
    }

    /// <summary>Lowers the claims of all shares but one to what is kept for them.</summary>
    private void Release(int but, long nowNs)
    {
        if (!Volatile.Read(ref _isByPace))
            return;
        for (var i = 0; i < _own.Length; i++)
        {
            if (i != but && _own[i] is WindowBucket own)
                own.TakeBeyondPace(nowNs);
        }
    }

    private static long Part(long whole, int percent) => (long)((Int128)whole * percent / 100);

    private static long Slack(long burst) => Math.Max(1, burst / 16);

    private static void Check(ReadOnlySpan<int> percents)
    {
        var sum = 0;
        foreach (var percent in percents)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(percent, nameof(percents));
            sum += percent;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(sum, 100, nameof(percents));
        }
    }

    /// <summary>
    /// Whether a share of so many percent has a part at all: of a small limit it may come to less than a unit. An edit cannot change that.
    /// </summary>
    /// <param name="capacity">The burst of a rate, the limit of a window.</param>
    /// <param name="isRate">Whether it is a rate.</param>
    /// <param name="percent">The share's.</param>
    public static bool HasPart(long capacity, bool isRate, int percent) => Part(isRate ? capacity - Slack(capacity) : capacity, percent) > 0;

    private void CheckEdit(long capacity, bool isRate, ReadOnlySpan<int> percents)
    {
        Check(percents);
        ArgumentOutOfRangeException.ThrowIfNotEqual(percents.Length, _own.Length, nameof(percents));
        for (var i = 0; i < _own.Length; i++)
        {
            // A share without a part has no bucket to edit, and the other way about.
            if (_own[i] is null == HasPart(capacity, isRate, percents[i]))
                throw new ArgumentOutOfRangeException(nameof(percents), percents[i], "A share cannot gain or lose its part by an edit.");
        }
    }

    /// <summary>Lowers the claims, each in its ratio, as far as the parent does not cover them.</summary>
    private void Fit(long nowNs)
    {
        var claims = Claims(-1, 0, nowNs);
        var missing = claims - _parent.Remaining(nowNs);
        if (missing <= 0)
            return;
        foreach (var own in _own)
        {
            var claim = own?.Remaining(nowNs) ?? 0;
            if (claim > 0)
                own!.TakeUpTo((long)(((Int128)claim * missing + claims - 1) / claims), nowNs, out _);
        }
    }

    /// <summary>One share's view of the whole.</summary>
    private sealed class Share(SharedBucket all, int index, LimitBucket? own) : LimitBucket
    {
        private const int LooksMax = 16;
        private const long MonthNs = RateBucket.PeriodNsMax;

        public override long Capacity
        {
            get
            {
                if (Volatile.Read(ref all._isByPace))
                    return all._parent.Capacity;

                // More might be there for a moment, while others have used theirs, but waiting for it does not help.
                var others = 0L;
                foreach (var other in all._own)
                    others += ReferenceEquals(other, own) ? 0 : other?.Capacity ?? 0;
                return Math.Max(0, all._parent.Capacity - others);
            }
        }

        public override long CapacityAt(long nowNs)
        {
            if (!Volatile.Read(ref all._isByPace))
                return Capacity;
            var others = 0L;
            foreach (var other in all._own)
                others += ReferenceEquals(other, own) || other is not WindowBucket window ? 0 : window.Pace(nowNs, 0);
            return Math.Max(0, all._parent.Capacity - others);
        }

        public override SettleOutcome Settle(long delta, long token, long nowNs)
        {
            delta = Bounded(delta);
            var isClosed = all._parent is WindowBucket && token < all._parent.EpochAt(nowNs);
            if (delta >= 0 || own is null)
            {
                if (isClosed)
                {
                    own?.Settle(delta, token, nowNs);
                }
                else if (own is not null && delta - own.TakeUpTo(delta, nowNs, out _) is var rest and > 0)
                {
                    all.Release(index, nowNs);
                    own.Settle(Math.Max(0, rest - Math.Max(0, Lendable(nowNs))), token, nowNs);
                }

                return all._parent.Settle(delta, token, nowNs);
            }

            Interlocked.Add(ref all._moving, -delta);
            var given = all._parent.Restored(-delta, token, nowNs);
            if (given > 0)
                own.Settle(-given, token, nowNs);
            Interlocked.Add(ref all._moving, delta);
            return isClosed ? SettleOutcome.WindowClosed : SettleOutcome.Applied;
        }

        public override long Used(long nowNs) => all._parent.Used(nowNs);

        public override long Remaining(long nowNs) =>
            Math.Max(own?.Remaining(nowNs) ?? 0, Lendable(nowNs));

        public override long ResetNs(long nowNs) => all._parent.ResetNs(nowNs);

        public override BucketCheckpoint Checkpoint(long nowNs) => all._parent.Checkpoint(nowNs);

        public override void Restore(BucketCheckpoint past, long nowNs)
        {
            all._parent.Restore(past, nowNs);
            own?.Restore(past with { Used = Math.Min(past.Used, own.Capacity) }, nowNs);
            all.Fit(nowNs);
        }

        public override long ForecastNs(long ahead, long cost, long nowNs)
        {
            if (Bounded(ahead) + cost <= Remaining(nowNs))
                return 0;
            if (cost > Capacity)
                return long.MaxValue;
            if (Volatile.Read(ref all._isByPace))
                return PaceNs(Bounded(ahead) + cost, nowNs);
            var alone = own is null || cost > own.Capacity ? long.MaxValue : own.ForecastNs(ahead, cost, nowNs);
            return Math.Min(alone, BorrowNs(Bounded(ahead), cost, nowNs));
        }

        internal override bool TryTake(long cost, long nowNs, out long token)
        {
            while (true)
            {
                token = all._parent.EpochAt(nowNs);
                if (own is null || own.Remaining(nowNs) < cost)
                {
                    all.Release(index, nowNs);
                    if (own is null || Lendable(nowNs) < cost)
                        return own is null && all._parent.TryTakeKeeping(cost, all, index, 0, nowNs, out token);
                }

                Interlocked.Add(ref all._moving, cost);
                var isTaken = TryTakeOwn(cost, nowNs, ref token, out var isOver);
                Interlocked.Add(ref all._moving, -cost);
                if (!isOver)
                    return isTaken;
            }
        }

        internal override LimitDraw Probe(long cost, long nowNs)
        {
            if (cost > Capacity)
                return new LimitDraw(DrawOutcome.TooLarge, 0);
            if (all._parent is WindowBucket)
            {
                var draw = all._parent.Probe(Math.Min(cost, all._parent.Capacity), nowNs);
                return Volatile.Read(ref all._isByPace) && PaceNs(cost, nowNs) is var waitNs && waitNs < draw.WaitNs
                    ? draw with { Value = Math.Max(1, waitNs) } : draw;
            }

            return new LimitDraw(DrawOutcome.RateRefused, Math.Max(1, ForecastNs(0, cost, nowNs)));
        }

        internal override LimitDraw Refuse(long cost, long nowNs)
        {
            var draw = Probe(cost, nowNs);
            if (draw.Outcome != DrawOutcome.RateRefused)
                return draw;
            return draw with { Value = Math.Max(draw.Value, all._parent.Refuse(cost, nowNs).WaitNs) };
        }

        internal override long EpochAt(long nowNs) => all._parent.EpochAt(nowNs);

        /// <summary>What the others do not claim.</summary>
        private long Lendable(long nowNs) => all._parent.Remaining(nowNs) - all.Kept(index, nowNs, 0);

        /// <summary>When the window's passing leaves so much; <see cref="long.MaxValue"/> if it does not before its end.</summary>
        private long PaceNs(long cost, long nowNs)
        {
            var left = all._parent.Remaining(nowNs);
            var (low, high) = (0L, Math.Max(0, all._parent.ResetNs(nowNs) - 1));
            if (left - all.Kept(index, nowNs, high) < cost)
                return long.MaxValue;
            while (low < high)
            {
                var middle = low + (high - low) / 2;
                if (left - all.Kept(index, nowNs, middle) >= cost)
                    high = middle;
                else
                    low = middle + 1;
            }

            return low;
        }

        /// <summary>
        /// When so much can be borrowed, or, after a few looks, a time at which it cannot yet: the others' claims grow while one waits.
        /// </summary>
        private long BorrowNs(long ahead, long cost, long nowNs)
        {
            var waitNs = all._parent.ForecastNs(ahead + all.Claims(index, 0, nowNs), cost, nowNs);
            for (var i = 0; i < LooksMax && waitNs < MonthNs; i++)
            {
                var nextNs = all._parent.ForecastNs(ahead + all.Claims(index, 0, nowNs + waitNs), cost, nowNs);
                if (nextNs <= waitNs)
                    break;
                waitNs = nextNs;
            }

            return waitNs;
        }

        /// <summary>Own credit first, and the rest borrowed; all or nothing. Over if the window ended on the way: to be tried again.</summary>
        private bool TryTakeOwn(long cost, long nowNs, ref long token, out bool isOver)
        {
            isOver = false;
            var taken = own!.TakeUpTo(cost, nowNs, out var ownToken);
            if (taken == cost && ownToken == token)
            {
                if (all._parent.TryForce(cost, token, nowNs))
                    return true;
                isOver = true;
            }
            else if (all._parent.TryTakeKeeping(cost, all, index, cost, nowNs, out token))
            {
                return true;
            }

            own.Refund(taken, ownToken, nowNs);
            return false;
        }
    }
}
