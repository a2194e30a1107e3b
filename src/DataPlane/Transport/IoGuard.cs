using System.Diagnostics;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// Watches that nothing blocks or runs long on an I/O thread: completions run exchanges inline there, so one slow step would
/// hold up every connection of that thread. A step over <see cref="StallMs"/> counts as a stall.
/// </summary>
internal static class IoGuard
{
    /// <summary>A step this long or longer is a stall.</summary>
    public const int StallMs = 20;

    private static readonly long StallTicks = Stopwatch.Frequency * StallMs / 1000;
    private static long _stalls;
    private static long _longestTicks;

    [ThreadStatic]
    private static int _depth;

    /// <summary>Steps that ran for <see cref="StallMs"/> or longer since the start.</summary>
    public static long Stalls => Volatile.Read(ref _stalls);

    /// <summary>The longest step since the start, in microseconds.</summary>
    public static long LongestUs => Volatile.Read(ref _longestTicks) * 1_000_000 / Stopwatch.Frequency;

    /// <summary>Whether the calling thread is inside a completion.</summary>
    public static bool IsIoThread => _depth > 0;

    public static long Enter()
    {
        _depth++;
        return Stopwatch.GetTimestamp();
    }

    /// <summary>One step has ended and the next begins; returns the time of it.</summary>
    public static long Next(long started)
    {
        var now = Stopwatch.GetTimestamp();
        var ticks = now - started;
        if (ticks > Volatile.Read(ref _longestTicks))
            Volatile.Write(ref _longestTicks, ticks);
        if (ticks >= StallTicks)
            Interlocked.Increment(ref _stalls);
        return now;
    }

    public static void Leave() => _depth--;

    public static void Leave(long started)
    {
        Next(started);
        _depth--;
    }
}
