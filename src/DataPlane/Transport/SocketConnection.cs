using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace AiEdge.DataPlane.Transport;

/// <summary>One socket as Kestrel's <see cref="ConnectionContext"/>, its two halves typed so that nothing is cast on the way.</summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe
{
    /// <summary>Whether plain sockets are served by <see cref="EpollWire"/>.</summary>
    public static readonly bool UsesEpoll = EpollWire.IsSupported && Environment.GetEnvironmentVariable("AIEDGE_TRANSPORT") != "sockets";

    private static long _lastId;
    private readonly BlockPool _pool;
    private IFeatureCollection? _features;
    private IDictionary<object, object?>? _items;
    private string? _connectionId;

    /// <param name="socket">A connected socket; owned from now on.</param>
    /// <param name="pool">Where blocks come from.</param>
    public SocketConnection(Socket socket, BlockPool pool)
    {
        _pool = pool;
        Socket = socket;
    }

    public Socket Socket { get; }

    /// <summary>What carries the bytes; null until <see cref="Use"/>.</summary>
    public Wire? Wire { get; private set; }

    public WireInput Input { get; private set; } = null!;

    public WireOutput Output { get; private set; } = null!;

    PipeReader IDuplexPipe.Input => Input;

    PipeWriter IDuplexPipe.Output => Output;

    public override string ConnectionId
    {
        get => _connectionId ??= Interlocked.Increment(ref _lastId).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        set => _connectionId = value;
    }

    public override IFeatureCollection Features => _features ??= new ConnectionFeatures();

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport
    {
        get => this;
        set => throw new NotSupportedException("The halves of a connection are set by Use.");
    }

    /// <summary>Never signalled: a peer's leaving is seen by the read that is always under way.</summary>
    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint => Socket.LocalEndPoint;

    /// <summary>Who is at the other end: the client that a proxy has named for this connection, else the socket's peer.</summary>
    public override EndPoint? RemoteEndPoint => Client ?? Socket.RemoteEndPoint;

    /// <summary>The client that a proxy has named for this connection; null where none has.</summary>
    public EndPoint? Client { get; set; }

    /// <summary>From now on the bytes go through <paramref name="wire"/>, which lies over this connection's socket.</summary>
    public void Use(Wire wire)
    {
        Wire = wire;
        Input = new WireInput(wire, _pool);
        Output = new WireOutput(wire, _pool);
    }

    /// <summary>From now on the bytes go through the socket as they are.</summary>
    public void UsePlain() => Use(MakePlain(Socket));

    /// <summary>The fastest wire that this system has for a plain socket; AIEDGE_TRANSPORT=sockets asks for the portable one.</summary>
    public static Wire MakePlain(Socket socket) => UsesEpoll ? new EpollWire(socket) : new SocketWire(socket);

    public override void Abort(ConnectionAbortedException abortReason) => Abort();

    public override void Abort()
    {
        if (Wire is { } wire)
            wire.Abort();
        else
            Socket.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        Abort();
        Input?.Complete();
        Output?.Complete();
        return base.DisposeAsync();
    }
}
