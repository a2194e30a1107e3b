using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.FakeUpstream.Tests;

/// <summary>A client that sees bytes: it judges nothing, so that a test can look at what really came.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly List<byte> _unread = [];
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));

    public static async Task<RawClient> ConnectAsync(FakeUpstreamServer server)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port));
        return client;
    }

    /// <summary>Sends one chat request on a connection of its own and reads its answer.</summary>
    public static async Task<RawAnswer> ChatAsync(FakeUpstreamServer server, string script, bool stream = true, string more = "")
    {
        using var client = await ConnectAsync(server);
        await client.SendAsync(ChatRequest(script, stream, more));
        return await client.ReadAnswerAsync();
    }

    public static string ChatRequest(string script, bool stream = true, string more = "", string model = "fake-n3") => Post("/v1/chat/completions",
        $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[]{{more}}}""", $"x-fake: {script}\r\n");

    public static string Post(string path, string body, string fields = "") =>
        $"POST {path} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async Task SendAsync(string text) => await _socket.SendAsync(Encoding.UTF8.GetBytes(text), SocketFlags.None, _deadline.Token);

    public async Task SendAsync(byte[] bytes) => await _socket.SendAsync(bytes, SocketFlags.None, _deadline.Token);

    /// <summary>The final answer, whole; its framing decides where it ends. Interim answers before it are kept in it.</summary>
    public async Task<RawAnswer> ReadAnswerAsync()
    {
        var answer = new RawAnswer();
        do
        {
            answer.Interim += answer.Head;
            answer.Head = Encoding.Latin1.GetString(await ReadThroughAsync("\r\n\r\n"u8.ToArray(), answer));
        }
        while (answer.Status is >= 100 and < 200 && !answer.Ended);
        if (answer.Status is 204 or 304 || answer.Ended)
            return answer;
        if (answer.Field("Transfer-Encoding") == "chunked")
            await ReadChunksAsync(answer);
        else if (answer.Field("Content-Length") is { } length)
            answer.Body = await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture), answer);
        else
            answer.Body = await TakeAsync(int.MaxValue, answer);
        return answer;
    }

    /// <summary>What comes until the connection ends; true if it ended with a reset.</summary>
    public async Task<(byte[] Bytes, bool Reset)> ReadToEndAsync()
    {
        var answer = new RawAnswer();
        var bytes = await TakeAsync(int.MaxValue, answer);
        return (bytes, answer.Reset);
    }

    /// <summary>One receive as the network brought it.</summary>
    public async Task<byte[]> ReceiveOnceAsync()
    {
        var buffer = new byte[65536];
        var count = await _socket.ReceiveAsync(buffer, SocketFlags.None, _deadline.Token);
        return buffer[..count];
    }

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _deadline.Dispose();
    }

    private async Task ReadChunksAsync(RawAnswer answer)
    {
        var body = new List<byte>();
        while (!answer.Ended)
        {
            var line = Encoding.Latin1.GetString(await ReadThroughAsync("\r\n"u8.ToArray(), answer));
            if (!int.TryParse(line.TrimEnd(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size))
            {
                answer.BadChunk = line.Length > 0 ? line : null;
                break;
            }

            if (size == 0)
            {
                answer.LastChunk = true;
                while (Encoding.Latin1.GetString(await ReadThroughAsync("\r\n"u8.ToArray(), answer)) is { Length: > 2 } trailer)
                    answer.Trailers += trailer;
                break;
            }

            answer.ChunkSizes.Add(size);
            body.AddRange(await TakeAsync(size, answer));
            await TakeAsync(2, answer);
        }

        answer.Body = [.. body];
    }

    private async Task<byte[]> ReadThroughAsync(byte[] end, RawAnswer answer)
    {
        while (true)
        {
            var at = _unread.ToArray().AsSpan().IndexOf(end);
            if (at >= 0)
                return await TakeAsync(at + end.Length, answer);
            if (!await TryReceiveAsync(answer))
                return await TakeAsync(_unread.Count, answer);
        }
    }

    private async Task<byte[]> TakeAsync(int count, RawAnswer answer)
    {
        while (_unread.Count < count && await TryReceiveAsync(answer))
        {
        }

        var taken = _unread.Take(count).ToArray();
        _unread.RemoveRange(0, taken.Length);
        return taken;
    }

    private async Task<bool> TryReceiveAsync(RawAnswer answer)
    {
        try
        {
            var bytes = answer.Ended ? [] : await ReceiveOnceAsync();
            _unread.AddRange(bytes);
            answer.Ended = bytes.Length == 0;
        }
        catch (SocketException)
        {
            (answer.Ended, answer.Reset) = (true, true);
        }

        return !answer.Ended;
    }
}

/// <summary>An answer as it came.</summary>
internal sealed class RawAnswer
{
    public string Head { get; set; } = "";

    public string Interim { get; set; } = "";

    public byte[] Body { get; set; } = [];

    public List<int> ChunkSizes { get; } = [];

    public string Trailers { get; set; } = "";

    public string? BadChunk { get; set; }

    /// <summary>The chunked body ended as it must.</summary>
    public bool LastChunk { get; set; }

    /// <summary>The connection ended while the answer was being read.</summary>
    public bool Ended { get; set; }

    public bool Reset { get; set; }

    public string Text => Encoding.UTF8.GetString(Body);

    public int Status => Head.Length > 12 ? int.Parse(Head.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;

    /// <summary>The data of each event, found by blank lines after line ends have been made alike.</summary>
    public string[] Events => [.. Text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(part => part.Contains("data: ", StringComparison.Ordinal)).Select(part => part[(part.IndexOf("data: ", StringComparison.Ordinal) + 6)..])];

    /// <summary>The content deltas joined, read by a real JSON reader.</summary>
    public string Content => string.Concat(Events.Where(data => data.StartsWith('{')).Select(ContentOf));

    public string? Field(string name) => Head.Split("\r\n").Skip(1).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim()).FirstOrDefault();

    private static string ContentOf(string data)
    {
        using var json = System.Text.Json.JsonDocument.Parse(data);
        return json.RootElement.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
            && choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() ?? "" : "";
    }
}
