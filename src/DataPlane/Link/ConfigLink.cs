using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Wire;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// The stream of configurations (<c>Config.Watch</c>), for as long as the process runs: says what is served, takes what comes, says what became
/// of it; and comes back when the stream ends, whyever it did.
/// </summary>
internal sealed class ConfigLink
{
    /// <summary>Faults that a refusal carries.</summary>
    private const int FaultsMax = 100;

    private readonly ControlChannel _channel;
    private readonly ControlFeed _feed;
    private readonly LinkOptions _options;
    private readonly TextWriter _log;
    private readonly LinkWait _wait;
    private GrpcStatus _told = GrpcStatus.Ok;
    private bool _isConnected;
    private bool _asksForAll;
    private long _connections;
    private long _seen;
    private long _applyMs;

    public ConfigLink(ControlChannel channel, ControlFeed feed, LinkOptions options, TextWriter log)
    {
        _channel = channel;
        _feed = feed;
        _options = options;
        _log = log;
        _wait = new LinkWait(options.WaitMax);
    }

    /// <summary>Whether the stream stands.</summary>
    public bool IsConnected => Volatile.Read(ref _isConnected);

    /// <summary>Streams that came to stand since the start.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>The newest generation that came whole, whether or not it is served.</summary>
    public long GenerationSeen => Volatile.Read(ref _seen);

    /// <summary>How long the last change took, from its last part to its being in force and on disk.</summary>
    public long ApplyMs => Volatile.Read(ref _applyMs);

    /// <summary>Completes, with why, where the control plane refuses this plane before it ever had a configuration.</summary>
    public TaskCompletionSource<GrpcStatus> Refused { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (status, isTold) = await OnceAsync(stop);
            SetConnected(false);
            if (stop.IsCancellationRequested)
                return;
            Tell(status);
            if (ControlChannel.IsRefusal(status) && !_feed.First.IsCompleted)
                Refused.TrySetResult(status);
            try
            {
                // A control plane that says that it stops has said so to all its planes.
                await Task.Delay(_wait.Next(isTold && status.Code == GrpcCode.Unavailable), _options.Time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One stream, from joining to its end; and whether the control plane itself said why it ended.</summary>
    private async Task<(GrpcStatus Status, bool IsTold)> OnceAsync(CancellationToken stop)
    {
        var joined = await _channel.JoinAsync(stop);
        if (!joined.IsOk)
            return (joined, false);
        await using var call = _channel.Open(PlaneMethods.Watch, stop);
        var hello = await GreetAsync(call);
        if (hello is null)
            return (await call.Completion, call.IsEndTold);
        _wait.Succeed();
        Interlocked.Increment(ref _connections);
        _told = GrpcStatus.Ok;
        SetConnected(true);
        _log.WriteLine($"control plane: connected to {_options.Address}");
        var complaint = await TakeAsync(call, hello.StoreId.ToByteArray());
        if (complaint is null)
            return (await call.Completion, call.IsEndTold);
        call.Cancel();
        return (new(GrpcCode.Internal, "the control plane broke the order of the stream: " + complaint), false);
    }

    /// <summary>Says what is served and waits for the control plane's word; null where the call ended instead.</summary>
    private async ValueTask<ControlHello?> GreetAsync(GrpcCall<ConfigUp, ConfigDown> call)
    {
        using var patience = _options.Time.CreateTimer(_ => call.Cancel(), null, _options.HelloTimeout, Timeout.InfiniteTimeSpan);
        var held = _feed.Held;
        var hello = new ConfigHello { Plane = _channel.Start };
        if (held.Generation > 0 && !_asksForAll && await Task.Run(() => _feed.EntriesSha256(held.Generation)) is { } entries)
        {
            hello.Generation = (ulong)held.Generation;
            hello.StoreId = ByteString.CopyFrom(held.StoreId);
            hello.EntriesSha256 = ByteString.CopyFrom(entries);
        }

        _asksForAll = false;
        if (!await call.WriteAsync(new() { Hello = hello }) || !await call.ReadAsync())
            return null;
        if (call.Current.KindCase == ConfigDown.KindOneofCase.Hello)
            return call.Current.Hello;
        call.Cancel();
        return null;
    }

    /// <summary>Takes what comes until the end; a complaint where it may not come.</summary>
    private async ValueTask<string?> TakeAsync(GrpcCall<ConfigUp, ConfigDown> call, byte[] storeId)
    {
        var parts = new ChangeAssembler();
        while (await call.ReadAsync())
        {
            switch (call.Current.KindCase)
            {
                case ConfigDown.KindOneofCase.Change:
                    var change = parts.Take(call.Current.Change, out var complaint);
                    if (change is not null)
                        complaint = await ApplyAsync(call, change, storeId);
                    if (complaint is not null)
                        return complaint;
                    break;
                case ConfigDown.KindOneofCase.None:
                    // A kind to come.
                    break;
                case var _ when parts.IsUnderWay:
                    return "something else came between the parts of a change";
                case ConfigDown.KindOneofCase.Lease:
                    _feed.SetMaxAge((long)Math.Min(call.Current.Lease.MaxAgeMs, long.MaxValue));
                    break;
                case ConfigDown.KindOneofCase.Hello:
                    return "a second hello";
            }
        }

        return null;
    }

    /// <summary>Puts a change in force and says what became of it.</summary>
    private async ValueTask<string?> ApplyAsync(GrpcCall<ConfigUp, ConfigDown> call, WholeChange change, byte[] storeId)
    {
        Volatile.Write(ref _seen, change.Generation);
        var began = _options.Time.GetTimestamp();

        // Compiling takes its time, which is not the connection's.
        var outcome = await Task.Run(() => _feed.Apply(change, storeId));
        var tookMs = (long)_options.Time.GetElapsedTime(began).TotalMilliseconds;
        if (outcome.OutOfOrder is not null)
        {
            // Where the two do not agree on what is served, all of it settles that.
            _asksForAll = true;
            return outcome.OutOfOrder;
        }

        Volatile.Write(ref _applyMs, tookMs);
        var answer = outcome.Faults is { } faults
            ? new ConfigUp { Rejected = Rejection(change.Generation, faults) }
            : new ConfigUp { Applied = new() { Generation = (ulong)change.Generation, ApplyMs = (uint)Math.Min(tookMs, uint.MaxValue) } };
        await call.WriteAsync(answer);
        return null;
    }

    private static ConfigRejected Rejection(long generation, IReadOnlyList<ConfigFault> faults)
    {
        var rejected = new ConfigRejected { Generation = (ulong)generation, FaultCount = (uint)faults.Count };
        for (var i = 0; i < faults.Count && i < FaultsMax; i++)
            rejected.Faults.Add(new ChangeFault { Path = faults[i].Path, Message = faults[i].Message });
        return rejected;
    }

    private void SetConnected(bool isConnected)
    {
        if (_isConnected == isConnected)
            return;
        Volatile.Write(ref _isConnected, isConnected);
        _feed.SetConnected(isConnected);
    }

    /// <summary>Says once why there is no stream, and again only when the reason is another.</summary>
    private void Tell(GrpcStatus status)
    {
        if (status == _told)
            return;
        _told = status;
        _log.WriteLine($"control plane: {_options.Address}: {status}");
    }
}
