using System.Net;
using System.Security.Cryptography.X509Certificates;

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

    /// <summary>Drives dates, deadlines and limits of logins.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
