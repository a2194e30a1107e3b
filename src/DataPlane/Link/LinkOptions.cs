using System.Security.Cryptography.X509Certificates;

namespace AiEdge.DataPlane.Link;

/// <summary>Which control plane a data plane belongs to, and how it is reached.</summary>
internal sealed class LinkOptions
{
    /// <summary><c>http://host:port</c> or <c>https://host:port</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>What a credential is exchanged for, once; null where there is a credential already.</summary>
    public string? JoinToken { get; init; }

    /// <summary>The id that the plane asks for when it joins; null leaves it to the control plane.</summary>
    public string? PlaneId { get; init; }

    /// <summary>Where credential and last good configuration are kept.</summary>
    public required string DataDir { get; init; }

    /// <summary>The folder whose files the control plane's document may name; null for none.</summary>
    public string? SecretsDir { get; init; }

    /// <summary>Allows clear text to another machine.</summary>
    public bool Insecure { get; init; }

    /// <summary>The authorities that may vouch for the control plane; null trusts the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The certificate that the control plane is shown; null shows none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>How long the plane waits at most before it comes back, and over what time planes spread that come back together.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the first answer on a stream may take.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The program's version, for people.</summary>
    public string Version { get; init; } = typeof(LinkOptions).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>The machine's name, for people.</summary>
    public string Host { get; init; } = Environment.MachineName;
}
