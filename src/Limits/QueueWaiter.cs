using System.Threading.Tasks.Sources;

namespace AiEdge.Limits;

/// <summary>
/// A place in a queue, reused. All fields but the core are under the queue's lock; the waiting exchange goes on on a thread of the pool,
/// so whoever grants never runs another's exchange.
/// </summary>
internal sealed class QueueWaiter(FairQueue queue) : IValueTaskSource<WaitOutcome>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<WaitOutcome> _core;
    private WaitOutcome _outcome;

    /// <summary>How far it is, from one use to the next.</summary>
    public enum Phase : byte
    {
        Idle,
        Waiting,
        Trying,
        Over,
    }

    public FairQueue Queue { get; } = queue;

    public Phase State { get; set; }

    public QueuedRequest Request { get; private set; }

    /// <summary>Counts the uses, so that a ticket of an earlier one does nothing.</summary>
    public long Generation { get; private set; }

    /// <summary>How the wait ends if the draw that is under way is in vain.</summary>
    public WaitOutcome? EndsAs { get; set; }

    public long Cost => Math.Max(1, Request.Cost);

    /// <summary>Its place among all that wait.</summary>
    public int Index { get; set; }

    public FairFlow? Flow { get; set; }

    public QueueWaiter? Before { get; set; }

    public QueueWaiter? Behind { get; set; }

    public QueueTicket Begin(in QueuedRequest request)
    {
        _core.Reset();
        Request = request;
        State = Phase.Waiting;
        EndsAs = null;
        return new QueueTicket(this, ++Generation, _core.Version);
    }

    /// <summary>Ends the wait: once, as the lock's holder knows by the state.</summary>
    public void End(WaitOutcome outcome)
    {
        State = Phase.Over;
        _outcome = outcome;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(_outcome);

    WaitOutcome IValueTaskSource<WaitOutcome>.GetResult(short token)
    {
        var outcome = _core.GetResult(token);
        Request = default;
        Queue.Return(this);
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<WaitOutcome>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<WaitOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
