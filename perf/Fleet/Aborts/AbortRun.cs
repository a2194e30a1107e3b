using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace AiEdge.FleetTest.Aborts;

/// <summary>
/// Clients that leave in the middle of a stream: how soon the provider's connection is closed, and what is billed. The data plane is a process with six
/// limits and a journal; client and provider are blocking sockets on threads of their own, so that nothing waits for a pool of threads. The same client
/// straight to the same provider, in turn, says what the machine adds.
/// </summary>
internal sealed class AbortRun(string root, FleetCommand command) : IDisposable
{
    private const double MostMs = 50;
    private const int Events = 3;
    private const double LateShare = 0.01;
    private const string Token = " word";

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SemaphoreSlim _closed = new(0);
    private long _closedAt;

    /// <summary>Runs it and tells; false where more than a hundredth closed late, or a bill is wrong.</summary>
    public async Task<bool> RunAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(16);
        new Thread(Provide) { IsBackground = true }.Start();
        var provider = (IPEndPoint)_listener.LocalEndPoint!;
        using var plane = new StandalonePlane(root, command.Plane);
        await plane.StartAsync(Config(provider));
        var times = new Dictionary<string, List<double>> { ["RST"] = [], ["FIN"] = [], ["straight"] = [] };
        for (var i = 0; i < 50; i++)
            Leave(plane.Listen, isReset: true);
        for (var i = 0; i < command.Aborts; i++)
        {
            times["RST"].Add(Leave(plane.Listen, isReset: true));
            times["FIN"].Add(Leave(plane.Listen, isReset: false));
            times["straight"].Add(Leave(provider, isReset: i % 2 == 0));
        }

        var isGood = true;
        foreach (var (name, all) in times)
        {
            all.Sort();
            var late = all.Count(static ms => ms > MostMs);
            isGood &= name == "straight" || late <= LateShare * all.Count;
            Say($"{name}: from the client's close to the provider's {all[all.Count / 2]:F2} ms in the middle, {all[all.Count * 99 / 100]:F2} of 99 %, {all[^1]:F2} at most; {late} of {all.Count} above {MostMs:F0}");
        }

        return isGood & Judge(await plane.DumpAsync(), 50 + 2 * command.Aborts);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _closed.Dispose();
    }

    private static bool Judge(List<JsonElement> journal, int asked)
    {
        var exchanges = journal.Where(static one => one.GetProperty("kind").GetString() == "exchange").ToList();
        var right = exchanges.Count(static one => one.GetProperty("end").GetString() == "client_closed"
            && one.GetProperty("outputTokens").GetInt64() == Events
            && one.GetProperty("costNanodollars").GetString() == (one.GetProperty("inputTokens").GetInt64() * 1000 + Events * 2000).ToString(CultureInfo.InvariantCulture));
        Say($"{right} of {asked} are billed as left by the client, the {Events} tokens that were delivered, to the nanodollar; {exchanges.Count} records");
        return right == asked && exchanges.Count == asked;
    }

    /// <summary>Asks for a stream, reads its events, leaves, and waits for the provider to see it; in milliseconds.</summary>
    private double Leave(IPEndPoint to, bool isReset)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(to);
        const string Body = """{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"say something"}]}""";
        socket.Send(Encoding.ASCII.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {StandalonePlane.ClientKey}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
        var seen = new StringBuilder();
        var buffer = new byte[8192];
        while (seen.ToString().Split(Token).Length <= Events)
        {
            var read = socket.Receive(buffer);
            if (read == 0)
                throw new InvalidOperationException("the answer ended early: " + seen);
            seen.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        var left = Stopwatch.GetTimestamp();
        if (isReset)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        else
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        if (!_closed.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException("the provider's connection is still open after 30 s");
        return Stopwatch.GetElapsedTime(left, Volatile.Read(ref _closedAt)).TotalMilliseconds;
    }

    /// <summary>The provider: some events of a stream to each, one after the other, then nothing until the other side has gone.</summary>
    private void Provide()
    {
        var answer = new StringBuilder("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        for (var i = 0; i < Events; i++)
            answer.Append("data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + Token + "\"},\"finish_reason\":null}]}\n\n");
        var bytes = Encoding.ASCII.GetBytes(answer.ToString());
        var buffer = new byte[8192];
        while (true)
        {
            try
            {
                using var one = _listener.Accept();
                one.NoDelay = true;
                one.Receive(buffer);
                one.Send(bytes);
                AwaitClose(one, buffer);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            Volatile.Write(ref _closedAt, Stopwatch.GetTimestamp());
            _closed.Release();
        }
    }

    private static void AwaitClose(Socket one, byte[] buffer)
    {
        try
        {
            while (one.Receive(buffer) > 0)
            {
                // The rest of its request.
            }
        }
        catch (SocketException)
        {
            // A reset is a close.
        }
    }

    private static string Config(IPEndPoint provider) =>
        $"providers: {{ p: {{ dialect: openai, baseUrl: \"http://{provider}/v1\", key: \"{StandalonePlane.ProviderKey}\" }} }}\n"
        + "models: { gpt-4o: { targets: [ { provider: p } ], price: { input: 1, output: 2 } } }\n"
        + "journal: { mode: group }\nlimits:\n"
        + "  - { name: key, per: key, requests: 1m/min, tokens: 1000m/min, concurrent: 1000 }\n"
        + "  - { name: all, per: global, tokens: 1000m/day, cost: $100000/day }\n"
        + "  - { name: model, per: model, requests: 1m/min }\n";

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
