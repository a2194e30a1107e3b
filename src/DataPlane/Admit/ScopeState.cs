using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>
/// The bucket, or the gate, of one scope of a part of a limit. Exchanges hold it from their admission to their end, so that one that
/// is given up for another of the same name has no use, and nobody who will still settle with it.
/// </summary>
/// <remarks>
/// Requirements: (1) a bucket is retired only when nobody holds it and it has no use, and once; (2) nobody holds a retired one; (3) a hold
/// fails only on one that is retired for good, for whoever is refused takes it out of the table. Retirement is asked for by one thread at a
/// time. Memory order: holders and the retirement are one word, and all changes of it are interlocked. Retiring goes from 0 to judged,
/// looks at the use, and from judged to retired; who holds meanwhile goes from judged to one holder, so the last step fails: (2), (3). A use
/// is made by a holder, so between judged and retired there was none: (1).
/// </remarks>
internal sealed class ScopeState(
    string value, bool isPermanent, LimitBucket? bucket, ConcurrencyGate? gate = null, SharedBucket? shared = null)
{
    private const int Retired = -1;

    /// <summary>Nobody holds it, and whoever judges its use has not decided yet.</summary>
    private const int Judged = -2;

    private int _holders;
    private FairQueue? _queue;

    /// <summary>Whose it is.</summary>
    public string Value { get; } = value;

    /// <summary>Of an amount; a gate has none.</summary>
    public LimitBucket Bucket => bucket!;

    /// <summary>Of how many are under way, else null.</summary>
    public ConcurrencyGate? Gate { get; } = gate;

    /// <summary>The same with its parts for those who carry a tag (<c>shares:</c>), else null.</summary>
    public SharedBucket? Shared { get; } = shared;

    /// <summary>What is lent to it; null where this plane is its own.</summary>
    public LentScope? Lent { get; set; }

    /// <summary>The bucket that a key draws from: its share's, if it has one. A client's own tags do not count.</summary>
    public LimitBucket BucketFor(LimitModel limit, KeyModel key)
    {
        if (Shared is not { } parts)
            return Bucket;
        for (var i = 0; i < limit.Shares.Length; i++)
        {
            foreach (var (name, value) in key.Tags)
            {
                if (name == limit.Shares[i].Tag && value == limit.Shares[i].Value)
                    return parts.Of(i);
            }
        }

        return parts.Common;
    }

    /// <summary>Those who wait for it; null while nobody ever has.</summary>
    public FairQueue? Queue => Volatile.Read(ref _queue);

    /// <summary>The queue of those who wait for it, made when the first one comes.</summary>
    public FairQueue QueueFor(QueueModel model, LimitClock clock)
    {
        var queue = Queue;
        if (queue is null)
        {
            var made = new FairQueue(clock, model.Max);
            queue = Interlocked.CompareExchange(ref _queue, made, null) ?? made;
        }

        queue.Max = model.Max;
        return queue;
    }

    /// <summary>False if it has been given up: look it up again.</summary>
    public bool TryHold()
    {
        // The bucket of all is never given up, and counting its holders would put all cores on one word.
        if (isPermanent)
            return true;
        var holders = Volatile.Read(ref _holders);
        while (holders != Retired)
        {
            var found = Interlocked.CompareExchange(ref _holders, holders == Judged ? 1 : holders + 1, holders);
            if (found == holders)
                return true;
            holders = found;
        }

        return false;
    }

    public void Release()
    {
        if (!isPermanent)
            Interlocked.Decrement(ref _holders);
    }

    /// <summary>Gives it up if nobody holds it and it has no use; true if it is given up.</summary>
    public bool TryRetire(long nowNs)
    {
        if (isPermanent || Volatile.Read(ref _holders) != 0 || !IsUnused(nowNs)
            || Interlocked.CompareExchange(ref _holders, Judged, 0) != 0)
            return false;

        // Somebody may have used it between the look and the judgement, and have let go again.
        var isUnused = IsUnused(nowNs);
        if (Interlocked.CompareExchange(ref _holders, isUnused ? Retired : 0, Judged) != Judged || !isUnused)
            return false;
        Queue?.Dispose();
        return true;
    }

    private bool IsUnused(long nowNs) =>
        Lent is { } lent && lent.IsWatched(nowNs) ? false : Gate is { } gate ? gate.Count == 0 && (Lent is null || gate.Limit == 0) : Bucket.Used(nowNs) == 0;
}
