using AiEdge.Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace AiEdge.Grpc.Server;

/// <summary>The HTTP around a call: what is no call at all, what a head may say, and how an end is written.</summary>
internal static class CallRequest
{
    /// <summary>The HTTP status for a request that is not gRPC; null if it is.</summary>
    public static int? NotGrpc(HttpRequest request)
    {
        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
            return StatusCodes.Status505HttpVersionNotsupported;
        if (!HttpMethods.IsPost(request.Method))
            return StatusCodes.Status405MethodNotAllowed;
        return GrpcHeaders.IsGrpc(request.ContentType) ? null : StatusCodes.Status415UnsupportedMediaType;
    }

    /// <summary>What all answers carry; and bounds of HTTP that do not fit streams which may be quiet for hours.</summary>
    public static void Prepare(HttpContext http)
    {
        http.Response.ContentType = GrpcHeaders.ContentTypeProto;
        http.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;

        // Messages are bounded one by one, and a connection's health is judged by pings.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    /// <summary>Reads what the head says of time and coding; a status if the call cannot be served.</summary>
    public static GrpcStatus? Judge(HttpRequest request, out TimeSpan? timeout)
    {
        timeout = null;
        if (!GrpcHeaders.IsIdentity(request.Headers[GrpcHeaders.Encoding]))
            return new(GrpcCode.Unimplemented, "messages are taken as they are only, not compressed");
        string? text = request.Headers[GrpcHeaders.Timeout];
        if (text is null)
            return null;
        if (!GrpcTimeout.TryParse(text, out var time))
            return new(GrpcCode.Internal, "grpc-timeout cannot be read");
        if (time <= TimeSpan.Zero)
            return new(GrpcCode.DeadlineExceeded, "the deadline has passed");
        timeout = time;
        return null;
    }

    /// <summary>The answer of a call that never began: trailers alone.</summary>
    public static void EndAtOnce(HttpResponse response, GrpcStatus status) => GrpcServerContext.Send(status, response.Headers);

    /// <summary>The end of a call: trailers, alone if nothing has been sent.</summary>
    public static async ValueTask EndAsync(HttpResponse response, GrpcServerContext context, GrpcStatus status)
    {
        if (!response.HasStarted)
        {
            GrpcServerContext.Send(context.Headers, response.Headers);
            GrpcServerContext.Send(context.Trailers, response.Headers);
            EndAtOnce(response, status);
        }
        else if (response.HttpContext.Features.Get<IHttpResponseTrailersFeature>() is { } feature)
        {
            GrpcServerContext.Send(context.Trailers, feature.Trailers);
            GrpcServerContext.Send(status, feature.Trailers);
        }

        // Here and not after the handler's return, so that the guard against a client that does not read is still there.
        try
        {
            await response.CompleteAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client went while its answer was on the way.
        }
    }
}
