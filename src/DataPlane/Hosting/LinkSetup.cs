using System.Security.Cryptography.X509Certificates;
using AiEdge.DataPlane.Link;

namespace AiEdge.DataPlane.Hosting;

/// <summary>From the command line to where the control plane is and how it is reached.</summary>
internal static class LinkSetup
{
    private const int TokenBytesMax = 4096;

    /// <summary>The options; null with a complaint where the flags make no sense together.</summary>
    /// <exception cref="IOException">A file that is named cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It holds no certificate or key.</exception>
    public static LinkOptions? Read(CommandLine line, out string complaint)
    {
        complaint = "";
        if (!Uri.TryCreate(line.ControlPlane, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
            || address.PathAndQuery != "/" || address.UserInfo.Length > 0)
            complaint = "--control-plane: expected http://host:port or https://host:port";
        else if (address.Scheme == "http" && !address.IsLoopback && !line.Insecure)
            complaint = "--control-plane: clear text to another machine needs --insecure; https:// does not";
        var (certificate, key) = (line.Value("control-plane-cert"), line.Value("control-plane-key"));
        if (certificate is null != key is null)
            complaint = "--control-plane-cert and --control-plane-key go together";
        if (line.Value("plane-id") is { } id && !ControlChannel.IsPlaneId(id))
            complaint = "--plane-id: expected 1 to 63 of [a-z0-9-]";
        if (line.Value("join-token") is not null && line.Value("join-token-file") is not null)
            complaint = "--join-token and --join-token-file exclude each other";
        return complaint.Length > 0 ? null : new LinkOptions
        {
            Address = address!,
            Insecure = line.Insecure,
            JoinToken = line.Value("join-token") ?? Token(line.Value("join-token-file")),
            PlaneId = line.Value("plane-id"),
            DataDir = Path.GetFullPath(line.DataDir!),
            SecretsDir = line.Value("secrets-dir"),
            Authorities = Authorities(line.Value("control-plane-ca")),
            Certificate = certificate is null ? null : X509Certificate2.CreateFromPemFile(certificate, key),
        };
    }

    private static string? Token(string? path)
    {
        if (path is null)
            return null;
        if (new FileInfo(path).Length > TokenBytesMax)
            throw new IOException($"{path} is larger than a token");
        return File.ReadAllText(path).Trim();
    }

    private static X509Certificate2Collection? Authorities(string? path)
    {
        if (path is null)
            return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(path);
        return authorities.Count > 0 ? authorities : throw new IOException($"{path} holds no certificate");
    }
}
