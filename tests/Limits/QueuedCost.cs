namespace AiEdge.Limits.Tests;

/// <summary>One that waits for units of a bucket, or for a place in a gate.</summary>
internal sealed class QueuedCost : IQueuedDraw
{
    private readonly LimitClock _clock;
    private readonly LimitBucket? _bucket;
    private readonly ConcurrencyGate? _gate;

    public QueuedCost(LimitClock clock, LimitBucket bucket, long cost, string flow, int weight, WaitClass priority, long waitNs)
    {
        (_clock, _bucket) = (clock, bucket);
        Request = new QueuedRequest(this, flow, weight, priority, bucket, cost, clock.NowNs + waitNs);
    }

    public QueuedCost(LimitClock clock, ConcurrencyGate gate, string flow, long waitNs)
    {
        (_clock, _gate) = (clock, gate);
        Request = new QueuedRequest(this, flow, 1, WaitClass.Normal, null, 1, clock.NowNs + waitNs);
    }

    public QueuedRequest Request { get; }

    public QueueTicket Ticket { get; private set; }

    public long? GrantedNs { get; private set; }

    public Action<QueuedCost>? OnDrawn { get; init; }

    /// <summary>What its next try says in place of drawing.</summary>
    public QueuedAnswer? Says { get; set; }

    public long WaitNs { get; private set; }

    public int Tries { get; private set; }

    public bool TryJoin(FairQueue queue)
    {
        var isIn = queue.TryJoin(Request, out var ticket, out var waitNs);
        (Ticket, WaitNs) = (ticket, waitNs);
        return isIn;
    }

    public QueuedAnswer TryDraw(long nowNs)
    {
        Tries++;
        Assert.Null(GrantedNs);
        if (Says is { } says)
            return says;
        if (_gate is not null)
        {
            if (!_gate.TryEnter())
                return QueuedAnswer.UntilSignal;
        }
        else if (!LimitChain.TryDrawAll([_bucket!], [Request.Cost], new long[1], nowNs, out var draw, booksSlot: false))
        {
            return draw.Outcome == DrawOutcome.RateRefused ? QueuedAnswer.After(draw.WaitNs) : QueuedAnswer.Refused;
        }

        GrantedNs = nowNs;
        OnDrawn?.Invoke(this);
        return QueuedAnswer.Drawn;
    }
}
