using System.Net;
using System.Net.Sockets;

namespace AiEdge.Contracts.Rules;

/// <summary>Addresses that no configuration may send requests to: where clouds hand out credentials to whoever asks from inside.</summary>
public static class PublicAddress
{
    private static readonly string[] MetadataNames =
        ["metadata.google.internal", "metadata", "instance-data", "metadata.azure.internal", "metadata.tencentyun.com"];

    private static readonly IPAddress[] MetadataAddresses =
    [
        IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd20:ce::254"), IPAddress.Parse("100.100.100.200"),
        IPAddress.Parse("192.0.0.192"), IPAddress.Parse("168.63.129.16"),
    ];

    /// <summary>What is wrong with a host, or null. Names are judged as names; where they lead is judged where they are resolved.</summary>
    public static string? Complaint(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = host.TrimEnd('.');
        if (MetadataNames.Contains(name, StringComparer.OrdinalIgnoreCase) || name.EndsWith(".nip.io", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".sslip.io", StringComparison.OrdinalIgnoreCase))
            return "leads to the metadata of a cloud, or to an address written as a name";
        return IPAddress.TryParse(name, out var address) ? Complaint(address) : null;
    }

    /// <summary>What is wrong with an address, or null.</summary>
    public static string? Complaint(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);

        // An IPv4 address may come dressed as one of IPv6: mapped, or behind NAT64.
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b]))
            return Complaint(new IPAddress(bytes.AsSpan(12)));
        if (address.IsIPv6LinkLocal || address.IsIPv6Multicast || (bytes.Length == 4 && bytes is [169, 254, ..] or [>= 224, ..]))
            return "is a link-local or multicast address";
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || (bytes.Length == 4 && bytes[0] == 0))
            return "is no address to connect to";
        return MetadataAddresses.Contains(address) ? "leads to the metadata of a cloud" : null;
    }
}
