using System.Net;
using System.Net.Sockets;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// A client's address as limits know it: an IPv4 address as it is, also where it came mapped into IPv6; of an IPv6 address its first
/// 64 bits, for whoever has one has all the rest.
/// </summary>
internal static class ClientAddress
{
    public static string Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes) + "/64";
    }
}
