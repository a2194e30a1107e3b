using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AiEdge.FleetTest;

/// <summary>A control plane and data planes, each a process of its own on loopback, with their data in a folder that goes with them.</summary>
internal sealed class RunningFleet : IDisposable
{
    private static readonly TimeSpan ReadyTime = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("aiedge-fleet-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly string _admin = Secret();
    private readonly string _join = Secret();
    private readonly string _root;
    private readonly string? _planeProgram;
    private readonly int _rest = FreePort();
    private readonly int _grpc = FreePort();
    private readonly int[] _ports;
    private readonly int[] _admins;
    private readonly Child?[] _planes;

    /// <param name="root">The repository.</param>
    /// <param name="planeProgram">The data plane; null for what the build made.</param>
    /// <param name="planes">How many there will be.</param>
    public RunningFleet(string root, string? planeProgram, int planes)
    {
        (_root, _planeProgram) = (root, planeProgram);
        _ports = [.. Enumerable.Range(0, planes).Select(static _ => FreePort())];
        _admins = [.. Enumerable.Range(0, planes).Select(static _ => FreePort())];
        _planes = new Child?[planes];
    }

    public Child Control { get; private set; } = null!;

    public int Planes => _planes.Length;

    public string JoinToken => _join;

    public Uri Grpc => new($"http://127.0.0.1:{_grpc}");

    public IPEndPoint Plane(int index) => new(IPAddress.Loopback, _ports[index]);

    /// <summary>Starts the control plane, or starts it again on what it left; <paramref name="before"/> stands before its command.</summary>
    public async Task StartControlAsync(params string[] before)
    {
        var environment = new Dictionary<string, string> { ["AIEDGE_ADMIN_TOKEN"] = _admin, ["AIEDGE_JOIN_TOKEN"] = _join };
        var program = Path.Combine(_root, "src/ControlPlane/bin/Release/net10.0/aiedge-controlplane.dll");
        Control = new Child(Path.Combine(_folder, "control.log"), environment,
            [.. before, "dotnet", program, "--http", $"127.0.0.1:{_rest}", "--grpc", $"127.0.0.1:{_grpc}", "--data-dir", Path.Combine(_folder, "control")]);
        await ReadyAsync(Control, _rest);
    }

    public async Task StartPlaneAsync(int index)
    {
        var program = _planeProgram ?? Path.Combine(_root, "src/DataPlane/bin/Release/net10.0/aiedge-dataplane.dll");
        var environment = new Dictionary<string, string> { ["AIEDGE_SECRET_FAKE"] = "sk-provider", ["AIEDGE_JOIN_TOKEN"] = _join };
        string[] start = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", program] : [program];
        var child = _planes[index] = new Child(Path.Combine(_folder, $"plane{index}.log"), environment,
            [.. start, "--control-plane", Grpc.ToString(), "--data-dir", Path.Combine(_folder, $"plane{index}"), "--plane-id", $"plane-{index}",
            "--listen", $"127.0.0.1:{_ports[index]}", "--admin", $"127.0.0.1:{_admins[index]}"]);
        await ReadyAsync(child, _admins[index]);
    }

    public void KillPlane(int index) => _planes[index]!.Dispose();

    /// <summary>Writes an entry by REST.</summary>
    public Task PutAsync(string path, string json) => SendAsync(HttpMethod.Put, path, new StringContent(json, Encoding.UTF8, "application/json"));

    private Task RemoveAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    private async Task SendAsync(HttpMethod method, string path, StringContent? content)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{_rest}/api/v1/{path}");
        request.Content = content;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _admin);
        using var answer = await _http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>The provider, the models that stand for the planes, and a key.</summary>
    public async Task ConfigureAsync(int provider)
    {
        await PutAsync("providers/fake", string.Create(CultureInfo.InvariantCulture,
            $$"""{"dialect":"openai","baseUrl":"http://127.0.0.1:{{provider}}/v1","key":"${env:AIEDGE_SECRET_FAKE}"}"""));
        await PutAsync("models/plane-*", """{"targets":[{"provider":"fake"}]}""");
        await PutKeyAsync("shared");
    }

    /// <summary>Sets a limit in the place of another and waits until all planes know it.</summary>
    public async Task LimitAsync(string limit, string name = "shared", string? before = null)
    {
        if (before is not null)
            await RemoveAsync("limits/" + before);
        await PutAsync("limits/" + name, limit);
        for (var plane = 0; plane < Planes; plane++)
        {
            // Not by its buckets: of one that is kept for each key there are none before the first request.
            while (!(await _http.GetStringAsync(new Uri($"http://127.0.0.1:{_admins[plane]}/metrics"))).Contains($"{{limit=\"{name}\"}}", StringComparison.Ordinal))
                await Task.Delay(10);
        }
    }

    /// <summary>A key whose secret is its name behind <c>sk-</c>.</summary>
    public Task PutKeyAsync(string name) =>
        PutAsync("keys/" + name, $$"""{"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("sk-" + name)))}}"}""");

    /// <summary>What a plane holds of the shared limit now.</summary>
    public async Task<long> HeldAsync(int plane)
    {
        using var json = JsonDocument.Parse(await LimitsAsync(plane));
        long sum = 0;
        foreach (var bucket in json.RootElement.GetProperty("buckets").EnumerateArray())
            sum += bucket.GetProperty("remaining").GetInt64();
        return sum;
    }

    private Task<string> LimitsAsync(int plane) => _http.GetStringAsync(new Uri($"http://127.0.0.1:{_admins[plane]}/limits?limit=shared"));

    public void Dispose()
    {
        foreach (var plane in _planes)
            plane?.Dispose();
        Control?.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Secret() => "aiedge_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ReadyAsync(Child child, int port)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < ReadyTime; await Task.Delay(20))
        {
            if (child.HasExited)
                throw new InvalidOperationException("a process ended by itself: " + child.LastWords);
            try
            {
                using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        throw new InvalidOperationException("a process did not become ready: " + child.LastWords);
    }
}
