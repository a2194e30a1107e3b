using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>What one share of a scope draws from or enters, and where it waits. A scope without shares has one.</summary>
/// <remarks>Each has a queue of its own: who waits for what is lent must not stand before one whose own part is free.</remarks>
internal sealed class ScopeShare(LimitBucket? bucket, Gate? gate)
{
    private FairQueue? _queue;

    /// <summary>Of an amount; a gate has none.</summary>
    public LimitBucket? Bucket { get; } = bucket;

    /// <summary>Of how many are under way, else null.</summary>
    public Gate? Gate { get; } = gate;

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
