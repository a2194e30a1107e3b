using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AiEdge.Grpc;

/// <summary>TLS of the two sides. Names, dates and purposes are judged by the runtime; only who is trusted is ours to say.</summary>
public static class GrpcTls
{
    /// <summary>A server's TLS: HTTP/2 only, and where authorities are given, only for clients that one of them vouches for.</summary>
    /// <param name="certificate">The server's, with its private key.</param>
    /// <param name="intermediates">What stands between it and its authority; sent along.</param>
    /// <param name="clientAuthorities">Null asks clients for no certificate.</param>
    public static SslServerAuthenticationOptions Server(
        X509Certificate2 certificate, X509Certificate2Collection? intermediates = null, X509Certificate2Collection? clientAuthorities = null) =>
        new()
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, intermediates, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificateRequired = clientAuthorities is not null,
            CertificateChainPolicy = clientAuthorities is null ? null : Trust(clientAuthorities),
        };

    /// <summary>Trust in these authorities and no others. Revocation lists are not fetched: nobody here opens connections by itself.</summary>
    internal static X509ChainPolicy Trust(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
