using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Hosting;

/// <summary>A control plane on ports of its own, over a store in a folder of its own that is opened again with it.</summary>
internal sealed class ControlRig : IAsyncDisposable
{
    public const string Admin = "admin-token-of-the-tests";
    public const string Join = "join-token-of-the-tests";

    private readonly string _folder;
    private readonly List<IDisposable> _owned = [];

    private ControlRig(string? folder) => _folder = folder ?? Directory.CreateTempSubdirectory("aiedge-control-").FullName;

    public FasterStore Store { get; private set; } = null!;

    /// <summary>What stands between the control plane and its disk.</summary>
    public HeldStore Held { get; private set; } = null!;

    public ControlHost Host { get; private set; } = null!;

    public EdgeState State => Host.State;

    public string DataDir => _folder;

    /// <summary>Starts in a folder of its own, or in one that holds a store; it goes with the rig.</summary>
    public static async Task<ControlRig> StartAsync(string? folder = null)
    {
        var rig = new ControlRig(folder);
        await rig.OpenAsync();
        return rig;
    }

    /// <summary>A rig whose document has a provider and a model.</summary>
    public static async Task<ControlRig> WithModelAsync()
    {
        var rig = await StartAsync();
        await rig.PutAsync("providers", "openai", Domain.World.Provider);
        await rig.PutAsync("models", "gpt-4o", Domain.World.Model);
        return rig;
    }

    public async Task ReopenAsync()
    {
        await Host.DisposeAsync();
        await Store.DisposeAsync();
        await OpenAsync();
    }

    public Task<WriteOutcome> PutAsync(string section, string name, string json) => WriteAsync(section, name, json);

    public Task<WriteOutcome> RemoveAsync(string section, string name) => WriteAsync(section, name, null);

    public GrpcChannel Channel(string? bearer = null)
    {
        var channel = new GrpcChannel(new() { Address = Host.Grpc, Authorization = bearer is null ? null : _ => new($"Bearer {bearer}") });
        _owned.Add(channel);
        return channel;
    }

    /// <summary>Joins as a plane and returns its credential.</summary>
    public async Task<string> JoinAsync(string planeId, string token = Join)
    {
        var secret = RandomNumberGenerator.GetBytes(PlaneIdentity.SecretBytes);
        var result = await JoinAsync(planeId, secret, token);
        Assert.True(result.IsOk, result.Status.ToString());
        return $"{result.Message.PlaneId}.{Base64Url.EncodeToString(secret)}";
    }

    public async Task<GrpcResult<JoinResponse>> JoinAsync(string planeId, byte[] secret, string token) =>
        await Channel(token).UnaryAsync(PlaneMethods.Join, new() { PlaneId = planeId, CredentialSha256 = ByteString.CopyFrom(SHA256.HashData(secret)) });

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        await Host.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenAsync()
    {
        Store = await FasterStore.OpenAsync(Path.Combine(_folder, "store"));
        Held = new HeldStore(Store);
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        Host = await ControlHost.StartAsync(new ControlOptions { Http = loopback, Grpc = loopback, DataDir = _folder, AdminToken = Admin, JoinToken = Join }, Held);
    }

    private async Task<WriteOutcome> WriteAsync(string section, string name, string? json)
    {
        var outcome = await State.WriteAsync(document => WriteDecision.Change(
            new AuditRecord(1, "tester", "", "put", $"{section}/{name}"),
            new EntryChange(section, name, json is null ? null : new EntryValue(
                Encoding.UTF8.GetBytes(json), EntryOwner.Api, document.Find(section, name)?.Value.Position ?? document.NextPosition(section), default))));
        Assert.Null(outcome.Refusal);
        return outcome;
    }
}
