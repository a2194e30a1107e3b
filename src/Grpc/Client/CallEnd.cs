namespace AiEdge.Grpc.Client;

/// <summary>
/// How a call ends, decided once: by the server, by its deadline, by its caller or by a fault. The first to speak is right; it stops
/// what is under way and lets the stream go.
/// </summary>
internal sealed class CallEnd : IDisposable
{
    private readonly TaskCompletionSource<GrpcStatus> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly ITimer? _deadline;
    private readonly CancellationTokenRegistration _caller;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly TimeSpan? _timeout;
    private bool _hasEnded;

    public CallEnd(TimeProvider time, TimeSpan? timeout, CancellationToken caller)
    {
        _time = time;
        _timeout = timeout < Wire.GrpcTimeout.Longest ? timeout : null;
        _startedAt = time.GetTimestamp();
        Cancellation = _stop.Token;
        if (_timeout <= TimeSpan.Zero)
            Set(Late);
        else if (_timeout is { } wait)
            _deadline = time.CreateTimer(static end => ((CallEnd)end!).Set(Late), this, wait, Timeout.InfiniteTimeSpan);
        _caller = caller.UnsafeRegister(static end => ((CallEnd)end!).Set(new(GrpcCode.Cancelled, "the caller gave the call up")), this);
        if (_hasEnded)
            Release();
    }

    /// <summary>Fires at the end.</summary>
    public CancellationToken Cancellation { get; }

    public Task<GrpcStatus> Completion => _completion.Task;

    public bool HasEnded => Volatile.Read(ref _hasEnded);

    /// <summary>The answer, once its head has come.</summary>
    public HttpResponseMessage? Response { get; private set; }

    /// <summary>Metadata of the answer's head.</summary>
    public GrpcMetadata Headers { get; set; } = [];

    /// <summary>Runs at the end, after the stream has been let go.</summary>
    public Action? OnEnd { get; set; }

    private static GrpcStatus Late => new(GrpcCode.DeadlineExceeded, "the deadline has passed");

    /// <summary>Takes the answer's head; false, and it is let go, if the call has ended meanwhile.</summary>
    public bool TryOwn(HttpResponseMessage response)
    {
        lock (_lock)
        {
            if (!_hasEnded)
            {
                Response = response;
                Headers = CallHead.Metadata(response.Headers);
                return true;
            }
        }

        response.Dispose();
        return false;
    }

    /// <summary>Ends the call; false if it had ended.</summary>
    public bool Set(GrpcStatus status)
    {
        HttpResponseMessage? response;
        lock (_lock)
        {
            if (_hasEnded)
                return false;
            _hasEnded = true;
            response = Response;
        }

        // A server may see the deadline first and reset the stream: the caller is told why, not how.
        if (status.Code == GrpcCode.Cancelled && _timeout is { } timeout && _time.GetElapsedTime(_startedAt) >= timeout)
            status = Late;
        _stop.Cancel();
        response?.Dispose();
        OnEnd?.Invoke();
        Release();
        _completion.TrySetResult(status);
        return true;
    }

    public void Dispose()
    {
        Release();
        _stop.Dispose();
    }

    private void Release()
    {
        _deadline?.Dispose();

        // Not waited for: this may run inside the registration itself.
        _caller.Unregister();
    }
}
