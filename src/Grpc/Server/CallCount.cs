namespace AiEdge.Grpc.Server;

/// <summary>The calls under way: their bound, and the way out of them.</summary>
internal sealed class CallCount(int max)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationTokenSource _forced = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>Fires when no more calls are let in.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Fires when the grace of a drain is over.</summary>
    public CancellationToken Forced => _forced.Token;

    public bool TryEnter(out GrpcStatus refusal)
    {
        lock (_lock)
        {
            refusal = _draining.IsCancellationRequested ? new(GrpcCode.Unavailable, "the server is stopping")
                : _count >= max ? new(GrpcCode.ResourceExhausted, "too many calls are under way")
                : default;
            if (!refusal.IsOk)
                return false;
            _count++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _count--;
            EndIfEmpty();
        }
    }

    public async Task DrainAsync(TimeSpan grace, TimeProvider time)
    {
        await _draining.CancelAsync();
        lock (_lock)
            EndIfEmpty();
        try
        {
            await _empty.Task.WaitAsync(grace, time);
        }
        catch (TimeoutException)
        {
            await _forced.CancelAsync();
            await _empty.Task;
        }
    }

    private void EndIfEmpty()
    {
        if (_count == 0 && _draining.IsCancellationRequested)
            _empty.TrySetResult();
    }
}
