namespace AiEdge.DataPlane.Core;

/// <summary>
/// Until when a provider has asked to leave an account alone, whichever of its targets learnt it. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads; a pause never becomes shorter by another report, but is over once whoever tried the account after it has been
/// answered; of all that would try it one does. Memory order: the pause is one word, moved by compare-and-swap from the value that was judged; nothing
/// else hangs on it, so readers need no fence.
/// </remarks>
internal sealed class AccountState
{
    /// <summary>A provider that asks for more is asked again after that.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(60);

    /// <summary>Others wait so long for what the one finds out that tries it after a pause.</summary>
    private const long TrialMs = 1000;

    private long _pausedUntilMs;
    private long _limitedUntilMs;
    private long _paced;

    /// <summary>Requests that waited for it, or went elsewhere, because its limits had nothing left.</summary>
    public long Paced => Volatile.Read(ref _paced);

    public void OnPaced() => Interlocked.Increment(ref _paced);

    /// <summary>How long it is to be left alone, from <paramref name="nowMs"/> on; 0 for not at all.</summary>
    public long PauseLeftMs(long nowMs) => Math.Max(0, Volatile.Read(ref _pausedUntilMs) - nowMs);

    /// <summary>
    /// It is about to be used. Where a pause has just ended one request tries it and the others go on leaving it alone, until that is answered or has
    /// taken a second: else all that came in that time would be refused together.
    /// </summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <returns>What <see cref="EndTrial"/> takes, of the one that tries it; 0 of all others.</returns>
    public long Use(long nowMs)
    {
        var known = Volatile.Read(ref _pausedUntilMs);
        if (known == 0 || known > nowMs)
            return 0;
        var trial = nowMs + TrialMs;
        return Interlocked.CompareExchange(ref _pausedUntilMs, trial, known) == known ? trial : 0;
    }

    /// <summary>The one that tried it has been answered: it may be used by all, unless another pause was asked for meanwhile.</summary>
    public void EndTrial(long trial) => Interlocked.CompareExchange(ref _pausedUntilMs, 0, trial);

    /// <summary>Its provider has refused a request because a limit has nothing left, and said when to come again: other planes may be told.</summary>
    public void PauseAsLimited(long nowMs, TimeSpan wait)
    {
        Pause(nowMs, wait);
        var until = nowMs + (long)Math.Min(wait.TotalMilliseconds, PauseMax.TotalMilliseconds);
        if (until > Volatile.Read(ref _limitedUntilMs))
            Volatile.Write(ref _limitedUntilMs, until);
    }

    /// <summary>How long it is to be left alone because of a limit, from <paramref name="nowMs"/> on, where this was not told before; else 0.</summary>
    public long TakeLimitedMs(long nowMs) =>
        Volatile.Read(ref _limitedUntilMs) == 0 ? 0 : Math.Max(0, Interlocked.Exchange(ref _limitedUntilMs, 0) - nowMs);

    /// <summary>Its provider said when to come again.</summary>
    public void Pause(long nowMs, TimeSpan wait)
    {
        var until = nowMs + (long)Math.Min(wait.TotalMilliseconds, PauseMax.TotalMilliseconds);
        var known = Volatile.Read(ref _pausedUntilMs);
        while (until > known)
        {
            var found = Interlocked.CompareExchange(ref _pausedUntilMs, until, known);
            if (found == known)
                return;
            known = found;
        }
    }
}
