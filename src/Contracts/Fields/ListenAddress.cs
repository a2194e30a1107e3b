using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// Addresses to listen on: <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>localhost:8080</c>, or <c>:8080</c> for every
/// address of the machine. Port 0 lets the system choose.
/// </summary>
public static class ListenAddress
{
    /// <summary>Reads an address; false where the text is not one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !TryPort(text[(colon + 1)..], 0, out var port))
            return false;
        var host = text[..colon];
        IPAddress? address;
        if (host.IsEmpty)
        {
            // One socket on the IPv6 wildcard takes both families, where the machine has IPv6 at all.
            address = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        }
        else if (host is "localhost")
        {
            address = IPAddress.Loopback;
        }
        else if (host[0] == '[')
        {
            if (host[^1] != ']' || !IPAddress.TryParse(host[1..^1], out address) || address.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
        }
        else if (!IPAddress.TryParse(host, out address) || address.AddressFamily != AddressFamily.InterNetwork || !HostName.IsValid(host))
        {
            return false;
        }

        endpoint = new IPEndPoint(address, port);
        return true;
    }

    internal static bool TryPort(ReadOnlySpan<char> text, int min, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port >= min && port <= 65535 && text.Length <= 5;
}
