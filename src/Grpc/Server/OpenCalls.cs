using System.Net;
using System.Net.Sockets;

namespace AiEdge.Grpc.Server;

/// <summary>Calls that anyone may make: they have bounds of their own, so that they take no place of those who have shown who they are.</summary>
/// <param name="IsOpen">Whether a method's path is open.</param>
public sealed record OpenCalls(Func<string, bool> IsOpen)
{
    /// <summary>Of one method, and all peers together; one more is RESOURCE_EXHAUSTED.</summary>
    public int CallsMax { get; init; } = 256;

    /// <summary>Of one method, and one address (IPv6: one /64); one more is RESOURCE_EXHAUSTED.</summary>
    public int CallsPerPeerMax { get; init; } = 32;

    /// <summary>The latest deadline that such a call has, whatever its client says, where its answer is no stream of its own.</summary>
    public TimeSpan TimeoutMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Within which such a call has sent its request where it has but one. One that is then answered by a stream may last: it has been heard, and takes
    /// no more than its place.
    /// </summary>
    public TimeSpan RequestTimeMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whom a call counts for.</summary>
    internal static string PeerOf(IPEndPoint? peer)
    {
        if (peer?.Address is not { } address)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
