using AiEdge.Grpc.Health;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>Our client with our server.</summary>
public sealed class OwnServerTests(OwnServer server) : PeerContract(server), IClassFixture<OwnServer>;

/// <summary>node/peer.proto, served by us.</summary>
public sealed class OwnServer : PeerServer
{
    private readonly List<GrpcHost> _hosts = [];

    public override async Task InitializeAsync()
    {
        var service = new PeerService();
        var certificate = Pki.Issue("server");
        Clear = await StartAsync(service, null);
        Tls = await StartAsync(service, GrpcTls.Server(certificate));
        Mutual = await StartAsync(service, GrpcTls.Server(certificate, clientAuthorities: [Pki.Authority]));
    }

    public override async Task DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }

    private async Task<Uri> StartAsync(PeerService service, System.Net.Security.SslServerAuthenticationOptions? tls)
    {
        var host = await GrpcHost.StartAsync(
            server =>
            {
                service.AddTo(server);
                new GrpcHealth().AddTo(server);
            },
            tls: tls);
        _hosts.Add(host);
        return host.Address;
    }
}
