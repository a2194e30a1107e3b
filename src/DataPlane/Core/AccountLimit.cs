namespace AiEdge.DataPlane.Core;

/// <summary>What a provider says of one of its limits in an answer's head.</summary>
/// <param name="IsTold">Whether it says anything.</param>
/// <param name="Limit">What the limit holds; 0 where it does not say.</param>
/// <param name="Remaining">What is left of it.</param>
/// <param name="ResetMs">When all of it is back, in milliseconds from now; 0 where it does not say.</param>
internal readonly record struct ProviderRate(bool IsTold, long Limit, long Remaining, long ResetMs);

/// <summary>What a provider has said of one of its limits, on its way from plane to plane.</summary>
/// <param name="Limit">What the limit holds; 0 where nothing is known.</param>
/// <param name="Remaining">What was left of it.</param>
/// <param name="FullMs">In which time all of it comes back, in milliseconds.</param>
/// <param name="AgeMs">How long ago it said so, in milliseconds.</param>
internal readonly record struct SharedRate(long Limit, long Remaining, long FullMs, long AgeMs);

/// <summary>
/// One limit of an account with a provider, learnt from what its answers say: so much is left, and all of it is back by then. Between two answers
/// it is reckoned on from what is sent, and refills evenly. Nothing is known until the first answer, and then nothing is refused. Of a limit that
/// is shared with other planes this is a part, which refills as much slower. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; of all that are let through none is forgotten by an answer that comes meanwhile: what is let
/// through is never more than was said to be left, and what has come back since. It is advice all the same: others may use the account, and of two
/// answers that overtake each other the later one to be read holds. The word is a time, in which a part of a limit fills up as the whole does: so a
/// part that becomes larger or smaller takes what is left of it along, and what is told of the whole is told of the part.
/// Memory order: the state is one word, the moment at which all is
/// back, moved by compare-and-swap. Who takes is first counted among the unheard, then moves the word (both full fences); who
/// learns reads the word, then the unheard, then writes. So of anyone who takes meanwhile either the count is seen, or the word has
/// moved and the learner looks again; who is seen in both is charged twice until the next answer, and nobody never. Size and pace change
/// rarely; a reader that sees the one before the other is off for that moment.
/// </remarks>
internal sealed class AccountLimit
{
    /// <summary>How long a limit takes to come back where nobody says.</summary>
    private const long UsualMs = 60_000;

    private const long ResetMsMax = 24 * 60 * 60_000L;
    private const long LimitMax = 1_000_000_000;

    /// <summary>
    /// What is under way holds a limit up for so many times its whole at most: of requests that end without an answer's head nothing is learnt, and
    /// while nothing is let through nothing is learnt at all.
    /// </summary>
    private const long UnheardMax = 2;
    private const long MsNs = 1_000_000;

    /// <summary>All of it.</summary>
    public const int WholePpm = 1_000_000;

    private const int PartPpmMin = 100;

    /// <summary>
    /// Of a limit that is shared a part of so much is left alone: planes hear of each other a moment late, and whoever comes a moment early is refused.
    /// It costs nothing but once, for what comes back goes on coming back.
    /// </summary>
    private const long ReservePart = 100;

    private long _fullAtNs;
    private long _unheard;
    private long _limit;
    private long _intervalNs;
    private long _ownIntervalNs;
    private long _wanted;
    private long _remaining;
    private long _toldMs = long.MinValue / 2;
    private int _partPpm = WholePpm;
    private int _isNew;

    /// <summary>What it holds; 0 while nothing is known.</summary>
    public long Limit => Volatile.Read(ref _limit);

    /// <summary>What of it is this plane's, in millionths; <see cref="WholePpm"/> where nobody says.</summary>
    public int PartPpm => Volatile.Read(ref _partPpm);

    /// <summary>How much of it has been wanted since the start, whether it was to be had or not.</summary>
    public long Wanted => Volatile.Read(ref _wanted);

    /// <summary>What is left of this plane's part of it; all of that where nothing has been used.</summary>
    public long Left(long nowMs)
    {
        var (limit, own) = (Volatile.Read(ref _limit), Volatile.Read(ref _ownIntervalNs));
        var used = Math.Max(0, Volatile.Read(ref _fullAtNs) - (nowMs * MsNs));
        return own == 0 ? limit : Math.Max(0, ((limit * Volatile.Read(ref _intervalNs)) - used) / own);
    }

    /// <summary>How much of this plane's part of it is used, in percent; 0 where nothing is known.</summary>
    public int UsedPercent(long nowMs)
    {
        var whole = (Int128)Volatile.Read(ref _limit) * Volatile.Read(ref _intervalNs);
        return whole == 0 ? 0 : (int)Math.Clamp((long)((Int128)Math.Max(0, Volatile.Read(ref _fullAtNs) - (nowMs * MsNs)) * 100 / whole), 0, 100);
    }

    /// <summary>How long to wait until so much is left, in milliseconds; 0 where it is.</summary>
    public long WaitMs(long nowMs, long cost)
    {
        var (known, charged) = (Volatile.Read(ref _fullAtNs), Charged(cost));
        return WaitOf(Math.Max(known, nowMs * MsNs) + charged, nowMs, charged);
    }

    /// <summary>So much of it is wanted, whether it is to be had or not.</summary>
    public void Want(long cost)
    {
        if (cost > 0 && Volatile.Read(ref _limit) > 0)
            Interlocked.Add(ref _wanted, cost);
    }

    /// <summary>
    /// Takes so much of it, if it is there by then; whoever is told to wait has his part and nobody takes it from him. Each time that
    /// it says yes is followed by <see cref="Learn"/>, <see cref="Leave"/> or <see cref="GiveBack"/> once.
    /// </summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="cost">How much; more than it can hold is taken for all of it.</param>
    /// <param name="waitMaxMs">How long may be waited.</param>
    /// <param name="waitMs">How long has to be waited.</param>
    public bool TryTake(long nowMs, long cost, long waitMaxMs, out long waitMs)
    {
        Interlocked.Add(ref _unheard, cost);
        var known = Volatile.Read(ref _fullAtNs);
        var charged = Charged(cost);
        while (true)
        {
            var next = Math.Max(known, nowMs * MsNs) + charged;
            waitMs = WaitOf(next, nowMs, charged);
            if (waitMs > waitMaxMs)
            {
                Leave(cost);
                return false;
            }

            var found = Interlocked.CompareExchange(ref _fullAtNs, next, known);
            if (found == known)
                return true;
            known = found;
        }
    }

    /// <summary>What was taken was not sent.</summary>
    public void GiveBack(long cost)
    {
        Interlocked.Add(ref _fullAtNs, -Charged(cost));
        Leave(cost);
    }

    /// <summary>What was taken was sent, and the provider says nothing.</summary>
    public void Leave(long cost) => Interlocked.Add(ref _unheard, -cost);

    /// <summary>What was taken was sent, and the provider says what is left: that holds from now on, less what it cannot have seen yet.</summary>
    public void Learn(long nowMs, in ProviderRate rate, long cost)
    {
        Leave(cost);
        if (!rate.IsTold)
            return;
        var limit = Math.Clamp(rate.Limit > 0 ? rate.Limit : Math.Max(Limit, rate.Remaining), 1, LimitMax);
        var used = Math.Max(0, limit - rate.Remaining);
        Set(limit, Interval(limit, used, rate.ResetMs));
        Volatile.Write(ref _remaining, limit - used);
        Volatile.Write(ref _toldMs, nowMs);
        Volatile.Write(ref _isNew, 1);
        Adjust(nowMs * MsNs, limit, used);
    }

    /// <summary>
    /// From now on a part of it is this plane's, and others have the rest; or all of it again. Of what is left it has that part: what others leave
    /// of theirs is told by the provider.
    /// </summary>
    public void Share(int partPpm)
    {
        Volatile.Write(ref _partPpm, Math.Clamp(partPpm, PartPpmMin, WholePpm));
        Set(Volatile.Read(ref _limit), Volatile.Read(ref _intervalNs));
    }

    /// <summary>Another plane was told this by the provider; it holds where this one has not been told anything since.</summary>
    /// <returns>Whether something is known of it now.</returns>
    public bool Hear(long nowMs, in SharedRate rate)
    {
        var toldMs = nowMs - rate.AgeMs;
        if (rate.Limit <= 0 || toldMs <= Volatile.Read(ref _toldMs))
            return Limit > 0;
        var limit = Math.Min(rate.Limit, LimitMax);
        Set(limit, Math.Max(1, Math.Clamp(rate.FullMs, 1, ResetMsMax) * MsNs / limit));
        Volatile.Write(ref _toldMs, toldMs);
        Adjust(toldMs * MsNs, limit, Math.Clamp(limit - rate.Remaining, 0, limit));
        return true;
    }

    /// <summary>What the provider has said to this plane since this was asked last; false where that is nothing.</summary>
    public bool TryTell(long nowMs, out SharedRate rate)
    {
        rate = default;
        if (Volatile.Read(ref _isNew) == 0 || Interlocked.Exchange(ref _isNew, 0) == 0)
            return false;
        var limit = Volatile.Read(ref _limit);
        rate = new SharedRate(
            limit, Volatile.Read(ref _remaining), limit * Volatile.Read(ref _intervalNs) / MsNs, Math.Max(0, nowMs - Volatile.Read(ref _toldMs)));
        return true;
    }

    /// <summary>
    /// So much is used by the provider's word. Who has all of it takes that as it is. Of a part the answers of others are not seen, and what they
    /// hold is not told: so nothing is taken for left that is not there, and only where twice as much is there as was known of it is taken up.
    /// </summary>
    private void Adjust(long atNs, long limit, long used)
    {
        var (interval, own) = (Volatile.Read(ref _intervalNs), Volatile.Read(ref _ownIntervalNs));
        var isPart = Volatile.Read(ref _partPpm) < WholePpm;
        var kept = isPart ? limit / ReservePart : 0;
        var slack = isPart ? Math.Max(0, limit - used - kept) * interval / 2 : 0;
        var least = atNs + ((used + kept) * interval);
        var known = Volatile.Read(ref _fullAtNs);
        while (true)
        {
            var unheard = Math.Clamp(Volatile.Read(ref _unheard), 0, UnheardMax * limit) * own;
            var from = least + Math.Min(unheard, UnheardMax * limit * interval);
            var next = Math.Clamp(known, from, from + slack);
            var found = Interlocked.CompareExchange(ref _fullAtNs, next, known);
            if (found == known)
                return;
            known = found;
        }
    }

    private void Set(long limit, long intervalNs)
    {
        Volatile.Write(ref _intervalNs, intervalNs);
        Volatile.Write(ref _ownIntervalNs, (long)(intervalNs * ((double)WholePpm / Volatile.Read(ref _partPpm))));
        Volatile.Write(ref _limit, limit);
    }

    /// <summary>
    /// What one of it takes to come back: by what is told, where so much is used that rounded times tell it well, else as it was known, or usual.
    /// </summary>
    private long Interval(long limit, long used, long resetMs)
    {
        if (resetMs > 0 && used * 10 >= limit)
            return Math.Max(1, Math.Min(resetMs, ResetMsMax) * MsNs / used);
        return limit == Limit ? Volatile.Read(ref _intervalNs) : Math.Max(1, UsualMs * MsNs / limit);
    }

    private long Charged(long cost) => Math.Min(cost, Volatile.Read(ref _limit)) * Volatile.Read(ref _ownIntervalNs);

    /// <summary>What costs more than a part ever holds goes when that is full, and holds it up for as long as it costs.</summary>
    private long WaitOf(long next, long nowMs, long charged)
    {
        var late = next - (nowMs * MsNs) - Math.Max(Volatile.Read(ref _limit) * Volatile.Read(ref _intervalNs), charged);
        return late <= 0 ? 0 : (late + MsNs - 1) / MsNs;
    }
}
