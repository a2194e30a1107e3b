namespace AiEdge.DataPlane.Core;

/// <summary>
/// How many of a model's requests may be sent again: a share of those of the last ten seconds, and <see cref="Floor"/> besides, so that a
/// model that is asked rarely has its retries, too. Where all of its targets fail, the providers see that much more and no multiple.
/// What is sent again to who answers (<see cref="TryCount"/>) is counted, and not refused. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads; no lock; over any span of <see cref="WindowSeconds"/> nothing is granted that was asked for where there are more
/// retries than the share of the requests begun in it, and the floor; what is refused costs nothing.
/// Memory order: each second has a slot, one word of its second, its requests and its retries, moved by compare-and-swap, so that a
/// slot that begins anew takes both counts with it. A retry is entered first and counted afterwards (both full fences): of all that were
/// granted, whoever entered last saw the entries of all others, so what it counted is what there is. Who finds too many takes its own
/// entry back; two that meet there may both be refused where one had room, and never both be granted where one had none.
/// </remarks>
internal sealed class RetryBudget
{
    /// <summary>How far back it looks.</summary>
    public const int WindowSeconds = 10;

    /// <summary>Retries in that time that need no requests.</summary>
    public const int Floor = 10;

    private const int CountBits = 20;
    private const long CountMask = (1L << CountBits) - 1;
    private const long SecondMask = (1L << (63 - (2 * CountBits))) - 1;

    // One more than are counted, so that a slot never begins anew while its second may still count.
    private readonly long[] _slots = new long[WindowSeconds + 1];
    private long _granted;
    private long _refused;

    /// <summary>Retries granted since the start.</summary>
    public long Granted => Volatile.Read(ref _granted);

    /// <summary>Retries refused since the start.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>A request is about to be sent for the first time.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public void OnRequest(long nowMs) => Add(nowMs / 1000, requests: 1, retries: 0);

    /// <summary>One is sent again to who has given no reason to doubt it: that is counted, and refused only where there is no share at all.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="percent">The share, in percent.</param>
    public bool TryCount(long nowMs, int percent)
    {
        if (percent == 0)
            return Refuse();
        Add(nowMs / 1000, requests: 0, retries: 1);
        Interlocked.Increment(ref _granted);
        return true;
    }

    /// <summary>Asks whether one may be sent again, and counts it if so.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="percent">The share, in percent.</param>
    public bool TryTake(long nowMs, int percent)
    {
        var second = nowMs / 1000;
        if (percent == 0 || !Add(second, requests: 0, retries: 1))
            return Refuse();
        var (requests, retries) = Sum(second);
        if (retries <= (requests * percent / 100) + Floor)
        {
            Interlocked.Increment(ref _granted);
            return true;
        }

        Add(second, requests: 0, retries: -1);
        return Refuse();
    }

    /// <summary>What was granted has not been sent after all.</summary>
    /// <param name="nowMs">When it was granted.</param>
    public void GiveBack(long nowMs)
    {
        if (Add(nowMs / 1000, requests: 0, retries: -1))
            Interlocked.Decrement(ref _granted);
    }

    private bool Refuse()
    {
        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>Moves the counts of a second. False where they are full, or somebody with a later clock has begun its slot anew.</summary>
    private bool Add(long second, int requests, int retries)
    {
        ref var slot = ref _slots[(int)(second % _slots.Length)];
        var stamp = second & SecondMask;
        var known = Volatile.Read(ref slot);
        while (true)
        {
            var isOwn = known >> (2 * CountBits) == stamp;
            if (!isOwn && (known >> (2 * CountBits)) > stamp)
                return false;
            var (asked, again) = isOwn ? ((known >> CountBits) & CountMask, known & CountMask) : (0, 0);
            asked = Math.Min(asked + requests, CountMask);
            again += retries;
            if (again is < 0 or > CountMask)
                return false;
            var found = Interlocked.CompareExchange(ref slot, (stamp << (2 * CountBits)) | (asked << CountBits) | again, known);
            if (found == known)
                return true;
            known = found;
        }
    }

    private (long Requests, long Retries) Sum(long second)
    {
        var (requests, retries) = (0L, 0L);
        for (var i = 0; i < _slots.Length; i++)
        {
            var word = Volatile.Read(ref _slots[i]);
            var age = (second & SecondMask) - (word >> (2 * CountBits));
            if (age is < 0 or >= WindowSeconds)
                continue;
            requests += (word >> CountBits) & CountMask;
            retries += word & CountMask;
        }

        return (requests, retries);
    }
}
