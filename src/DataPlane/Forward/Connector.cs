using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using AiEdge.Contracts.Rules;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Forward;

/// <summary>Opens connections to one endpoint: resolves its name (and again after a while), connects, and speaks TLS if asked.</summary>
/// <param name="pool">Where connections have their blocks from.</param>
/// <param name="clock">Tells how old what was resolved is.</param>
/// <param name="isConfined">
/// Whether link-local addresses and those of clouds' metadata are not connected to, whatever name leads there: who may write a provider's address by a
/// control plane may be nobody whom this machine trusts.
/// </param>
internal sealed class Connector(BlockPool pool, EdgeClock clock, bool isConfined = false)
{
    private readonly UpstreamTls _tls = new();
    private IPAddress[] _addresses = [];
    private long _resolvedAtMs = long.MinValue;
    private int _next;

    /// <summary>Who tells the addresses of a name: the system.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Names { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>
    /// Connects, trying each address once. The error allows a retry where nothing can have been sent.
    /// </summary>
    public async ValueTask<(SocketConnection? Connection, EdgeError Error)> ConnectAsync(ProviderModel provider, CancellationToken cancel)
    {
        SocketConnection? connection = null;
        try
        {
            var addresses = await ResolveAsync(provider, cancel);
            connection = await ConnectToAnyAsync(addresses, provider, cancel);
            if (provider.UseTls)
                connection.Use(await _tls.AuthenticateAsync(connection.Socket, provider, cancel));
            return (connection, default);
        }
        catch (Exception e) when (IsExpected(e))
        {
            connection?.Abort();
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
            return Publish(Allowed([literal]));
        try
        {
            var found = await Names(provider.Host, cancel);
            return Publish(Allowed(found));
        }
        catch (SocketException) when (known.Length > 0)
        {
            // A name server that is down for a while must not take the providers with it: the old addresses go on.
            return known;
        }
    }

    private IPAddress[] Allowed(IPAddress[] addresses) =>
        isConfined ? Array.FindAll(addresses, static address => PublicAddress.Complaint(address) is null) : addresses;

    private IPAddress[] Publish(IPAddress[] addresses)
    {
        Volatile.Write(ref _addresses, addresses);
        Volatile.Write(ref _resolvedAtMs, clock.CoarseMs);
        return addresses;
    }

    private async ValueTask<SocketConnection> ConnectToAnyAsync(IPAddress[] addresses, ProviderModel provider, CancellationToken cancel)
    {
        var first = (int)((uint)Interlocked.Increment(ref _next) % (uint)Math.Max(addresses.Length, 1));
        for (var i = 0; i < addresses.Length; i++)
        {
            var endpoint = new IPEndPoint(addresses[(first + i) % addresses.Length], provider.Port);
            var connection = new SocketConnection(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }, pool);
            try
            {
                await ConnectAsync(connection, endpoint, provider.UseTls, cancel);
                return connection;
            }
            catch (SocketException) when (i + 1 < addresses.Length)
            {
                connection.Abort();
            }
            catch
            {
                connection.Abort();
                throw;
            }
        }

        throw new SocketException((int)SocketError.HostNotFound);
    }

    private static async ValueTask ConnectAsync(SocketConnection connection, IPEndPoint endpoint, bool useTls, CancellationToken cancel)
    {
        if (useTls || !SocketConnection.UsesEpoll)
        {
            await connection.Socket.ConnectAsync(endpoint, cancel);
            if (!useTls)
                connection.UsePlain();
            return;
        }

        connection.UsePlain();
        await ((EpollWire)connection.Wire!).ConnectAsync(endpoint, cancel);
    }
}
