using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.AotSmoke.Tests;

/// <summary>The native data plane as a process of its own, in front of a scripted provider.</summary>
public sealed partial class NativePlane : IAsyncDisposable
{
    public const string Key = "sk-smoke-fedcba9876543210";
    public const string ProviderKey = "sk-provider-smoke-0123456789";
    public const string StoredKeyName = "AIEDGE_SECRET_SMOKE";
    private const string ProviderKeyName = "AIEDGE_SMOKE_PROVIDER_KEY";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Process _process;
    private readonly string _folder;
    private readonly string[] _arguments;

    /// <summary>Its own over every start.</summary>
    private readonly HeldPort[] _ports;

    private readonly StringBuilder _output = new();

    private NativePlane(string folder, string[] arguments, FakeUpstreamServer provider, HeldPort port, HeldPort admin)
    {
        var process = _process = Launch(folder, arguments);
        (_folder, _arguments, _ports) = (folder, arguments, [port, admin]);
        Provider = provider;
        Client = new() { BaseAddress = new($"http://{port.EndPoint}") };
        Client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        Admin = new() { BaseAddress = new($"http://{admin.EndPoint}") };
        Listen(process);
    }

    /// <summary>Where the binary is: AIEDGE_NATIVE, or where <c>./build.sh aot</c> puts it.</summary>
    public static string Binary { get; } = Environment.GetEnvironmentVariable("AIEDGE_NATIVE") is { Length: > 0 } path
        ? path
        : Path.Combine(Root(), "artifacts/native/aiedge-dataplane");

    public FakeUpstreamServer Provider { get; }

    public HttpClient Client { get; }

    public HttpClient Admin { get; }

    /// <summary>All that the process has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>What the process said besides records.</summary>
    public string Complaints => string.Join('\n', Output.Split('\n').Where(l => !l.StartsWith('{')));

    public string ConfigFile => Path.Combine(_folder, "aiedge.yaml");

    /// <summary>The folder of its journal, where it has one.</summary>
    public string DataDir => Path.Combine(_folder, "data");

    /// <param name="drainDelay">How long it is ready still after it was told to stop.</param>
    /// <param name="journal">The fields of its journal; empty for none.</param>
    /// <param name="limits">What else is in the document.</param>
    /// <param name="prepare">Is given the folder of the journal before the process starts.</param>
    public static async Task<NativePlane> StartAsync(string drainDelay = "0s", string journal = "", string limits = "", Action<string>? prepare = null)
    {
        var provider = await FakeUpstreamServer.StartAsync(new() { RequiredKey = ProviderKey });

        var folder = Directory.CreateTempSubdirectory("aiedge-smoke-").FullName;
        HeldPort port = new(), admin = new();
        var config = Config(provider.Port, port.Number, admin.Number, drainDelay) + (journal.Length > 0 ? $"journal: {{ {journal} }}\n" : "") + limits;
        await File.WriteAllTextAsync(Path.Combine(folder, "aiedge.yaml"), config);
        prepare?.Invoke(Path.Combine(folder, "data"));
        string[] arguments = ["--config", "aiedge.yaml", .. journal.Length > 0 ? (string[])["--data-dir", "data"] : []];
        return await BeginAsync(new NativePlane(folder, arguments, provider, port, admin));
    }

    /// <summary>A plane of a control plane's fleet, before the document that it is sent names it a provider.</summary>
    public static Task<NativePlane> JoinAsync(Uri control, string joinToken, FakeUpstreamServer provider)
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-smoke-").FullName;
        HeldPort port = new(), admin = new();
        string[] arguments = ["--control-plane", control.ToString(), "--join-token", joinToken, "--data-dir", "data",
            "--listen", port.EndPoint.ToString(), "--admin", admin.EndPoint.ToString()];
        return BeginAsync(new NativePlane(folder, arguments, provider, port, admin));
    }

    /// <summary>Runs the binary to its end.</summary>
    public static async Task<(int Code, string Text)> RunAsync(string? config, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-smoke-").FullName;
        try
        {
            if (config is not null)
                await File.WriteAllTextAsync(Path.Combine(folder, "aiedge.yaml"), config);
            using var process = Launch(folder, arguments);
            var errors = process.StandardError.ReadToEndAsync();
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
            return (process.ExitCode, text + await errors);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static string Config(int provider, int port, int admin, string drainDelay) => $$"""
        providers:
          fake: { dialect: openai, baseUrl: "http://127.0.0.1:{{provider}}/v1", key: "${env:{{ProviderKeyName}}}" }
        models:
          "fake-*": { targets: [ { provider: fake } ], price: { input: 1.25, output: 10 } }
        keys:
          - { name: smoke, sha256: "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}" }
        server: { listen: "127.0.0.1:{{port}}", admin: "127.0.0.1:{{admin}}", drainDelay: {{drainDelay}} }
        timeouts: { connect: 20s }

        """;

    public static HttpContent Chat(string model, bool stream) => new StringContent(
        $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"PROMPT-TEXT"}]}""",
        Encoding.UTF8,
        "application/json");

    /// <summary>Starts the binary again on what the last run left; the ports stay.</summary>
    public async Task RestartAsync()
    {
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = Launch(_folder, _arguments);
        Listen(_process);
        if (!await IsReadyAsync())
            throw new InvalidOperationException("the native data plane did not become ready again:\n" + Output);
    }

    /// <summary>The process, which was started under a <see cref="FakeWall"/>, believes that it is so many hours later.</summary>
    public void SetWall(int hours) => FakeWall.Set(_folder, hours);

    /// <summary>Ends the process as a power cut would: nothing of it runs any more.</summary>
    public void KillHard() => Assert.Equal(0, Kill(_process.Id, 9));

    /// <summary>The process stands still, as on a machine that was suspended, until <see cref="SignalGoOn"/>.</summary>
    public void SignalHalt() => Assert.Equal(0, Kill(_process.Id, 19));

    public void SignalGoOn() => Assert.Equal(0, Kill(_process.Id, 18));

    /// <summary>Starts the binary on what the last run left and waits for its refusal.</summary>
    public async Task<(int Code, string Text)> RefusalAsync()
    {
        await _process.WaitForExitAsync();
        using var process = Launch(_folder, ["--config", "aiedge.yaml", "--data-dir", "data"]);
        var errors = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, text + await errors);
    }

    /// <summary>A <c>journal</c> command on this plane's folder.</summary>
    public async Task<(int Code, string Text)> JournalAsync(string verb)
    {
        using var process = Launch(_folder, ["journal", verb, "--data-dir", "data"]);
        var errors = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, text + await errors);
    }

    public async Task<string> DumpAsync()
    {
        var (code, text) = await JournalAsync("dump");
        Assert.True(code == 0, text);
        return text;
    }

    public Task<bool> IsReadyAsync() => BecomesAsync(async () => (await Admin.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK);

    /// <summary>Asks until the answer is yes, or patience ends or the process does.</summary>
    public async Task<bool> BecomesAsync(Func<Task<bool>> ask)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !_process.HasExited; await Task.Delay(20))
        {
            try
            {
                if (await ask())
                    return true;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        return false;
    }

    public void SignalReload() => Assert.Equal(0, Kill(_process.Id, 1));

    public void SignalStop() => Assert.Equal(0, Kill(_process.Id, 15));

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>It ends by itself, with no fault.</summary>
    public async Task EndsWellAsync()
    {
        var code = await ExitAsync();
        Assert.True(code == 0, $"it ended with {code}:\n{Complaints}");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Provider.DisposeAsync();
    }

    private static Process Launch(string folder, string[] arguments)
    {
        var info = new ProcessStartInfo(Binary, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment[ProviderKeyName] = info.Environment[StoredKeyName] = ProviderKey;
        FakeWall.Apply(info, folder);
        return Process.Start(info)!;
    }

    private static async Task<NativePlane> BeginAsync(NativePlane plane)
    {
        if (await plane.IsReadyAsync())
            return plane;
        var said = plane.Output;
        await plane.StopAsync();
        throw new InvalidOperationException("the native data plane did not become ready:\n" + said);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiEdge.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("AiEdge.sln is in no folder above");
        return folder;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private async Task StopAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Client.Dispose();
        Admin.Dispose();
        foreach (var port in _ports)
            port.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Listen(Process process)
    {
        process.OutputDataReceived += (_, e) => Note(e.Data);
        process.ErrorDataReceived += (_, e) => Note(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Note(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
