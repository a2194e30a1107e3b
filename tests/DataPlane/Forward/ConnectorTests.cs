using System.Net;
using System.Net.Sockets;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Tests.Snapshot;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Tests.Forward;

/// <summary>What a name leads to is judged when it has been resolved, each time.</summary>
public sealed class ConnectorTests
{
    /// <summary>On Linux this address leads to the machine itself: what is refused here would have been answered.</summary>
    private static readonly IPAddress Nowhere = IPAddress.Any;

    [Fact]
    public async Task A_name_that_leads_to_an_address_that_no_provider_may_have_is_not_connected_to()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var provider = Assert.Single(Doc.Snapshot(
            $"providers: {{ p: {{ dialect: openai, baseUrl: \"http://provider.example:{((IPEndPoint)listener.LocalEndpoint).Port}\" }} }}\n"
            + "models: { m: { targets: [ { provider: p } ] } }\n").Providers);
        var clock = new EdgeClock();
        IPAddress[] leads = [Nowhere, IPAddress.Parse("169.254.169.254"), IPAddress.Parse("fe80::1")];
        var asked = new List<string>();
        var confined = Make(isConfined: true);

        // What an operator's own file names is his word.
        (await ConnectAsync(Make(isConfined: false)))!.Abort();
        (await listener.AcceptSocketAsync()).Dispose();
        Assert.Null(await ConnectAsync(confined));
        leads = [IPAddress.Parse("169.254.169.254"), Nowhere, IPAddress.Loopback];
        (await ConnectAsync(Make(isConfined: true)))!.Abort();
        (await listener.AcceptSocketAsync()).Dispose();
        Assert.False(listener.Pending());
        Assert.All(asked, name => Assert.Equal("provider.example", name));
        Assert.Equal(3, asked.Count);

        Connector Make(bool isConfined) => new(BlockPool.Shared, clock, isConfined)
        {
            Names = (name, _) =>
            {
                asked.Add(name);
                return Task.FromResult(leads);
            },
        };

        async Task<SocketConnection?> ConnectAsync(Connector connector)
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            return (await connector.ConnectAsync(provider, late.Token)).Connection;
        }
    }
}
