namespace AiEdge.DataPlane.Core;

/// <summary>
/// Until when a provider has asked to leave an account alone, whichever of its targets learnt it. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads; a pause never becomes shorter by another report. Memory order: the pause is one word, moved forward by
/// compare-and-swap; nothing else hangs on it, so readers need no fence.
/// </remarks>
internal sealed class AccountState
{
    /// <summary>A provider that asks for more is asked again after that.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(60);

    private long _pausedUntilMs;
    private long _paced;

    /// <summary>Requests that waited for it, or went elsewhere, because its limits had nothing left.</summary>
    public long Paced => Volatile.Read(ref _paced);

    public void OnPaced() => Interlocked.Increment(ref _paced);

    /// <summary>How long it is to be left alone, from <paramref name="nowMs"/> on; 0 for not at all.</summary>
    public long PauseLeftMs(long nowMs) => Math.Max(0, Volatile.Read(ref _pausedUntilMs) - nowMs);

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
