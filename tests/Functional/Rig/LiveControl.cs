using System.Text;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A control plane over a store in a folder of its own, written to by REST. It can end and start again where it was.</summary>
internal sealed class LiveControl : IAsyncDisposable
{
    public const string JoinToken = "join";

    private const string AdminToken = "admin";

    private readonly HeldPort _http = new();
    private readonly HeldPort _grpc = new();
    private readonly HttpClient _rest;
    private FasterStore? _store;
    private ControlHost? _host;

    private LiveControl()
    {
        _rest = new() { BaseAddress = new($"http://{_http.EndPoint}/api/v1/") };
        _rest.DefaultRequestHeaders.Authorization = new("Bearer", AdminToken);
        Grpc = new($"http://{_grpc.EndPoint}");
    }

    /// <summary>All that it keeps; goes with it.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("aiedge-live-").FullName;

    /// <summary>Where planes connect.</summary>
    public Uri Grpc { get; }

    /// <summary>Starts one that gives a provider's connection the time that a busy machine needs.</summary>
    public static async Task<LiveControl> StartAsync()
    {
        var control = new LiveControl();
        await control.GoOnAsync();
        await control.DoAsync("PUT", "config?owner=git", """{"server":{"drainDelay":0},"timeouts":{"connect":"20s"}}""");
        return control;
    }

    /// <summary>Starts again on what it left.</summary>
    public async Task GoOnAsync()
    {
        _store = await FasterStore.OpenAsync(FasterStore.FolderOf(Folder));
        var options = new ControlOptions { Http = _http.EndPoint, Grpc = _grpc.EndPoint, DataDir = Folder, AdminToken = AdminToken, JoinToken = JoinToken };
        _host = await ControlHost.StartAsync(options, _store);
    }

    public async Task StopAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        if (_store is not null)
            await _store.DisposeAsync();
        (_host, _store) = (null, null);
    }

    /// <summary>One request of the API, which succeeds.</summary>
    public async Task<JsonNode> DoAsync(string method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _rest.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>Writes an entry, and waits until all planes have it where that is asked for.</summary>
    public Task<JsonNode> PutAsync(string path, string json, bool wait = false) => DoAsync("PUT", path + (wait ? "?wait=all&timeout=20s" : ""), json);

    public Task<string> GetAsync(string path) => _rest.GetStringAsync(new Uri(path, UriKind.Relative));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _rest.Dispose();
        _http.Dispose();
        _grpc.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
