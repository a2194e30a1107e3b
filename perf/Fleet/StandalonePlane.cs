using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AiEdge.FleetTest;

/// <summary>A data plane with a file for its configuration, as a process, with a usage journal in a folder that goes with it.</summary>
internal sealed class StandalonePlane : IDisposable
{
    public const string ClientKey = "sk-client";
    public const string ProviderKey = "sk-provider";

    private static readonly TimeSpan ReadyTime = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("aiedge-plane-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly string[] _program;
    private readonly int _admin = FreePort();
    private Child? _child;

    /// <param name="root">The repository.</param>
    /// <param name="program">The data plane; null for what the build made.</param>
    public StandalonePlane(string root, string? program)
    {
        program ??= Path.Combine(root, "src/DataPlane/bin/Release/net10.0/aiedge-dataplane.dll");
        _program = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", program] : [program];
    }

    public IPEndPoint Listen { get; } = new(IPAddress.Loopback, FreePort());

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Starts it with a configuration whose only key is <see cref="ClientKey"/>.</summary>
    public async Task StartAsync(string config)
    {
        var file = Path.Combine(_folder, "aiedge.yaml");
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ClientKey)));
        await File.WriteAllTextAsync(file, config + $"keys: [ {{ name: client, sha256: \"{sha256}\" }} ]\n");
        _child = new Child(Path.Combine(_folder, "plane.log"), new Dictionary<string, string>(),
            [.. _program, "--config", file, "--data-dir", Data, "--listen", Listen.ToString(), "--admin", $"127.0.0.1:{_admin}"]);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < ReadyTime; await Task.Delay(20))
        {
            if (_child.HasExited)
                throw new InvalidOperationException("the data plane ended by itself: " + _child.LastWords);
            try
            {
                using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{_admin}/readyz"));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        throw new InvalidOperationException("the data plane did not become ready: " + _child.LastWords);
    }

    /// <summary>Its metrics, as text.</summary>
    public Task<string> MetricsAsync() => _http.GetStringAsync(new Uri($"http://127.0.0.1:{_admin}/metrics"));

    /// <summary>Ends it, and reads what its journal has.</summary>
    public async Task<List<JsonElement>> DumpAsync()
    {
        // What was queued for the journal when the last answer ended has been written long before.
        await Task.Delay(500);
        _child?.Dispose();
        var info = new ProcessStartInfo(_program[0], [.. _program.Skip(1), "journal", "dump", "--data-dir", Data]) { RedirectStandardOutput = true };
        using var dump = Process.Start(info)!;
        var lines = new List<JsonElement>();
        while (await dump.StandardOutput.ReadLineAsync() is { } line)
            lines.Add(JsonElement.Parse(line));
        await dump.WaitForExitAsync();
        return lines;
    }

    public void Dispose()
    {
        _child?.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
