namespace AiEdge.DataPlane.Core;

/// <summary>What a server reports of how busy it is.</summary>
/// <param name="Waiting">Requests that wait to be begun; <see cref="Unknown"/> where it does not say.</param>
/// <param name="Running">Requests that it works at; the same.</param>
/// <param name="CachePpm">The part of its key-value cache in use, in millionths; the same.</param>
internal readonly record struct ReportedLoad(long Waiting, long Running, long CachePpm)
{
    /// <summary>It does not say.</summary>
    public const long Unknown = -1;

    /// <summary>All of a cache.</summary>
    public const long WholePpm = 1_000_000;

    /// <summary>Nothing is reported.</summary>
    public static ReportedLoad Nothing => new(Unknown, Unknown, Unknown);

    /// <summary>Whether anything is.</summary>
    public bool IsAny => (Waiting & Running & CachePpm) != Unknown;
}

/// <summary>
/// How busy a target's server says that it is, as of its last reading, and reckoned on from what this plane has sent it and had back since. What is too
/// old is forgotten: then nothing is known. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: one writer at a time, any number of readers, no lock. It is advice: of two readings that follow each other a reader may see numbers of
/// both. Memory order: the numbers are written before the moment until which they hold (release), which is read before them (acquire), so
/// that nobody takes numbers for fresh that were never read.
/// </remarks>
internal sealed class TargetSignals
{
    private long _waiting = ReportedLoad.Unknown;
    private long _running = ReportedLoad.Unknown;
    private long _cachePpm = ReportedLoad.Unknown;
    private long _pending;
    private long _untilMs = long.MinValue;

    /// <summary>A reading.</summary>
    /// <param name="load">What it says.</param>
    /// <param name="pending">Requests that were under way from here then.</param>
    /// <param name="untilMs">How long it holds, in <see cref="EdgeClock.CoarseMs"/>.</param>
    public void Report(in ReportedLoad load, long pending, long untilMs)
    {
        Volatile.Write(ref _waiting, load.Waiting);
        Volatile.Write(ref _running, load.Running);
        Volatile.Write(ref _cachePpm, load.CachePpm);
        Volatile.Write(ref _pending, pending);
        Volatile.Write(ref _untilMs, untilMs);
    }

    /// <summary>What was reported last; nothing where that is too old.</summary>
    public ReportedLoad Reported(long nowMs) => nowMs >= Volatile.Read(ref _untilMs)
        ? ReportedLoad.Nothing : new(Volatile.Read(ref _waiting), Volatile.Read(ref _running), Volatile.Read(ref _cachePpm));

    /// <summary>Whether it has as much to do as its bounds allow.</summary>
    /// <param name="bounds">The bounds.</param>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="pending">Requests under way from here.</param>
    public bool IsFull(CapacityModel bounds, long nowMs, long pending)
    {
        if (nowMs >= Volatile.Read(ref _untilMs))
            return false;
        return (bounds.QueueMax > 0 && Waiting(pending) >= bounds.QueueMax)
            || (bounds.CachePercentMax > 0 && Volatile.Read(ref _cachePpm) * 100 >= bounds.CachePercentMax * ReportedLoad.WholePpm);
    }

    /// <summary>How much of its bounds is in use, in percent, by the one that is nearest; 0 where nothing is known, or nothing bounds it.</summary>
    /// <param name="bounds">The bounds.</param>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="pending">Requests under way from here.</param>
    public int UsedPercent(CapacityModel bounds, long nowMs, long pending)
    {
        if (nowMs >= Volatile.Read(ref _untilMs))
            return 0;
        var queue = bounds.QueueMax > 0 ? Math.Max(0, Waiting(pending)) * 100 / bounds.QueueMax : 0;
        var cache = bounds.CachePercentMax > 0 ? Math.Max(0, Volatile.Read(ref _cachePpm)) * 100 * 100 / (bounds.CachePercentMax * ReportedLoad.WholePpm) : 0;
        return (int)Math.Min(Math.Max(queue, cache), int.MaxValue);
    }

    /// <summary>Requests of others that are under way at the server; 0 where nothing is known of them.</summary>
    public long Others(long nowMs)
    {
        if (nowMs >= Volatile.Read(ref _untilMs))
            return 0;
        var (waiting, running) = (Math.Max(0, Volatile.Read(ref _waiting)), Volatile.Read(ref _running));

        // Who only tells its queue does not say which of those that are under way from here stand in it.
        return running < 0 ? waiting : Math.Max(0, waiting + running - Volatile.Read(ref _pending));
    }

    /// <summary>
    /// How many wait by now. A server at which some wait has no room: what is sent on top of it waits, too, and for each that has ended another one has begun.
    /// </summary>
    private long Waiting(long pending) => Volatile.Read(ref _waiting) is > 0 and var waiting ? waiting + pending - Volatile.Read(ref _pending) : 0;
}
