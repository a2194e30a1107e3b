using System.Security.Cryptography.X509Certificates;

namespace AiEdge.Grpc.Client;

/// <summary>Where a channel leads, how it is secured, and its bounds.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary><c>http://host:port</c> (HTTP/2 in clear, by prior knowledge) or <c>https://host:port</c>. A path is not allowed.</summary>
    public required Uri Address { get; init; }

    /// <summary>Allows clear text to a host that is not this machine.</summary>
    public bool Insecure { get; init; }

    /// <summary>The authorities that may vouch for the server; null trusts the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The certificate that the server is shown, with its private key; null shows none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The largest message that is taken, in bytes.</summary>
    public int ReceiveBytesMax { get; init; } = 4 << 20;

    /// <summary>The largest message that is sent, in bytes.</summary>
    public int SendBytesMax { get; init; } = 4 << 20;

    /// <summary>Kibibytes of the headers of an answer, and of its trailers.</summary>
    public int HeaderKibibytesMax { get; init; } = 16;

    /// <summary>Bytes of one call's answers that may be on the way unread, at first; the runtime widens it for distant, fast readers only.</summary>
    public int StreamWindowBytes { get; init; } = 65_535;

    /// <summary>Time for a connection with its TLS.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Quiet time on a connection with calls after which it is pinged.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time in which a ping must be answered, else the connection is given up and its calls are unavailable.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Opens a further connection where the server allows no more streams on the first; else calls wait for a stream.</summary>
    public bool ManyConnections { get; init; }

    /// <summary>What <c>authorization</c> carries, asked for each call; null for none.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Authorization { get; init; }

    /// <summary>Drives deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
