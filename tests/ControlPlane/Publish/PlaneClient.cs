using AiEdge.Contracts.Wire;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Publish;

/// <summary>A data plane's side of <c>Config.Watch</c>: keeps what it is sent as a plane would.</summary>
internal sealed class PlaneClient(GrpcChannel channel, string planeId, byte[]? epoch = null) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly GrpcCall<ConfigUp, ConfigDown> _call = channel.Open(PlaneMethods.Watch);

    public Dictionary<(string Section, string Name), string> Entries { get; } = [];

    public Dictionary<string, string> Secrets { get; } = [];

    public List<ConfigRemoval> Removals { get; } = [];

    public ulong Generation { get; private set; }

    public ByteString StoreId { get; private set; } = ByteString.Empty;

    /// <summary>Parts of the last change.</summary>
    public int Parts { get; private set; }

    public Task<GrpcStatus> Completion => _call.Completion;

    public async Task HelloAsync(ulong generation = 0, ByteString? storeId = null, ByteString? hash = null)
    {
        await _call.WriteAsync(new()
        {
            Hello = new()
            {
                Plane = new() { PlaneId = planeId, Epoch = ByteString.CopyFrom(epoch ?? new byte[16]) },
                Generation = generation,
                StoreId = storeId ?? ByteString.Empty,
                EntriesSha256 = hash ?? ByteString.Empty,
            },
        });
    }

    /// <summary>Reads up to the end of the next change and returns its base; null where the call has ended.</summary>
    public async Task<ulong?> ChangeAsync()
    {
        Parts = 0;
        Removals.Clear();
        while (await _call.ReadAsync().AsTask().WaitAsync(Patience))
        {
            var message = _call.Current;
            if (message.KindCase == ConfigDown.KindOneofCase.Hello)
                StoreId = message.Hello.StoreId;
            if (message.KindCase != ConfigDown.KindOneofCase.Change)
                continue;
            var change = message.Change;
            if (change.BaseGeneration == 0 && Parts == 0)
                Entries.Clear();
            Parts++;
            foreach (var removal in change.Removals)
                Entries.Remove((removal.Section, removal.Name));
            foreach (var entry in change.Entries)
                Entries[(entry.Section, entry.Name)] = entry.Json.ToStringUtf8();
            Removals.AddRange(change.Removals);
            foreach (var secret in change.Secrets)
                Secrets[secret.Name] = secret.Value.ToStringUtf8();
            Generation = change.Generation;
            if (!change.HasMore)
                return change.BaseGeneration;
        }

        return null;
    }

    /// <summary>Reads up to the end of the next change, which is built upon the last one.</summary>
    public async Task<ulong?> NextAsync()
    {
        var before = Generation;
        var from = await ChangeAsync();
        Assert.Equal(before, from);
        return from;
    }

    public async Task AppliedAsync(ulong? generation = null) => await _call.WriteAsync(new() { Applied = new() { Generation = generation ?? Generation, ApplyMs = 3 } });

    public async Task RejectedAsync(string path, string message) => await _call.WriteAsync(new()
    {
        Rejected = new() { Generation = Generation, FaultCount = 1, Faults = { new ChangeFault { Path = path, Message = message } } },
    });

    public async Task<GrpcStatus> EndAsync()
    {
        while (await _call.ReadAsync().AsTask().WaitAsync(Patience))
        {
        }

        return await _call.Completion.WaitAsync(Patience);
    }

    public ValueTask DisposeAsync() => _call.DisposeAsync();
}
