using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace AiEdge.Sample;

/// <summary>A scripted provider, a control plane and two data planes, each a process of its own on loopback.</summary>
internal sealed class Fleet : IDisposable
{
    private const string Provider = "perf/FakeUpstream/bin/Release/net10.0/AiEdge.FakeUpstream.dll";
    private const string Plane = "src/DataPlane/bin/Release/net10.0/aiedge-dataplane.dll";
    private const string Control = "src/ControlPlane/bin/Release/net10.0/aiedge-controlplane.dll";
    private const int SharedPerMinute = 300;
    private const int CallersPerPlane = 4;
    private static readonly TimeSpan ShareTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan ReadyTime = TimeSpan.FromSeconds(60);

    private readonly string _root;
    private readonly string _folder;
    private readonly List<Child> _children = [];
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    public Fleet(string root)
    {
        _root = root;
        _folder = Path.Combine(root, "artifacts/run");
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
    }

    /// <summary>Starts all of it, makes one streamed call, and shows that both data planes share one limit.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        int provider = FreePort(0), rest = FreePort(7070), grpc = FreePort(7071);
        string admin = Secret("aiedge_admin_"), join = Secret("aiedge_join_");
        Start("provider", [], Provider, "--port", $"{provider}", "--script", "n=24; d=40000");
        Start("control-plane", new() { ["AIEDGE_ADMIN_TOKEN"] = admin, ["AIEDGE_JOIN_TOKEN"] = join }, Control,
            "--http", $"127.0.0.1:{rest}", "--grpc", $"127.0.0.1:{grpc}", "--data-dir", Path.Combine(_folder, "control"));
        var control = new Uri($"http://127.0.0.1:{rest}");
        await ReadyAsync("the control plane", control, stop);

        var api = new ControlApi(_http, control, admin);
        await api.PutAsync("providers/sample",
            $$"""{"dialect":"openai","baseUrl":"http://127.0.0.1:{{provider}}/v1","key":"${env:AIEDGE_SECRET_SAMPLE}"}""", stop);
        await api.PutAsync("models/gpt-4o-mini", """{"targets":[{"provider":"sample"}]}""", stop);
        await api.PutAsync("models/fake-*", """{"targets":[{"provider":"sample"}]}""", stop);
        await api.PutAsync("limits/sample-shared", $$"""{"per":"key","requests":"{{SharedPerMinute}}/min"}""", stop);
        var key = await api.CreateKeyAsync("""{"name":"sample"}""", stop);
        var planes = new[] { await StartPlaneAsync(1, grpc, join, stop), await StartPlaneAsync(2, grpc, join, stop) };

        await ClientCall.StreamAsync(_http, planes[0], key, stop);
        await ShareAsync(planes, key, stop);
        var headers = $"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'";
        Console.WriteLine($"""

            The same call again:

            curl -N {planes[0]}v1/chat/completions {headers} -d '{ClientCall.Streamed}'

            client key      {key}
            data planes     {planes[0]}  {planes[1]}
            control plane   {control}api/v1  (/openapi/v1.json /readyz /metrics)
            admin token     {admin}
            output of each  {Path.GetRelativePath(Environment.CurrentDirectory, _folder)}

            curl -H 'Authorization: Bearer {admin}' {control}api/v1/config
            """);
    }

    /// <summary>Stays until it is stopped, or a process of it ends, or the command that started us is killed.</summary>
    public async Task StayAsync(CancellationToken stop)
    {
        Console.WriteLine("\nCtrl-C stops all.");
        for (var parent = Parent(); Parent() == parent; await Task.Delay(500, stop))
        {
            if (_children.Find(c => c.HasExited) is { } child)
                throw new SampleException($"{child.Name} ended by itself; {child.Log} may say why");
        }
    }

    public void Dispose()
    {
        // The data planes first: what they have used is told to a control plane that still listens.
        for (var i = _children.Count - 1; i >= 0; i--)
            _children[i].Dispose();
        _http.Dispose();
    }

    private static string Parent() => OperatingSystem.IsLinux() ? File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ')[1] : "";

    private static string Secret(string prefix) => prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static int FreePort(int wanted)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, wanted);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException) when (wanted != 0)
        {
            return FreePort(0);
        }
    }

    /// <summary>Asks both data planes for more than the limit allows, and tells what each let through.</summary>
    private async Task ShareAsync(Uri[] planes, string key, CancellationToken stop)
    {
        var admitted = new int[planes.Length];
        var refused = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, planes.Length * CallersPerPlane).Select(async caller =>
        {
            var plane = caller % planes.Length;
            while (watch.Elapsed < ShareTime)
            {
                if (await ClientCall.IsAdmittedAsync(_http, planes[plane], key, stop))
                {
                    Interlocked.Increment(ref admitted[plane]);
                    continue;
                }

                Interlocked.Increment(ref refused);
                await Task.Delay(RefusedPause, stop);
            }
        }));
        var seconds = watch.Elapsed.TotalSeconds;
        Console.WriteLine($"""

            One limit of {SharedPerMinute} requests a minute for the key, over both data planes. Asked for more, in {seconds:F1} s the first let
            {admitted[0]} calls through, the second {admitted[1]}: {admitted.Sum()} together, and {refused} were refused.
            """);
        if (admitted.Sum() > SharedPerMinute + (seconds * SharedPerMinute / 60))
            throw new SampleException("that is more than the limit allows");
    }

    private async Task<Uri> StartPlaneAsync(int number, int grpc, string join, CancellationToken stop)
    {
        int port = FreePort(number == 1 ? 8080 : 8082), admin = FreePort(number == 1 ? 8081 : 8083);
        Start($"plane-{number}", new() { ["AIEDGE_SECRET_SAMPLE"] = "sk-provider-sample", ["AIEDGE_JOIN_TOKEN"] = join }, Plane,
            "--control-plane", $"http://127.0.0.1:{grpc}", "--data-dir", Path.Combine(_folder, $"plane-{number}"),
            "--listen", $"127.0.0.1:{port}", "--admin", $"127.0.0.1:{admin}");
        await ReadyAsync($"data plane {number}", new Uri($"http://127.0.0.1:{admin}"), stop);
        return new Uri($"http://127.0.0.1:{port}");
    }

    private void Start(string name, Dictionary<string, string> environment, string program, params string[] arguments) =>
        _children.Add(new Child(name, _folder, environment, ["dotnet", Path.Combine(_root, program), .. arguments]));

    private async Task ReadyAsync(string what, Uri address, CancellationToken stop)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < ReadyTime;)
        {
            if (_children.Find(c => c.HasExited) is { } child)
                throw new SampleException($"{child.Name} ended by itself; {child.Log} may say why");
            try
            {
                using var answer = await _http.GetAsync(new Uri(address, "/readyz"), stop);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50, stop);
        }

        throw new SampleException(what + " did not become ready");
    }
}
