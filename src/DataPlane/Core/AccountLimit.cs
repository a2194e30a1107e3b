namespace AiEdge.DataPlane.Core;

/// <summary>What a provider says of one of its limits in an answer's head.</summary>
/// <param name="IsTold">Whether it says anything.</param>
/// <param name="Limit">What the limit holds; 0 where it does not say.</param>
/// <param name="Remaining">What is left of it.</param>
/// <param name="ResetMs">When all of it is back, in milliseconds from now; 0 where it does not say.</param>
internal readonly record struct ProviderRate(bool IsTold, long Limit, long Remaining, long ResetMs);

/// <summary>
/// One limit of an account with a provider, learnt from what its answers say: so much is left, and all of it is back by then. Between two answers
/// it is reckoned on from what is sent, and refills evenly. Nothing is known until the first answer, and then nothing is refused. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; of all that are let through none is forgotten by an answer that comes meanwhile: what is let
/// through is never more than was said to be left, and what has come back since. It is advice all the same: others may use the account, and of two
/// answers that overtake each other the later one to be read holds. Memory order: the state is one word, the moment at which all is
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

    private long _fullAtNs;
    private long _unheard;
    private long _limit;
    private long _intervalNs;

    /// <summary>What it holds; 0 while nothing is known.</summary>
    public long Limit => Volatile.Read(ref _limit);

    /// <summary>What is left of it; its whole where nothing has been used.</summary>
    public long Left(long nowMs)
    {
        var (limit, interval) = (Volatile.Read(ref _limit), Volatile.Read(ref _intervalNs));
        var used = Math.Max(0, Volatile.Read(ref _fullAtNs) - (nowMs * MsNs));
        return interval == 0 ? limit : Math.Max(0, limit - ((used + interval - 1) / interval));
    }

    /// <summary>How long to wait until so much is left, in milliseconds; 0 where it is.</summary>
    public long WaitMs(long nowMs, long cost)
    {
        var known = Volatile.Read(ref _fullAtNs);
        return WaitOf(Next(known, nowMs, cost), nowMs);
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
        while (true)
        {
            var next = Next(known, nowMs, cost);
            waitMs = WaitOf(next, nowMs);
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
        Volatile.Write(ref _intervalNs, Interval(limit, used, rate.ResetMs));
        Volatile.Write(ref _limit, limit);
        var known = Volatile.Read(ref _fullAtNs);
        while (true)
        {
            var unheard = Math.Clamp(Volatile.Read(ref _unheard), 0, UnheardMax * limit);
            var next = (nowMs * MsNs) + ((used + unheard) * Volatile.Read(ref _intervalNs));
            var found = Interlocked.CompareExchange(ref _fullAtNs, next, known);
            if (found == known)
                return;
            known = found;
        }
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

    private long Charged(long cost) => Math.Min(cost, Volatile.Read(ref _limit)) * Volatile.Read(ref _intervalNs);

    private long Next(long known, long nowMs, long cost) => Math.Max(known, nowMs * MsNs) + Charged(cost);

    private long WaitOf(long next, long nowMs)
    {
        var late = next - (nowMs * MsNs) - (Volatile.Read(ref _limit) * Volatile.Read(ref _intervalNs));
        return late <= 0 ? 0 : (late + MsNs - 1) / MsNs;
    }
}
