using System.Net;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold for the data plane's own side.</summary>
public static class ServerRules
{
    /// <summary>All rules that need nothing but the document.</summary>
    public static void Check(ServerOptions server, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(faults);
        CheckBuffers(server, faults);
        if (server.ProxyProtocol is { IsSet: true, Value: "v2" } && !server.TrustedProxies.IsSet)
            faults.Add(server.ProxyProtocol.Source!, "needs trustedProxies: whoever may write it could be anybody");
        if (server.Tls.Node is { } tls)
        {
            TlsRules.CheckPair(server.Tls, tls, faults);
            if (tls.Entries.Count == 0)
                faults.Add(tls, "needs a certificate and its key");
        }
    }

    /// <summary>Whether two listeners would ask for the same port of the same address.</summary>
    public static bool Collide(IPEndPoint a, IPEndPoint b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return a.Port == b.Port && a.Port != 0 && (a.Address.Equals(b.Address) || IsAny(a.Address) || IsAny(b.Address));
    }

    /// <summary>The largest body fits into the memory for all bodies, or none of that size could ever be served.</summary>
    private static void CheckBuffers(ServerOptions server, FaultList faults)
    {
        var body = server.BodyBytesMax.Or(ServerOptions.BodyBytesMaxField.Default);
        var buffered = server.BufferedBytesMax.Or(ServerOptions.BufferedBytesMaxField.Default);
        if (body > buffered)
        {
            var source = server.BufferedBytesMax.Source ?? server.BodyBytesMax.Source!;
            faults.Add(source, $"bufferedBytesMax ({SizeText.Format(buffered)}) must not be less than bodyBytesMax ({SizeText.Format(body)})");
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
