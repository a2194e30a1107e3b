using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Accept;

/// <summary>
/// What a proxy says of a connection before its first byte: version 2 of the PROXY protocol (HAProxy's proxy-protocol.txt, section 2.2).
/// Exactly its bytes are taken from the socket, so that TLS or HTTP finds its own beginning behind them.
/// </summary>
internal static class ProxyHeader
{
    private const int FixedBytes = 16;

    /// <summary>Addresses and everything behind them; more is no proxy's.</summary>
    private const int RestBytesMax = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// Reads it and gives the connection its client's address; of a connection that the proxy has made for itself (LOCAL) or whose family is
    /// not TCP's the address stays as it is. False if it is not there whole, in time and well-formed.
    /// </summary>
    public static async ValueTask<bool> TryReadAsync(SocketConnection connection)
    {
        var bytes = new byte[FixedBytes];
        using var deadline = new CancellationTokenSource(Patience);
        if (!await TryFillAsync(connection.Socket, bytes, deadline.Token) || !bytes.AsSpan().StartsWith(Signature))
            return false;
        var (command, family) = (bytes[12], bytes[13]);
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(14));
        if (command >> 4 != 2 || (command & 15) > 1 || length > RestBytesMax)
            return false;
        var rest = new byte[length];
        if (!await TryFillAsync(connection.Socket, rest, deadline.Token))
            return false;
        if ((command & 15) == 0)
            return true;
        var size = family switch { 0x11 => 4, 0x21 => 16, _ => 0 };
        if (size == 0)
            return true;
        if (length < 2 * size + 4)
            return false;
        connection.Client = new IPEndPoint(new IPAddress(rest.AsSpan(0, size)), BinaryPrimitives.ReadUInt16BigEndian(rest.AsSpan(2 * size)));
        return true;
    }

    private static async ValueTask<bool> TryFillAsync(Socket socket, Memory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var count = await socket.ReceiveAsync(bytes, SocketFlags.None, cancel);
                if (count == 0)
                    return false;
                bytes = bytes[count..];
            }

            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
