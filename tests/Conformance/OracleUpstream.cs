using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace AiEdge.Conformance.Tests;

/// <summary>What reached the provider: a request, something malformed, or the beginning of a request that never ended.</summary>
public sealed record Arrival(string Head, string? Bad = null, bool IsIncomplete = false)
{
    public bool IsRequest => Bad is null && !IsIncomplete;
}

/// <summary>
/// The provider behind the gateway under test. It remembers everything that it was sent, and where a request names a response
/// case (<c>case-rNNN</c>) it plays that case's bytes; else it answers as a well-behaved provider does.
/// </summary>
public sealed partial class OracleUpstream : IAsyncDisposable
{
    /// <summary>Text in every well-behaved answer.</summary>
    public const string Mark = "MARK-DEFAULT";

    private static readonly byte[] Json = Encoding.ASCII.GetBytes(Framed("application/json", """
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":
        {"role":"assistant","content":"MARK-DEFAULT"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}
        """));

    private static readonly byte[] Stream = Encoding.ASCII.GetBytes(Chunked(
        Event("""{"content":"MARK"}""", "null") + Event("""{"content":"-DEF"}""", "null") + Event("""{"content":"AULT"}""", "null")
        + Event("{}", "\"stop\"") + "data: [DONE]\n\n"));

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private readonly Task _accept;

    public OracleUpstream()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accept = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>What arrived since the last call.</summary>
    public IReadOnlyList<Arrival> Take()
    {
        var taken = new List<Arrival>();
        while (_arrivals.TryDequeue(out var arrival))
            taken.Add(arrival);
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accept;
        _stop.Dispose();
    }

    private static string Framed(string type, string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static string Chunked(string body) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n";

    private static string Event(string delta, string finish) =>
        """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":"""
        + $$""" {{delta}},"finish_reason":{{finish}}}]}""" + "\n\n";

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var pending = new List<byte>();
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                var buffer = new byte[65536];
                while (await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, _stop.Token) is var count and > 0)
                {
                    pending.AddRange(buffer.AsSpan(0, count));
                    if (!await AnswerAllAsync(socket, pending))
                        break;
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The gateway left, or the run is over.
            }
        }

        if (pending.Count > 0)
            _arrivals.Enqueue(new(Encoding.Latin1.GetString([.. pending.Take(300)]), IsIncomplete: true));
    }

    /// <summary>Answers every whole request in <paramref name="pending"/>; false once the connection is done with.</summary>
    private async Task<bool> AnswerAllAsync(Socket socket, List<byte> pending)
    {
        while (pending.Count > 0 && StrictRequestReader.Read([.. pending]) is { } request)
        {
            _arrivals.Enqueue(new(request.Head, request.Bad));
            if (request.Bad is not null)
            {
                pending.Clear();
                await SendAsync(socket, "HTTP/1.1 400 Malformed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                return false;
            }

            pending.RemoveRange(0, request.Used);
            var text = request.Head + "\n" + Encoding.Latin1.GetString(request.Body.AsSpan(0, Math.Min(request.Body.Length, 4096)));
            if (CaseName().Match(text) is { Success: true } name && Cases.Responses.TryGetValue(name.Groups[1].Value, out var played))
            {
                if (!await PlayAsync(socket, played))
                    return false;
                continue;
            }

            var answer = AsksForStream().IsMatch(text) ? Stream : Json;
            if (request.Head.StartsWith("HEAD ", StringComparison.Ordinal))
                answer = answer[..(answer.AsSpan().IndexOf("\r\n\r\n"u8) + 4)];
            await SendAsync(socket, answer);
        }

        return true;
    }

    private async Task<bool> PlayAsync(Socket socket, ResponseCase played)
    {
        foreach (var segment in played.Segments)
        {
            if (segment.DelayMs > 0)
                await Task.Delay(segment.DelayMs, _stop.Token);
            for (var i = 0; i < segment.Repeat; i++)
                await SendAsync(socket, segment.Bytes);
        }

        if (played.After == "keep")
            return true;
        if (played.After == "fin")
        {
            // The gateway's own close is awaited, or unread bytes of it would turn the end into a reset.
            socket.Shutdown(SocketShutdown.Send);
            var rest = new byte[4096];
            using var time = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            time.CancelAfter(TimeSpan.FromSeconds(2));
            while (await socket.ReceiveAsync(rest.AsMemory(), SocketFlags.None, time.Token) > 0)
            {
            }
        }
        else
        {
            // What was written must have left before the reset, which discards whatever has not.
            await Task.Delay(30, _stop.Token);
            socket.Close(0);
        }

        return false;
    }

    /// <summary>A gateway that has stopped reading ends the case after a while.</summary>
    private async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            using var time = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            time.CancelAfter(TimeSpan.FromSeconds(10));
            sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, time.Token);
        }
    }

    [GeneratedRegex(@"case-(r\d+)")]
    private static partial Regex CaseName();

    [GeneratedRegex(@"""stream""\s*:\s*true")]
    private static partial Regex AsksForStream();
}
