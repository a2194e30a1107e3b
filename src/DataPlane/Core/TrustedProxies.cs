using System.Net;

namespace AiEdge.DataPlane.Core;

/// <summary>Proxies whose word on who a client is counts (<c>trustedProxies</c>).</summary>
internal sealed class TrustedProxies(IPNetwork[] networks)
{
    public static readonly TrustedProxies None = new([]);

    /// <summary>Nobody's word counts.</summary>
    public bool IsEmpty => networks.Length == 0;

    /// <summary>Whether the address is one of theirs; an IPv4 address may come mapped into IPv6.</summary>
    public bool Has(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }
}
