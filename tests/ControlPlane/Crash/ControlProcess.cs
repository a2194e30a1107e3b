using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Store;

namespace AiEdge.ControlPlane.Tests.Crash;

/// <summary>
/// A control plane as a process of its own, to be killed: the program that is shipped, or the same parts with intervals so short that a kill
/// meets the files that are otherwise written once a minute.
/// </summary>
internal sealed class ControlProcess : IDisposable
{
    private const string Admin = "admin-token-of-the-crashes";
    public const string Join = "join-token-of-the-crashes";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private (Uri Http, Uri Grpc) _at;
    private readonly List<string> _said = [];

    private ControlProcess(Process process) => _process = process;

    /// <summary>Where data planes connect, once it listens.</summary>
    public Uri Grpc => _at.Grpc;

    /// <param name="dataDir">Its folder.</param>
    /// <param name="isHurried">With short intervals; else the program that is shipped.</param>
    /// <param name="store">Of one in a hurry: "kept", or "forgotten" for a store that a kill leaves nothing of.</param>
    public static ControlProcess Start(string dataDir, bool isHurried, string store = "kept")
    {
        var here = typeof(ControlProcess).Assembly.Location;
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardError = true,
            Environment = { ["AIEDGE_ADMIN_TOKEN"] = Admin, ["AIEDGE_JOIN_TOKEN"] = Join },
        };
        string[] arguments = isHurried
            ? ["exec", here, "control-crash", dataDir, store]
            : ["exec", Path.Combine(Path.GetDirectoryName(here)!, "aiedge-controlplane.dll"), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data-dir", dataDir];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new(Process.Start(start)!);
    }

    /// <summary>What the process does that <see cref="Start"/> starts in a hurry.</summary>
    public static async Task<int> RunAsync(string dataDir, string kind)
    {
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        var options = new ControlOptions
        {
            Http = loopback,
            Grpc = loopback,
            DataDir = dataDir,
            AdminToken = Environment.GetEnvironmentVariable("AIEDGE_ADMIN_TOKEN"),
            JoinToken = Environment.GetEnvironmentVariable("AIEDGE_JOIN_TOKEN"),
            Log = Console.Error,
            Rollups = new() { CheckpointInterval = TimeSpan.FromMilliseconds(60) },
        };
        await using IEdgeStore store = kind == "forgotten" ? new MemoryStore(new()) : await FasterStore.OpenAsync(
            options.StoreDir, new() { CommitInterval = TimeSpan.FromMilliseconds(5), StateInterval = TimeSpan.FromMilliseconds(80) });
        await using var control = await ControlHost.StartAsync(options, store);
        Console.Error.WriteLine($"listening on {control.Http} (REST) and {control.Grpc} (data planes)");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    public async Task ListenAsync() => _at = await ReadAsync().WaitAsync(Patience);

    public HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = new(_at.Http, "/api/v1/"), Timeout = Patience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Admin);
        return http;
    }

    public async Task<JsonNode> GetAsync(string path)
    {
        using var http = Client();
        return JsonNode.Parse(await http.GetStringAsync(path))!;
    }

    public async Task PutAsync(string path, string json)
    {
        using var http = Client();
        using var answer = await http.PutAsync(path, Json(json));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    /// <summary>SIGKILL: nothing of the process runs on.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task<(Uri Http, Uri Grpc)> ReadAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _said.Add(line);
            if (line.Split(' ') is not ["listening", "on", var http, _, _, var grpc, ..])
                continue;
            _ = _process.StandardError.ReadToEndAsync();
            return (new(http), new(grpc));
        }

        throw new InvalidOperationException(string.Join('\n', _said));
    }
}
