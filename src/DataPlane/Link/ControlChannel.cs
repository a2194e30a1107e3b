using AiEdge.Contracts.Wire;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>The way to the control plane, and who this start of this plane is. The streams share its connection.</summary>
internal sealed class ControlChannel : IDisposable
{
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(10);

    private readonly LinkOptions _options;
    private readonly PlaneCredential _credential;
    private readonly long _startedUnixMs;
    private readonly Lazy<GrpcChannel> _channel;

    public ControlChannel(LinkOptions options, PlaneCredential credential, byte[] epoch)
    {
        _options = options;
        _credential = credential;
        Epoch = epoch;
        _startedUnixMs = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _channel = new(() => Open(() => _credential.Bearer));
    }

    /// <summary>128 random bits of this start.</summary>
    public byte[] Epoch { get; }

    public bool HasJoined => _credential.HasJoined;

    /// <summary>The first message of each stream holds it.</summary>
    public PlaneStart Start => new()
    {
        PlaneId = _credential.Id,
        Epoch = ByteString.CopyFrom(Epoch),
        Version = _options.Version,
        StartedUnixMs = _startedUnixMs,
        Host = _options.Host,
        Features = { AccountLink.Feature },
    };

    /// <summary>Exchanges the join token for this plane's credential. OK where that is done, or was done before.</summary>
    public async ValueTask<GrpcStatus> JoinAsync(CancellationToken cancellation)
    {
        if (_credential.HasJoined)
            return GrpcStatus.Ok;
        if (_options.JoinToken is not { } token)
            return new(GrpcCode.Unauthenticated, "this plane has no credential yet, and no --join-token to get one for");
        using var channel = Open(() => "Bearer " + token);
        var request = new JoinRequest
        {
            PlaneId = _credential.Id,
            CredentialSha256 = ByteString.CopyFrom(_credential.Sha256()),
            Version = _options.Version,
            Host = _options.Host,
        };
        var answer = await channel.UnaryAsync(PlaneMethods.Join, request, new() { Timeout = JoinTimeout }, cancellation);
        if (!answer.IsOk)
            return answer.Status;
        if (!IsPlaneId(answer.Message.PlaneId))
            return new(GrpcCode.Internal, "the control plane gave an id that is none");
        _credential.Join(answer.Message.PlaneId);
        return GrpcStatus.Ok;
    }

    /// <summary>A stream, begun; to be disposed.</summary>
    public GrpcCall<TUp, TDown> Open<TUp, TDown>(GrpcMethod<TUp, TDown> method, CancellationToken cancellation)
        where TUp : class
        where TDown : class => _channel.Value.Open(method, options: null, cancellation);

    /// <summary>Whether trying again with the same words is of no use for now.</summary>
    public static bool IsRefusal(GrpcStatus status) =>
        status.Code is GrpcCode.Unauthenticated or GrpcCode.PermissionDenied or GrpcCode.AlreadyExists or GrpcCode.InvalidArgument;

    /// <summary>1 to 63 of [a-z0-9-].</summary>
    public static bool IsPlaneId(string id)
    {
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
                return false;
        }

        return id.Length is > 0 and <= 63;
    }

    public void Dispose()
    {
        if (_channel.IsValueCreated)
            _channel.Value.Dispose();
    }

    private GrpcChannel Open(Func<string> authorization) => new(new()
    {
        Address = _options.Address,
        Insecure = _options.Insecure,
        Authorities = _options.Authorities,
        Certificate = _options.Certificate,
        Authorization = _ => new(authorization()),
        Time = _options.Time,
    });
}
