namespace AiEdge.Limits;

/// <summary>Who goes first among those who wait.</summary>
public enum WaitClass : byte
{
    /// <summary>Before the others.</summary>
    High,

    /// <summary>What one has who says nothing.</summary>
    Normal,

    /// <summary>What the others leave, and at least a twentieth.</summary>
    Low,
}

/// <summary>How a wait has ended.</summary>
public enum WaitOutcome : byte
{
    /// <summary>The credit was drawn in the waiter's name and is its own, also if its client has gone meanwhile.</summary>
    Granted,

    /// <summary>The waiter's own draw has said that waiting here helps no more.</summary>
    Refused,

    /// <summary>The deadline is over, or cannot be met any more.</summary>
    TimedOut,

    /// <summary>The queue was full, and its place went to one of a higher class or of a flow with fewer waiting.</summary>
    Displaced,

    /// <summary>Its ticket was cancelled before anything was drawn.</summary>
    Cancelled,

    /// <summary>The queue was closed: ask for admission anew.</summary>
    Closed,
}

/// <summary>What a waiter's draw has come to.</summary>
public readonly record struct QueuedAnswer
{
    private QueuedAnswer(bool isDrawn, bool isRefused, long waitNs) => (IsDrawn, IsRefused, WaitNs) = (isDrawn, isRefused, waitNs);

    /// <summary>All was drawn.</summary>
    public static QueuedAnswer Drawn => new(true, false, 0);

    /// <summary>Nothing was drawn, and waiting in this queue does not help.</summary>
    public static QueuedAnswer Refused => new(false, true, 0);

    /// <summary>Nothing was drawn, and only a <see cref="FairQueue.Signal"/> can change that: a place that somebody leaves.</summary>
    public static QueuedAnswer UntilSignal => new(false, false, long.MaxValue);

    /// <summary>Whether all was drawn.</summary>
    public bool IsDrawn { get; }

    /// <summary>Whether the wait is over in vain.</summary>
    public bool IsRefused { get; }

    /// <summary>Nanoseconds after which to try again.</summary>
    public long WaitNs { get; }

    /// <summary>Nothing was drawn; try again after so many nanoseconds, or at a signal before.</summary>
    public static QueuedAnswer After(long waitNs) => new(false, false, Math.Max(1, waitNs));
}

/// <summary>A waiter's way to its credit: over one bucket, a chain of them, gates.</summary>
public interface IQueuedDraw
{
    /// <summary>
    /// Draws all or nothing, for the waiter. It is called when it is the waiter's turn, on any thread, never twice at once and never
    /// after the wait has ended. It must be short, must not wait or join a queue, and must not throw.
    /// </summary>
    QueuedAnswer TryDraw(long nowNs);
}

/// <summary>One that is to wait.</summary>
/// <param name="Draw">How it draws.</param>
/// <param name="Flow">Whose it is (a key's id): what flows get is in the ratio of their weights.</param>
/// <param name="Weight">The flow's weight, 1 to 1000.</param>
/// <param name="Class">Its class.</param>
/// <param name="Bucket">Whose forecast says whether the deadline can be met; null where there is none, as for a gate.</param>
/// <param name="Cost">What it draws, in the bucket's units; 1 for a gate.</param>
/// <param name="DeadlineNs">Until when it waits, at most.</param>
public readonly record struct QueuedRequest(
    IQueuedDraw Draw, string Flow, int Weight, WaitClass Class, LimitBucket? Bucket, long Cost, long DeadlineNs);

/// <summary>A place in a <see cref="FairQueue"/>.</summary>
public readonly struct QueueTicket
{
    private readonly QueueWaiter _waiter;
    private readonly long _generation;

    internal QueueTicket(QueueWaiter waiter, long generation, short version) =>
        (_waiter, _generation, Outcome) = (waiter, generation, new ValueTask<WaitOutcome>(waiter, version));

    /// <summary>How it ends. To be awaited once; the place is used again after that.</summary>
    public ValueTask<WaitOutcome> Outcome { get; }

    /// <summary>The client has left: ends the wait unless it has ended, or is being granted just now. Any number of times, also late.</summary>
    public void Cancel() => _waiter.Queue.Cancel(_waiter, _generation);
}
