using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// TLS towards a provider: the server's name is checked, the system's roots are trusted and those of <c>caFile</c> besides,
/// and a client certificate is shown where one is configured. Files are read again for each new connection's settings object,
/// which lives as long as they are unchanged.
/// </summary>
internal sealed class UpstreamTls
{
    private ProviderModel? _for;
    private SslClientAuthenticationOptions? _options;

    public async ValueTask<Wire> AuthenticateAsync(Socket socket, ProviderModel provider, CancellationToken cancel)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(Options(provider), cancel);
            return new TlsWire(stream, socket);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private SslClientAuthenticationOptions Options(ProviderModel provider)
    {
        var options = Volatile.Read(ref _options);
        if (options is not null && ReferenceEquals(Volatile.Read(ref _for), provider))
            return options;
        options = new SslClientAuthenticationOptions { TargetHost = provider.Host };
        if (provider.CertificateFile is { } certificate)
        {
            var pair = X509Certificate2.CreateFromPemFile(certificate, provider.CertificateKeyFile);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(pair, null);
        }

        if (provider.CaFile is { } caFile)
            options.CertificateChainPolicy = Policy(caFile);
        Volatile.Write(ref _options, options);
        Volatile.Write(ref _for, provider);
        return options;
    }

    private static X509ChainPolicy Policy(string caFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        using (var system = new X509Store(StoreName.Root, StoreLocation.LocalMachine))
        {
            system.Open(OpenFlags.ReadOnly);
            policy.CustomTrustStore.AddRange(system.Certificates);
        }

        policy.CustomTrustStore.ImportFromPemFile(caFile);
        return policy;
    }
}
