using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// One connection to a provider. While it lies in the pool a receive is under way, so a FIN, an RST or bytes nobody asked for
/// are known before it is used again, at no cost.
/// </summary>
internal sealed class UpstreamConnection : IUpstreamLease, IReadWatcher
{
    private const long Free = 0;
    private const long Aborted = -1;
    private static long _lastLease;

    private readonly SocketConnection _connection;
    private long _lease;
    private long _uploading;

    public UpstreamConnection(SocketConnection connection, UpstreamPool pool, int headBytesMax)
    {
        _connection = connection;
        Pool = pool;
        HeadReader = new ResponseHeadReader(headBytesMax);
    }

    public UpstreamPool Pool { get; }

    public WireInput Input => _connection.Input;

    public WireOutput Output => _connection.Output;

    public ResponseHeadReader HeadReader { get; }

    /// <summary>Where the body of the answer begins whose head was read last.</summary>
    public SequencePosition AfterHead { get; set; }

    /// <summary>It has carried an exchange before: it may have gone stale meanwhile.</summary>
    public bool IsReused { get; private set; }

    /// <summary>When it was put into the pool, in <see cref="EdgeClock.CoarseMs"/>.</summary>
    public long IdleSinceMs { get; set; }

    public bool IsAborted => Volatile.Read(ref _lease) == Aborted;

    /// <summary>The current lease's number.</summary>
    public long Lease => Volatile.Read(ref _lease);

    /// <summary>Takes the connection for one attempt.</summary>
    public void Begin()
    {
        HeadReader.Reset();
        Volatile.Write(ref _lease, Interlocked.Increment(ref _lastLease));
    }

    /// <summary>
    /// Gives it back for the next attempt and starts the receive that watches it; false if it was aborted meanwhile, or
    /// the provider has said something already that nobody asked for.
    /// </summary>
    public bool TryRelease()
    {
        IsReused = true;
        var lease = Volatile.Read(ref _lease);
        return lease != Aborted
            && Interlocked.CompareExchange(ref _lease, Free, lease) == lease
            && !Input.HasArrived
            && Input.StartReadAhead(null);
    }

    /// <summary>While the next flush sends a request, an early answer ends it.</summary>
    public void WatchUpload()
    {
        Volatile.Write(ref _uploading, Output.NextFlush);
        Input.StartReadAhead(this);
    }

    public void EndUpload() => Volatile.Write(ref _uploading, 0);

    public void Abort(long lease)
    {
        if (Interlocked.CompareExchange(ref _lease, Aborted, lease) == lease)
            _connection.Abort();
    }

    public void Wake(long lease)
    {
        if (Volatile.Read(ref _lease) == lease)
            Input.CancelPendingRead();
    }

    /// <summary>Closes it for good; by its owner only.</summary>
    public void Close()
    {
        Volatile.Write(ref _lease, Aborted);
        _connection.Abort();
        Input.Complete();
        Output.Complete();
        Pool.OnClosed();
    }

    void IReadWatcher.OnReadable(WireInput input)
    {
        var flush = Volatile.Read(ref _uploading);
        if (flush != 0)
            Output.CancelFlush(flush);
    }
}
