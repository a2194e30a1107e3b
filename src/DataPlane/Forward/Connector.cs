using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Forward;

/// <summary>Opens connections to one endpoint: resolves its name (and again after a while), connects, and speaks TLS if asked.</summary>
internal sealed class Connector(BlockPool pool, EdgeClock clock)
{
    private readonly UpstreamTls _tls = new();
    private IPAddress[] _addresses = [];
    private long _resolvedAtMs = long.MinValue;
    private int _next;

    /// <summary>
    /// Connects, trying each address once. The error allows a retry where nothing can have been sent.
    /// </summary>
    public async ValueTask<(SocketConnection? Connection, EdgeError Error)> ConnectAsync(ProviderModel provider, CancellationToken cancel)
    {
        Socket? socket = null;
        try
        {
            var addresses = await ResolveAsync(provider, cancel);
            socket = await ConnectToAnyAsync(addresses, provider.Port, cancel);
            var connection = new SocketConnection(socket, pool);
            if (provider.UseTls)
                connection.Upgrade(await _tls.AuthenticateAsync(socket, provider, cancel));
            return (connection, default);
        }
        catch (Exception e) when (IsExpected(e))
        {
            socket?.Dispose();
            var kind = cancel.IsCancellationRequested ? ErrorKind.UpstreamTimeout : ErrorKind.UpstreamUnreachable;
            var message = e is AuthenticationException ? "The TLS handshake with the provider failed." : null;
            return (null, EdgeError.Upstream(kind, message, RetryPermission.Yes));
        }
    }

    /// <summary>What the network, the provider's TLS or an unreadable certificate file of ours may throw.</summary>
    private static bool IsExpected(Exception e) =>
        e is SocketException or IOException or AuthenticationException or OperationCanceledException or ObjectDisposedException
            or CryptographicException or UnauthorizedAccessException;

    private async ValueTask<IPAddress[]> ResolveAsync(ProviderModel provider, CancellationToken cancel)
    {
        var known = Volatile.Read(ref _addresses);
        if (known.Length > 0 && clock.CoarseMs - Volatile.Read(ref _resolvedAtMs) < (long)provider.DnsRefresh.TotalMilliseconds)
            return known;
        if (IPAddress.TryParse(provider.Host, out var literal))
            return Publish([literal]);
        try
        {
            var found = await Dns.GetHostAddressesAsync(provider.Host, cancel);
            return Publish(found);
        }
        catch (SocketException) when (known.Length > 0)
        {
            // A name server that is down for a while must not take the providers with it: the old addresses go on.
            return known;
        }
    }

    private IPAddress[] Publish(IPAddress[] addresses)
    {
        Volatile.Write(ref _addresses, addresses);
        Volatile.Write(ref _resolvedAtMs, clock.CoarseMs);
        return addresses;
    }

    private async ValueTask<Socket> ConnectToAnyAsync(IPAddress[] addresses, int port, CancellationToken cancel)
    {
        var first = (int)((uint)Interlocked.Increment(ref _next) % (uint)Math.Max(addresses.Length, 1));
        for (var i = 0; i < addresses.Length; i++)
        {
            var address = addresses[(first + i) % addresses.Length];
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), cancel);
                return socket;
            }
            catch (SocketException) when (i + 1 < addresses.Length)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new SocketException((int)SocketError.HostNotFound);
    }
}
