using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AiEdge.Grpc.Server;

/// <summary>Decides, before anything of a call's messages is read, whether it may go on; an end that is not OK is its answer.</summary>
/// <param name="context">The call, with its metadata and who is behind it.</param>
public delegate ValueTask<GrpcStatus> GrpcGate(GrpcServerContext context);

/// <summary>A server's bounds and who may call it.</summary>
public sealed class GrpcServerOptions
{
    /// <summary>The largest message that is taken, in bytes.</summary>
    public int ReceiveBytesMax { get; init; } = 4 << 20;

    /// <summary>The largest message that is sent, in bytes.</summary>
    public int SendBytesMax { get; init; } = 4 << 20;

    /// <summary>Calls at a time; one more is RESOURCE_EXHAUSTED.</summary>
    public int CallsMax { get; init; } = 10_000;

    /// <summary>Calls at a time of one <see cref="GrpcServerContext.Identity"/> that a gate has found out; one more is RESOURCE_EXHAUSTED.</summary>
    public int CallsPerCallerMax { get; init; } = 1_000;

    /// <summary>Calls that the gate lets in whoever makes them; null where none has bounds of its own.</summary>
    public OpenCalls? Open { get; init; }

    /// <summary>Streams at a time on one connection; a client waits for one to end.</summary>
    public int StreamsPerConnectionMax { get; init; } = 1_000;

    /// <summary>Bytes of one call's requests that may be on the way unread.</summary>
    public int StreamWindowBytes { get; init; } = 64 << 10;

    /// <summary>Bytes of all calls' requests on one connection that may be on the way unread.</summary>
    public int ConnectionWindowBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of a request's headers, metadata included.</summary>
    public int HeaderBytesMax { get; init; } = 16 << 10;

    /// <summary>Quiet time on a connection after which it is pinged.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time in which a ping must be answered, else the connection is closed and its calls are cancelled.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time after a deadline, or after the end of a drain, in which a handler must have ended; then its stream is reset.</summary>
    public TimeSpan ResetAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Asked for each call of a known method; null lets all in.</summary>
    public GrpcGate? Gate { get; init; }

    /// <summary>Told what a handler threw, with the path of its method. The caller sees UNKNOWN and no word of it.</summary>
    public Action<string, Exception>? OnFault { get; init; }

    /// <summary>Drives deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Sets the bounds of Kestrel's HTTP/2 that this server relies on. They hold for all listeners of that host.</summary>
    public void Apply(KestrelServerOptions kestrel)
    {
        var http2 = kestrel.Limits.Http2;
        http2.MaxStreamsPerConnection = StreamsPerConnectionMax;
        http2.InitialStreamWindowSize = StreamWindowBytes;
        http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        http2.MaxRequestHeaderFieldSize = HeaderBytesMax;
        http2.KeepAlivePingDelay = KeepAliveDelay;
        http2.KeepAlivePingTimeout = KeepAliveTimeout;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        kestrel.AddServerHeader = false;
    }
}
