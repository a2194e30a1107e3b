using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>A connection that is being opened: stopping it cancels the attempt, waking it says that it is late.</summary>
internal sealed class OpeningLease : IUpstreamLease, IDisposable
{
    private static long _last = -1;
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource? _late;

    /// <param name="mayBeLate">Whether somebody waits for <see cref="Late"/>.</param>
    public OpeningLease(bool mayBeLate = false)
    {
        if (mayBeLate)
            _late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Below all numbers that connections have.</summary>
    public long Number { get; } = Interlocked.Decrement(ref _last);

    public CancellationToken Token => _cancel.Token;

    /// <summary>Completed once it has been woken; never where nobody was to wait for it.</summary>
    public Task? Late => _late?.Task;

    /// <summary>It may take so long from now on.</summary>
    public void Limit(TimeSpan wait) => _cancel.CancelAfter(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);

    public void Abort(long lease)
    {
        if (lease != Number)
            return;
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was open before the stop arrived; the exchange sees the reason by itself.
        }
    }

    public void Wake(long lease)
    {
        if (lease == Number)
            _late?.TrySetResult();
    }

    public void Dispose() => _cancel.Dispose();
}
