using System.Diagnostics;
using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Link;
using AiEdge.FakeUpstream;
using Google.Protobuf;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A data plane whose configuration comes from a control plane, before a provider; all on real sockets. It can end and start again.</summary>
internal sealed class LinkedEdge : IAsyncDisposable
{
    public const string SecretName = "fake-key";

    private readonly TextWriter _logWriter;
    private readonly Uri _controlPlane;
    private EdgeHost? _host;

    private LinkedEdge(FakeUpstreamServer fake, Uri controlPlane)
    {
        Fake = fake;
        _controlPlane = controlPlane;
        Folder = Directory.CreateTempSubdirectory("aiedge-linked-").FullName;
        _logWriter = TextWriter.Synchronized(new StreamWriter(Log, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" });
    }

    public FakeUpstreamServer Fake { get; }

    public EdgeHost Host => _host!;

    public string Folder { get; }

    public string DataDir => Path.Combine(Folder, "data");

    public string SecretsDir => Path.Combine(Folder, "secrets");

    public LineStream Log { get; } = new();

    public LineStream Records { get; } = new();

    /// <summary>How long the plane waits for a control plane's first word.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public static async Task<LinkedEdge> MakeAsync(ScriptedControl control, int helloTimeoutMs = 60_000) =>
        new(await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions()), control.Address) { HelloTimeout = TimeSpan.FromMilliseconds(helloTimeoutMs) };

    /// <summary>A plane of a control plane that is there.</summary>
    public static async Task<LinkedEdge> MakeAsync(Uri controlPlane) => new(await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions()), controlPlane);

    /// <summary>A plane that has joined and serves <see cref="Whole"/> as generation 7, with its stream.</summary>
    public static async Task<(LinkedEdge Edge, WatchStream Watch)> ServeAsync(ScriptedControl control, int helloTimeoutMs = 60_000)
    {
        var edge = await MakeAsync(control, helloTimeoutMs);
        var starting = edge.StartAsync();
        var watch = await control.WatchAsync();
        await watch.GreetAsync(control.Book.StoreId);
        await watch.ApplyAsync(edge.Whole(7));
        await starting;
        return (edge, watch);
    }

    /// <summary>Starts the plane, which waits for a configuration where it has none.</summary>
    public async Task<IReadOnlyList<ConfigFault>> StartAsync(string? joinToken = ScriptedControl.JoinToken, string? planeId = null)
    {
        (_host, var faults) = await EdgeHost.StartAsync(new EdgeHostOptions
        {
            ControlPlane = new LinkOptions
            {
                Address = _controlPlane,
                JoinToken = joinToken,
                PlaneId = planeId,
                DataDir = DataDir,
                SecretsDir = SecretsDir,
                WaitMax = TimeSpan.FromMilliseconds(100),
                HelloTimeout = HelloTimeout,
            },
            Environment = name => name == "AIEDGE_SECRET_FAKE" ? EdgeSetup.ProviderKey : Environment.GetEnvironmentVariable(name),
            Overrides = new(Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"),
            DataDir = DataDir,
            Records = Records,
            Log = _logWriter,
        });
        return faults;
    }

    public async Task StopAsync()
    {
        await Host.DisposeAsync();
        _host = null;
    }

    /// <summary>All of a small configuration.</summary>
    public ConfigChange Whole(ulong generation, string providerKey = "${env:AIEDGE_SECRET_FAKE}") => new()
    {
        Generation = generation,
        Entries =
        {
            Entry("providers", "fake", $$"""{"dialect":"openai","baseUrl":"{{Fake.BaseUrl}}","key":"{{providerKey}}"}"""),
            Entry("models", "gpt-4o", """{"targets":[{"provider":"fake","model":"fake-n3"}]}"""),
            Key("full", EdgeSetup.Key),
            Key("narrow", EdgeSetup.NarrowKey),
            Entry("settings", "server", """{"drainDelay":0}"""),
            Entry("settings", "timeouts", """{"connect":"20s"}"""),
        },
    };

    public static ConfigEntry Key(string name, string secret, string more = "") =>
        Entry("keys", name, $$"""{"name":"{{name}}","sha256":"{{EdgeSetup.Sha256(secret)}}"{{more}}}""");

    public static ConfigEntry Entry(string section, string name, string json) =>
        new() { Section = section, Name = name, Json = ByteString.CopyFromUtf8(json) };

    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Host.Listen.Port);

    public async Task<RawAnswer> AskAsync(string request)
    {
        using var client = await ConnectAsync();
        return await client.AskAsync(request);
    }

    public Task<RawAnswer> AdminAsync(string path) => AdminAsync(Host.Admin.Port, path);

    public static async Task<RawAnswer> AdminAsync(int port, string path)
    {
        using var client = await RawClient.ConnectAsync(port);
        return await client.AskAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    /// <summary>Asks again until the answer is as it should be.</summary>
    public async Task SeeAsync(Func<Task<bool>> isSo)
    {
        for (var started = Stopwatch.StartNew(); !await isSo();)
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(30), Log.All);
    }

    /// <summary>Asks the admin port again until its answer has the text.</summary>
    public async Task SeeAdminAsync(string path, string text)
    {
        for (var started = Stopwatch.StartNew(); ;)
        {
            var seen = (await AdminAsync(path)).Text;
            if (seen.Contains(text, StringComparison.Ordinal))
                return;
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(30), $"never '{text}' in {seen} and the log says {Log.All}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        await Fake.DisposeAsync();
        await _logWriter.DisposeAsync();
        Check();
        Directory.Delete(Folder, recursive: true);
    }

    private void Check()
    {
        Assert.DoesNotContain("defect:", Log.All, StringComparison.Ordinal);
        foreach (var secret in (string[])[EdgeSetup.Key, EdgeSetup.NarrowKey, EdgeSetup.ProviderKey, EdgeSetup.Prompt, ScriptedControl.JoinToken])
        {
            Assert.DoesNotContain(secret, Log.All, StringComparison.Ordinal);
            foreach (var file in Directory.EnumerateFiles(DataDir))
                Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0, $"{file} holds a secret");
        }
    }
}
