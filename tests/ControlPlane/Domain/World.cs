using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Store;

namespace AiEdge.ControlPlane.Tests.Domain;

/// <summary>A state over a log in memory, with shorthand for writes.</summary>
internal sealed class World
{
    public const string Provider = """{"dialect":"openai","baseUrl":"https://api.openai.com/v1"}""";
    public const string Model = """{"targets":[{"provider":"openai"}]}""";

    public MemoryCommandLog Log { get; } = new();

    public EdgeState State { get; private set; } = null!;

    public static async Task<World> OpenAsync()
    {
        var world = new World();
        await world.ReopenAsync();
        return world;
    }

    /// <summary>A world with a provider and a model.</summary>
    public static async Task<World> WithModelAsync()
    {
        var world = await OpenAsync();
        await world.PutAsync("providers", "openai", Provider);
        await world.PutAsync("models", "gpt-4o", Model);
        return world;
    }

    /// <summary>What comes after a crash: nothing but the log is left.</summary>
    public async Task ReopenAsync() => State = await EdgeState.OpenAsync(Log, new DocumentCheck(), TimeProvider.System);

    public async Task<EdgeDocument> PutAsync(string section, string name, string json)
    {
        var outcome = await TryPutAsync(section, name, json);
        Assert.Equal("", string.Join('\n', Lines(outcome.Refusal?.Faults)));
        Assert.Null(outcome.Refusal);
        return outcome.Document;
    }

    public ValueTask<WriteOutcome> TryPutAsync(string section, string name, string json) =>
        WriteAsync(document => new EntryChange(section, name, new EntryValue(
            Encoding.UTF8.GetBytes(json), EntryOwner.Api, document.Find(section, name)?.Value.Position ?? document.NextPosition(section), default)));

    public ValueTask<WriteOutcome> RemoveAsync(string section, string name) => WriteAsync(_ => new EntryChange(section, name, null));

    public ValueTask<WriteOutcome> WriteAsync(params Func<EdgeDocument, EntryChange>[] changes) =>
        State.WriteAsync(document => WriteDecision.Change(
            new AuditRecord(1, "tester", "127.0.0.1", "put", "entry"), [.. changes.Select(change => change(document))]));

    public static string[] Lines(IEnumerable<ConfigFault>? faults) => [.. (faults ?? []).Select(f => f.Format("").TrimStart(':').Trim())];
}
