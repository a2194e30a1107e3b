namespace AiEdge.Load;

/// <summary>When calls are made.</summary>
public sealed record LoadPlan
{
    /// <summary>Calls per second on a fixed schedule; 0 makes a closed loop, in which each worker calls again as soon as it is answered.</summary>
    public double Rate { get; init; }

    /// <summary>Calls at the same time, at most. In an open loop a call that finds none free waits, and its waiting counts.</summary>
    public int Workers { get; init; } = 64;

    /// <summary>The measured time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Load before the measured time that is not counted.</summary>
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long calls may still run behind the measured time; then they are broken off and counted as `unfinished`.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>In a closed loop, the time over which the workers' first calls are spread.</summary>
    public TimeSpan Ramp { get; init; }

    /// <summary>A call that takes longer is broken off.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
