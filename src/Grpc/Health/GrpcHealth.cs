using AiEdge.Grpc.Client;
using AiEdge.Grpc.Server;

namespace AiEdge.Grpc.Health;

/// <summary>
/// <c>grpc.health.v1.Health</c>: Check and Watch. A watcher is told the latest state; states that came and went while it did not read
/// are not kept for it.
/// </summary>
public sealed class GrpcHealth
{
    private const string Service = "grpc.health.v1.Health";

    private static readonly GrpcMethod<HealthCheckRequest, HealthCheckResponse> CheckMethod = Method("Check");
    private static readonly GrpcMethod<HealthCheckRequest, HealthCheckResponse> WatchMethod = Method("Watch");

    private readonly Lock _lock = new();
    private readonly Dictionary<string, GrpcServing> _states = new(StringComparer.Ordinal) { [""] = GrpcServing.Serving };
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Says how a service does; the empty name is the server as a whole, which serves until something else is said.</summary>
    public void Set(string service, GrpcServing state)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _states[service] = state;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    /// <summary>Says of all services that they do not serve: before a server stops.</summary>
    public void SetAllNotServing()
    {
        string[] services;
        lock (_lock)
            services = [.. _states.Keys];
        foreach (var service in services)
            Set(service, GrpcServing.NotServing);
    }

    /// <summary>Adds the service to a server.</summary>
    public void AddTo(GrpcServer server)
    {
        server.AddUnary(CheckMethod, (request, _) => new(Check(request.Service)));
        server.AddServerStreaming(WatchMethod, WatchAsync);
    }

    /// <summary>Asks another server, as a client.</summary>
    public static async ValueTask<(GrpcServing State, GrpcStatus Status)> CheckAsync(
        GrpcChannel channel, string service, GrpcCallOptions? options = null, CancellationToken cancellation = default)
    {
        var result = await channel.UnaryAsync(CheckMethod, new() { Service = service }, options, cancellation);
        return result.IsOk ? ((GrpcServing)result.Message.Status, result.Status) : (GrpcServing.Unknown, result.Status);
    }

    /// <summary>Watches a service of another server, as a client, until the call ends; the status says how it did.</summary>
    public static async ValueTask<GrpcStatus> WatchAsync(
        GrpcChannel channel, string service, Action<GrpcServing> onState, CancellationToken cancellation = default)
    {
        await using var call = channel.Open(WatchMethod, new HealthCheckRequest { Service = service }, cancellation: cancellation);
        while (await call.ReadAsync())
            onState((GrpcServing)call.Current.Status);
        return await call.Completion;
    }

    private GrpcResult<HealthCheckResponse> Check(string service)
    {
        var (state, _) = Look(service);
        return state == GrpcServing.ServiceUnknown ? new GrpcStatus(GrpcCode.NotFound, "no such service is known") : Response(state);
    }

    private async ValueTask<GrpcStatus> WatchAsync(HealthCheckRequest request, GrpcServerCall<HealthCheckRequest, HealthCheckResponse> call)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Context.Cancellation, call.Context.Draining);
        GrpcServing? told = null;
        while (true)
        {
            var (state, changed) = Look(request.Service);
            if (state != told && !await call.WriteAsync(Response(state)))
                return new(GrpcCode.Cancelled);
            told = state;
            try
            {
                await changed.WaitAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                return new(GrpcCode.Unavailable, "the server is stopping");
            }
        }
    }

    private (GrpcServing State, Task Changed) Look(string service)
    {
        lock (_lock)
            return (_states.GetValueOrDefault(service, GrpcServing.ServiceUnknown), _changed.Task);
    }

    private static HealthCheckResponse Response(GrpcServing state) =>
        new() { Status = (HealthCheckResponse.Types.ServingStatus)state };

    private static GrpcMethod<HealthCheckRequest, HealthCheckResponse> Method(string name) =>
        new(Service, name, new ProtobufSerializer<HealthCheckRequest>(HealthCheckRequest.Parser),
            new ProtobufSerializer<HealthCheckResponse>(HealthCheckResponse.Parser));
}
