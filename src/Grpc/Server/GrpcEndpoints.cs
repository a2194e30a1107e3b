using System.Net.Security;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace AiEdge.Grpc.Server;

/// <summary>Where a server meets ASP.NET Core.</summary>
public static class GrpcEndpoints
{
    /// <summary>Makes a listener speak HTTP/2 alone: with TLS (<see cref="GrpcTls.Server"/>), or in clear by prior knowledge.</summary>
    public static ListenOptions UseGrpc(this ListenOptions listen, SslServerAuthenticationOptions? tls = null)
    {
        listen.Protocols = HttpProtocols.Http2;
        return tls is null ? listen : listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(tls) });
    }
}
