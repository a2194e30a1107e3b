namespace AiEdge.DataPlane.Core;

/// <summary>Something that is done again and again, one at a time, each time about an interval after the last one ended.</summary>
/// <remarks>
/// Whoever takes the word from "free" does it and gives it back; its time is written before that, so who takes it next has seen the last one's.
/// </remarks>
/// <param name="dueMs">When it is done first, in <see cref="EdgeClock.CoarseMs"/>.</param>
internal sealed class Recurrence(long dueMs)
{
    private long _dueMs = dueMs;
    private int _isTaken;

    /// <summary>Whether it is due and nobody does it; who is told so does it, and ends with <see cref="End"/>.</summary>
    public bool TryBegin(long nowMs) => nowMs >= Volatile.Read(ref _dueMs) && Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>It is done, and due again in an interval, a tenth more or less: planes that were started together do not keep together for long.</summary>
    public void End(long nowMs, TimeSpan interval)
    {
        Volatile.Write(ref _dueMs, nowMs + (long)(interval.TotalMilliseconds * (0.9 + (Random.Shared.NextDouble() / 5))));
        Volatile.Write(ref _isTaken, 0);
    }
}
