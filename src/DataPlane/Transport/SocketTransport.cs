using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// Gives Kestrel its connections: sockets whose bytes are read straight into our blocks (docs/adr/0004).
/// </summary>
internal sealed class SocketTransport(BlockPool pool) : IConnectionListenerFactory
{
    private const int Backlog = 4096;

    /// <summary>How long to wait for a descriptor when there is none for the next connection.</summary>
    private const int DescriptorsWaitMs = 20;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var address = (IPEndPoint)endpoint;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Address.Equals(IPAddress.IPv6Any))
            socket.DualMode = true;
        try
        {
            socket.Bind(address);
            socket.Listen(Backlog);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(e.Message, e);
        }

        return ValueTask.FromResult<IConnectionListener>(new Listener(socket, pool));
    }

    private sealed class Listener(Socket socket, BlockPool pool) : IConnectionListener
    {
        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellationToken);
                    accepted.NoDelay = true;
                    return new SocketConnection(accepted, pool);
                }
                catch (ObjectDisposedException)
                {
                    return null;
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
                {
                    return null;
                }
                catch (SocketException e)
                {
                    // The peer reset before it was accepted: go on with the next. Descriptors that ran out come back in their time.
                    if (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                        await Task.Delay(DescriptorsWaitMs, CancellationToken.None);
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            socket.Dispose();
            return default;
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return default;
        }
    }
}
