using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;

namespace AiEdge.DataPlane.Flow;

/// <summary>Two connections that the same request was sent on: a stop of the exchange ends both. One for each request that is sent twice.</summary>
/// <remarks>
/// Requirements: a stop, from any thread, reaches the second connection whenever that comes. Memory order: whoever brings the second connection
/// shows it by an interlocked exchange and then looks for a stop, whoever stops notes that by an interlocked exchange and then looks for the connection: one of
/// the two sees the other. To abort a lease twice, or one that is over, does nothing.
/// </remarks>
internal sealed class HedgeRace(UpstreamConnection first) : IUpstreamLease, IDisposable
{
    /// <summary>Below all numbers that connections and those that are being opened have.</summary>
    private static long _last = long.MinValue;

    private readonly long _firstLease = first.Lease;
    private readonly CancellationTokenSource _opening = new();
    private Endpoint? _otherEndpoint;
    private byte[] _otherLoss = [];
    private UpstreamConnection? _second;
    private long _secondLease;
    private int _stopped;

    public long Number { get; } = NextNumber();

    /// <summary>A number of a lease that is none of a connection.</summary>
    public static long NextNumber() => Interlocked.Increment(ref _last);

    /// <summary>Cancelled by a stop.</summary>
    public CancellationToken Opening => _opening.Token;

    /// <summary>The connection of the second attempt, once there is one.</summary>
    public UpstreamConnection? Second => Volatile.Read(ref _second);

    /// <summary>
    /// The other attempt is the exchange's now: where its request went, and what that has lost on the way into the dialect there. By whoever has the exchange.
    /// </summary>
    public void Swap(Exchange exchange)
    {
        var (endpoint, loss) = (exchange.UpstreamEndpoint, exchange.TranslationLoss.ToArray());
        exchange.UpstreamEndpoint = _otherEndpoint;
        exchange.SetTranslationLoss(_otherLoss);
        (_otherEndpoint, _otherLoss) = (endpoint, loss);
    }

    /// <summary>The request is about to be sent on a second connection. False where that is of no use any more.</summary>
    public bool TryEnter(UpstreamConnection second)
    {
        _secondLease = second.Lease;
        Interlocked.Exchange(ref _second, second);
        return Volatile.Read(ref _stopped) == 0;
    }

    /// <summary>The second attempt may take so long to connect.</summary>
    public void LimitOpening(TimeSpan connect) => _opening.CancelAfter(connect);

    public void Abort(long lease)
    {
        if (lease != Number)
            return;
        AbortFirst();
        AbortSecond();
    }

    /// <summary>Makes the first attempt's pending read end.</summary>
    public void AbortFirst() => first.Abort(_firstLease);

    /// <summary>Makes the second attempt end, wherever it is.</summary>
    public void AbortSecond()
    {
        Interlocked.Exchange(ref _stopped, 1);
        try
        {
            _opening.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The race was over before the stop arrived.
        }

        Second?.Abort(_secondLease);
    }

    public void Wake(long lease)
    {
    }

    public void Dispose() => _opening.Dispose();
}
