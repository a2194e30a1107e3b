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
internal sealed class ScopeState
{
    private const int Retired = -1;

    /// <summary>Nobody holds it, and whoever judges its use has not decided yet.</summary>
    private const int Judged = -2;

    private readonly bool _isPermanent;
    private readonly LimitBucket? _bucket;
    private readonly ScopeShare[] _shares;
    private int _holders;

    /// <summary>Of an amount.</summary>
    public ScopeState(string value, bool isPermanent, LimitBucket bucket)
        : this(value, isPermanent, [new(bucket, null)]) => _bucket = bucket;

    /// <summary>Of how many are under way.</summary>
    public ScopeState(string value, bool isPermanent, ConcurrencyGate gate)
        : this(value, isPermanent, [new(null, gate)])
    {
    }

    /// <summary>Of an amount, with parts for those who carry a tag (<c>shares:</c>).</summary>
    public ScopeState(string value, bool isPermanent, SharedBucket shared, int shares)
        : this(value, isPermanent, [.. Enumerable.Range(0, shares).Select(i => new ScopeShare(shared.Of(i), null)), new(shared.Common, null)]) =>
        (_bucket, Shared) = (shared.Parent, shared);

    /// <summary>Of how many are under way, with parts for those who carry a tag.</summary>
    public ScopeState(string value, bool isPermanent, SharedGate shared, int shares)
        : this(value, isPermanent, [.. Enumerable.Range(0, shares).Select(i => new ScopeShare(null, shared.Of(i))), new(null, shared.Common)]) =>
        SharedGate = shared;

    /// <summary>What is lent, to each share by itself; the last is of those who have none.</summary>
    public static ScopeState OfLent(string value, bool isPermanent, ScopeShare[] shares) => new(value, isPermanent, shares);

    private ScopeState(string value, bool isPermanent, ScopeShare[] shares) => (Value, _isPermanent, _shares) = (value, isPermanent, shares);

    /// <summary>Whose it is.</summary>
    public string Value { get; }

    /// <summary>Of an amount, the whole; a gate has none.</summary>
    public LimitBucket Bucket => _bucket ?? Common.Bucket!;

    /// <summary>Of how many are under way, else null.</summary>
    public Gate? Gate => Common.Gate;

    /// <summary>What those draw from, or enter, who carry no tag that has a share.</summary>
    public ScopeShare Common => _shares[^1];

    /// <summary>An amount's parts for those who carry a tag, else null.</summary>
    public SharedBucket? Shared { get; }

    /// <summary>The parts of so many at a time, else null.</summary>
    public SharedGate? SharedGate { get; }

    /// <summary>All of them, the last of those who have none.</summary>
    public IReadOnlyList<ScopeShare> Shares => _shares;

    /// <summary>The share that a key draws from: its own, if it has one. A client's own tags do not count.</summary>
    public ScopeShare ShareFor(LimitModel limit, KeyModel key) =>
        _shares.Length > 1 && limit.ShareOf(key.Tags) is var share and >= 0 ? _shares[share] : Common;

    /// <summary>Something was given back, or there is more of it: those who wait look again.</summary>
    public void Signal()
    {
        foreach (var share in _shares)
            share.Queue?.Signal();
    }

    /// <summary>How many may wait, from now on.</summary>
    public void SetQueueMax(int max)
    {
        foreach (var share in _shares)
        {
            if (share.Queue is { } queue)
                queue.Max = max;
        }
    }

    /// <summary>False if it has been given up: look it up again.</summary>
    public bool TryHold()
    {
        // The bucket of all is never given up, and counting its holders would put all cores on one word.
        if (_isPermanent)
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
        if (!_isPermanent)
            Interlocked.Decrement(ref _holders);
    }

    /// <summary>Gives it up if nobody holds it and it has no use; true if it is given up.</summary>
    public bool TryRetire(long nowNs)
    {
        if (_isPermanent || Volatile.Read(ref _holders) != 0 || !IsUnused(nowNs)
            || Interlocked.CompareExchange(ref _holders, Judged, 0) != 0)
            return false;

        // Somebody may have used it between the look and the judgement, and have let go again.
        var isUnused = IsUnused(nowNs);
        if (Interlocked.CompareExchange(ref _holders, isUnused ? Retired : 0, Judged) != Judged || !isUnused)
            return false;
        foreach (var share in _shares)
            share.Queue?.Dispose();
        return true;
    }

    private bool IsUnused(long nowNs)
    {
        foreach (var share in _shares)
        {
            if (!share.IsUnused(nowNs))
                return false;
        }

        return true;
    }
}
