using System.Net;
using System.Security.Cryptography.X509Certificates;
using AiEdge.Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AiEdge.Grpc.Server;

/// <summary>A call as a server sees it, without its messages. Valid until the handler has ended.</summary>
public sealed class GrpcServerContext
{
    internal GrpcServerContext(HttpContext http, string path, CallStop stop, CancellationToken draining)
    {
        Path = path;
        Metadata = Received(http.Request.Headers);
        Peer = http.Connection.RemoteIpAddress is { } address ? new(address, http.Connection.RemotePort) : null;
        ClientCertificate = http.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        IsEncrypted = http.Request.IsHttps;
        Stop = stop;
        Draining = draining;
    }

    /// <summary>The method's path.</summary>
    public string Path { get; }

    /// <summary>What came up with the call.</summary>
    public GrpcMetadata Metadata { get; }

    /// <summary>What goes down ahead of the first message; has no effect after it.</summary>
    public GrpcMetadata Headers { get; } = [];

    /// <summary>What goes down with the end.</summary>
    public GrpcMetadata Trailers { get; } = [];

    /// <summary>The other end of the connection; null where it is no socket of IP.</summary>
    public IPEndPoint? Peer { get; }

    /// <summary>The client's certificate, which an authority of ours vouches for; null where none was asked.</summary>
    public X509Certificate2? ClientCertificate { get; }

    /// <summary>Whether the connection is TLS.</summary>
    public bool IsEncrypted { get; }

    /// <summary>Who is calling, once the gate has found out; for the handler.</summary>
    public object? Identity { get; set; }

    /// <summary>Time that was left when the call came; null for no deadline.</summary>
    public TimeSpan? Timeout => Stop.Timeout;

    /// <summary>Fires when the client gives up, the deadline passes, the connection is lost or the drain ends; and when the handler has ended.</summary>
    public CancellationToken Cancellation => Stop.Token;

    /// <summary>Fires when the server wants to stop: a long call should come to its end, with UNAVAILABLE if it is not done.</summary>
    public CancellationToken Draining { get; }

    internal CallStop Stop { get; }

    private static GrpcMetadata Received(IHeaderDictionary headers)
    {
        var metadata = new GrpcMetadata();
        foreach (var (name, values) in headers)
        {
            if (name.StartsWith(':'))
                continue;
            foreach (var value in values)
                metadata.Receive(name, value);
        }

        return metadata;
    }

    /// <summary>Writes metadata as headers.</summary>
    internal static void Send(GrpcMetadata metadata, IHeaderDictionary headers)
    {
        foreach (var (name, text) in metadata)
            headers.Append(name, text);
    }

    /// <summary>Writes a status as headers.</summary>
    internal static void Send(GrpcStatus status, IHeaderDictionary headers)
    {
        headers[GrpcHeaders.Status] = ((int)status.Code).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (status.Message.Length > 0)
            headers[GrpcHeaders.Message] = PercentText.Encode(status.Message);
    }
}
