using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>
/// What the first lease of a bucket takes is put down as soon as its limit is known, for all buckets of the limit together: a first request does not
/// wait for a disk.
/// </summary>
/// <remarks>
/// A record for any bucket says that each may have so much out that has no ceiling of its own: of a window, in that one and in those before it. It is
/// replaced by one of a later window, before that begins where it says as much, and after that has begun where it says less; so what a bucket was granted
/// by it is in the log as long as its window lasts.
/// </remarks>
internal sealed partial class QuotaAllocator
{
    /// <summary>The next window's is in the log so long before it begins, at the least, and is the next one's where that begins so soon after.</summary>
    private const long DueNs = 10 * LimitClock.SecondNs;
    private const long BesideNs = 70 * LimitClock.SecondNs;

    private readonly Lock _preparing = new();

    /// <summary>The rules' generation that was looked at last.</summary>
    public ulong PreparedGeneration => Volatile.Read(ref _preparedGeneration);

    /// <summary>Whether a window ends so soon that there may be something to be put down.</summary>
    public bool IsDue(Moment now) => now.UnixNs >= Volatile.Read(ref _prepareAgainUnixNs);

    /// <summary>Called where the rules have changed, and where it is due. True if there is something to be put down.</summary>
    public bool Prepare(Moment now)
    {
        lock (_preparing)
            return PrepareAll(now);
    }

    private bool PrepareAll(Moment now)
    {
        var generation = _rules.Generation;
        if (generation == _preparedGeneration && now.UnixNs < _prepareAgainUnixNs)
            return false;
        _preparedGeneration = generation;
        _prepareAgainUnixNs = long.MaxValue;
        var isNew = false;
        lock (_finding)
            isNew = Rename();
        foreach (var (limit, unit, rule) in _rules.All)
        {
            var any = new BucketId(limit, unit, "", "").ToAny();
            if ((rule.Schedule is null ? PrepareLevel(any, rule) : PrepareWindow(any, rule, now)) is not { } record)
                continue;
            lock (_raising)
                _records.Add(record);
            isNew = true;
        }

        return isNew;
    }

    /// <summary>What any bucket of a limit may have out in a window without a record of its own.</summary>
    internal long AnyCeilingOf(in BucketId id, QuotaRule rule, long window, Moment now) => CoveredBy(_memory.AnyOf(id), rule, window, now);

    /// <summary>The same, as it stood in the log when this allocator began: so much may one before it have granted.</summary>
    internal long AnyCeilingBefore(in BucketId id, QuotaRule rule, long window, Moment now) => CoveredBy(_memory.AnyBefore(id), rule, window, now);

    /// <summary>Windows of an hour or a day have greater numbers than those of a month: what lies so far ahead is of another kind of limit.</summary>
    private static long CoveredBy((long Window, long Ceiling) any, QuotaRule rule, long window, Moment now) =>
        window <= any.Window && !WindowQuota.IsOfAnotherKind(any.Window, rule, now) ? any.Ceiling : 0;

    private QuotaRecord? PrepareLevel(in BucketId any, QuotaRule rule)
    {
        var block = rule.Kind == QuotaKind.Rate ? RateQuota.BlockOf(rule) : SlotQuota.BlockOf(rule);
        var known = _memory.AnyOf(any);
        if (known.Window != 0)
            return QuotaRecord.Lowered(any, 0, block);
        return known.Ceiling < block ? QuotaRecord.Of(any, 0, block) : null;
    }

    private QuotaRecord? PrepareWindow(in BucketId any, QuotaRule rule, Moment now)
    {
        var schedule = rule.Schedule!;
        var current = schedule.At(now.UnixNs);
        _prepareAgainUnixNs = Math.Min(_prepareAgainUnixNs, now.UnixNs < current.EndUnixNs - DueNs ? current.EndUnixNs - DueNs : current.EndUnixNs);
        var block = WindowQuota.BlockOf(rule);
        var next = schedule.At(now.UnixNs + BesideNs).Number;
        var known = _memory.AnyOf(any);
        if (WindowQuota.IsOfAnotherKind(known.Window, rule, now))
            return QuotaRecord.Lowered(any, next, block);
        if (block > known.Ceiling)
            return QuotaRecord.Of(any, Math.Max(next, known.Window), block);
        var isOver = known.Window < current.Number;
        return isOver || block == known.Ceiling && known.Window < schedule.At(now.UnixNs + DueNs).Number ? QuotaRecord.Of(any, next, block) : null;
    }
}
