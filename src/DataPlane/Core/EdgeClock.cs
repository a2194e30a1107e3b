using System.Diagnostics;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Monotonic time for deadlines and durations. The wall clock is read as an anchor only, at the start and at each reload, so that a
/// jump of it neither expires a key early nor stretches a deadline.
/// </summary>
internal sealed class EdgeClock
{
    private readonly TimeProvider _wall;
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _startUnixMs;
    private long _coarseMs;

    /// <param name="wall">What tells the time of day; null for the machine's own clock.</param>
    public EdgeClock(TimeProvider? wall = null)
    {
        _wall = wall ?? TimeProvider.System;
        Reanchor();
    }

    /// <summary>Milliseconds since the start as of the last tick (at most <see cref="DeadlineWheel.TickMs"/> old): free to read.</summary>
    public long CoarseMs => Volatile.Read(ref _coarseMs);

    /// <summary>Unix milliseconds as of the last tick.</summary>
    public long CoarseUnixMs => Volatile.Read(ref _startUnixMs) + CoarseMs;

    /// <summary>Unix milliseconds of a time stamp of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long UnixMs(long timestamp) => Volatile.Read(ref _startUnixMs) + Ms(timestamp);

    public void Tick() => Volatile.Write(ref _coarseMs, Ms(Stopwatch.GetTimestamp()));

    /// <summary>Reads the wall clock again: times of day told from now on follow it.</summary>
    public void Reanchor() =>
        Volatile.Write(ref _startUnixMs, _wall.GetUtcNow().ToUnixTimeMilliseconds() - Ms(Stopwatch.GetTimestamp()));

    /// <summary>Microseconds between two time stamps.</summary>
    public static long Us(long from, long to) => (to - from) / (Stopwatch.Frequency / 1_000_000);

    private long Ms(long timestamp) => (timestamp - _start) / (Stopwatch.Frequency / 1000);
}
