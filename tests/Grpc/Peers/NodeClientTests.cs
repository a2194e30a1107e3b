using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiEdge.Grpc.Health;
using AiEdge.Grpc.Server;
using AiEdge.Sdk.Tests;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>The npm client with our server: each scenario of node/scenarios.mjs is a row.</summary>
public sealed class NodeClientTests(NodeClient run) : IClassFixture<NodeClient>
{
    private static readonly string[] Names =
    [
        "unary", "empty message", "server streaming", "client streaming", "bidirectional", "the server ends first", "metadata", "every code",
        "unknown method and service", "deadline", "cancellation", "message over the bound", "compressed messages", "a hundred calls", "slow reader",
        "keep-alive", "health", "token", "tls", "mutual tls",
    ];

    public static TheoryData<string> Scenarios => [.. Names];

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);

    [NodeFact]
    public void Every_scenario_of_the_script_is_a_row() => Assert.Equal(Names, run.Names);
}

/// <summary>One run of node/scenarios.mjs.</summary>
public sealed class NodeClient : IAsyncLifetime
{
    private const string Token = "a-token-of-a-test";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aiedge-grpc-");
    private readonly Dictionary<string, string?> _outcomes = new(StringComparer.Ordinal);
    private readonly List<GrpcHost> _hosts = [];
    private string _errors = "";

    public IEnumerable<string> Names => _outcomes.Keys;

    public async Task InitializeAsync()
    {
        if (NodeFactAttribute.Lacking is not null)
            return;
        using var pki = new Pki();
        var certificate = pki.Issue("server");
        var gate = BearerToken.Gate(SHA256.HashData(Encoding.UTF8.GetBytes(Token)));
        var (authority, _) = Pki.Save(pki.Authority, _folder.FullName, "authority");
        var (mine, key) = Pki.Save(pki.Issue("client"), _folder.FullName, "client");
        await using var node = await NodePeer.StartAsync("client", new()
        {
            ["clear"] = await StartAsync(null, null),
            ["gated"] = await StartAsync(new() { Gate = gate }, null),
            ["tls"] = await StartAsync(null, GrpcTls.Server(certificate)),
            ["mutual"] = await StartAsync(null, GrpcTls.Server(certificate, clientAuthorities: [pki.Authority])),
            ["authority"] = authority,
            ["certificate"] = mine,
            ["key"] = key,
            ["token"] = Token,
        });
        while (await node.ReadLineAsync() is { } line)
        {
            var outcome = JsonElement.Parse(line);
            _outcomes.Add(outcome.GetProperty("name").GetString()!, outcome.GetProperty("error").GetString());
        }

        _errors = await node.ErrorsAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public void AssertPassed(string name)
    {
        Assert.True(_outcomes.TryGetValue(name, out var error), $"there is no outcome of '{name}'\n{_errors}");
        Assert.True(error is null, error);
    }

    private async Task<string> StartAsync(GrpcServerOptions? options, System.Net.Security.SslServerAuthenticationOptions? tls)
    {
        var host = await GrpcHost.StartAsync(
            server =>
            {
                new PeerService().AddTo(server);
                new GrpcHealth().AddTo(server);
            },
            options,
            tls);
        _hosts.Add(host);
        return host.Address.Authority;
    }
}
