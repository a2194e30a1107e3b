using AiEdge.Grpc.Client;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>A server of node/peer.proto, three times: in clear, with TLS, and with TLS that asks for certificates.</summary>
public abstract class PeerServer : IAsyncLifetime
{
    public static Pki Pki { get; } = new();

    protected Uri? Clear { get; set; }

    protected Uri? Tls { get; set; }

    protected Uri? Mutual { get; set; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    public GrpcChannel Channel(Func<Uri, GrpcChannelOptions>? options = null) => Of(Clear!, options);

    public GrpcChannel TlsChannel(Func<Uri, GrpcChannelOptions> options) => Of(Tls!, options);

    public GrpcChannel MutualChannel(Func<Uri, GrpcChannelOptions> options) => Of(Mutual!, options);

    private static GrpcChannel Of(Uri address, Func<Uri, GrpcChannelOptions>? options) => new(options?.Invoke(address) ?? new() { Address = address });
}
