using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Limits;

/// <summary>
/// Requests that a limit refuses wait here for credit rather than being sent away: bounded, with a deadline each, in fair order. Nothing
/// is drawn for one that waits; when it is its turn its own draw is called, so no bucket's bound is touched by waiting.
/// </summary>
/// <remarks>
/// <para>Fairness (<see cref="FairOrder"/>): a higher class first, and at least a twentieth of what is drawn for each lower class that
/// waits; within a class flows that have somebody waiting get units in the ratio of their weights, at any moment to within the
/// largest cost of one request per flow; within a flow first come, first served. Bound: at most <see cref="Max"/> wait. When it is
/// full, a newcomer takes the place of the last of the lowest class, or, in its own class, of the flow with most waiting for its
/// weight if that is more than its own flow would have; so no flow can fill the queue against others.</para>
/// <para>Requirements: (1) each wait ends once, as one of <see cref="WaitOutcome"/>; (2) credit is drawn for a waiter exactly if it ends as
/// granted; (3) none is granted after its deadline, and one whose deadline the bucket's forecast cannot meet is refused when it
/// comes, or as soon as that is known; (4) no wake-up is lost: while somebody waits, whose turn it is has tried since the last
/// signal and since the time that its last try named; (5) who comes while others wait, and looks at <see cref="IsEmpty"/>, does not
/// overtake them; (6) a draw never runs under the lock, and no thread waits for another's draw.</para>
/// <para>Memory order: order and states are under a lock that is held for a look or a change only. Serving is done by one thread at a
/// time: whoever wants it counts <c>_work</c> up, and who took it from 0 serves until it has brought it back to 0, so a wish that
/// comes while another serves is served by that one: (4), (6). A waiter that is being tried is marked so; a cancellation, a close
/// or a deadline that meets the mark leaves a note instead of ending it, and the server ends it after the draw: (1), (2). A leaver
/// gives its place back, then reads the count; who joins writes the count, then tries: both orders are full fences (compare-and-swap
/// and the lock's exit with the count up before the serve), so one of the two sees the other: (4). A signal from within a draw is
/// the draw's own vain attempt being undone; it changes nothing and is not served, or a vain attempt would call for the next.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue, though not a collection that others read.")]
public sealed class FairQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LimitClock _clock;
    private readonly FairOrder _order = new();
    private readonly List<QueueWaiter> _all = [];
    private readonly Stack<QueueWaiter> _free = new();
    private ITimer? _timer;
    private long _armedNs = long.MaxValue;
    private long _earliestNs = long.MaxValue;
    private int _max;
    private int _count;
    private int _work;
    private int _server;
    private bool _isClosed;

    /// <summary>A queue for at most <paramref name="max"/>, on a clock whose timers wake it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is below 1.</exception>
    public FairQueue(LimitClock clock, int max)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
        Max = max;
    }

    /// <summary>How many may wait; if more do already, nobody joins until there are fewer.</summary>
    public int Max
    {
        get => Volatile.Read(ref _max);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            Volatile.Write(ref _max, value);
        }
    }

    /// <summary>How many wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether nobody waits: one read. Who finds it false joins rather than drawing past those who wait.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>
    /// Waits from now on. The draw may be called before this returns. False, with how long to stay away, if the queue is full or closed or
    /// the deadline cannot be met.
    /// </summary>
    public bool TryJoin(in QueuedRequest request, out QueueTicket ticket, out long waitNs)
    {
        ArgumentNullException.ThrowIfNull(request.Draw);
        ArgumentNullException.ThrowIfNull(request.Flow);
        var nowNs = _clock.NowNs;
        lock (_lock)
        {
            ticket = default;
            waitNs = request.Bucket?.ForecastNs(_order.Before(request), request.Cost, nowNs) ?? 0;
            if (_isClosed || waitNs > request.DeadlineNs - nowNs || request.DeadlineNs <= nowNs)
                return false;
            if (_all.Count >= Max)
            {
                if (_order.Displaced(request) is not { } displaced || _all.Count > Max)
                    return false;
                End(displaced, WaitOutcome.Displaced);
            }

            if (!_free.TryPop(out var waiter))
                waiter = new QueueWaiter(this);
            ticket = waiter.Begin(request);
            waiter.Index = _all.Count;
            _all.Add(waiter);
            _order.Add(waiter);
            _earliestNs = Math.Min(_earliestNs, request.DeadlineNs);
            Interlocked.Increment(ref _count);
        }

        Serve();
        return true;
    }

    /// <summary>
    /// Something may be had again: a place was left, credit was given back, a limit was raised. To be called after each of these; one
    /// read if nobody waits.
    /// </summary>
    public void Signal()
    {
        if (!IsEmpty && Volatile.Read(ref _server) != Environment.CurrentManagedThreadId)
            Serve();
    }

    /// <summary>Ends all waits as <see cref="WaitOutcome.Closed"/>, and lets nobody join any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            for (var i = _all.Count - 1; i >= 0; i--)
                EndOrNote(_all[i], WaitOutcome.Closed);
        }
    }

    /// <summary>Closes it and gives up its timer.</summary>
    public void Dispose()
    {
        Close();
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    internal void Cancel(QueueWaiter waiter, long generation)
    {
        lock (_lock)
        {
            if (waiter.Generation != generation)
                return;
            EndOrNote(waiter, WaitOutcome.Cancelled);
        }

        Signal();
    }

    internal void Return(QueueWaiter waiter)
    {
        lock (_lock)
        {
            waiter.State = QueueWaiter.Phase.Idle;
            if (_free.Count < Max)
                _free.Push(waiter);
        }
    }

    private void Serve()
    {
        if (Interlocked.Increment(ref _work) != 1)
            return;
        var seen = 1;
        while (true)
        {
            Volatile.Write(ref _server, Environment.CurrentManagedThreadId);
            while (ServeNext())
                ;
            Volatile.Write(ref _server, 0);
            var left = Interlocked.Add(ref _work, -seen);
            if (left == 0)
                return;
            seen = left;
        }
    }

    /// <summary>One try for the one whose turn it is; false if there is nobody, or it has to wait.</summary>
    private bool ServeNext()
    {
        QueueWaiter waiter;
        var nowNs = _clock.NowNs;
        lock (_lock)
        {
            EndLate(nowNs);
            if (_order.Next() is not { } next)
                return false;
            waiter = next;
            waiter.State = QueueWaiter.Phase.Trying;
        }

        var answer = waiter.Request.Draw.TryDraw(nowNs);
        lock (_lock)
        {
            waiter.State = QueueWaiter.Phase.Waiting;
            if (answer.IsDrawn)
                End(waiter, WaitOutcome.Granted);
            else if (answer.IsRefused)
                End(waiter, WaitOutcome.Refused);
            else if (waiter.EndsAs is { } noted)
                End(waiter, noted);
            else if (answer.WaitNs != long.MaxValue && answer.WaitNs > waiter.Request.DeadlineNs - nowNs)
                End(waiter, WaitOutcome.TimedOut);
            else
            {
                // At its deadline a draw is still in time, a nanosecond later it is not.
                var dueNs = answer.WaitNs == long.MaxValue ? long.MaxValue : nowNs + answer.WaitNs;
                Arm(Math.Min(dueNs, Math.Min(_earliestNs, long.MaxValue - 1) + 1), nowNs);
                return false;
            }
        }

        return true;
    }

    /// <summary>Ends those whose deadline is over.</summary>
    private void EndLate(long nowNs)
    {
        if (nowNs <= _earliestNs)
            return;
        _earliestNs = long.MaxValue;
        for (var i = _all.Count - 1; i >= 0; i--)
        {
            if (_all[i].Request.DeadlineNs < nowNs)
                End(_all[i], WaitOutcome.TimedOut);
            else
                _earliestNs = Math.Min(_earliestNs, _all[i].Request.DeadlineNs);
        }
    }

    private void EndOrNote(QueueWaiter waiter, WaitOutcome outcome)
    {
        if (waiter.State == QueueWaiter.Phase.Waiting)
            End(waiter, outcome);
        else if (waiter.State == QueueWaiter.Phase.Trying)
            waiter.EndsAs ??= outcome;
    }

    private void End(QueueWaiter waiter, WaitOutcome outcome)
    {
        _order.Remove(waiter, isServed: outcome == WaitOutcome.Granted);
        var last = _all[^1];
        _all[waiter.Index] = last;
        last.Index = waiter.Index;
        _all.RemoveAt(_all.Count - 1);
        Interlocked.Decrement(ref _count);
        waiter.End(outcome);
    }

    private void Arm(long dueNs, long nowNs)
    {
        if (dueNs == _armedNs && dueNs > nowNs || _isClosed)
            return;
        _armedNs = dueNs;
        _timer ??= NewTimer();
        var ms = Math.Clamp((dueNs - nowNs + 999_999) / 1_000_000, 1, int.MaxValue);
        _timer.Change(TimeSpan.FromMilliseconds(ms), Timeout.InfiniteTimeSpan);
    }

    private ITimer NewTimer()
    {
        // The timer outlives the exchange that happens to need it first, so it does not keep that one's context.
        var isFlowing = !ExecutionContext.IsFlowSuppressed();
        if (isFlowing)
            ExecutionContext.SuppressFlow();
        try
        {
            return _clock.Time.CreateTimer(
                static queue => ((FairQueue)queue!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (isFlowing)
                ExecutionContext.RestoreFlow();
        }
    }

    private void OnTimer()
    {
        lock (_lock)
            _armedNs = long.MaxValue;
        Serve();
    }
}
