namespace AiEdge.DataPlane.Core;

/// <summary>
/// How busy and how quick a target is: requests under way, and the time to the first token of its streams, and to its whole answers, as peak averages: one
/// jumps to whatever is slower than itself and comes down slowly, with the answers and with the time. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; each of <see cref="Enter"/> has its <see cref="Leave"/>, and none enters beyond the bound that
/// it names. An average is advice: of two answers at the same time both count. Memory order: requests under way are one word, and an average and its
/// moment are another; each is moved by compare-and-swap from what was judged, or added to.
/// </remarks>
internal sealed class TargetLoad
{
    /// <summary>After so long without an answer half of the average is left.</summary>
    private const uint HalfLifeMs = 10_000;

    private long _pending;
    private long _waiting;
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

    public void Enter()
    {
        Interlocked.Increment(ref _pending);
        Interlocked.Increment(ref _waiting);
    }

    /// <summary>Enters where fewer than so many are under way; 0 stands for any number.</summary>
    public bool TryEnter(int max)
    {
        if (max == 0)
        {
            Enter();
            return true;
        }

        var known = Volatile.Read(ref _pending);
        while (known < max)
        {
            var found = Interlocked.CompareExchange(ref _pending, known + 1, known);
            if (found == known)
            {
                Interlocked.Increment(ref _waiting);
                return true;
            }

            known = found;
        }

        return false;
    }

    /// <summary>Whether as many are under way as may be; it may be otherwise in the next moment.</summary>
    public bool IsFull(int max) => max > 0 && Pending >= max;

    public void OnFull() => Interlocked.Increment(ref _full);

    /// <summary>One has its first token: it is under way, and waits no more.</summary>
    public void EndWait() => Interlocked.Decrement(ref _waiting);

    /// <summary>One is under way no more.</summary>
    /// <param name="waits">Whether it has had no first token until now.</param>
    public void Leave(bool waits = true)
    {
        if (waits)
            EndWait();
        Interlocked.Decrement(ref _pending);
    }

    /// <summary>The average of its streams as it is now, in microseconds; 0 where nothing is known.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public long LatencyUs(long nowMs) => Decayed(Volatile.Read(ref _stream), (uint)nowMs);

    /// <summary>
    /// What one more request has to expect, in microseconds: as long as some wait for their first token, what was seen last; else the average as it
    /// is now. So what was slow is tried by one request at a time, until that says otherwise.
    /// </summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="isWhole">Whether it is one for an answer in one piece, which is there when all of it is made.</param>
    public long ExpectedUs(long nowMs, bool isWhole = false)
    {
        var word = Volatile.Read(ref isWhole ? ref _whole : ref _stream);
        return Volatile.Read(ref _waiting) > 0 ? (long)(word >> 32) : Decayed(word, (uint)nowMs);
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
        return average * HalfLifeMs / (HalfLifeMs + elapsed);
    }
}
