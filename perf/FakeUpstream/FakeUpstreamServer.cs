using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace AiEdge.FakeUpstream;

/// <summary>
/// A provider to test against. It speaks OpenAI's dialect over HTTP/1.1, judges strictly what it receives, and answers as a script says;
/// the knobs are listed in the README beside this project.
/// </summary>
public sealed class FakeUpstreamServer : IAsyncDisposable
{
    /// <summary>How long is waited for what a test expects, unless it says: far more than a busy machine needs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _listener;
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentDictionary<long, OpenConnection> _connections = new();
    private readonly ConcurrentQueue<QueuedAnswer> _queue = new();
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _accepting = Task.CompletedTask;
    private long _connectionsAccepted;
    private long _requests;
    private long _malformed;

    private FakeUpstreamServer(FakeUpstreamOptions options, FakeScript defaultScript)
    {
        (Options, DefaultScript) = (options, defaultScript);
        Log = new RequestLog(options.RequestLogMax);
        Keeper = options.Limits is { } limits ? new LimitKeeper(limits) : null;
        _certificate = options.UseTls ? options.Certificate ?? SelfMadeCertificate.Make() : null;
        _listener = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(options.Address, options.Port));
        _listener.Listen(8192);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>What an OpenAI client takes as its base URL.</summary>
    public string BaseUrl => $"{(Options.UseTls ? "https" : "http")}://{(Options.UseTls ? "localhost" : "127.0.0.1")}:{Port}/v1";

    /// <summary>The certificate in use, for a client that is to trust it; null in clear.</summary>
    public string? CertificatePem => _certificate?.ExportCertificatePem();

    /// <summary>The requests received so far, in order of arrival, the oldest dropped beyond the option's bound.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => Log.Snapshot;

    public long RequestCount => Interlocked.Read(ref _requests);

    /// <summary>Requests that broke HTTP: always 0 behind a correct proxy.</summary>
    public long MalformedCount => Interlocked.Read(ref _malformed);

    public long ConnectionsAccepted => Interlocked.Read(ref _connectionsAccepted);

    public int ConnectionsOpen => _connections.Count;

    /// <summary>Requests that the options' limits refused.</summary>
    public long LimitedCount => Keeper?.Refused ?? 0;

    /// <summary>Requests that they admitted, and tokens of those.</summary>
    public (long Requests, long Tokens) Admitted => (Keeper?.Admitted ?? 0, Keeper?.Tokens ?? 0);

    internal FakeUpstreamOptions Options { get; }

    internal LimitKeeper? Keeper { get; }

    internal FakeScript DefaultScript { get; }

    internal RequestLog Log { get; }

    /// <exception cref="ArgumentException">The options' script holds an unknown knob.</exception>
    public static Task<FakeUpstreamServer> StartAsync(FakeUpstreamOptions? options = null)
    {
        options ??= new FakeUpstreamOptions();
        var script = new FakeScript();
        if (!ScriptParser.TryApplyList(script, options.Script, out var fault))
            throw new ArgumentException(fault, nameof(options));
        var server = new FakeUpstreamServer(options, script);
        server._accepting = server.AcceptAsync();
        return Task.FromResult(server);
    }

    /// <summary>Knobs for the next request alone; several calls queue up, one per request.</summary>
    public void Enqueue(string script) => _queue.Enqueue(new QueuedAnswer(script, null, false));

    /// <summary>Bytes to send as they are for the next request, head and all.</summary>
    public void EnqueueRaw(ReadOnlySpan<byte> bytes, bool close = true) => _queue.Enqueue(new QueuedAnswer(null, bytes.ToArray(), close));

    /// <summary>The oldest request that no earlier call returned; it has been read whole, and is perhaps not answered yet.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    public Task<ReceivedRequest> NextRequestAsync(TimeSpan? timeout = null) => Log.NextAsync(timeout ?? Patience);

    /// <summary>Ends once the connection is over, from whichever side; at once if it already is.</summary>
    /// <exception cref="TimeoutException">It stayed open.</exception>
    public Task ConnectionClosedAsync(long connectionId, TimeSpan? timeout = null) =>
        _connections.TryGetValue(connectionId, out var open) ? open.Over.Task.WaitAsync(timeout ?? Patience) : Task.CompletedTask;

    /// <summary>Closes every connection with a FIN or RST, as a restarting server does, and goes on accepting.</summary>
    public void CloseConnections()
    {
        foreach (var open in _connections.Values)
            open.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.TrySetResult();
        _listener.Dispose();
        await _accepting;
        CloseConnections();
        await Task.WhenAll(_connections.Values.Select(open => open.Over.Task));
        if (Options.Certificate is null)
            _certificate?.Dispose();
    }

    internal long CountRequest() => Interlocked.Increment(ref _requests);

    internal void CountMalformed() => Interlocked.Increment(ref _malformed);

    internal QueuedAnswer? NextQueued() => !_queue.IsEmpty && _queue.TryDequeue(out var queued) ? queued : null;

    private async Task AcceptAsync()
    {
        while (!_stopping.Task.IsCompleted)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_stopping.Task.IsCompleted)
                    return;
                continue;
            }

            if (_connections.Count >= Options.ConnectionsMax)
            {
                socket.Dispose();
                continue;
            }

            socket.NoDelay = true;
            var open = new OpenConnection(socket);
            var id = Interlocked.Increment(ref _connectionsAccepted);
            _connections[id] = open;
            ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Server.RunAsync(state.Id, state.Open), (Server: this, Id: id, Open: open), preferLocal: false);
        }
    }

    private async Task RunAsync(long id, OpenConnection open)
    {
        try
        {
            if (await OpenTransportAsync(open.Socket) is { } transport)
                await new FakeConnection(this, id, transport).RunAsync();
        }
        finally
        {
            open.Abort();
            _connections.TryRemove(id, out _);
            open.Over.TrySetResult();
        }
    }

    private async ValueTask<Transport?> OpenTransportAsync(Socket socket)
    {
        if (_certificate is null)
            return new SocketTransport(socket);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateRequired = Options.RequireClientCertificate,
                RemoteCertificateValidationCallback = (_, given, _, _) => given is not null || !Options.RequireClientCertificate,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            });
            return new TlsTransport(socket, stream);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or ObjectDisposedException)
        {
            await stream.DisposeAsync();
            return null;
        }
    }

    private sealed class OpenConnection(Socket socket)
    {
        public Socket Socket => socket;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Abort() => socket.Dispose();
    }
}
