using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AiEdge.Load;

namespace AiEdge.Compare;

/// <summary>A started program whose output goes to a file; ended with all its children when disposed.</summary>
internal sealed class GatewayProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _log;
    private int _ended;

    private GatewayProcess(Process process, string log)
    {
        (_process, _log) = (process, log);
        Meter = new ProcessMeter(process.Id);
    }

    public ProcessMeter Meter { get; }

    /// <summary>Starts <paramref name="command"/> on one processor.</summary>
    public static GatewayProcess Start(string[] command, int cpu, string log, params (string Name, string Value)[] environment)
    {
        // The shell only redirects; exec keeps the process id that is measured.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, .. CpuPinning.Pinned(cpu, command)])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new GatewayProcess(Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start."), log);
    }

    /// <summary>Milliseconds until a whole request was answered 200, or null if that did not happen in time.</summary>
    public async Task<double?> UntilReadyAsync(int port, TimeSpan atMost)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < atMost && !_process.HasExited)
        {
            if (await TryOnceAsync(port))
                return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            await Task.Delay(2);
        }

        return null;
    }

    /// <summary>The last lines that the program wrote.</summary>
    public string LastWords() => File.Exists(_log) ? string.Join('\n', File.ReadLines(_log).TakeLast(5)) : "";

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit(5000);
        _process.Dispose();
    }

    private static async Task<bool> TryOnceAsync(int port)
    {
        const string Body = """{"model":"fake-n2","messages":[{"role":"user","content":"x"}]}""";
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), deadline.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-test\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"),
                SocketFlags.None, deadline.Token);
            var answer = new byte[64];
            var count = await socket.ReceiveAsync(answer, SocketFlags.None, deadline.Token);
            return count > 12 && answer.AsSpan(9, 3).SequenceEqual("200"u8);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
