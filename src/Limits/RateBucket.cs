namespace AiEdge.Limits;

/// <summary>
/// A rate: <c>limit</c> units each period, up to <c>burst</c> at once, debt kept. The generic cell rate algorithm (ITU-T I.371,
/// virtual scheduling) in one 64-bit word, without a timer.
/// </summary>
/// <remarks>
/// <para>The word is the theoretical arrival time, counted in units of credit: the place V on the line of all credit ever earned.
/// Earned(now) = floor(elapsed × limit ÷ period). A draw moves V to max(V, Earned) + cost if that is at most Earned + burst. Kept in
/// nanoseconds, each draw would have to round its advance up, and the seventh of <c>7/min</c> would be refused for the sake of
/// 4 ns; in units nothing is rounded but the present moment, so admission is exact at every limit: from the start on, at most
/// burst + limit × T ÷ period, to the unit, and within any other span less than one unit more.</para>
/// <para>Requirements: (1) that bound, whatever the threads do; (2) a draw fails only if at some moment during it there was too
/// little, or what there was had been earned less than a grain before and was promised to somebody else; (3) debt and refunds are
/// never lost; (4) an edit keeps what is used, to the unit, and a draw sees the old rate or the new one, whole; (5) the waits of
/// successive refusals lie one behind the other, and none is shorter than what a lone client has to wait.</para>
/// <para>Memory order: all that changes V is a compare-and-swap of one word (<see cref="SealWord"/>) with the value that the decision
/// was made from, so the decisions have one order: (1)–(3). A thread whose <c>now</c> is old computes with less earned, which
/// refuses more and never admits more. A rate's figures are immutable fields of one object, read through a volatile reference. An
/// edit writes the successor's reference, seals the word, opens the successor's word from the sealed one and publishes it; whoever
/// meets the seal does the same steps, and as each depends on immutable values alone all get the same result: (4), with nobody
/// waiting for the editor. The tail of the refused (<c>Tail</c>) is a word of its own, as it only advises: a compare-and-swap gives
/// each refusal its own slot, and as no slot begins before V as the refusal saw it, (5) needs no more.</para>
/// <para>Refunds: had a draw been smaller from the beginning, a bucket that has been full since would be no fuller now. So a draw that
/// finds the bucket full notes it (<c>FullEpoch</c>, the token of that draw, to 67 ms), and a refund of an older token adds nothing:
/// credit that was held for long does not add to a later burst. The note is written after its draw; a refund in between adds what a
/// refund a moment before would have added.</para>
/// <para>Slots: a refusal's demand is booked behind the demand refused before it whose time has not come yet; a slot whose time has
/// come is forgotten, claimed or not (with a grain: a grace later), and after a <c>spread</c> (the burst, or 60 s of the rate, the larger)
/// slots begin from the front again, so no crowd drives waits up without bound.</para>
/// <para>Grain: waits that are told in whole milliseconds bring the refused back a little after their slots, and whoever comes in
/// between would take what was promised. With a grain above a nanosecond waits are rounded up to it here, and a draw that would end at
/// a slot's place fails until that slot's wait is over: for less than a grain after it was earned, and the owner is never early. Nothing else
/// depends on this: what is kept stands in words of its own, written after the slot was booked and read before the draw's
/// compare-and-swap, each whole. One that is lost (written too late, or overwritten by another slot) keeps nothing; one that is read when its
/// draw is no longer the next one refuses as a moment before: (1) is decided by V alone.</para>
/// <para>Grace: who comes when told is late by the network, or by the rest of a second where he was told whole ones. What slots cover
/// that have come and are not claimed, min(tail, earned + burst) − max(V, what had been earned a grace ago + burst), is
/// <see cref="Promised"/>: <see cref="TryTakeBehind"/>, for who has just been served and not been refused, leaves it alone. The grace is a second
/// and a tenth; <see cref="ShortGraceNs"/> where the burst is under two of it, since what is kept must not run over. It needs no state, and
/// as the tail only advises, one that is read late refuses or admits as a moment before.</para>
/// </remarks>
public sealed class RateBucket : LimitBucket
{
    /// <summary>The longest period: 31 days, in nanoseconds.</summary>
    public const long PeriodNsMax = 31L * 86_400 * LimitClock.SecondNs;

    /// <summary>The longest grain: a second, in nanoseconds.</summary>
    public const long GrainNsMax = LimitClock.SecondNs;

    /// <summary>How late who obeys his wait may come and find what was promised him; 1.1 s, since waits are told in whole seconds, too.</summary>
    private const long LongGraceNs = 11 * LimitClock.SecondNs / 10;

    private const long ShortGraceNs = LimitClock.SecondNs / 20;

    private const int EpochShift = 26;

    private readonly Lock _editing = new();
    private Rate _rate;

    /// <summary>A rate that begins at <paramref name="nowNs"/>.</summary>
    /// <param name="limit">Units each period: 1 to one a nanosecond.</param>
    /// <param name="periodNs">Nanoseconds: 1 to <see cref="PeriodNsMax"/>.</param>
    /// <param name="burst">The most at once, 1 to <see cref="LimitBucket.AmountMax"/>; <see langword="null"/>: <see cref="DefaultBurst"/>.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="used">
    /// Units used already: 0 starts full, the burst starts without any, more starts in debt. After a restart each rate begins with its
    /// burst used at the moment the process began, also one that is made later: then a crash loop gets no more than the rate.
    /// </param>
    /// <param name="grainNs">
    /// What waits are told in, in nanoseconds: 1 for exact ones, up to <see cref="GrainNsMax"/>. A refusal's wait is a multiple of it.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds.</exception>
    public RateBucket(long limit, long periodNs, long? burst, long nowNs, long used = 0, long grainNs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(used);
        ArgumentOutOfRangeException.ThrowIfLessThan(grainNs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(grainNs, GrainNsMax);
        _rate = new Rate(limit, periodNs, burst, nowNs, grainNs);
        _rate.Word.Open(Bounded(used));
    }

    /// <inheritdoc/>
    public override long Capacity => Volatile.Read(ref _rate).Burst;

    /// <summary>Units each period.</summary>
    public long Limit => Volatile.Read(ref _rate).Limit;

    /// <summary>Nanoseconds of a period.</summary>
    public long PeriodNs => Volatile.Read(ref _rate).PeriodNs;

    /// <summary>What the limit gives in the period or in 60 s, whichever is shorter; at least 1.</summary>
    public static long DefaultBurst(long limit, long periodNs) =>
        (long)Int128.Max(1, (Int128)limit * Math.Min(periodNs, 60 * LimitClock.SecondNs) / periodNs);

    /// <summary>
    /// Changes the figures; what is used stays used, in units. Draws are not held up; edits come one at a time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds; nothing is changed.</exception>
    public void Edit(long limit, long periodNs, long? burst, long nowNs)
    {
        var next = new Rate(limit, periodNs, burst, nowNs, Volatile.Read(ref _rate).GrainNs);
        lock (_editing)
        {
            var rate = Volatile.Read(ref _rate);
            Volatile.Write(ref rate.Next, next);
            rate.Word.Seal();
            Move(rate);
        }
    }

    /// <inheritdoc/>
    public override SettleOutcome Settle(long delta, long token, long nowNs)
    {
        delta = Bounded(delta);
        while (true)
        {
            var rate = Current(out var word);
            if (delta < 0 && token < Volatile.Read(ref rate.FullEpoch))
                return SettleOutcome.Applied;
            var earned = rate.Earned(nowNs);

            // What has refilled in the meantime is full already: a refund adds nothing to it, a charge begins from it.
            var place = Math.Max(SealWord.Value(word), earned);
            var next = Math.Clamp(place + delta, earned, earned + AmountMax);
            if (next == place || rate.Word.Advance(next, word) == word)
                return SettleOutcome.Applied;
        }
    }

    /// <inheritdoc/>
    public override long Used(long nowNs)
    {
        var rate = Current(out var word);
        return Math.Max(0, SealWord.Value(word) - rate.Earned(nowNs));
    }

    /// <inheritdoc/>
    public override long Remaining(long nowNs)
    {
        var rate = Current(out var word);
        var earned = rate.Earned(nowNs);
        return Math.Max(0, earned + rate.Burst - Math.Max(SealWord.Value(word), earned));
    }

    /// <inheritdoc/>
    public override long ResetNs(long nowNs)
    {
        var rate = Current(out var word);
        return Math.Max(0, rate.TimeNs(SealWord.Value(word)) - nowNs);
    }

    /// <inheritdoc/>
    public override long ForecastNs(long ahead, long cost, long nowNs)
    {
        var rate = Current(out var word);
        if (cost > rate.Burst)
            return long.MaxValue;
        var place = rate.Place(word, nowNs) + Bounded(ahead) + Math.Max(0, cost);
        return place <= rate.Earned(nowNs) + rate.Burst ? 0 : Math.Max(1, rate.TimeNs(place - rate.Burst) - nowNs);
    }

    /// <inheritdoc/>
    public override BucketCheckpoint Checkpoint(long nowNs) => new(Used(nowNs), 0);

    /// <inheritdoc/>
    public override void Restore(BucketCheckpoint past, long nowNs)
    {
        while (true)
        {
            var rate = Current(out var word);
            var earned = rate.Earned(nowNs);
            var place = earned + Math.Max(rate.Burst, Bounded(past.Used));
            if (place <= SealWord.Value(word) || rate.Word.Advance(place, word) == word)
                return;
        }
    }

    internal override bool TryTake(long cost, long nowNs, out long token) => TryTake(cost, nowNs, yields: false, out token);

    internal override long Promised(long nowNs)
    {
        var rate = Current(out var word);
        return rate.Promised(rate.Place(word, nowNs), nowNs);
    }

    internal override bool TryTakeBehind(long cost, long nowNs, out long token) => TryTake(cost, nowNs, yields: true, out token);

    internal override long TakeUpTo(long cost, long nowNs, out long token)
    {
        token = EpochAt(nowNs);
        while (true)
        {
            var rate = Current(out var word);
            var earned = rate.Earned(nowNs);
            var place = Math.Max(SealWord.Value(word), earned);
            var taken = Math.Clamp(earned + rate.Burst - place, 0, cost);
            if (taken == 0)
                return 0;
            if (rate.Word.Advance(place + taken, word) != word)
                continue;
            rate.Note(place, earned, token);
            return taken;
        }
    }

    internal override bool TryTakeKeeping(long cost, SharedBucket shares, int share, long mine, long nowNs, out long token)
    {
        token = EpochAt(nowNs);
        while (true)
        {
            var rate = Current(out var word);
            var earned = rate.Earned(nowNs);
            var place = Math.Max(SealWord.Value(word), earned);
            if (cost > rate.Burst || place + cost > earned + rate.Burst - shares.Claims(share, mine, nowNs))
                return false;
            if (rate.Word.Advance(place + cost, word) != word)
                continue;
            rate.Note(place, earned, token);
            return true;
        }
    }

    internal override bool TryForce(long cost, long token, long nowNs)
    {
        while (true)
        {
            var rate = Current(out var word);
            var earned = rate.Earned(nowNs);
            var place = Math.Max(SealWord.Value(word), earned);
            if (rate.Word.Advance(Math.Min(place + cost, earned + AmountMax), word) != word)
                continue;
            rate.Note(place, earned, token);
            return true;
        }
    }

    internal override long Restored(long amount, long token, long nowNs)
    {
        while (true)
        {
            var rate = Current(out var word);
            if (token < Volatile.Read(ref rate.FullEpoch))
                return 0;
            var earned = rate.Earned(nowNs);
            var place = Math.Max(SealWord.Value(word), earned);
            var next = Math.Max(place - amount, earned);
            if (next == place || rate.Word.Advance(next, word) == word)
                return place - next;
        }
    }

    internal override LimitDraw Probe(long cost, long nowNs)
    {
        var rate = Current(out var word);
        return cost > rate.Burst ? new LimitDraw(DrawOutcome.TooLarge, 0) : Refusal(rate, rate.Place(word, nowNs) + cost, nowNs);
    }

    internal override LimitDraw Refuse(long cost, long nowNs)
    {
        var rate = Current(out var word);
        if (cost > rate.Burst)
            return new LimitDraw(DrawOutcome.TooLarge, 0);
        var place = rate.Place(word, nowNs);
        var forgotten = rate.Forgotten(nowNs);
        var tail = Volatile.Read(ref rate.Tail);
        while (true)
        {
            var isDue = tail <= forgotten && !rate.IsKept(tail, nowNs);
            var front = !isDue && tail > place && tail - place <= rate.Spread ? tail : place;
            var found = Interlocked.CompareExchange(ref rate.Tail, front + cost, tail);
            if (found == tail)
                return Told(rate, front + cost, nowNs);
            tail = found;
        }
    }

    // For slices: credit that lies in a cell longer than 67 ms goes back, so that it does not add to a burst much later.
    internal override long EpochAt(long nowNs) => nowNs >> EpochShift;

    private static LimitDraw Refusal(Rate rate, long place, long nowNs) =>
        new(DrawOutcome.RateRefused, Math.Max(1, rate.TimeNs(place - rate.Burst) - nowNs));

    /// <summary>The refusal that a slot was booked for, its wait in whole grains; the slot is kept until that is over.</summary>
    private static LimitDraw Told(Rate rate, long place, long nowNs)
    {
        var refusal = Refusal(rate, place, nowNs);
        if (rate.GrainNs == 1)
            return refusal;
        var waitNs = (refusal.Value - 1) / rate.GrainNs * rate.GrainNs + rate.GrainNs;
        rate.Keep(place, nowNs + waitNs);
        return refusal with { Value = waitNs };
    }

    private bool TryTake(long cost, long nowNs, bool yields, out long token)
    {
        token = EpochAt(nowNs);
        while (true)
        {
            var rate = Current(out var word);
            if (cost > rate.Burst)
                return false;
            var earned = rate.Earned(nowNs);
            while (!SealWord.IsSealed(word))
            {
                var place = SealWord.Value(word);
                var next = Math.Max(place, earned) + cost;
                var promised = yields ? rate.Promised(Math.Max(place, earned), nowNs) : 0;
                if (next > earned + rate.Burst - promised || rate.IsKept(next, nowNs))
                    return false;
                var found = rate.Word.Advance(next, word);
                if (found == word)
                {
                    if (promised > 0)
                        rate.PassBy(Math.Max(place, earned), next, nowNs);
                    rate.Note(place, earned, token);
                    return true;
                }

                word = found;
            }
        }
    }

    private Rate Current(out long word)
    {
        while (true)
        {
            var rate = Volatile.Read(ref _rate);
            word = rate.Word.Read();
            if (!SealWord.IsSealed(word))
                return rate;
            Move(rate);
        }
    }

    private void Move(Rate sealedRate)
    {
        var next = Volatile.Read(ref sealedRate.Next)!;
        var used = SealWord.Value(sealedRate.Word.Read()) - sealedRate.Earned(next.EpochNs);
        next.Word.Open(Math.Clamp(used, 0, AmountMax));
        Interlocked.CompareExchange(ref _rate, next, sealedRate);
    }

    private sealed class Rate
    {
        public readonly long Limit;
        public readonly long PeriodNs;
        public readonly long Burst;
        public readonly long EpochNs;
        public readonly long Spread;
        public readonly long GrainNs;
        public readonly long GraceNs;
        public SealWord Word = SealWord.Closed;
        public long Tail;
        public long FullEpoch = long.MinValue;
        public Rate? Next;

        // Slots that are kept at a time; of more the earlier ones are not. A word is 24 bits of a slot's place and 40 of a time.
        private const int KeptShift = 6;
        private const int TimeShift = 10;
        private const long TimeMask = (1L << 40) - 1;
        private readonly bool _isNarrow;

        // The rate as a fraction in its lowest terms: so the products of nearly all rates are of 64 bits.
        private readonly long _units;
        private readonly long _perNs;

        // The same as 64 bits behind the point, rounded down; of one unit a nanosecond the largest there is.
        private readonly ulong _unitsPerNs;
        private long[]? _kept;

        public Rate(long limit, long periodNs, long? burst, long nowNs, long grainNs)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(periodNs, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(periodNs, PeriodNsMax);
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);

            // One unit a nanosecond keeps the line of credit within 63 bits for a hundred years and more.
            ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, periodNs);
            (Limit, PeriodNs, EpochNs, GrainNs) = (limit, periodNs, nowNs, grainNs);
            Burst = burst ?? DefaultBurst(limit, periodNs);
            ArgumentOutOfRangeException.ThrowIfLessThan(Burst, 1, nameof(burst));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(Burst, AmountMax, nameof(burst));
            Spread = (long)Int128.Max(Burst, Int128.Min(AmountMax, (Int128)limit * 60 * LimitClock.SecondNs / periodNs));
            if (grainNs > 1)
                GraceNs = (Int128)Burst * periodNs >= (Int128)limit * LongGraceNs * 2 ? LongGraceNs : ShortGraceNs;
            var shared = CommonDivisor(limit, periodNs);
            (_units, _perNs) = (limit / shared, periodNs / shared);
            _isNarrow = (Int128)_units * _perNs <= long.MaxValue - _units;
            _unitsPerNs = (ulong)UInt128.Min(((UInt128)(ulong)_units << 64) / (ulong)_perNs, ulong.MaxValue);
        }

        /// <summary>Units earned since the beginning, rounded down.</summary>
        public long Earned(long nowNs)
        {
            var elapsedNs = nowNs - EpochNs;
            if (elapsedNs <= 0)
                return 0;

            // By a product, which costs a tenth of a division and says one unit too few at most: then what is left over is a unit or more. It is
            // below two, so its low 64 bits are all of it.
            var earned = Math.BigMul((ulong)elapsedNs, _unitsPerNs, out _);
            var rest = unchecked((ulong)elapsedNs * (ulong)_units - earned * (ulong)_perNs);
            return (long)(rest >= (ulong)_perNs ? earned + 1 : earned);
        }

        /// <summary>When so many units have been earned: the first nanosecond.</summary>
        public long TimeNs(long units)
        {
            if (units <= 0)
                return EpochNs;
            if (_isNarrow && units / _units is var periods && periods < long.MaxValue / 8 / _perNs)
                return EpochNs + periods * _perNs + ((units - periods * _units) * _perNs + _units - 1) / _units;
            var elapsedNs = ((UInt128)units * (ulong)_perNs + (ulong)_units - 1) / (ulong)_units;
            return EpochNs + (long)UInt128.Min(elapsedNs, long.MaxValue / 4);
        }

        /// <summary>Units behind a place that slots cover which have come within the grace.</summary>
        public long Promised(long place, long nowNs)
        {
            var tail = Volatile.Read(ref Tail);
            if (tail <= place || tail - place > Spread)
                return 0;
            return Math.Max(0, Math.Min(tail, Earned(nowNs) + Burst) - Math.Max(place, Forgotten(nowNs)));
        }

        /// <summary>Somebody has drawn from one place to another and left alone what is promised: that now lies so much further on.</summary>
        public void PassBy(long place, long next, long nowNs)
        {
            var forgotten = Forgotten(nowNs);
            if (next > forgotten)
                Interlocked.Add(ref Tail, next - Math.Max(place, forgotten));
        }

        /// <summary>Where the slots end that came longer than the grace ago.</summary>
        public long Forgotten(long nowNs) => Earned(nowNs - GraceNs) + Burst;

        /// <summary>After a draw: whether it found the bucket full.</summary>
        public void Note(long place, long earned, long token)
        {
            if (place <= earned)
                Volatile.Write(ref FullEpoch, token);
        }

        /// <summary>Keeps the slot that ends at a place until a time. The first one makes room for all.</summary>
        public void Keep(long place, long untilNs)
        {
            var kept = Volatile.Read(ref _kept);
            if (kept is null)
            {
                var made = new long[1 << KeptShift];
                kept = Interlocked.CompareExchange(ref _kept, made, null) ?? made;
            }

            Volatile.Write(ref kept[Slot(place)], Tag(place) | (untilNs >> TimeShift & TimeMask));
        }

        /// <summary>Whether the slot that ends at a place is kept for somebody whose time is less than a grain away.</summary>
        public bool IsKept(long place, long nowNs)
        {
            if (Volatile.Read(ref _kept) is not { } kept)
                return false;
            var word = Volatile.Read(ref kept[Slot(place)]);
            var left = (word & TimeMask) - (nowNs >> TimeShift & TimeMask);
            return (word & ~TimeMask) == Tag(place) && left > 0 && left <= (GrainNs >> TimeShift) + 1;
        }

        private static long CommonDivisor(long a, long b)
        {
            while (b != 0)
                (a, b) = (b, a % b);
            return a;
        }

        private static int Slot(long place) => (int)((ulong)place * 0x9E37_79B9_7F4A_7C15 >> (64 - KeptShift));

        private static long Tag(long place) => place << 40;

        public long Place(long word, long nowNs) => Math.Max(SealWord.Value(word), Earned(nowNs));
    }
}
