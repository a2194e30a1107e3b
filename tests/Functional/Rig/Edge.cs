using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Hosting;
using AiEdge.FakeUpstream;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>
/// A data plane in this process before a provider in this process, both on real sockets. When it is disposed it checks what must
/// hold in every test: nothing malformed went to the provider, and no secret went where it must not.
/// </summary>
internal sealed class Edge : IAsyncDisposable
{
    private readonly Socket _closed;
    private readonly TextWriter _logWriter;

    private Edge(FakeUpstreamServer fake, EdgeHost host, string folder, Socket closed, LineStream records, LineStream log, TextWriter logWriter)
    {
        (Fake, Host, Folder, Records, Log) = (fake, host, folder, records, log);
        (_closed, _logWriter) = (closed, logWriter);
    }

    public FakeUpstreamServer Fake { get; }

    public EdgeHost Host { get; }

    /// <summary>One line an exchange.</summary>
    public LineStream Records { get; }

    public LineStream Log { get; }

    /// <summary>Whether the test makes an exchange meet an exception; else there must be none.</summary>
    public bool ExpectsDefect { get; set; }

    public string Folder { get; }

    public string DataDir => Path.Combine(Folder, "data");

    public string ConfigPath => Path.Combine(Folder, "aiedge.yaml");

    public static async Task<Edge> StartAsync(EdgeSetup? setup = null)
    {
        setup ??= new EdgeSetup();
        var folder = Directory.CreateTempSubdirectory("aiedge-functional-").FullName;
        var fake = await FakeUpstreamServer.StartAsync(setup.Fake);
        var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var path = Path.Combine(folder, "aiedge.yaml");
        await File.WriteAllTextAsync(path, setup.Yaml(fake.BaseUrl, ((IPEndPoint)closed.LocalEndPoint!).Port));
        var (records, log) = (new LineStream(), new LineStream());
        var logWriter = TextWriter.Synchronized(new StreamWriter(log, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" });
        var (host, faults) = await EdgeHost.StartAsync(new EdgeHostOptions
        {
            ConfigPath = path,
            Overrides = new(Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Probe: setup.UseProbe ? "127.0.0.1:0" : null),
            DataDir = setup.Journal.Length > 0 ? Path.Combine(folder, "data") : null,
            Records = records,
            Log = logWriter,
            Time = setup.Time,
        });
        Assert.True(host is not null, string.Join('\n', faults.Select(fault => fault.Format(path))));
        BeginTurns(host.Services.Snapshots.Current);
        return new Edge(fake, host, folder, closed, records, log, logWriter);
    }

    /// <summary>Whose turn it is first is the same in each test: on a plane of its own it is anybody's.</summary>
    private static void BeginTurns(ConfigSnapshot config)
    {
        foreach (var model in config.Models.All)
            model.Turns = new Turns(0);
        foreach (var provider in config.Providers)
            provider.Turns = new Turns(0);
    }

    public Task<RawClient> ConnectAsync(int receiveBytes = 0) => RawClient.ConnectAsync(Host.Listen.Port, receiveBytes: receiveBytes);

    /// <summary>One request on a connection of its own.</summary>
    public async Task<RawAnswer> AskAsync(string request, bool isHead = false)
    {
        using var client = await ConnectAsync();
        return await client.AskAsync(request, isHead);
    }

    /// <summary>One GET on the admin port.</summary>
    public async Task<RawAnswer> AdminAsync(string path)
    {
        using var client = await RawClient.ConnectAsync(Host.Admin.Port);
        return await client.AskAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    /// <summary>Asks for the metrics until one has the value.</summary>
    public async Task SeeMetricAsync(string sample)
    {
        for (var started = Stopwatch.StartNew(); ;)
        {
            var text = (await AdminAsync("/metrics")).Text;
            if (text.Contains($"\n{sample}\n", StringComparison.Ordinal))
                return;
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(30), $"never '{sample}' in {text}");
        }
    }

    /// <summary>No exchange is open, and nothing is counted as under way at any target.</summary>
    public async Task SeeNothingLeftAsync()
    {
        await SeeMetricAsync("aiedge_exchanges_open 0");
        var pending = (await AdminAsync("/metrics")).Text.Split('\n').Where(line => line.StartsWith("aiedge_target_pending{", StringComparison.Ordinal));
        Assert.All(pending, line => Assert.EndsWith(" 0", line, StringComparison.Ordinal));
    }

    public Task<JsonElement> RecordAsync() => Records.NextJsonAsync();

    /// <summary>Puts a whole new configuration in the place of the old one, as an editor does.</summary>
    public void Replace(string yaml)
    {
        var fresh = ConfigPath + ".new";
        File.WriteAllText(fresh, yaml);
        File.Move(fresh, ConfigPath, overwrite: true);
    }

    public string Config => File.ReadAllText(ConfigPath);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Fake.DisposeAsync();
        _closed.Dispose();
        await _logWriter.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        Check();
    }

    private void Check()
    {
        Assert.Equal(0, Fake.MalformedCount);
        if (!ExpectsDefect)
            Assert.False(Log.All.Contains("defect:", StringComparison.Ordinal), Log.All);
        string[] clientSecrets = [EdgeSetup.Key, EdgeSetup.NarrowKey, EdgeSetup.ExpiredKey];
        foreach (var secret in clientSecrets)
        {
            foreach (var request in Fake.Requests)
            {
                Assert.DoesNotContain(secret, Encoding.Latin1.GetString(request.RawHead.Span), StringComparison.Ordinal);
                Assert.DoesNotContain(secret, request.BodyText, StringComparison.Ordinal);
            }
        }

        foreach (var secret in (string[])[.. clientSecrets, EdgeSetup.ProviderKey, EdgeSetup.Prompt])
        {
            Assert.DoesNotContain(secret, Records.All, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, Log.All, StringComparison.Ordinal);
        }
    }
}
