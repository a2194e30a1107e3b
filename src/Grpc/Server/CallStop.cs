using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AiEdge.Grpc.Server;

/// <summary>
/// What ends a call from outside its handler: the client, the deadline, the end of a drain. First the handler is asked, by its token;
/// one that does not end, or whose client does not read, has its stream reset.
/// </summary>
internal sealed class CallStop : IAsyncDisposable
{
    /// <summary>RST_STREAM's CANCEL.</summary>
    private const int CancelCode = 0x8;

    private readonly HttpContext _http;
    private readonly TimeSpan _resetAfter;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _forced;
    private readonly CancellationTokenRegistration _aborted;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _begin;
    private GrpcStatus? _cause;
    private bool _isArmed;
    private bool _isOver;

    public CallStop(HttpContext http, TimeSpan? timeout, GrpcServerOptions options, CancellationToken forced)
    {
        _http = http;
        _resetAfter = options.ResetAfter;
        (_time, _begin) = (options.Time, options.Time.GetTimestamp());
        _source = new();
        Token = _source.Token;
        Timeout = timeout < Wire.GrpcTimeout.Longest ? timeout : null;
        _timer = options.Time.CreateTimer(
            static stop => ((CallStop)stop!).OnTime(), this, System.Threading.Timeout.InfiniteTimeSpan, System.Threading.Timeout.InfiniteTimeSpan);
        _aborted = http.RequestAborted.UnsafeRegister(
            static stop => ((CallStop)stop!).Stop(new(GrpcCode.Cancelled, "the client gave the call up")), this);
        _forced = forced.UnsafeRegister(static stop => ((CallStop)stop!).Force(), this);

        // Last, and unless something has stopped the call already: the timer may fire at once.
        if (Timeout is { } wait && Cause is null)
            _timer.Change(wait, System.Threading.Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token { get; }

    /// <summary>What the client gives the call, from its beginning on.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>Why the call was stopped; null if nothing stopped it.</summary>
    public GrpcStatus? Cause
    {
        get
        {
            lock (_lock)
                return _cause;
        }
    }

    /// <summary>Whether the client is still there to be answered.</summary>
    public bool HasClient => !_http.RequestAborted.IsCancellationRequested;

    /// <summary>
    /// From now on the call has so much time, in the place of what it was given so, and no more than its client gives it; null for that alone.
    /// </summary>
    public void Within(TimeSpan? time)
    {
        lock (_lock)
        {
            // What has been stopped is reset soon, and nothing puts that off.
            if (_isArmed || _isOver || _cause is not null)
                return;
            var left = Timeout - _time.GetElapsedTime(_begin);
            var wait = left is { } own && !(own > time) ? own : time;
            _timer.Change(
                wait is not { } due ? System.Threading.Timeout.InfiniteTimeSpan : due > TimeSpan.Zero ? due : TimeSpan.Zero,
                System.Threading.Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Stops the call; the first cause counts.</summary>
    public void Stop(GrpcStatus cause)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _cause ??= cause;
        }

        // Also where another was first and has not come to this line yet: who returns from here finds the token fired.
        _source.Cancel();
    }

    /// <summary>The handler has ended by itself: what it left running finds the token fired, and there is no cause.</summary>
    public void Over() => _source.Cancel();

    public async ValueTask DisposeAsync()
    {
        // After this no timer touches the stream, whose memory Kestrel uses for the next call.
        lock (_lock)
            _isOver = true;
        await _timer.DisposeAsync();
        await _aborted.DisposeAsync();
        await _forced.DisposeAsync();

        // The source is left to the collector: it holds nothing, and a task that a handler left behind may still ask it.
    }

    /// <summary>The deadline; then, if the call is still there, the reset.</summary>
    private void OnTime()
    {
        if (Cause is null)
        {
            Arm();
            Stop(new(GrpcCode.DeadlineExceeded, "the deadline has passed"));
            return;
        }

        lock (_lock)
        {
            if (!_isOver)
                _http.Features.Get<IHttpResetFeature>()?.Reset(CancelCode);
        }
    }

    private void Force()
    {
        Arm();
        Stop(new(GrpcCode.Unavailable, "the server has stopped"));
    }

    private void Arm()
    {
        lock (_lock)
        {
            _isArmed = true;
            _timer.Change(_resetAfter, System.Threading.Timeout.InfiniteTimeSpan);
        }
    }
}
