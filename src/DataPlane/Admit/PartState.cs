using System.Collections.Concurrent;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>The buckets of one part of a limit, by whom they are kept for. It outlives the configuration.</summary>
/// <remarks>
/// <para>Requirements: (1) all who ask for a value at a time hold one bucket; (2) a bucket that is given up is held by nobody, and is not found
/// again; (3) after an edit every bucket has its figures, also one that was made while it ran.</para>
/// <para>Memory order: a bucket is found and added by the dictionary's own compare-and-swap, so one of those that are made for a value at a time
/// stays: (1). Giving up and holding are one word of <see cref="ScopeState"/>: whoever finds a bucket that has been given up takes that one out, and
/// no other that has its place by then, and looks again: (2). An edit publishes the part, then, behind a full fence, edits what it finds; whoever
/// adds a bucket does so, which is a full fence, then looks whether the part is still the one that it was made by, and else edits it: one of the
/// two sees the other, and edits come one at a time, each by the part that is published then: (3).</para>
/// </remarks>
internal sealed class PartState
{
    private readonly ConcurrentDictionary<string, ScopeState> _scopes = new(StringComparer.Ordinal);
    private readonly Lock _editing = new();
    private readonly LimitStates _all;
    private readonly ScopeState? _everyone;
    private LimitPart _part;
    private LimitCounters _counters;
    private int _count;

    public PartState(LimitStates all, LimitPart part, LimitCounters counters)
    {
        (_all, _part, _counters) = (all, part, counters);
        if (part.Limit.Per == LimitScope.Global)
        {
            _scopes.TryAdd(LimitTable.Everyone, _everyone = Make(LimitTable.Everyone, part));
            all.Desk?.Add(this, _everyone);
        }
    }

    public LimitCounters Counters => Volatile.Read(ref _counters);

    /// <summary>The part as it was configured last.</summary>
    public LimitPart Part => Volatile.Read(ref _part);

    /// <summary>Buckets there are; who comes late to a limit with <see cref="LimitModel.BucketsMax"/> of them shares one more.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The buckets, as they come.</summary>
    public IEnumerable<KeyValuePair<string, ScopeState>> Scopes => _scopes;

    /// <summary>The bucket of a scope, held by the caller.</summary>
    public ScopeState Hold(string value)
    {
        if (_everyone is { } everyone)
            return everyone;
        while (true)
        {
            var scope = _scopes.TryGetValue(value, out var found) ? found : Add(value);
            if (scope.TryHold())
                return scope;
            Remove(scope);
        }
    }

    /// <summary>Goes on with another amount; what is used stays used, in units.</summary>
    public void Edit(LimitPart part, LimitCounters counters)
    {
        lock (_editing)
        {
            Volatile.Write(ref _counters, counters);
            Interlocked.Exchange(ref _part, part);
            foreach (var (_, scope) in _scopes)
                Edit(scope);
        }
    }

    /// <summary>Goes on with what a scope had used before a restart, and with what of that each share had.</summary>
    public void Restore(string value, BucketCheckpoint checkpoint, IReadOnlyList<(string Share, BucketCheckpoint Used)> shares)
    {
        var (scope, nowNs) = (Hold(value), _all.Clock.NowNs);
        if (scope.Gate is null)
        {
            var rest = checkpoint.Used;
            foreach (var (name, used) in shares)
            {
                // Of a window that is over a debt is left, which nobody's share is.
                var share = Array.FindIndex(Part.Limit.Shares, s => s.Name == name);
                if (share < 0 || scope.Shared is null || used.Window != checkpoint.Window
                    || used.Window < LimitStates.Schedule(Part).At(_all.Clock.UnixNs(nowNs)).Number)
                    continue;
                var part = Math.Min(used.Used, rest);
                scope.Shares[share].Bucket!.Restore(used with { Used = part }, nowNs);
                rest -= part;
            }

            scope.Common.Bucket!.Restore(checkpoint with { Used = rest }, nowNs);
        }

        scope.Release();
    }

    /// <summary>Gives up buckets that have no use and no holder: whoever comes again gets a new one that is as full.</summary>
    public void Sweep(long nowNs)
    {
        foreach (var (_, scope) in _scopes)
        {
            if (scope.TryRetire(nowNs))
                Remove(scope);
        }
    }

    private void Edit(ScopeState scope)
    {
        Edit(scope, Part, _all.Clock.NowNs);
        if (Part.Limit.Queue is { } queue)
            scope.SetQueueMax(queue.Max);
        scope.Signal();
    }

    private static void Edit(ScopeState scope, LimitPart part, long nowNs)
    {
        if (scope.Common.Lent is not null)
        {
            foreach (var share in scope.Shares)
                (share.Bucket as LeaseBucket)?.Edit(LimitStates.LentMax(part.Quantity!), (LeaseOutage)part.Limit.OnOutage);
            return;
        }

        if (scope.Gate is not null)
        {
            if (scope.SharedGate is { } places)
                places.Edit(part.Limit.Concurrent!.Value, LimitStates.Percents(part), nowNs);
            else
                ((ConcurrencyGate)scope.Gate).Limit = part.Limit.Concurrent!.Value;
            return;
        }

        var quantity = part.Quantity!;
        if (scope.Shared is { } shared)
        {
            if (quantity.IsRate)
                shared.EditRate(LimitStates.RateOf(quantity), LimitStates.PeriodNs(quantity.Period), quantity.Burst, LimitStates.Percents(part), nowNs);
            else
                shared.EditWindow(quantity.Amount, LimitStates.Schedule(part), part.Limit.Debt, LimitStates.Percents(part), nowNs, part.Limit.IsLentByPace);
            return;
        }

        switch (scope.Bucket is ShardedBucket cells ? cells.Parent : scope.Bucket)
        {
            case RateBucket rate:
                rate.Edit(LimitStates.RateOf(quantity), LimitStates.PeriodNs(quantity.Period), quantity.Burst, nowNs);
                break;
            case WindowBucket window:
                window.Edit(quantity.Amount, LimitStates.Schedule(part), part.Limit.Debt, nowNs);
                break;
        }

        // What lies in cells was given by the former limit.
        (scope.Bucket as ShardedBucket)?.Sweep(nowNs);
    }

    private ScopeState Add(string value)
    {
        var part = Part;
        var limit = part.Limit;
        if (limit.Per is LimitScope.Ip or LimitScope.Tag && Volatile.Read(ref _count) >= limit.BucketsMax && value != LimitTable.None)
            value = LimitTable.Other;
        if (_scopes.TryGetValue(value, out var scope))
            return scope;
        scope = Make(value, part);
        var added = _scopes.GetOrAdd(value, scope);
        if (!ReferenceEquals(added, scope))
            return added;
        if (!ReferenceEquals(part, Part))
        {
            lock (_editing)
                Edit(scope);
        }

        _all.Desk?.Add(this, scope);
        if (value != LimitTable.Other)
            Interlocked.Increment(ref _count);
        return added;
    }

    private void Remove(ScopeState scope)
    {
        if (!_scopes.TryRemove(KeyValuePair.Create(scope.Value, scope)))
            return;
        _all.Desk?.Drop(scope);
        if (scope.Value != LimitTable.Other)
            Interlocked.Decrement(ref _count);
    }

    private ScopeState Make(string value, LimitPart part)
    {
        var isPermanent = part.Limit.Per == LimitScope.Global;
        var shares = part.Limit.Shares.Length;
        if (_all.Desk is not null)
            return ScopeState.OfLent(value, isPermanent, Lent(part));
        if (part.Quantity is not null)
            return shares == 0 ? new(value, isPermanent, _all.MakeBucket(part)) : new(value, isPermanent, _all.MakeShared(part), shares);
        if (shares > 0)
            return new(value, isPermanent, new SharedGate(part.Limit.Concurrent!.Value, LimitStates.Percents(part), _all.Clock.NowNs), shares);
        return new(value, isPermanent, new ConcurrencyGate(part.Limit.Concurrent!.Value));
    }

    /// <summary>A lease of its own for each share, and for those who have none: the control plane divides.</summary>
    private ScopeShare[] Lent(LimitPart part)
    {
        var shares = new ScopeShare[part.Limit.Shares.Length + 1];
        var rest = 100;
        for (var i = 0; i < shares.Length; i++)
        {
            var (name, percent) = i < shares.Length - 1
                ? (part.Limit.Shares[i].Name, part.Limit.Shares[i].Percent) : ("", rest);
            rest -= percent;
            shares[i] = part.Quantity is null ? new(null, new ConcurrencyGate(0), name, percent) : new(_all.MakeBucket(part), null, name, percent);
        }

        return shares;
    }
}
