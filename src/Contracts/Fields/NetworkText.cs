using System.Net;
using System.Net.Sockets;

namespace AiEdge.Contracts.Fields;

/// <summary>Networks of addresses as a user writes them: <c>10.0.0.0/8</c>, <c>fd00::/8</c>, or one address alone.</summary>
public static class NetworkText
{
    /// <summary>The complaint about a text that is none, or null.</summary>
    public static string? Rule(string text) =>
        TryParse(text, out _) ? null : "is no network such as 10.0.0.0/8 or fd00::/8 (all bits behind the length 0), nor an address";

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        ArgumentNullException.ThrowIfNull(text);
        network = default;
        if (text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal))
            return false;
        if (text.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0)
            return IPNetwork.TryParse(text, out network) && IPAddress.TryParse(text[..slash], out var written) && written.Equals(network.BaseAddress);
        if (!IPAddress.TryParse(text, out var address))
            return false;
        network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        return true;
    }
}
