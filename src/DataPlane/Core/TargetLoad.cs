namespace AiEdge.DataPlane.Core;

/// <summary>
/// How busy and how quick a target is: requests under way, and the time to the first token of its streams, and to its whole answers, as peak averages: one
/// jumps to whatever is slower than itself and comes down slowly, with the answers and with the time. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; each of <see cref="Enter"/> has its <see cref="Leave"/>, and none enters beyond the bound that
/// it names; of all that enter alone at the same time one does. An average is advice: of two answers at the same time both count. Memory order: requests
/// under way are one word, those of a kind that wait are one each, and an average and its moment are another; each is moved by compare-and-swap from what
/// was judged, or added to.
/// </remarks>
internal sealed class TargetLoad
{
    /// <summary>After each such time without an answer half of the average is left.</summary>
    private const int HalfLifeMs = 10_000;

    private long _pending;
    private long _waitingStreams;
    private long _waitingWhole;
    private long _full;
    private long _inputTokens;
    private long _cachedTokens;
    private readonly LearnedTokens _firstEventMs = new();
    private ulong _stream;
    private ulong _whole;

    /// <summary>Requests under way.</summary>
    public long Pending => Volatile.Read(ref _pending);

    /// <summary>Requests that it was passed over for because it had as many under way as it may.</summary>
    public long Full => Volatile.Read(ref _full);

    /// <summary>Tokens of prompts, as its answers told.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Those of them that its provider had in its cache.</summary>
    public long CachedTokens => Volatile.Read(ref _cachedTokens);

    /// <summary>One is under way more.</summary>
    /// <param name="isWhole">Whether it is one for an answer in one piece.</param>
    public void Enter(bool isWhole = false)
    {
        Interlocked.Increment(ref _pending);
        Interlocked.Increment(ref Waiting(isWhole));
    }

    /// <summary>Enters where fewer than so many are under way; 0 stands for any number.</summary>
    public bool TryEnter(int max, bool isWhole = false)
    {
        if (!TryCount(max))
            return false;
        Interlocked.Increment(ref Waiting(isWhole));
        return true;
    }

    /// <summary>Enters where fewer than so many are under way, and none of its kind waits.</summary>
    public bool TryEnterAlone(int max, bool isWhole)
    {
        if (Interlocked.CompareExchange(ref Waiting(isWhole), 1, 0) != 0)
            return false;
        if (TryCount(max))
            return true;
        EndWait(isWhole);
        return false;
    }

    private bool TryCount(int max)
    {
        if (max == 0)
        {
            Interlocked.Increment(ref _pending);
            return true;
        }

        var known = Volatile.Read(ref _pending);
        while (known < max)
        {
            var found = Interlocked.CompareExchange(ref _pending, known + 1, known);
            if (found == known)
                return true;
            known = found;
        }

        return false;
    }

    private ref long Waiting(bool isWhole) => ref isWhole ? ref _waitingWhole : ref _waitingStreams;

    /// <summary>Whether as many are under way as may be; it may be otherwise in the next moment.</summary>
    public bool IsFull(int max) => max > 0 && Pending >= max;

    public void OnFull() => Interlocked.Increment(ref _full);

    /// <summary>Whether one of a kind has had no first token until now.</summary>
    public bool IsAwaited(bool isWhole) => Volatile.Read(ref Waiting(isWhole)) > 0;

    /// <summary>One has its first token: it is under way, and waits no more.</summary>
    public void EndWait(bool isWhole = false) => Interlocked.Decrement(ref Waiting(isWhole));

    /// <summary>One is under way no more.</summary>
    /// <param name="waits">Whether it has had no first token until now.</param>
    /// <param name="isWhole">As it entered.</param>
    public void Leave(bool waits = true, bool isWhole = false)
    {
        if (waits)
            EndWait(isWhole);
        Interlocked.Decrement(ref _pending);
    }

    /// <summary>The average of its streams as it is now, in microseconds; 0 where nothing is known.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public long LatencyUs(long nowMs) => Decayed(Volatile.Read(ref _stream), (uint)nowMs);

    /// <summary>
    /// What one more request has to expect, in microseconds: as long as some of its kind wait for their first token, what was seen last; else the average
    /// as it is now. So what was slow is tried by one request at a time, until that says otherwise. 0 where nothing is known.
    /// </summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="isWhole">Whether it is one for an answer in one piece, which is there when all of it is made.</param>
    public long ExpectedUs(long nowMs, bool isWhole = false)
    {
        var word = Volatile.Read(ref isWhole ? ref _whole : ref _stream);
        return IsAwaited(isWhole) ? (long)(word >> 32) : Decayed(word, (uint)nowMs);
    }

    /// <summary>The average as it was when the last answer was there; 0 where nothing is known.</summary>
    public long SeenUs(bool isWhole) => (long)(Volatile.Read(ref isWhole ? ref _whole : ref _stream) >> 32);

    /// <summary>What was known of it says nothing any more: it comes back from having failed.</summary>
    public void Forget()
    {
        Volatile.Write(ref _stream, 0);
        Volatile.Write(ref _whole, 0);
    }

    /// <summary>What nineteen of twenty of its streams begin within, in milliseconds; a second while nothing is known.</summary>
    public long FirstEventP95Ms => _firstEventMs.P95;

    /// <summary>A stream took so many microseconds to begin, or so many at least.</summary>
    public void LearnFirstEvent(long us) => _firstEventMs.Observe(Math.Max(1, us / 1000));

    /// <summary>An answer told what its prompt was, and how much of it was in the cache.</summary>
    public void Count(long inputTokens, long cachedTokens)
    {
        Interlocked.Add(ref _inputTokens, inputTokens);
        if (cachedTokens > 0)
            Interlocked.Add(ref _cachedTokens, cachedTokens);
    }

    /// <summary>An answer said its first token.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="us">After so many microseconds.</param>
    /// <param name="isWhole">Whether it came in one piece.</param>
    public void Observe(long nowMs, long us, bool isWhole = false)
    {
        ref var average = ref isWhole ? ref _whole : ref _stream;
        var seen = (uint)Math.Clamp(us, 1, uint.MaxValue);
        var known = Volatile.Read(ref average);
        while (true)
        {
            var now = Decayed(known, (uint)nowMs);
            var next = seen >= now ? seen : (uint)(now - ((now - seen) / 8));
            var found = Interlocked.CompareExchange(ref average, ((ulong)next << 32) | (uint)nowMs, known);
            if (found == known)
                return;
            known = found;
        }
    }

    private static long Decayed(ulong word, uint nowMs)
    {
        var average = (long)(word >> 32);

        // The clock is coarse and threads overtake each other: a moment ahead of now is now.
        var elapsed = Math.Max(0, (int)(nowMs - (uint)word));
        var (halvings, rest) = Math.DivRem(elapsed, HalfLifeMs);
        var left = halvings < 32 ? average >> halvings : 0;
        left -= left * rest / (2 * HalfLifeMs);

        // However long ago: what was once known is something else than nothing.
        return average > 0 ? Math.Max(1, left) : 0;
    }
}
