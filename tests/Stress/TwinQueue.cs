using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinQueue"/>.</summary>
public enum QueueDefect
{
    None,

    /// <summary>Who joins does not try: a place that was left a moment before wakes nobody.</summary>
    NoTryAfterJoin,

    /// <summary>A cancellation ends a wait whose draw is under way.</summary>
    EndsWhileTrying,

    /// <summary>A wish to be served that meets a server is dropped.</summary>
    DropsWish,
}

/// <summary>What the race does with a queue, whichever it is.</summary>
internal interface IRacedQueue
{
    int Count { get; }

    /// <summary>Joins; null if it is full. What is returned ends a wait, and says how it has ended.</summary>
    (Action Cancel, Func<WaitOutcome?> Outcome)? Join(IQueuedDraw draw);

    void Signal();
}

/// <summary>The queue itself.</summary>
internal sealed class RacedQueue(int max) : IRacedQueue, IDisposable
{
    private readonly FairQueue _queue = new(new LimitClock(new UnixEpoch()), max);
    private int _flows;

    public int Count => _queue.Count;

    public (Action Cancel, Func<WaitOutcome?> Outcome)? Join(IQueuedDraw draw)
    {
        var flow = Interlocked.Increment(ref _flows) % 3;
        var request = new QueuedRequest(draw, "f" + flow, flow + 1, (WaitClass)flow, null, 1, long.MaxValue / 2);
        if (!_queue.TryJoin(request, out var ticket, out _))
            return null;
        var outcome = ticket.Outcome.AsTask();
        return (ticket.Cancel, () => outcome.Wait(TimeSpan.FromSeconds(10)) ? outcome.Result : null);
    }

    public void Signal() => _queue.Signal();

    public void Dispose() => _queue.Dispose();
}

/// <summary>First come, first served, with the same protocol of serving, pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinQueue(int max, QueueDefect defect) : IRacedQueue
{
    private readonly Lock _lock = new();
    private readonly List<Waiter> _all = [];
    private int _count;
    private int _work;

    public int Count => Volatile.Read(ref _count);

    public (Action Cancel, Func<WaitOutcome?> Outcome)? Join(IQueuedDraw draw)
    {
        var waiter = new Waiter(draw);
        Race.Gap();
        lock (_lock)
        {
            if (_all.Count == max)
                return null;
            _all.Add(waiter);
            Interlocked.Increment(ref _count);
        }

        if (defect != QueueDefect.NoTryAfterJoin)
            Serve();
        return (() => Cancel(waiter), () => waiter.Outcome);
    }

    public void Signal()
    {
        if (Volatile.Read(ref _count) > 0)
            Serve();
    }

    private void Cancel(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Outcome is not null)
                return;
            if (waiter.IsTrying && defect != QueueDefect.EndsWhileTrying)
                waiter.IsCancelled = true;
            else
                End(waiter, WaitOutcome.Cancelled);
        }

        Signal();
    }

    private void Serve()
    {
        if (Interlocked.Increment(ref _work) != 1)
            return;
        var seen = 1;
        while (true)
        {
            while (ServeNext())
                Race.Gap();
            if (defect == QueueDefect.DropsWish)
            {
                Race.Gap();
                Volatile.Write(ref _work, 0);
                return;
            }

            seen = Interlocked.Add(ref _work, -seen);
            if (seen == 0)
                return;
        }
    }

    private bool ServeNext()
    {
        Waiter waiter;
        lock (_lock)
        {
            if (_all.Count == 0)
                return false;
            waiter = _all[0];
            waiter.IsTrying = true;
        }

        var isDrawn = waiter.Draw.TryDraw(0).IsDrawn;
        Race.Gap();
        lock (_lock)
        {
            waiter.IsTrying = false;
            if (waiter.Outcome is not null)
                return true;
            if (isDrawn || waiter.IsCancelled)
                End(waiter, isDrawn ? WaitOutcome.Granted : WaitOutcome.Cancelled);
            return isDrawn || waiter.IsCancelled;
        }
    }

    private void End(Waiter waiter, WaitOutcome outcome)
    {
        waiter.Outcome = outcome;
        _all.Remove(waiter);
        Interlocked.Decrement(ref _count);
    }

    private sealed class Waiter(IQueuedDraw draw)
    {
        public readonly IQueuedDraw Draw = draw;
        public volatile bool IsTrying;
        public volatile bool IsCancelled;
        private volatile object? _outcome;

        public WaitOutcome? Outcome
        {
            get => (WaitOutcome?)_outcome;
            set => _outcome = value;
        }
    }
}
