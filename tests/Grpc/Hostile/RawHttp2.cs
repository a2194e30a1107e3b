using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.Grpc.Tests.Hostile;

/// <summary>One side of an HTTP/2 connection, frame by frame (RFC 9113): for what the runtime's own sides never do.</summary>
internal sealed class RawHttp2 : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;

    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const int HeadBytes = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private RawHttp2(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    /// <summary>As a client.</summary>
    public static async Task<RawHttp2> ConnectAsync(Uri address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        var peer = new RawHttp2(client);
        await peer._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await peer.SendAsync(Settings, 0, 0, []);
        return peer;
    }

    /// <summary>As a server, for the next connection that comes.</summary>
    public static async Task<RawHttp2> AcceptAsync(TcpListener listener)
    {
        var peer = new RawHttp2(await listener.AcceptTcpClientAsync());
        await peer._stream.ReadExactlyAsync(new byte[24]);
        await peer.SendAsync(Settings, 0, 0, []);
        return peer;
    }

    /// <summary>A call's head, without the end of its stream.</summary>
    public Task SendHeadersAsync(int stream, string path) => SendAsync(Headers, 4, stream, Block(
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers")));

    /// <summary>An answer's head.</summary>
    public Task SendAnswerAsync(int stream) => SendAsync(Headers, 4, stream, Block((":status", "200"), ("content-type", "application/grpc")));

    /// <summary>Trailers, which end the stream.</summary>
    public Task SendTrailersAsync(int stream, params (string Name, string Value)[] trailers) => SendAsync(Headers, 5, stream, Block(trailers));

    public Task SendDataAsync(int stream, byte[] bytes) => SendAsync(Data, 0, stream, bytes);

    public Task SendResetAsync(int stream, uint error) => SendAsync(Reset, 0, stream, Number(error));

    public Task SendGoAwayAsync(int lastStream, uint error) => SendAsync(GoAway, 0, 0, [.. Number((uint)lastStream), .. Number(error)]);

    public Task SendRubbishAsync() => _stream.WriteAsync(Enumerable.Repeat((byte)0xA5, 64).ToArray()).AsTask();

    /// <summary>Reads until a frame is the one; settings and pings are answered meanwhile.</summary>
    public async Task<(byte Type, int Stream, byte[] Payload)> UntilAsync(Func<(byte Type, int Stream, byte[] Payload), bool> isIt)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            var head = new byte[HeadBytes];
            await _stream.ReadExactlyAsync(head, late.Token);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload, late.Token);
            var frame = (head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            if (head[3] is Settings or Ping && (head[4] & 1) == 0)
                await SendAsync(head[3], 1, 0, head[3] == Ping ? payload : []);
            if (isIt(frame))
                return frame;
        }
    }

    public void Dispose()
    {
        // A reset, not a goodbye.
        if (_client.Client is { } socket)
            socket.LingerState = new(true, 0);
        _client.Dispose();
    }

    private async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame =
        [
            (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
            .. Number((uint)stream), .. payload,
        ];
        await _stream.WriteAsync(frame);
    }

    /// <summary>Literals without indexing (RFC 7541, section 6.2.2), so that no table is needed.</summary>
    private static byte[] Block(params (string Name, string Value)[] headers)
    {
        var block = new List<byte>();
        foreach (var (name, value) in headers)
            block.AddRange([0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);
        return [.. block];
    }

    private static byte[] Number(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
