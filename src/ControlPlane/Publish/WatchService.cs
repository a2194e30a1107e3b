using System.Net;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Publish;

/// <summary>
/// <c>Config.Watch</c>. One generation is under way to a plane at a time: the next is sent once the plane has said what became of the
/// last, and is then built upon what the plane serves, so that a burst of writes reaches a slow plane as one change.
/// </summary>
internal sealed class WatchService(EdgeState state, PlaneRegistry planes, SecretSeal seal, ReadOnlyMemory<byte> storeId)
{
    /// <summary>Bytes of an epoch.</summary>
    public const int EpochBytes = 16;

    private volatile GenerationHash? _lastHash;

    /// <summary>How long a plane may serve what it has without hearing from here.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often that is said again.</summary>
    public TimeSpan LeaseInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The version that planes are told.</summary>
    public string Version { get; init; } = "";

    public void AddTo(GrpcServer server) => server.AddBidirectional(PlaneMethods.Watch, RunAsync);

    private async ValueTask<GrpcStatus> RunAsync(GrpcServerCall<ConfigUp, ConfigDown> call)
    {
        if (call.Context.Identity is not PlaneIdentity identity)
            return PlaneGate.Refusal;
        if (!await call.ReadAsync() || call.Current.KindCase != ConfigUp.KindOneofCase.Hello)
            return new(GrpcCode.InvalidArgument, "the first message is a hello");
        var hello = call.Current.Hello;
        if (hello.Plane is null || hello.Plane.PlaneId != identity.PlaneId || hello.Plane.Epoch.Length != EpochBytes)
            return new(GrpcCode.InvalidArgument, "the hello holds the plane's own id and an epoch of 16 bytes");
        if (planes.TryEnter(identity, hello.Plane) is not { } plane)
            return new(GrpcCode.FailedPrecondition, "another data plane with this id is connected");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Context.Cancellation, call.Context.Draining, plane.Replaced.Token);
        try
        {
            var stream = new WatchStream(call, plane, planes);
            var reading = stream.ReadAsync(stop.Token);
            var status = await WriteAsync(call, stream, hello, plane, stop.Token);
            await stop.CancelAsync();
            return stream.Fault ?? status;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return plane.Replaced.IsCancellationRequested
                ? new(GrpcCode.Aborted, "another stream of this plane took its place") : new(GrpcCode.Unavailable, "the server is stopping");
        }
        finally
        {
            planes.Leave(plane);
        }
    }

    private async ValueTask<GrpcStatus> WriteAsync(
        GrpcServerCall<ConfigUp, ConfigDown> call, WatchStream stream, ConfigHello hello, LivePlane plane, CancellationToken stop)
    {
        await call.WriteAsync(new() { Hello = new() { StoreId = ByteString.CopyFrom(storeId.Span), Version = Version } });
        if (!await call.WriteAsync(Lease()))
            return new(GrpcCode.Cancelled);
        var served = Served(hello);
        if (served > 0)
            planes.Applied(plane, served, 0);
        while (true)
        {
            var document = state.Current;
            if (!state.IsGood(plane.Identity))
                return PlaneGate.Refusal;
            if ((document.Generation > stream.Answered && document.Generation != served) && PublishedEntries.IsComplete(document))
            {
                stream.Expect(document.Generation);
                foreach (var part in Parts(document, served, IsPrivate(call.Context)))
                {
                    if (!await call.WriteAsync(new() { Change = part }))
                        return new(GrpcCode.Cancelled);
                }

                if (!await stream.AnswerAsync(document.Generation, () => state.IsGood(plane.Identity), state, stop))
                    return stream.Fault ?? (state.IsGood(plane.Identity) ? new(GrpcCode.Ok) : PlaneGate.Refusal);
                served = plane.Applied;
                continue;
            }

            if (!await WaitAsync(document.Version, stream, stop) && !await call.WriteAsync(Lease()))
                return new(GrpcCode.Cancelled);
            if (stream.HasEnded)
                return stream.Fault ?? new(GrpcCode.Ok);
        }
    }

    private ConfigDown Lease() => new() { Lease = new() { MaxAgeMs = (ulong)MaxAge.TotalMilliseconds } };

    /// <summary>True once there is another document, or the plane has ended its side; false when it is time for the next lease.</summary>
    private async ValueTask<bool> WaitAsync(ulong version, WatchStream stream, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var next = state.WaitForVersionAsync(version, waiting.Token).AsTask();
        var first = await Task.WhenAny(next, stream.End, Task.Delay(LeaseInterval, state.Time, waiting.Token));
        await waiting.CancelAsync();
        stop.ThrowIfCancellationRequested();
        return first == next || first == stream.End;
    }

    /// <summary>The generation that changes can be built upon: the plane's own, if it is one of this store and the plane has what it was.</summary>
    private ulong Served(ConfigHello hello)
    {
        if (hello.Generation == 0 || !hello.StoreId.Span.SequenceEqual(storeId.Span) || state.At(hello.Generation) is not { } then)
            return 0;
        return hello.EntriesSha256.IsEmpty || hello.EntriesSha256.Span.SequenceEqual(HashOf(hello.Generation, then)) ? hello.Generation : 0;
    }

    /// <summary>Planes that come back together, because this process was away, all have the same.</summary>
    private byte[] HashOf(ulong generation, EdgeDocument document)
    {
        if (_lastHash is { } last && last.Generation == generation)
            return last.Hash;
        var hash = PublishedEntries.Hash(document);
        _lastHash = new(generation, hash);
        return hash;
    }

    private IEnumerable<ConfigChange> Parts(EdgeDocument document, ulong served, bool isPrivate)
    {
        var secrets = isPrivate ? seal : null;
        return served > 0 && state.ChangesSince(served, document) is { } changes
            ? ChangeParts.Delta(document, served, changes, state.KeysRemovedSince(served, document), secrets) : ChangeParts.Whole(document, secrets);
    }

    /// <summary>Secrets travel to a plane that has shown a certificate, or that is on this machine.</summary>
    private static bool IsPrivate(GrpcServerContext context) =>
        (context.IsEncrypted && context.ClientCertificate is not null) || (context.Peer is { } peer && IPAddress.IsLoopback(peer.Address));

    private sealed record GenerationHash(ulong Generation, byte[] Hash);
}
