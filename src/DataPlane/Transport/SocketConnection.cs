using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace AiEdge.DataPlane.Transport;

/// <summary>One socket as Kestrel's <see cref="ConnectionContext"/>, its two halves typed so that nothing is cast on the way.</summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe
{
    private static long _lastId;
    private readonly BlockPool _pool;
    private IFeatureCollection? _features;
    private IDictionary<object, object?>? _items;
    private string? _connectionId;

    public SocketConnection(Socket socket, BlockPool pool)
    {
        _pool = pool;
        Socket = socket;
        Wire = new SocketWire(socket);
        Input = new WireInput(Wire, pool);
        Output = new WireOutput(Wire, pool);
    }

    public Socket Socket { get; }

    /// <summary>What carries the bytes now: the socket, or TLS over it after <see cref="Upgrade"/>.</summary>
    public Wire Wire { get; private set; }

    public WireInput Input { get; private set; }

    public WireOutput Output { get; private set; }

    PipeReader IDuplexPipe.Input => Input;

    PipeWriter IDuplexPipe.Output => Output;

    public override string ConnectionId
    {
        get => _connectionId ??= Interlocked.Increment(ref _lastId).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        set => _connectionId = value;
    }

    public override IFeatureCollection Features => _features ??= new FeatureCollection();

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport
    {
        get => this;
        set => throw new NotSupportedException("The halves of a connection are replaced by Upgrade.");
    }

    /// <summary>Never signalled: a peer's leaving is seen by the read that is always under way.</summary>
    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint => Socket.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => Socket.RemoteEndPoint;

    /// <summary>From now on the bytes go through <paramref name="wire"/>, which lies over this connection's socket.</summary>
    public void Upgrade(Wire wire)
    {
        Wire = wire;
        Input = new WireInput(wire, _pool);
        Output = new WireOutput(wire, _pool);
    }

    public override void Abort(ConnectionAbortedException abortReason) => Wire.Abort();

    public override void Abort() => Wire.Abort();

    public override ValueTask DisposeAsync()
    {
        Wire.Abort();
        Input.Complete();
        Output.Complete();
        return base.DisposeAsync();
    }
}
