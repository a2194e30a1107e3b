using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AiEdge.DataPlane.Link;
using AiEdge.Http;

namespace AiEdge.DataPlane.Hosting;

/// <summary>
/// The admin port of a plane that has no configuration yet: it is alive, it is not ready, and whether it sees its control plane is in its
/// metrics. Connections are few, and each has one request.
/// </summary>
internal sealed class WaitingEndpoint : IAsyncDisposable
{
    private const int ConnectionsMax = 64;
    private const int HeadBytesMax = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly PlaneLink _link;
    private readonly List<Socket> _listeners = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _accepting = [];
    private int _open;

    private WaitingEndpoint(PlaneLink link) => _link = link;

    /// <summary>Where it listens; ports are the real ones.</summary>
    public IEnumerable<IPEndPoint> Addresses
    {
        get
        {
            foreach (var listener in _listeners)
                yield return (IPEndPoint)listener.LocalEndPoint!;
        }
    }

    /// <exception cref="SocketException">An address cannot be listened on.</exception>
    public static WaitingEndpoint Start(IEnumerable<IPEndPoint> addresses, PlaneLink link)
    {
        var endpoint = new WaitingEndpoint(link);
        foreach (var address in addresses)
        {
            var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            endpoint._listeners.Add(listener);
            listener.Bind(address);
            listener.Listen(ConnectionsMax);
            endpoint._accepting.Add(endpoint.AcceptAsync(listener));
        }

        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var listener in _listeners)
            listener.Dispose();
        foreach (var task in _accepting)
            await task;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(_stop.Token);
                if (Interlocked.Increment(ref _open) > ConnectionsMax)
                    Close(client);
                else
                    _ = ServeAsync(client);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // A client that left before it was taken, or the end.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            var buffer = new byte[HeadBytesMax];
            var reader = new RequestHeadReader(HeadBytesMax);
            var length = 0;
            var status = HeadStatus.NeedMore;
            while (status == HeadStatus.NeedMore && length < buffer.Length)
            {
                var count = await client.ReceiveAsync(buffer.AsMemory(length), patience.Token);
                if (count == 0)
                    return;
                length += count;
                status = reader.Read(new ReadOnlySequence<byte>(buffer, 0, length));
            }

            await client.SendAsync(Answer(client, status, reader), patience.Token);
            client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked has left.
        }
        finally
        {
            Close(client);
        }
    }

    private void Close(Socket client)
    {
        client.Dispose();
        Interlocked.Decrement(ref _open);
    }

    private byte[] Answer(Socket client, HeadStatus status, RequestHeadReader reader)
    {
        if (status != HeadStatus.Complete)
            return Text("400 Bad Request", "bad request\n");
        var head = reader.Head;
        var isLoopback = client.LocalEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address);
        if (isLoopback && !AdminEndpoint.NamesLoopback(head))
            return Text("421 Misdirected Request", "the Host must name loopback\n");
        if (head.MethodId is not MethodId.Get)
            return Text("405 Method Not Allowed", "only GET\n");
        if (head.Path.SequenceEqual("/healthz"u8))
            return Text("200 OK", "ok\n");
        if (head.Path.SequenceEqual("/readyz"u8))
            return Text("503 Service Unavailable", "no configuration yet\n");
        return head.Path.SequenceEqual("/metrics"u8) ? Text("200 OK", LinkMetrics.Write(_link)) : Text("404 Not Found", "not found\n");
    }

    private static byte[] Text(string status, string body) => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
}
