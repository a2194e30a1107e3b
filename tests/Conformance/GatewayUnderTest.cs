using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Conformance.Tests;

/// <summary>A gateway that the cases are run against, listening on loopback.</summary>
public interface IGateway : IAsyncDisposable
{
    int Port { get; }
}

/// <summary>
/// The data plane as a user starts it: the built program with a configuration file, one key, one model, one provider, no retries.
/// AIEDGE_CONFORMANCE_PEER puts another server in its place, to see how that one does: a shell command in which {port} and
/// {upstream} stand for the two ports.
/// </summary>
public sealed class GatewayUnderTest : IGateway
{
    public const string Key = "sk-conformance-0123456789";

    private const string ProviderKeyName = "AIEDGE_CONFORMANCE_PROVIDER_KEY";
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _folder;

    private readonly HeldPort _port;
    private readonly HeldPort _admin;

    private GatewayUnderTest(Process process, string folder, HeldPort port, HeldPort admin) =>
        (_process, _folder, _port, _admin) = (process, folder, port, admin);

    public int Port => _port.Number;

    public static async Task<GatewayUnderTest> StartAsync(int upstreamPort)
    {
        HeldPort port = new(), admin = new();
        var gateway = Launch(upstreamPort, port, admin, out var isReady);
        if (await WaitAsync(gateway, isReady))
            return gateway;
        await gateway.DisposeAsync();
        throw new InvalidOperationException("the gateway under test did not become ready");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _port.Dispose();
        _admin.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static GatewayUnderTest Launch(int upstream, HeldPort port, HeldPort admin, out Func<Task<bool>> isReady)
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-conformance-").FullName;
        var info = new ProcessStartInfo { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Environment.GetEnvironmentVariable("AIEDGE_CONFORMANCE_PEER") is { Length: > 0 } peer)
        {
            info.FileName = "sh";
            info.ArgumentList.Add("-c");
            info.ArgumentList.Add(peer.Replace("{port}", $"{port.Number}", StringComparison.Ordinal)
                .Replace("{upstream}", $"{upstream}", StringComparison.Ordinal));
            isReady = () => IsListeningAsync(port.Number);
        }
        else
        {
            info.FileName = "dotnet";
            info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "aiedge-dataplane.dll"));
            info.ArgumentList.Add("--config");
            info.ArgumentList.Add(WriteConfig(folder, upstream, port.Number, admin.Number));
            info.Environment[ProviderKeyName] = "sk-provider";
            isReady = () => IsReadyAsync(admin.Number);
        }

        var process = Process.Start(info) ?? throw new InvalidOperationException("the gateway did not start");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process, folder, port, admin);
    }

    private static string WriteConfig(string folder, int upstream, int port, int admin)
    {
        var file = Path.Combine(folder, "aiedge.yaml");
        File.WriteAllText(file, $$"""
            providers:
              oracle:
                dialect: openai
                baseUrl: "http://127.0.0.1:{{upstream}}/v1"
                key: "${env:{{ProviderKeyName}}}"
                retryReused: false
            models:
              gpt-4o-mini: { targets: [ { provider: oracle } ] }
            keys:
              - { name: conformance, sha256: "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}" }
            server: { listen: "127.0.0.1:{{port}}", admin: "127.0.0.1:{{admin}}", drainDelay: 0s }
            timeouts: { connect: 20s }

            """);
        return file;
    }

    private static async Task<bool> WaitAsync(GatewayUnderTest gateway, Func<Task<bool>> isReady)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartTime && !gateway._process.HasExited;)
        {
            if (await isReady())
                return true;
            await Task.Delay(25);
        }

        return false;
    }

    private static async Task<bool> IsReadyAsync(int admin)
    {
        try
        {
            var probe = Encoding.ASCII.GetBytes($"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{admin}\r\nConnection: close\r\n\r\n");
            var heard = await Conversation.HoldAsync(admin, [new(probe)], new(QuietMs: 0));
            return heard.Answers.Final is [{ Status: 200 }];
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<bool> IsListeningAsync(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
