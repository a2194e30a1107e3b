using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>Waiting for credit rather than being refused (<c>queue:</c>).</summary>
internal sealed partial class Admission : IQueuedDraw
{
    private ScopeState? _queueScope;
    private ScopeShare? _queueShare;
    private LimitPart? _queuePart;
    private long _queueCost;
    private bool _isWaiting;
    private bool _waitsForTarget;
    private Demand _waiting;

    /// <summary>Whether the limit that refused just now lets requests wait.</summary>
    public bool MayWait => _queueScope is not null;

    /// <summary>
    /// Waits in the queue of the limit that refused. While it does, nothing of this is touched but by the queue's draw. False if there is no
    /// place, or none in time; then the refusal says how long to stay away.
    /// </summary>
    /// <param name="demand">What was asked for, and was refused.</param>
    /// <param name="isOfTarget">Whether <see cref="AdmitTarget"/> was asked.</param>
    /// <param name="ticket">To be awaited, and then <see cref="EndWait"/> called.</param>
    public bool TryWait(in Demand demand, bool isOfTarget, out QueueTicket ticket)
    {
        var model = _queuePart!.Limit.Queue!;
        var queue = _queueShare!.QueueFor(model, states.Clock);
        var deadlineNs = states.Clock.NowNs + (long)model.Wait.TotalMilliseconds * 1_000_000;

        // Nobody counts a prompt in a queue: what is not counted is drawn by its bound.
        (_waiting, _waitsForTarget, _isWaiting) = (demand with { IsCounted = true }, isOfTarget, true);
        var request = new QueuedRequest(
            this, _exchange.Key!.Name, _exchange.Key.Weight, (WaitClass)_exchange.Priority, _queueShare.Bucket, _queueCost, deadlineNs);
        if (queue.TryJoin(request, out ticket, out var waitNs))
        {
            Counters.OnQueued();
            return true;
        }

        _isWaiting = false;
        if (waitNs > Refusal.WaitNs && waitNs < long.MaxValue / 4)
            TellAnew(waitNs);
        LeaveInVain(isOfTarget);
        return false;
    }

    /// <summary>The wait is over; true if all was drawn.</summary>
    public bool EndWait(WaitOutcome outcome)
    {
        _isWaiting = false;
        Counters.OnWaited();
        if (outcome == WaitOutcome.Cancelled)
        {
            LeaveQueue();
            return false;
        }

        if (outcome != WaitOutcome.Granted)
        {
            // What was said at the beginning of the wait is over.
            if (_queueShare!.Bucket is { } bucket && Refusal.Kind == RefusalKind.Spent && ReferenceEquals(Refusal.Part, _queuePart)
                && LimitChain.ShortNs(bucket, _queueCost, states.Clock.NowNs) is var waitNs && waitNs < long.MaxValue)
                TellAnew(Math.Max(1, waitNs));
            LeaveInVain(_waitsForTarget);
            return false;
        }

        Counters.OnServed();
        LeaveQueue();
        _exchange.ClearRefusal();
        return true;
    }

    QueuedAnswer IQueuedDraw.TryDraw(long nowNs)
    {
        var verdict = _waitsForTarget
            ? Draw(_bound.Of(_exchange.Target!.Provider), isOfTarget: true, _waiting)
            : Draw(_bound.First, isOfTarget: false, _waiting);
        if (verdict == AdmitVerdict.Admitted)
        {
            if (_waitsForTarget)
                Conclude(_waiting);
            else
                _firstCount = _count;
            return QueuedAnswer.Drawn;
        }

        if (!ReferenceEquals(Refusal.Part, _queuePart))
            return Refusal.Kind == RefusalKind.Spent ? QueuedAnswer.After(Refusal.WaitNs) : QueuedAnswer.Refused;
        return Refusal.Kind switch
        {
            // Places that are kept for others may be lent by then, and nobody says so.
            RefusalKind.Concurrent => _queueScope!.SharedGate is null ? QueuedAnswer.UntilSignal : QueuedAnswer.After(ConcurrentWaitNs),
            RefusalKind.Spent => QueuedAnswer.After(Refusal.WaitNs),
            _ => QueuedAnswer.Refused,
        };
    }

    private LimitCounters Counters => ((PartState)_queuePart!.State!).Counters;

    /// <summary>Which limit has somebody waiting, whom a newcomer must not overtake; -1 for none.</summary>
    private int Waited(int first, int end)
    {
        for (var i = first; i < end; i++)
        {
            if (_entries[i].Part.Limit.Queue is not null && _entries[i].Share.Queue is { IsEmpty: false })
                return i;
        }

        return -1;
    }

    /// <summary>Others wait already: the newcomer goes behind them, whatever there is.</summary>
    private AdmitVerdict RefuseBehind(int first, int at, bool isOfTarget, in Demand demand, long nowNs)
    {
        ref readonly var entry = ref _entries[at];
        if (entry.IsGate)
            return Refuse(first, Later(RefusalKind.Concurrent, entry.Part, 0, 1, ConcurrentWaitNs, nowNs), isOfTarget, at, 1);
        var cost = entry.Prompt + _prices.Output(entry.Unit, LeastOutput(demand));
        var waitNs = Math.Max(1, Math.Min(entry.Bucket!.ForecastNs(cost, cost, nowNs), entry.Bucket.ResetNs(nowNs)));
        return Refuse(first, Later(RefusalKind.Spent, entry.Part, entry.Remaining, cost, waitNs, nowNs), isOfTarget, at, cost);
    }

    /// <summary>Remembers where to wait; the scope is held until it is left.</summary>
    private void OfferQueue(int at, long cost)
    {
        LeaveQueue();
        if (at < 0 || _entries[at].Part.Limit.Queue is null || !_entries[at].Scope.TryHold())
            return;
        (_queueScope, _queueShare, _queuePart, _queueCost) = (_entries[at].Scope, _entries[at].Share, _entries[at].Part, cost);
    }

    private void TellAnew(long waitNs)
    {
        Refusal = Refusal with { WaitNs = waitNs, AtUnixNs = states.Clock.UnixNs(states.Clock.NowNs) + waitNs };
        Tell(Refusal);
    }

    private void LeaveInVain(bool isOfTarget)
    {
        if (!isOfTarget && !IsPassedOver(_exchange))
            CountRefusal();
        LeaveQueue();
    }

    private void CountRefusal()
    {
        if (Refusal.Part is { } part)
            ((PartState)part.State!).Counters.OnRefused();
    }

    private void LeaveQueue()
    {
        _queueScope?.Release();
        (_queueScope, _queueShare, _queuePart, _isWaiting) = (null, null, null, false);
    }
}
