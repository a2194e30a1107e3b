using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.Stress.Tests;

/// <summary>
/// A provider with a thread for each connection and nothing but blocking calls, so that no I/O thread of this process is any
/// but the data plane's. A request for a stream is answered by <see cref="Events"/> events.
/// </summary>
internal sealed class BlockingProvider : IDisposable
{
    public const int Events = 200;

    private static readonly byte[] Stream = MakeStream();

    private static readonly byte[] Whole = MakeWhole();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public BlockingProvider()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(256);
        new Thread(Accept) { IsBackground = true, Name = "provider" }.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                socket.NoDelay = true;
                new Thread(() => Serve(socket)) { IsBackground = true, Name = "provider" }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static void Serve(Socket socket)
    {
        using var connection = new BlockingConnection(new NetworkStream(socket, ownsSocket: true));
        try
        {
            while (connection.TryReadMessage(out _, out var body))
                Answer(connection, body.Contains("\"stream\":true", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // The data plane has closed it.
        }
    }

    private static void Answer(BlockingConnection connection, bool stream)
    {
        if (!stream)
        {
            connection.Write(Whole);
            return;
        }

        // In pieces that end anywhere, so that the relay wakes often.
        for (var start = 0; start < Stream.Length; start += 1013)
        {
            connection.Write(Stream.AsSpan(start, Math.Min(1013, Stream.Length - start)));
            Thread.Yield();
        }
    }

    private static byte[] MakeWhole()
    {
        const string body = """{"object":"chat.completion","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";
        return Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    private static byte[] MakeStream()
    {
        var text = new StringBuilder("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var i = 0; i < Events; i++)
            Chunk(text, $$$"""{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word {{{i}}} "},"finish_reason":null}]}""");
        Chunk(text, """{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
        Chunk(text, "[DONE]");
        return Encoding.ASCII.GetBytes(text.Append("0\r\n\r\n").ToString());
    }

    private static void Chunk(StringBuilder text, string data)
    {
        var frame = $"data: {data}\n\n";
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{frame.Length:x}\r\n{frame}\r\n");
    }
}
