namespace AiEdge.DataPlane.Core;

/// <summary>Until when somebody is to be left alone, and who finds out afterwards whether it is over. A minute at most.</summary>
/// <remarks>
/// Requirements: any number of threads; a pause never becomes shorter by another report, but is over once whoever tried after it has been
/// answered; of all that would try one does. Memory order: it is one word, moved by compare-and-swap from the value that was judged; nothing
/// else hangs on it, so readers need no fence.
/// </remarks>
internal sealed class Pause
{
    /// <summary>Who asks for more is asked again after that.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(60);

    /// <summary>Others wait so long for what the one finds out that tries it after a pause.</summary>
    private const long TrialMs = 1000;

    private long _untilMs;

    /// <summary>How long it is to last, from <paramref name="nowMs"/> on; 0 for not at all.</summary>
    public long LeftMs(long nowMs) => Math.Max(0, Volatile.Read(ref _untilMs) - nowMs);

    /// <summary>
    /// Who is to be left alone is about to be used. Where a pause has just ended one request tries it and the others go on leaving it alone, until that
    /// is answered or has taken a second: else all that came in that time would be refused together.
    /// </summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <returns>What <see cref="EndTrial"/> takes, of the one that tries it; 0 of all others.</returns>
    public long Use(long nowMs)
    {
        var known = Volatile.Read(ref _untilMs);
        if (known == 0 || known > nowMs)
            return 0;
        var trial = nowMs + TrialMs;
        return Interlocked.CompareExchange(ref _untilMs, trial, known) == known ? trial : 0;
    }

    /// <summary>The one that tried it has been answered: all may use it, unless another pause was asked for meanwhile.</summary>
    public void EndTrial(long trial) => Interlocked.CompareExchange(ref _untilMs, 0, trial);

    /// <summary>It is to be left alone for so long from now on.</summary>
    public void Ask(long nowMs, TimeSpan wait)
    {
        var until = nowMs + (long)Math.Min(wait.TotalMilliseconds, Max.TotalMilliseconds);
        var known = Volatile.Read(ref _untilMs);
        while (until > known)
        {
            var found = Interlocked.CompareExchange(ref _untilMs, until, known);
            if (found == known)
                return;
            known = found;
        }
    }
}
