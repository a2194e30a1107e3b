using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;

namespace AiEdge.DataPlane.Flow;

/// <summary>The connections that the same request was sent on several times: a stop of the exchange ends all of them. One for each such request.</summary>
/// <remarks>
/// Requirements: a stop, from any thread, reaches every connection whenever it comes. Memory order: as <see cref="HedgeRace"/>: whoever brings a
/// connection, or begins to open one, shows it by an interlocked exchange and then looks for a stop; whoever stops notes that by an interlocked exchange and
/// then looks for them: one of the two sees the other. To abort a lease twice, or one that is over, does nothing.
/// </remarks>
internal sealed class EnsembleRace(int size) : IUpstreamLease, IDisposable
{
    private readonly TaskCompletionSource _late = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly UpstreamConnection?[] _upstreams = new UpstreamConnection?[size];
    private readonly long[] _leases = new long[size];
    private readonly CancellationTokenSource?[] _openings = new CancellationTokenSource?[size];
    private int _stopped;

    public long Number { get; } = HedgeRace.NextNumber();

    /// <summary>Completed once the time for more answers is over.</summary>
    public Task Late => _late.Task;

    /// <summary>A connection is about to be opened, which may take so long.</summary>
    public CancellationToken Open(int place, TimeSpan connect)
    {
        var opening = new CancellationTokenSource();
        var before = Interlocked.Exchange(ref _openings[place], opening);
        before?.Dispose();
        opening.CancelAfter(connect);
        if (Volatile.Read(ref _stopped) != 0)
            opening.Cancel();
        return opening.Token;
    }

    /// <summary>The request is about to be sent on a connection. False where that is of no use any more.</summary>
    public bool TryEnter(int place, UpstreamConnection upstream)
    {
        _leases[place] = upstream.Lease;
        Interlocked.Exchange(ref _upstreams[place], upstream);
        return Volatile.Read(ref _stopped) == 0;
    }

    public void Abort(long lease)
    {
        if (lease != Number)
            return;
        Interlocked.Exchange(ref _stopped, 1);
        for (var i = 0; i < _upstreams.Length; i++)
            AbortOne(i);
    }

    /// <summary>Makes one attempt end, wherever it is.</summary>
    public void AbortOne(int place)
    {
        try
        {
            Volatile.Read(ref _openings[place])?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The race was over before the stop arrived.
        }

        Volatile.Read(ref _upstreams[place])?.Abort(_leases[place]);
    }

    public void Wake(long lease)
    {
        if (lease == Number)
            _late.TrySetResult();
    }

    public void Dispose()
    {
        foreach (var opening in _openings)
            opening?.Dispose();
    }
}
