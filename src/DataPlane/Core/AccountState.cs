namespace AiEdge.DataPlane.Core;

/// <summary>
/// Until when a provider has asked to leave an account alone, whichever of its targets learnt it. Outlives the configuration.
/// </summary>
/// <remarks>Any number of threads; <see cref="Core.Pause"/> says what holds of the pause, and the counters are by themselves.</remarks>
internal sealed class AccountState
{
    /// <summary>A provider that asks for more is asked again after that.</summary>
    public static readonly TimeSpan PauseMax = Core.Pause.Max;

    /// <summary>Refusals in a row that may be about what was asked, and leave it alone all the same.</summary>
    private const int DoubtsMax = 3;

    private readonly Core.Pause _pause = new();
    private long _limitedUntilMs;
    private long _paced;
    private int _doubts;

    /// <summary>Its limits for models whose names clients choose.</summary>
    public NamedLimits Named { get; } = new();

    /// <summary>Requests that waited for it, or went elsewhere, because its limits had nothing left.</summary>
    public long Paced => Volatile.Read(ref _paced);

    public void OnPaced() => Interlocked.Increment(ref _paced);

    /// <summary>How long it is to be left alone, from <paramref name="nowMs"/> on; 0 for not at all.</summary>
    public long PauseLeftMs(long nowMs) => _pause.LeftMs(nowMs);

    /// <summary>It is about to be used (<see cref="Core.Pause.Use"/>).</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public long Use(long nowMs) => _pause.Use(nowMs);

    /// <summary>The one that tried it has been answered (<see cref="Core.Pause.EndTrial"/>).</summary>
    public void EndTrial(long trial) => _pause.EndTrial(trial);

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

    /// <summary>
    /// It was refused, and its provider does not say that it means the account: true where that has happened several times and nobody was served in between.
    /// </summary>
    public bool IsDoubtedTooOften() => Interlocked.Increment(ref _doubts) >= DoubtsMax;

    /// <summary>Somebody was served by it.</summary>
    public void OnServed()
    {
        if (Volatile.Read(ref _doubts) != 0)
            Volatile.Write(ref _doubts, 0);
    }

    /// <summary>Its provider said when to come again.</summary>
    public void Pause(long nowMs, TimeSpan wait) => _pause.Ask(nowMs, wait);
}
