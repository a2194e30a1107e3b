using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>
/// One run of a script of node/ against a data plane. The client's package is installed as the lock file says, once for each
/// state of that file, into a folder under artifacts.
/// </summary>
public class NodeRun : IAsyncLifetime
{
    /// <summary>Content events whose text the script is told.</summary>
    private const int ChunksTold = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly SemaphoreSlim Installing = new(1);

    private readonly ConcurrentDictionary<string, bool> _once = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _outcomes = new(StringComparer.Ordinal);
    private Plane? _plane;
    private string? _failure;

    /// <summary>The script's name.</summary>
    protected virtual string Script => "scenarios.mjs";

    /// <summary>Who answers, and in which dialect.</summary>
    protected virtual string Provider => "fake";

    /// <summary>Names of the scenarios that ran, in order.</summary>
    public IEnumerable<string> Names => _outcomes.Keys;

    /// <summary>What the provider received.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => _plane!.Provider.Requests;

    public async Task InitializeAsync()
    {
        if (NodeFactAttribute.Lacking is not null)
            return;
        _plane = await Plane.StartAsync(scriptFor: ScriptOnce, provider: Provider);
        try
        {
            await RunAsync(await InstallOnceAsync());
        }
        catch (InvalidOperationException e)
        {
            // Every row tells it.
            _failure = e.Message;
        }
    }

    public async Task DisposeAsync()
    {
        if (_plane is not null)
            await _plane.DisposeAsync();
    }

    /// <summary>Fails with what the scenario said, if it did not pass.</summary>
    public void AssertPassed(string name)
    {
        Assert.True(_failure is null, _failure);
        Assert.True(_outcomes.TryGetValue(name, out var error), $"{Script} has no '{name}'");
        Assert.True(error is null, error);
    }

    /// <summary>The header <c>x-once: NAME|SCRIPT</c> asks for a script for the first request of that name.</summary>
    private string? ScriptOnce(ReceivedRequest request)
    {
        var parts = request.Header("x-once")?.Split('|');
        return parts is [var name, var script] && _once.TryAdd(name, true) ? script : null;
    }

    private async Task RunAsync(string folder)
    {
        var input = JsonSerializer.Serialize(new NodeInput(
            _plane!.Endpoint.ToString(), Plane.Key, Provider, [.. Enumerable.Range(0, ChunksTold).Select(FakeText.Chunk)]), NodeJson.Default.NodeInput);
        var (code, output) = await Command.RunAsync("node", [Script], folder, Patience, input);
        foreach (var line in output.Split('\n').Where(line => line.StartsWith('{')))
        {
            var outcome = JsonElement.Parse(line);
            _outcomes.Add(outcome.GetProperty("name").GetString()!, outcome.GetProperty("error").GetString());
        }

        if (code != 0)
            _failure = $"node ended with {code}:\n{output}";
    }

    private static async Task<string> InstallOnceAsync()
    {
        await Installing.WaitAsync();
        try
        {
            return await InstallAsync();
        }
        finally
        {
            Installing.Release();
        }
    }

    /// <summary>The folder with the scripts and what they need.</summary>
    private static async Task<string> InstallAsync()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "node");
        var state = SHA256.HashData([.. await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json")),
            .. await File.ReadAllBytesAsync(Path.Combine(source, "package.json"))]);
        var folder = Path.Combine(Repository.Root, "artifacts", "sdk-node", Convert.ToHexStringLower(state)[..16]);
        if (!Directory.Exists(folder))
        {
            // Made beside its place and moved there whole, so that an interrupted installation is not taken for one.
            var half = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
            foreach (var name in (string[])["package.json", "package-lock.json", ".npmrc"])
                File.Copy(Path.Combine(source, name), Path.Combine(half, name), overwrite: true);
            var (code, output) = await Command.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], half, Patience);
            if (code != 0)
                throw new InvalidOperationException("npm ci failed:\n" + output);
            if (!Directory.Exists(folder))
                Directory.Move(half, folder);
        }

        foreach (var script in Directory.GetFiles(source, "*.mjs"))
            File.Copy(script, Path.Combine(folder, Path.GetFileName(script)), overwrite: true);
        return folder;
    }
}
