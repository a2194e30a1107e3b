using System.Diagnostics;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Monotonic time for deadlines and durations. The wall clock is read once, as an anchor, so that a jump of it neither
/// expires a key early nor stretches a deadline.
/// </summary>
internal sealed class EdgeClock
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _startUnixMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    private long _coarseMs;

    /// <summary>Milliseconds since the start as of the last tick (at most <see cref="DeadlineWheel.TickMs"/> old): free to read.</summary>
    public long CoarseMs => Volatile.Read(ref _coarseMs);

    /// <summary>Unix milliseconds as of the last tick.</summary>
    public long CoarseUnixMs => _startUnixMs + CoarseMs;

    /// <summary>Unix milliseconds of a time stamp of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long UnixMs(long timestamp) => _startUnixMs + (timestamp - _start) / (Stopwatch.Frequency / 1000);

    public void Tick() => Volatile.Write(ref _coarseMs, (Stopwatch.GetTimestamp() - _start) / (Stopwatch.Frequency / 1000));

    /// <summary>Microseconds between two time stamps.</summary>
    public static long Us(long from, long to) => (to - from) * 1_000_000 / Stopwatch.Frequency;
}
