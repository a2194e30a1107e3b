namespace AiEdge.Limits;

/// <summary>
/// The time that limits live by: monotonic nanoseconds since the clock was made. The wall clock is read when the clock is made and
/// when <see cref="Reanchor"/> is called (at a reload), and only to place calendar boundaries on the monotonic line. So a step of
/// the wall clock grants nothing by itself, and a stop of the process counts as the time that it was.
/// </summary>
/// <remarks>
/// A test moves it by the <see cref="TimeProvider"/> it hands in. Safe for any number of threads: its start never changes and its anchor is one word,
/// so a boundary is placed by the anchor before a reload or by the one after it, never by half of each.
/// </remarks>
public sealed class LimitClock
{
    /// <summary>Nanoseconds in a second.</summary>
    public const long SecondNs = 1_000_000_000;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly long _frequency;
    private long _anchorUnixNs;

    /// <summary>Starts at zero, anchored to the wall clock.</summary>
    public LimitClock()
        : this(TimeProvider.System)
    {
    }

    /// <summary>Starts at zero, with the time stamps and the wall clock of <paramref name="time"/>.</summary>
    public LimitClock(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _frequency = time.TimestampFrequency;
        _start = time.GetTimestamp();
        Reanchor();
    }

    /// <summary>Where timers come from that run by this clock.</summary>
    internal TimeProvider Time => _time;

    /// <summary>Monotonic nanoseconds since the start.</summary>
    public long NowNs
    {
        get
        {
            var ticks = _time.GetTimestamp() - _start;
            if (_frequency == SecondNs)
                return ticks;

            // Whole seconds apart from the rest, so that no product overflows.
            var seconds = ticks / _frequency;
            return seconds * SecondNs + (ticks - seconds * _frequency) * SecondNs / _frequency;
        }
    }

    /// <summary>Reads the wall clock again. Only boundaries placed from now on follow it.</summary>
    public void Reanchor()
    {
        var unixNs = (_time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
        Volatile.Write(ref _anchorUnixNs, unixNs - NowNs);
    }

    /// <summary>Unix nanoseconds at the monotonic time <paramref name="nowNs"/>, by the last anchor.</summary>
    public long UnixNs(long nowNs) => nowNs + Volatile.Read(ref _anchorUnixNs);
}
