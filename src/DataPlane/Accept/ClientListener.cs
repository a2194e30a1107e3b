using System.Net;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Transport;
using Microsoft.AspNetCore.Connections;

namespace AiEdge.DataPlane.Accept;

/// <summary>
/// Takes connections from Kestrel, caps their number, puts TLS under them if configured, and serves HTTP/1.1 on them. HTTP/2
/// will be told apart here, before the first byte is consumed, and handed to Kestrel's own.
/// </summary>
internal sealed class ClientListener(EdgeServices services, ClientTls? tls)
{
    private readonly HashSet<ClientConnection> _open = [];
    private readonly Lock _lock = new();

    /// <summary>Connections beyond this are closed as they come. May be below the configured cap: descriptors are limited too.</summary>
    public int ConnectionsMax { get; set; } = int.MaxValue;

    public async Task OnConnectedAsync(ConnectionContext context)
    {
        var connection = (SocketConnection)context;
        var open = services.Metrics.OnConnected();
        try
        {
            if (open > Math.Min(ConnectionsMax, services.Snapshots.Current.Server.ConnectionsMax))
            {
                services.Metrics.OnConnectionRefused();
                return;
            }

            if (services.Snapshots.Current.Server is { TakesProxyHeader: true } server && !await TryTakeProxyHeaderAsync(connection, server))
                return;
            if (tls is null)
                connection.UsePlain();
            else if (!await tls.TryUpgradeAsync(connection))
                return;
            var client = new ClientConnection(connection, services);
            Add(client);
            try
            {
                await client.RunAsync();
            }
            finally
            {
                Remove(client);
            }
        }
        finally
        {
            services.Metrics.OnDisconnected();
        }
    }

    /// <summary>Ends idle connections now, so that their clients go elsewhere; exchanges under way finish.</summary>
    public void CloseIdle()
    {
        lock (_lock)
        {
            foreach (var client in _open)
            {
                if (client.IsIdle)
                    client.Link.Input.CancelPendingRead();
            }
        }
    }

    /// <summary>Ends every exchange that is still under way.</summary>
    public void StopAll(StopReason reason)
    {
        lock (_lock)
        {
            foreach (var client in _open)
                client.Link.Stop(reason);
        }
    }

    /// <summary>Ends every exchange that rests on what was revoked.</summary>
    public void Revoke(Predicate<Exchange> restsOnIt)
    {
        lock (_lock)
        {
            foreach (var client in _open)
                client.Link.Revoke(restsOnIt);
        }
    }

    /// <summary>Closes every connection.</summary>
    public void AbortAll()
    {
        lock (_lock)
        {
            foreach (var client in _open)
                client.Link.Connection.Abort();
        }
    }

    /// <summary>Every connection begins with one where they are taken, and only proxies that are trusted may write it.</summary>
    private static async ValueTask<bool> TryTakeProxyHeaderAsync(SocketConnection connection, ServerModel server) =>
        connection.RemoteEndPoint is IPEndPoint { Address: var peer } && server.Proxies.Has(peer) && await ProxyHeader.TryReadAsync(connection);

    private void Add(ClientConnection client)
    {
        lock (_lock)
            _open.Add(client);
    }

    private void Remove(ClientConnection client)
    {
        lock (_lock)
            _open.Remove(client);
    }
}
