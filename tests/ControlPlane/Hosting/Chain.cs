using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiEdge.ControlPlane.Tests.Hosting;

/// <summary>An authority, one that it has vouched for, and certificates of that one, as PEM files in a folder.</summary>
internal sealed class Chain : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aiedge-chain-").FullName;
    private readonly X509Certificate2 _between;

    public Chain()
    {
        Root = Authority("root", null);
        _between = Authority("between", Root);
    }

    public X509Certificate2 Root { get; }

    /// <summary>A certificate for these addresses and what stands between it and the root, in one file; and its key.</summary>
    public (string Certificate, string Key) Server(params IPAddress[] addresses)
    {
        using var made = Make("server", addresses);
        using var key = made.GetECDsaPrivateKey()!;
        return (Write("server.pem", made.ExportCertificatePem() + "\n" + _between.ExportCertificatePem()), Write("server.key", key.ExportPkcs8PrivateKeyPem()));
    }

    public string RootFile() => Write("root.pem", Root.ExportCertificatePem());

    /// <summary>What a client shows; by the root itself, as nothing is sent along with it.</summary>
    public X509Certificate2 Client() => Make("client", [], Root);

    public void Dispose()
    {
        Root.Dispose();
        _between.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        if (issuer is null)
            return request.CreateSelfSigned(from, to);
        using var made = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }

    private X509Certificate2 Make(string name, IPAddress[] addresses, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        if (addresses.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var address in addresses)
                names.AddIpAddress(address);
            request.CertificateExtensions.Add(names.Build());
        }

        using var made = request.Create(issuer ?? _between, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(29), RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
