using System.Text.Json;
using AiEdge.Sdk.Tests;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>Our client with the npm server.</summary>
public sealed class NodeServerTests(NodeServer server) : PeerContract(server), IClassFixture<NodeServer>;

/// <summary>node/peer.proto, served by @grpc/grpc-js.</summary>
public sealed class NodeServer : PeerServer
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aiedge-grpc-");
    private NodePeer? _node;

    public override async Task InitializeAsync()
    {
        if (NodeFactAttribute.Lacking is not null)
            return;
        var (authority, _) = Pki.Save(Pki.Authority, _folder.FullName, "authority");
        var (certificate, key) = Pki.Save(Pki.Issue("server"), _folder.FullName, "server");
        _node = await NodePeer.StartAsync("server", new() { ["authority"] = authority, ["certificate"] = certificate, ["key"] = key });
        var line = await _node.ReadLineAsync() ?? throw new InvalidOperationException("the server did not start:\n" + await _node.ErrorsAsync());
        var ports = JsonElement.Parse(line);
        Clear = new($"http://127.0.0.1:{ports.GetProperty("clear").GetInt32()}");
        Tls = new($"https://127.0.0.1:{ports.GetProperty("tls").GetInt32()}");
        Mutual = new($"https://127.0.0.1:{ports.GetProperty("mutual").GetInt32()}");
    }

    public override async Task DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
