using System.Net;
using System.Net.Sockets;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Connects to public addresses alone, judged after the name was resolved: a name of one's own may point anywhere.</summary>
internal static class PublicHosts
{
    /// <summary>Special-purpose blocks (RFC 6890 and the registries that follow it), as address and bits.</summary>
    private static readonly IPNetwork[] Special =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/3"),
    ];

    /// <summary>All that is public in IPv6 lies in here, but for what follows.</summary>
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] Special6 =
    [
        // Protocol assignments with Teredo, documentation, 6to4, documentation.
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2002::/16"), IPNetwork.Parse("3fff::/20"),
    ];

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Array.Exists(Special, block => block.Contains(address));
        return Global6.Contains(address) && !Array.Exists(Special6, block => block.Contains(address));
    }

    /// <summary>Resolves, judges, and connects to the very address that was judged.</summary>
    /// <exception cref="IOException">The name has no address that may be called, or none that answers.</exception>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint to, Func<IPAddress, bool> isAllowed, CancellationToken cancel)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(to.Host, cancel);
        }
        catch (SocketException e)
        {
            throw new IOException($"{to.Host} cannot be resolved", e);
        }

        SocketException? last = null;
        foreach (var address in addresses)
        {
            if (!isAllowed(address))
                continue;
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, to.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new IOException(last is null ? $"{to.Host} has no public address" : $"{to.Host} cannot be reached: {last.Message}", last);
    }
}
