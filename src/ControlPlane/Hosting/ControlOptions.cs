using System.Net;
using System.Security.Cryptography.X509Certificates;
using AiEdge.Contracts.Fields;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Hosting;

/// <summary>What the command line and the environment say.</summary>
internal sealed class ControlOptions
{
    /// <summary>Where REST is served.</summary>
    public IPEndPoint Http { get; init; } = new(IPAddress.Loopback, 7070);

    /// <summary>Where data planes connect.</summary>
    public IPEndPoint Grpc { get; init; } = new(IPAddress.Loopback, 7071);

    /// <summary>What must not be lost, and what was made at the first start.</summary>
    public string DataDir { get; init; } = "aiedge-control";

    /// <summary>The store's folder.</summary>
    public string StoreDir => FasterStore.FolderOf(DataDir);

    /// <summary>Takes a line for what an operator should know.</summary>
    public TextWriter Log { get; init; } = TextWriter.Null;

    /// <summary>The administrator's token; made at the first start where it is null.</summary>
    public string? AdminToken { get; init; }

    /// <summary>A token that data planes may join with; made at the first start where it is null.</summary>
    public string? JoinToken { get; init; }

    /// <summary>The key that providers' secrets are sealed with, base64; a file in the data folder where it is null.</summary>
    public string? SealKey { get; init; }

    /// <summary>The certificate of both listeners, with its key; null for clear text.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What stands between the certificate and its authority.</summary>
    public X509Certificate2Collection? Intermediates { get; init; }

    /// <summary>Authorities of data planes' certificates; null asks for none.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Whom alerts may be sent to.</summary>
    public WebhookHosts WebhookHosts { get; init; } = WebhookHosts.Any;

    /// <summary>How sums of use are kept and how often they are put on disk; null for what docs/store.md says.</summary>
    public RollupOptions? Rollups { get; init; }

    /// <summary>Drives dates, deadlines and limits of logins.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads them from the command line and the environment; null with a complaint where they make no sense.</summary>
    /// <exception cref="IOException">A file that a flag names cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate cannot be read.</exception>
    public static ControlOptions? Of(CommandLine line, Func<string, string?> env, out string? complaint)
    {
        complaint = null;
        if (!ListenAddress.TryParse(line.Http, out var http))
            complaint = $"--http {line.Http}: an address is written 127.0.0.1:7070";
        if (!ListenAddress.TryParse(line.Grpc, out var grpc))
            complaint ??= $"--grpc {line.Grpc}: an address is written 127.0.0.1:7071";
        var isOpen = line["tls-cert"] is null && !line.IsInsecure;
        if (complaint is null && isOpen && !(IPAddress.IsLoopback(http!.Address) && IPAddress.IsLoopback(grpc!.Address)))
            complaint = "an address that is not loopback needs --tls-cert and --tls-key, or --insecure";
        var hosts = line["webhook-hosts"] is { } list ? WebhookHosts.Parse(list) : WebhookHosts.Any;
        if (hosts is null)
            complaint ??= $"--webhook-hosts {line["webhook-hosts"]}: names of hosts, separated by commas, such as hooks.example.com,*.example.org";
        if (complaint is not null)
            return null;
        var chain = line["tls-cert"] is { } file ? Pem(file) : null;
        if (chain is { Count: > 0 })
            chain.RemoveAt(0);
        return new()
        {
            Http = http!,
            Grpc = grpc!,
            DataDir = line.DataDir,
            AdminToken = env("AIEDGE_ADMIN_TOKEN") is { Length: > 0 } admin ? admin : null,
            JoinToken = line["join-token"],
            SealKey = line["seal-key"] is { } seal ? File.ReadAllText(seal) : env("AIEDGE_SEAL_KEY") is { Length: > 0 } key ? key : null,
            Certificate = line["tls-cert"] is { } own ? X509Certificate2.CreateFromPemFile(own, line["tls-key"]) : null,
            Intermediates = chain,
            WebhookHosts = hosts!,
            ClientAuthorities = line["client-ca"] is { } authorities ? Pem(authorities) : null,
            Log = Console.Error,
        };
    }

    private static X509Certificate2Collection Pem(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates;
    }
}
