using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A client that sends and shows bytes as they are. Every wait has a deadline and says what had come by then.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream = Stream.Null;
    private byte[] _unread = [];

    /// <summary>The connection has ended.</summary>
    public bool Ended { get; private set; }

    /// <summary>It ended in RST.</summary>
    public bool Reset { get; private set; }

    public SslStream? Tls => _stream as SslStream;

    /// <param name="port">On loopback.</param>
    /// <param name="tls">Settings of a TLS handshake, or null for clear.</param>
    /// <param name="receiveBytes">The kernel's receive buffer, or 0 for its own choice.</param>
    public static async Task<RawClient> ConnectAsync(int port, SslClientAuthenticationOptions? tls = null, int receiveBytes = 0)
    {
        var client = new RawClient();
        if (receiveBytes > 0)
            client._socket.ReceiveBufferSize = receiveBytes;
        await client._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        client._stream = new NetworkStream(client._socket, ownsSocket: true);
        if (tls is null)
            return client;
        var secured = new SslStream(client._stream);
        using var deadline = new CancellationTokenSource(Patience);
        await secured.AuthenticateAsClientAsync(tls, deadline.Token);
        client._stream = secured;
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, deadline.Token);
    }

    /// <summary>Sends as much as the other side takes; false if it ends the connection before all was sent.</summary>
    public async Task<bool> TrySendAsync(byte[] bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public async Task<RawAnswer> AskAsync(string request, bool isHead = false)
    {
        await SendAsync(request);
        return await ReadAnswerAsync(isHead);
    }

    /// <summary>The next answer, to the end that its framing names or the connection's. Interim ones are kept in it.</summary>
    public async Task<RawAnswer> ReadAnswerAsync(bool isHead = false)
    {
        var answer = new RawAnswer();
        do
        {
            answer.Interim += answer.Head;
            answer.Head = Encoding.Latin1.GetString(await TakeThroughAsync("\r\n\r\n"u8.ToArray()));
        }
        while (answer.Status is >= 100 and < 200 && !Ended);
        if (isHead || answer.Status is 0 or 204 or 304)
            answer.IsWhole = answer.Status > 0;
        else if (answer.Field("Transfer-Encoding") is { } coding)
            await ReadChunksAsync(answer, coding);
        else if (answer.Field("Content-Length") is { } length)
            await ReadLengthAsync(answer, int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture));
        else
            answer.Body = await TakeToEndAsync();
        answer.Reset = Reset;
        return answer;
    }

    /// <summary>Waits until what has come and was not taken holds <paramref name="text"/>; takes nothing.</summary>
    public async Task SeeAsync(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        while (_unread.AsSpan().IndexOf(bytes) < 0)
            Assert.True(await TryReceiveAsync(), $"the connection ended before '{text}' came, after: {Shown}");
    }

    /// <summary>The other side ends the connection without another byte.</summary>
    public async Task SeeEndAsync()
    {
        while (await TryReceiveAsync())
        {
            // Whatever still comes is shown below.
        }

        Assert.Equal("", Shown);
    }

    /// <summary>Everything until the connection's end.</summary>
    public async Task<byte[]> TakeToEndAsync()
    {
        while (await TryReceiveAsync())
        {
            // More.
        }

        return Take(_unread.Length);
    }

    /// <summary>Says FIN and goes on listening.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves with RST.</summary>
    public void LeaveWithReset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private string Shown => Encoding.UTF8.GetString(_unread);

    private async Task ReadLengthAsync(RawAnswer answer, int length)
    {
        answer.Body = await TakeAsync(length);
        answer.IsWhole = answer.Body.Length == length;
    }

    private async Task ReadChunksAsync(RawAnswer answer, string coding)
    {
        Assert.Equal("chunked", coding);
        Assert.Null(answer.Field("Content-Length"));
        var body = new List<byte>();
        while (true)
        {
            var line = Encoding.Latin1.GetString(await TakeThroughAsync("\r\n"u8.ToArray()));
            if (!line.EndsWith("\r\n", StringComparison.Ordinal))
                break;
            var size = int.Parse(line[..^2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            var chunk = await TakeAsync(size + 2);
            body.AddRange(chunk.Take(size));
            if (chunk.Length < size + 2)
                break;
            Assert.Equal("\r\n"u8.ToArray(), chunk[size..]);
            if (size == 0)
            {
                answer.IsWhole = true;
                break;
            }

            answer.Chunks.Add(Encoding.UTF8.GetString(chunk, 0, size));
        }

        answer.Body = [.. body];
    }

    private async Task<byte[]> TakeThroughAsync(byte[] end)
    {
        while (true)
        {
            var at = _unread.AsSpan().IndexOf(end);
            if (at >= 0)
                return Take(at + end.Length);
            if (!await TryReceiveAsync())
                return Take(_unread.Length);
        }
    }

    private async Task<byte[]> TakeAsync(int count)
    {
        while (_unread.Length < count && await TryReceiveAsync())
        {
            // More.
        }

        return Take(Math.Min(count, _unread.Length));
    }

    private byte[] Take(int count)
    {
        var taken = _unread[..count];
        _unread = _unread[count..];
        return taken;
    }

    /// <summary>Waits for more bytes; false if the connection has ended.</summary>
    public async Task<bool> TryReceiveAsync()
    {
        if (Ended)
            return false;
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var count = await _stream.ReadAsync(_buffer, deadline.Token);
            Ended = count == 0;
            _unread = [.. _unread, .. _buffer.AsSpan(0, count)];
        }
        catch (IOException)
        {
            Ended = Reset = true;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"nothing came for {Patience}, after: {Shown}");
        }

        return !Ended;
    }
}
