namespace AiEdge.Limits;

/// <summary>
/// Credit that refills: by rate (<see cref="RateBucket"/>), by window (<see cref="WindowBucket"/>), or in slices for each core over
/// either (<see cref="ShardedBucket"/>). Amounts are in the limit's unit: requests, tokens or nanodollars. Times are those of one
/// <see cref="LimitClock"/>. Every member is safe for any number of threads; drawing and settling neither lock nor allocate
/// (the first refusal of a rate with a grain aside, which makes room for what it keeps).
/// </summary>
public abstract class LimitBucket
{
    /// <summary>The largest amount of one draw or settlement, and of debt: 2^60. What is larger counts as this.</summary>
    public const long AmountMax = 1L << 60;

    /// <summary>The most that one draw can ever take: the burst of a rate, the limit of a window.</summary>
    public abstract long Capacity { get; }

    /// <summary>The most that a draw could take now if nothing were used: less than <see cref="Capacity"/> where that comes only with time.</summary>
    public virtual long CapacityAt(long nowNs) => Capacity;

    /// <summary>
    /// Takes <paramref name="cost"/> (below 0 counts as 0) or nothing. A refusal books a slot for its demand, so that those who obey
    /// their waits come back one after another.
    /// </summary>
    public bool TryDraw(long cost, long nowNs, out LimitDraw draw)
    {
        cost = Math.Max(cost, 0);
        if (TryTake(cost, nowNs, out var token))
        {
            draw = new LimitDraw(DrawOutcome.Drawn, token);
            return true;
        }

        Miss(cost);
        draw = Refuse(cost, nowNs);
        return false;
    }

    /// <summary>
    /// Corrects a draw: <paramref name="delta"/> above 0 charges more, into debt if need be; below 0 gives back. It never refuses.
    /// </summary>
    public abstract SettleOutcome Settle(long delta, long token, long nowNs);

    /// <summary>Takes <paramref name="cost"/> (below 0 counts as 0) whatever there is, into debt if need be; always drawn.</summary>
    public LimitDraw Overdraw(long cost, long nowNs)
    {
        var token = EpochAt(nowNs);
        Settle(Math.Max(cost, 0), token, nowNs);
        return new LimitDraw(DrawOutcome.Drawn, token);
    }

    /// <summary>Gives back <paramref name="amount"/> of a draw.</summary>
    public SettleOutcome Refund(long amount, long token, long nowNs) => Settle(-amount, token, nowNs);

    /// <summary>Units used: of a rate what has not refilled yet; debt included.</summary>
    public abstract long Used(long nowNs);

    /// <summary>Units that may be drawn now, at least 0.</summary>
    public abstract long Remaining(long nowNs);

    /// <summary>Units that an answer may be promised now; of a bucket that is not lent, <see cref="Remaining"/>.</summary>
    public virtual long Reach(long nowNs) => Remaining(nowNs);

    /// <summary>Nanoseconds until nothing counts as used any more if nothing else is drawn: a rate is full, a window ends. At least 0.</summary>
    public abstract long ResetNs(long nowNs);

    /// <summary>
    /// Nanoseconds until <paramref name="cost"/> can be drawn if those who wait before it draw <paramref name="ahead"/> as soon as they can
    /// and nothing else is admitted; <see cref="long.MaxValue"/> if refilling alone never gives as much: it is too large, or the window
    /// has to end first.
    /// </summary>
    public abstract long ForecastNs(long ahead, long cost, long nowNs);

    /// <summary>What to remember over a restart.</summary>
    public abstract BucketCheckpoint Checkpoint(long nowNs);

    /// <summary>
    /// Adds what was used before a restart, once, best before the first draw; never does it make less count as used. A window goes on:
    /// an earlier one leaves its debt, a later one stays the present one until it ends. A rate goes on without its burst.
    /// </summary>
    public abstract void Restore(BucketCheckpoint past, long nowNs);

    /// <summary>Takes the cost or leaves all as it was, without a slot for what is refused.</summary>
    internal abstract bool TryTake(long cost, long nowNs, out long token);

    /// <summary>
    /// Units that are there and were promised to others, who were refused and told to come back about now; 0 of a bucket that promises
    /// nothing.
    /// </summary>
    internal virtual long Promised(long nowNs) => 0;

    /// <summary>Takes the cost as <see cref="TryTake"/> does, but nothing of what is <see cref="Promised"/>.</summary>
    internal virtual bool TryTakeBehind(long cost, long nowNs, out long token) => TryTake(cost, nowNs, out token);

    /// <summary>A draw was refused: who is lent credit counts it as demand, once each.</summary>
    internal virtual void Miss(long cost)
    {
    }

    /// <summary>How a refused draw would be answered, changing nothing.</summary>
    internal abstract LimitDraw Probe(long cost, long nowNs);

    /// <summary>The answer to a draw that was refused, with a slot of its own.</summary>
    internal abstract LimitDraw Refuse(long cost, long nowNs);

    /// <summary>The token that a draw would get now: slices of one token may be mixed.</summary>
    internal abstract long EpochAt(long nowNs);

    /// <summary>Takes as much of the cost as there is; says how much.</summary>
    internal virtual long TakeUpTo(long cost, long nowNs, out long token) => throw new NotSupportedException();

    /// <summary>Takes the cost unless that would touch what the other shares may claim at the moment of the decision.</summary>
    internal virtual bool TryTakeKeeping(long cost, SharedBucket shares, int share, long mine, long nowNs, out long token) =>
        throw new NotSupportedException();

    /// <summary>Takes what is guaranteed, without asking; false if the token names a window that has ended.</summary>
    internal virtual bool TryForce(long cost, long token, long nowNs) => throw new NotSupportedException();

    /// <summary>Gives back as <see cref="Refund"/> does, and says how much more can be drawn now because of it.</summary>
    internal virtual long Restored(long amount, long token, long nowNs) => throw new NotSupportedException();

    private protected static long Bounded(long amount) => Math.Clamp(amount, -AmountMax, AmountMax);
}
