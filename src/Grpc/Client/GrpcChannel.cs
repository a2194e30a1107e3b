using System.Net.Security;

namespace AiEdge.Grpc.Client;

/// <summary>
/// A way to one server: calls share its HTTP/2 connection, which is made when needed and again when lost. Nothing is sent twice but
/// what a server says it has not begun (REFUSED_STREAM, GOAWAY). Safe for many threads.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    /// <summary>A channel; nothing is connected yet.</summary>
    /// <exception cref="ArgumentException">An address that no call could use, or clear text to another machine without leave.</exception>
    public GrpcChannel(GrpcChannelOptions options)
    {
        Options = options;
        Check(options);
        _invoker = new(Handler(options), disposeHandler: true);
    }

    internal GrpcChannelOptions Options { get; }

    internal HttpMessageInvoker Invoker => _invoker;

    /// <summary>A call of any kind, begun; to be disposed.</summary>
    public GrpcCall<TRequest, TResponse> Open<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, GrpcCallOptions? options = null, CancellationToken cancellation = default)
        where TRequest : class
        where TResponse : class => new(this, method, options ?? GrpcCallOptions.None, first: null, cancellation);

    /// <summary>A call with one request and any number of answers, begun; to be disposed.</summary>
    public GrpcCall<TRequest, TResponse> Open<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions? options = null, CancellationToken cancellation = default)
        where TRequest : class
        where TResponse : class => new(this, method, options ?? GrpcCallOptions.None, request, cancellation);

    /// <summary>One request, one answer.</summary>
    public async ValueTask<GrpcResult<TResponse>> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions? options = null, CancellationToken cancellation = default)
        where TRequest : class
        where TResponse : class
    {
        await using var call = Open(method, request, options, cancellation);
        return await call.FinishAsync();
    }

    /// <summary>Lets no more calls begin, and closes the connection once those under way have ended; dispose them to end them.</summary>
    public void Dispose() => _invoker.Dispose();

    private static void Check(GrpcChannelOptions options)
    {
        var address = options.Address;
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            throw new ArgumentException("the address of a channel begins with http:// or https://", nameof(options));
        if (address.PathAndQuery != "/" || address.UserInfo.Length > 0)
            throw new ArgumentException("the address of a channel is a host and a port", nameof(options));
        if (address.Scheme == "http" && !address.IsLoopback && !options.Insecure)
            throw new ArgumentException("clear text to another machine has to be allowed", nameof(options));
        if (options.Certificate is { HasPrivateKey: false })
            throw new ArgumentException("a certificate is shown with its private key", nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ReceiveBytesMax, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SendBytesMax, 0);
    }

    private static SocketsHttpHandler Handler(GrpcChannelOptions options) => new()
    {
        // Nothing may stand between that the user did not name, nothing follows a server's word to another host.
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        EnableMultipleHttp2Connections = options.ManyConnections,
        InitialHttp2StreamWindowSize = options.StreamWindowBytes,
        KeepAlivePingDelay = options.KeepAliveDelay,
        KeepAlivePingTimeout = options.KeepAliveTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        MaxResponseHeadersLength = options.HeaderKibibytesMax,
        SslOptions = Tls(options),
    };

    private static SslClientAuthenticationOptions Tls(GrpcChannelOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.Certificate is { } certificate)
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        if (options.Authorities is { } authorities)
            tls.CertificateChainPolicy = GrpcTls.Trust(authorities);
        return tls;
    }
}
