using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// The connections to one endpoint of a provider. State: it survives a reload for as long as endpoint and TLS settings stay
/// the same. Bounded by <see cref="ProviderModel.ConnectionsMax"/>; beyond it the answer is "overloaded", never a queue.
/// </summary>
internal sealed class UpstreamPool
{
    /// <summary>Bound of an answer's head.</summary>
    public const int HeadBytesMax = 64 * 1024;

    private readonly IndexStack<UpstreamConnection> _idle;
    private readonly Connector _connector;
    private readonly EdgeClock _clock;
    private readonly int _headBytesMax;
    private ProviderModel _provider;
    private int _open;
    private long _opened;
    private int _retired;

    public UpstreamPool(ProviderModel provider, Connector connector, EdgeClock clock, int headBytesMax)
    {
        _provider = provider;
        _connector = connector;
        _clock = clock;
        _headBytesMax = headBytesMax;
        _idle = new IndexStack<UpstreamConnection>(provider.ConnectionsMax);
    }

    /// <summary>Connections that are open: idle, in use, and being opened.</summary>
    public int Open => Volatile.Read(ref _open);

    public int Idle => _idle.Count;

    /// <summary>Connections opened since the start.</summary>
    public long Opened => Volatile.Read(ref _opened);

    public ProviderModel Provider => Volatile.Read(ref _provider);

    /// <summary>A reload that keeps the endpoint may change secrets and bounds.</summary>
    public void Update(ProviderModel provider) => Volatile.Write(ref _provider, provider);

    /// <summary>An idle connection that is known to be alive, or null.</summary>
    public UpstreamConnection? TryTake()
    {
        while (_idle.TryPop(out var connection))
        {
            if (IsSpent(connection))
            {
                connection.Close();
                continue;
            }

            connection.Begin();
            return connection;
        }

        return null;
    }

    /// <summary>Opens a connection; the error says why if it is null.</summary>
    public async ValueTask<(UpstreamConnection? Connection, EdgeError Error)> OpenAsync(CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _open) > Provider.ConnectionsMax)
        {
            Interlocked.Decrement(ref _open);
            return (null, new EdgeError(ErrorKind.Overloaded, ErrorSource.Edge, "All connections to the provider are in use.", retry: RetryPermission.Yes));
        }

        var (socket, error) = await _connector.ConnectAsync(Provider, cancel);
        if (socket is null)
        {
            Interlocked.Decrement(ref _open);
            return (null, error);
        }

        Interlocked.Increment(ref _opened);
        var connection = new UpstreamConnection(socket, this, _headBytesMax);
        connection.Begin();
        return (connection, default);
    }

    /// <summary>Takes a connection back whose last answer ended cleanly.</summary>
    public void Return(UpstreamConnection connection)
    {
        connection.IdleSinceMs = _clock.CoarseMs;
        if (Volatile.Read(ref _retired) != 0 || !connection.TryRelease() || !_idle.TryPush(connection))
            connection.Close();
    }

    public void OnClosed() => Interlocked.Decrement(ref _open);

    /// <summary>Closes what has been idle for too long or has died; called once a second.</summary>
    public void Sweep()
    {
        // In the usual case there is nothing to close, and no connection leaves the stack: an exchange that came meanwhile would open
        // another for want of it.
        if (Volatile.Read(ref _retired) == 0 && !_idle.Any(static (connection, pool) => pool.IsSpent(connection), this))
            return;
        // A pass over the stack: each is looked at once and put back. The order turns over, which only matters for warmth.
        for (var left = _idle.Count; left > 0 && _idle.TryPop(out var connection); left--)
        {
            if (Volatile.Read(ref _retired) != 0 || IsSpent(connection) || !_idle.TryPush(connection))
                connection.Close();
        }
    }

    /// <summary>No configuration names this endpoint any more: idle connections close now, those in use when they end.</summary>
    public void Retire()
    {
        Volatile.Write(ref _retired, 1);
        while (_idle.TryPop(out var connection))
            connection.Close();
    }

    /// <summary>
    /// Idle for too long, or the provider has closed it or said what nobody asked, or has answered and still not taken the request.
    /// </summary>
    private bool IsSpent(UpstreamConnection connection) =>
        connection.Input.HasArrived || connection.Output.IsFlushing || _clock.CoarseMs - connection.IdleSinceMs > (long)Provider.PoolIdle.TotalMilliseconds;
}
