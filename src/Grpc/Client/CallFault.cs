using System.Security.Authentication;

namespace AiEdge.Grpc.Client;

/// <summary>What the runtime throws where a connection or a stream fails, as statuses.</summary>
internal static class CallFault
{
    /// <summary>Whether it is the end of a stream and no mistake of ours.</summary>
    public static bool IsExpected(Exception e) =>
        e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>The status of a failure ("gRPC over HTTP2", Errors). A cancelled call has its status before its exception comes.</summary>
    public static GrpcStatus StatusOf(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is HttpProtocolException reset)
                return OfReset(reset.ErrorCode);
        }

        return e switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
                new(GrpcCode.ResourceExhausted, "the head of the answer is larger than the bound"),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError } =>
                new(GrpcCode.Internal, "the answer is not HTTP/2"),
            HttpRequestException { InnerException: AuthenticationException inner } => new(GrpcCode.Unavailable, inner.Message),
            HttpRequestException or IOException => new(GrpcCode.Unavailable, e.Message),
            _ => new(GrpcCode.Cancelled, "the call was given up"),
        };
    }

    private static GrpcStatus OfReset(long error) => error switch
    {
        // The runtime tells no reset of a stream from a connection that ended after GOAWAY; without an error it is most often
        // a server that stops, so it is that and not INTERNAL, which the table has for a reset.
        0x0 => new(GrpcCode.Unavailable, "the server ended the stream or its connection before the answer was whole"),
        0x7 => new(GrpcCode.Unavailable, "the server refused the stream"),
        0x8 => new(GrpcCode.Cancelled, "the server cancelled the stream"),
        0xB => new(GrpcCode.ResourceExhausted, "the server asks for calm"),
        0xC => new(GrpcCode.PermissionDenied, "the connection is not secure enough for the server"),
        _ => new(GrpcCode.Internal, $"the stream was reset with error {error}"),
    };
}
