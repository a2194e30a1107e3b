using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>TLS towards clients and towards providers.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aiedge-tls-").FullName;
    private readonly Authority _authority = new("test root");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Clients_are_served_over_tls(SslProtocols protocol)
    {
        await using var edge = await StartWithTlsAsync("first");
        using var client = await ConnectAsync(edge, "first", protocol);

        Assert.Equal(protocol, client.Tls!.SslProtocol);
        Assert.Equal(SslApplicationProtocol.Http11, client.Tls.NegotiatedApplicationProtocol);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
            Assert.Equal(FakeText.All(300), (await client.AskAsync(Ask.Stream("n=300"))).Content);
        }

        var body = Ask.ChatBody(more: ",\"x\":\"" + new string('y', 1_000_000) + "\"");
        Assert.Equal(200, (await client.AskAsync(Ask.Post("/v1/chat/completions", body))).Status);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_client_that_leaves_over_tls_is_noticed(SslProtocols protocol)
    {
        await using var edge = await StartWithTlsAsync("first");
        using var client = await ConnectAsync(edge, "first", protocol);
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("data: ");
        var request = await edge.Fake.NextRequestAsync();

        client.Dispose();

        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_connection_over_tls_is_closed_in_order()
    {
        await using var edge = await StartWithTlsAsync("first");
        using var client = await ConnectAsync(edge, "first");

        Assert.Equal(200, (await client.AskAsync(Ask.Stream(fields: "Connection: close\r\n"))).Status);
        await client.SeeEndAsync();
        Assert.False(client.Reset);
    }

    [Fact]
    public async Task What_is_no_tls_is_closed_and_does_not_hold_up_others()
    {
        await using var edge = await StartWithTlsAsync("first");
        using var clear = await RawClient.ConnectAsync(edge.Host.Listen.Port);
        using var silent = await RawClient.ConnectAsync(edge.Host.Listen.Port);
        await clear.SendAsync(Ask.Chat());
        await clear.TakeToEndAsync();

        using var client = await ConnectAsync(edge, "first");
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Handshakes_that_never_end_do_not_bar_the_others()
    {
        await using var edge = await StartWithTlsAsync("first");
        var silent = new List<RawClient>();
        for (var i = 0; i < 20; i++)
            silent.Add(await RawClient.ConnectAsync(edge.Host.Listen.Port));

        using var client = await ConnectAsync(edge, "first");

        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        silent.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_new_connections_and_a_bad_one_is_not()
    {
        await using var edge = await StartWithTlsAsync("first");
        using var old = await ConnectAsync(edge, "first");

        using (var renewed = _authority.Issue("second", "edge.test"))
            Authority.Write(renewed, _folder, "edge");
        edge.Host.Reload();
        using var fresh = await ConnectAsync(edge, "second");
        Assert.Equal(200, (await fresh.AskAsync(Ask.Chat())).Status);
        Assert.Equal(200, (await old.AskAsync(Ask.Chat())).Status);

        await File.WriteAllTextAsync(Path.Combine(_folder, "edge.pem"), "no certificate\n");
        edge.Host.Reload();
        using var still = await ConnectAsync(edge, "second");
        Assert.Equal(200, (await still.AskAsync(Ask.Chat())).Status);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task A_provider_is_reached_over_tls_and_asked_for_by_name(string host)
    {
        using var certificate = _authority.Issue("provider", "localhost", "127.0.0.1");
        await using var edge = await StartBeforeTlsAsync(certificate, host, $"tls: {{ caFile: \"{CaFile()}\" }}");
        using var client = await edge.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
            Assert.Equal(FakeText.All(500), (await client.AskAsync(Ask.Stream("n=500; b=0"))).Content);
        }

        Assert.Equal(1, edge.Fake.ConnectionsAccepted);
        Assert.Equal(host == "localhost" ? "localhost" : "", edge.Fake.Requests[0].ServerName ?? "");
        var body = Ask.ChatBody(more: ",\"x\":\"" + new string('y', 3_000_000) + "\"");
        Assert.Equal(200, (await client.AskAsync(Ask.Post("/v1/chat/completions", body))).Status);
    }

    [Fact]
    public async Task A_stream_over_tls_that_is_left_or_cut_ends_as_in_clear()
    {
        using var certificate = _authority.Issue("provider", "localhost");
        await using var edge = await StartBeforeTlsAsync(certificate, "localhost", $"tls: {{ caFile: \"{CaFile()}\" }}");
        Assert.Contains("\"code\":\"upstream_error\"", (await edge.AskAsync(Ask.Stream("n=9; b=0; cut=4"))).Frames[^1]);
        Assert.Contains("\"code\":\"upstream_error\"", (await edge.AskAsync(Ask.Stream("n=9; b=0; cut=4; how=rst; gap=100000"))).Frames[^1]);
        Assert.Equal(502, (await edge.AskAsync(Ask.Chat("n=50; framing=eof; cut=90"))).Status);

        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("data: ");
        client.LeaveWithReset();

        Assert.Equal(RequestEnd.ClientLeft, await edge.Fake.Requests[^1].End.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_reused_connection_over_tls_that_was_stale_is_replaced_once()
    {
        using var certificate = _authority.Issue("provider", "localhost");
        await using var edge = await StartBeforeTlsAsync(certificate, "localhost", $"tls: {{ caFile: \"{CaFile()}\" }}");
        await edge.AskAsync(Ask.Chat());
        await edge.RecordAsync();
        edge.Fake.Enqueue("stale=fin");

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(200, answer.Status);
        Assert.Equal("2", answer.Field("x-aiedge-attempts"));
    }

    [Theory]
    [InlineData("other.test", true)]
    [InlineData("localhost", false)]
    public async Task A_provider_of_another_name_or_authority_is_refused(string name, bool isTrusted)
    {
        using var stranger = new Authority("stranger");
        using var certificate = (isTrusted ? _authority : stranger).Issue("provider", name);
        await using var edge = await StartBeforeTlsAsync(certificate, "localhost", $"tls: {{ caFile: \"{CaFile()}\" }}");

        await AssertRefusedAsync(edge);
    }

    [Fact]
    public async Task Without_an_authority_of_its_own_a_provider_needs_one_of_the_systems()
    {
        using var certificate = _authority.Issue("provider", "localhost");
        await using var edge = await StartBeforeTlsAsync(certificate, "localhost", "");

        await AssertRefusedAsync(edge);
    }

    [Fact]
    public async Task A_certificate_is_shown_to_a_provider_that_demands_one()
    {
        using var certificate = _authority.Issue("provider", "localhost");
        using var own = _authority.Issue("our-own");
        var (file, key) = Authority.Write(own, _folder, "own");
        await using var edge = await StartBeforeTlsAsync(
            certificate, "localhost", $"tls: {{ caFile: \"{CaFile()}\", certificate: \"{file}\", key: \"{key}\" }}", demands: true);

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal("CN=our-own", edge.Fake.Requests[0].ClientCertificateSubject);
    }

    [Fact]
    public async Task Without_a_certificate_a_provider_that_demands_one_is_no_provider()
    {
        using var certificate = _authority.Issue("provider", "localhost");
        await using var edge = await StartBeforeTlsAsync(certificate, "localhost", $"tls: {{ caFile: \"{CaFile()}\" }}", demands: true);

        Assert.Equal(502, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_certificate_file_that_holds_none_is_502_and_no_more()
    {
        using var certificate = _authority.Issue("provider", "localhost");
        var file = Path.Combine(_folder, "broken.pem");
        await File.WriteAllTextAsync(file, "no certificate\n");
        await using var edge = await StartBeforeTlsAsync(
            certificate, "localhost", $"tls: {{ caFile: \"{CaFile()}\", certificate: \"{file}\", key: \"{file}\" }}");
        using var client = await edge.ConnectAsync();

        Assert.Equal(502, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(502, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Contains("\naiedge_exchanges_open 0\n", (await edge.AdminAsync("/metrics")).Text);
    }

    [Fact]
    public async Task A_provider_that_speaks_no_tls_is_refused()
    {
        await using var clear = await Edge.StartAsync();
        await using var edge = await Edge.StartAsync(new EdgeSetup { ProviderUrl = $"https://127.0.0.1:{clear.Host.Admin.Port}/v1" });

        await AssertRefusedAsync(edge);
    }

    [Fact]
    public async Task A_handshake_that_never_ends_is_504()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = "connect: 300ms" });

        // The system takes the connection, and nobody reads a byte of it.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        edge.Replace(edge.Config.Replace($"http://127.0.0.1:{edge.Fake.Port}", $"https://127.0.0.1:{port}", StringComparison.Ordinal));
        edge.Host.Reload();

        Assert.Equal(504, (await edge.AskAsync(Ask.Chat())).Status);
    }

    private static async Task AssertRefusedAsync(Edge edge)
    {
        var answer = await edge.AskAsync(Ask.Chat());
        Assert.Equal(502, answer.Status);
        Assert.Equal(RawAnswer.Error("The TLS handshake with the provider failed.", "server_error", "upstream_error"), answer.Text);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    private string CaFile()
    {
        var file = Path.Combine(_folder, "ca.pem");
        File.WriteAllText(file, _authority.Pem + "\n");
        return file;
    }

    private Task<Edge> StartWithTlsAsync(string subject)
    {
        using var certificate = _authority.Issue(subject, "edge.test");
        var (file, key) = Authority.Write(certificate, _folder, "edge");
        return Edge.StartAsync(new EdgeSetup { Server = $"tls: {{ certificate: \"{file}\", key: \"{key}\" }}" });
    }

    private static Task<Edge> StartBeforeTlsAsync(X509Certificate2 certificate, string host, string tls, bool demands = false) =>
        Edge.StartAsync(new EdgeSetup
        {
            Fake = new FakeUpstreamOptions { UseTls = true, Certificate = certificate, RequireClientCertificate = demands },
            ProviderHost = host,
            Provider = tls,
        });

    /// <summary>Connects as a client that trusts the test's authority alone and expects that subject.</summary>
    private async Task<RawClient> ConnectAsync(Edge edge, string subject, SslProtocols protocol = SslProtocols.None)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(_authority.Pem);
        var client = await RawClient.ConnectAsync(edge.Host.Listen.Port, new SslClientAuthenticationOptions
        {
            TargetHost = "edge.test",
            EnabledSslProtocols = protocol,
            CertificateChainPolicy = policy,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        });
        Assert.Equal("CN=" + subject, client.Tls!.RemoteCertificate!.Subject);
        return client;
    }
}
