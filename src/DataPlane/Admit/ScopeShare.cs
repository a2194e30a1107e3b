using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>What one share of a scope draws from or enters, and where it waits. A scope without shares has one.</summary>
/// <remarks>Each has a queue of its own: who waits for what is lent must not stand before one whose own part is free.</remarks>
internal sealed class ScopeShare(LimitBucket? bucket, Gate? gate, string name = "", int percent = 100)
{
    private FairQueue? _queue;

    /// <summary>Of an amount; a gate has none.</summary>
    public LimitBucket? Bucket { get; } = bucket;

    /// <summary>Of how many are under way, else null.</summary>
    public Gate? Gate { get; } = gate;

    /// <summary>Who it is of, <c>TAG=VALUE</c>; empty for whoever has no share, and where there are none.</summary>
    public string Name { get; } = name;

    /// <summary>What is guaranteed to it of what a control plane lends; of whoever has no share, what no share is guaranteed.</summary>
    public int Percent { get; } = percent;

    /// <summary>What is lent to it; null where this plane is its own.</summary>
    public LentScope? Lent { get; set; }

    /// <summary>Whether nothing of it is used, nor lent to it.</summary>
    public bool IsUnused(long nowNs) => Lent is { } lent && lent.IsWatched(nowNs) ? false
        : Gate is { } gate ? gate.Count == 0 && (Lent is null || gate.Capacity == 0) : Bucket!.Used(nowNs) == 0;

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
}
