using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A certificate authority of a test's own.</summary>
internal sealed class Authority : IDisposable
{
    private readonly X509Certificate2 _root;

    public Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public string Pem => _root.ExportCertificatePem();

    /// <summary>A certificate with its key for a DNS name, or for an address.</summary>
    public X509Certificate2 Issue(string subject, string? dnsName = null, string? address = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (dnsName is not null)
            names.AddDnsName(dnsName);
        if (address is not null)
            names.AddIpAddress(IPAddress.Parse(address));
        if (dnsName is not null || address is not null)
            request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] &= 0x7f;
        using var issued = request.Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(5), serial);
        using var paired = issued.CopyWithPrivateKey(key);

        // A key that came from a file is one that every TLS stack takes.
        return X509CertificateLoader.LoadPkcs12(paired.Export(X509ContentType.Pfx), null);
    }

    /// <summary>Writes certificate and key as PEM files and returns their paths.</summary>
    public static (string Certificate, string Key) Write(X509Certificate2 pair, string folder, string name)
    {
        var (certificate, key) = (Path.Combine(folder, name + ".pem"), Path.Combine(folder, name + ".key"));
        using var secret = pair.GetECDsaPrivateKey()!;
        File.WriteAllText(certificate, pair.ExportCertificatePem() + "\n");
        File.WriteAllText(key, secret.ExportPkcs8PrivateKeyPem() + "\n");
        return (certificate, key);
    }

    public void Dispose() => _root.Dispose();
}
