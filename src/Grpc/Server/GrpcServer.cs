using Microsoft.AspNetCore.Http;

namespace AiEdge.Grpc.Server;

/// <summary>
/// Methods and their handlers behind one <see cref="RequestDelegate"/>: <c>app.Run(server.HandleAsync)</c>. Methods are added before the
/// first call; one that is not there is UNIMPLEMENTED.
/// </summary>
public sealed class GrpcServer(GrpcServerOptions options)
{
    private readonly Dictionary<string, Func<HttpContext, GrpcServerContext, Task<GrpcStatus>>> _methods = new(StringComparer.Ordinal);
    private readonly CallCount _calls = new(options.CallsMax);
    private readonly CallShares _callers = new(int.MaxValue, options.CallsPerCallerMax);
    private readonly Dictionary<string, CallShares> _peers = new(StringComparer.Ordinal);

    /// <summary>The options that it was made with.</summary>
    public GrpcServerOptions Options { get; } = options;

    /// <summary>Calls that are under way.</summary>
    public int Calls => _calls.Count;

    /// <summary>Adds a method of one request and one answer.</summary>
    public GrpcServer AddUnary<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<TRequest, GrpcServerContext, ValueTask<GrpcResult<TResponse>>> handler)
        where TRequest : class
        where TResponse : class =>
        Add(method, async call =>
        {
            var (request, fault) = await OnlyAsync(call, isStream: false);
            if (request is null)
                return fault;
            return await AnswerAsync(call, await handler(request, call.Context));
        });

    /// <summary>Adds a method of one request and any number of answers.</summary>
    public GrpcServer AddServerStreaming<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<TRequest, GrpcServerCall<TRequest, TResponse>, ValueTask<GrpcStatus>> handler)
        where TRequest : class
        where TResponse : class =>
        Add(method, async call =>
        {
            var (request, fault) = await OnlyAsync(call, isStream: true);
            return request is null ? fault : await handler(request, call);
        });

    /// <summary>Adds a method of any number of requests and one answer.</summary>
    public GrpcServer AddClientStreaming<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<GrpcServerCall<TRequest, TResponse>, ValueTask<GrpcResult<TResponse>>> handler)
        where TRequest : class
        where TResponse : class =>
        Add(method, async call => await AnswerAsync(call, await handler(call)));

    /// <summary>Adds a method of any number of both.</summary>
    public GrpcServer AddBidirectional<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<GrpcServerCall<TRequest, TResponse>, ValueTask<GrpcStatus>> handler)
        where TRequest : class
        where TResponse : class => Add(method, async call => await handler(call));

    /// <summary>Serves one request; what is not gRPC is answered as HTTP.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        if (CallRequest.NotGrpc(http.Request) is { } status)
        {
            http.Response.StatusCode = status;
            return;
        }

        CallRequest.Prepare(http);
        var path = http.Request.Path.Value ?? "";
        if (CallRequest.Judge(http.Request, out var timeout) is { } fault)
            CallRequest.EndAtOnce(http.Response, fault);
        else if (!_methods.TryGetValue(path, out var method))
            CallRequest.EndAtOnce(http.Response, new(GrpcCode.Unimplemented, "there is no such method"));
        else if (!_calls.TryEnter(out var refusal))
            CallRequest.EndAtOnce(http.Response, refusal);
        else
            await RunAsync(http, path, method, timeout);
    }

    /// <summary>
    /// Stops: new calls are UNAVAILABLE, those under way are told (<see cref="GrpcServerContext.Draining"/>) and have
    /// <paramref name="grace"/> to end; what is left then is cancelled. Returns when no call is left.
    /// </summary>
    public Task StopAsync(TimeSpan grace) => _calls.DrainAsync(grace, Options.Time);

    private GrpcServer Add<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<GrpcServerCall<TRequest, TResponse>, ValueTask<GrpcStatus>> handler)
        where TRequest : class
        where TResponse : class
    {
        _methods.Add(method.Path, async (http, context) =>
        {
            var call = new GrpcServerCall<TRequest, TResponse>(http, method, context, Options);
            var status = await GuardAsync(context, () => handler(call));
            await call.CloseAsync();
            return call.Fault ?? status;
        });
        if (Options.Open is { } open && open.IsOpen(method.Path))
            _peers.Add(method.Path, new(open.CallsMax, open.CallsPerPeerMax));
        return this;
    }

    private async Task RunAsync(HttpContext http, string path, Func<HttpContext, GrpcServerContext, Task<GrpcStatus>> method, TimeSpan? timeout)
    {
        try
        {
            await using var stop = new CallStop(http, timeout, Options, _calls.Forced);
            var context = new GrpcServerContext(http, path, stop, _calls.Draining);
            var status = Options.Gate is { } gate ? await GuardAsync(context, () => gate(context)) : GrpcStatus.Ok;
            if (status.IsOk)
                status = await ShareAsync(http, context, method);

            // A call that had done its work before it was stopped is done.
            if (!status.IsOk && stop.Cause is { } cause)
                status = cause;
            if (stop.HasClient)
                await CallRequest.EndAsync(http.Response, context, status);
        }
        finally
        {
            _calls.Leave();
        }
    }

    /// <summary>Runs a call that has passed the gate, within the bounds of its caller or of calls that have none.</summary>
    private async Task<GrpcStatus> ShareAsync(
        HttpContext http, GrpcServerContext context, Func<HttpContext, GrpcServerContext, Task<GrpcStatus>> method)
    {
        var isOpen = _peers.TryGetValue(context.Path, out var shares);
        if ((isOpen ? OpenCalls.PeerOf(context.Peer) : context.Identity) is not { } caller)
            return await method(http, context);
        shares ??= _callers;
        if (!shares.TryEnter(caller))
            return new(GrpcCode.ResourceExhausted, "too many calls of this caller are under way");
        try
        {
            if (isOpen)
                context.Stop.Within(Options.Open!.TimeoutMax);
            return await method(http, context);
        }
        finally
        {
            shares.Leave(caller);
        }
    }

    /// <summary>Runs what is not ours; whatever it throws becomes a status.</summary>
    private async Task<GrpcStatus> GuardAsync(GrpcServerContext context, Func<ValueTask<GrpcStatus>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            return new(GrpcCode.Cancelled, "the call was stopped");
        }
        catch (Exception e)
        {
            Options.OnFault?.Invoke(context.Path, e);
            return new(GrpcCode.Unknown, "the handler of the call failed");
        }
    }

    /// <summary>The one request of a call that has one; of a call that anyone may make it has to come soon.</summary>
    private async ValueTask<(TRequest? Request, GrpcStatus Fault)> OnlyAsync<TRequest, TResponse>(GrpcServerCall<TRequest, TResponse> call, bool isStream)
        where TRequest : class
        where TResponse : class
    {
        var open = _peers.ContainsKey(call.Context.Path) ? Options.Open : null;
        if (open is not null)
            call.Context.Stop.Within(open.RequestTimeMax < open.TimeoutMax ? open.RequestTimeMax : open.TimeoutMax);
        if (!await call.ReadAsync())
            return (null, call.Fault ?? new(GrpcCode.Unimplemented, "the call has one request, and none came"));
        var request = call.Current;
        if (await call.ReadAsync())
            return (null, new(GrpcCode.Unimplemented, "the call has one request, and more came"));
        if (open is not null)
            call.Context.Stop.Within(isStream ? null : open.TimeoutMax);
        return call.Context.Cancellation.IsCancellationRequested || call.Fault is not null
            ? (null, call.Fault ?? new(GrpcCode.Cancelled, "the call was stopped"))
            : (request, default);
    }

    private static async ValueTask<GrpcStatus> AnswerAsync<TRequest, TResponse>(
        GrpcServerCall<TRequest, TResponse> call, GrpcResult<TResponse> result)
        where TRequest : class
        where TResponse : class
    {
        if (!result.IsOk)
            return result.Status;
        return await call.WriteAsync(result.Message) ? GrpcStatus.Ok : new(GrpcCode.Cancelled, "the answer could not be sent");
    }
}
