using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>Two attempts at the same request, wherever each is: a stop of the exchange ends both. One for each request that is sent twice.</summary>
/// <remarks>
/// Requirements: a stop, from any thread, reaches both connections whenever they come. Memory order: whoever brings a connection
/// shows it by an interlocked exchange and then looks for a stop, whoever stops notes that by an interlocked exchange and then looks for the connection: one of
/// the two sees the other. To abort a lease twice, or one that is over, does nothing.
/// </remarks>
internal sealed class HedgeRace(HedgeSide first, HedgeSide second) : IUpstreamLease
{
    /// <summary>Below all numbers that connections and those that are being opened have.</summary>
    private static long _last = long.MinValue;

    private AttemptTranslation _other;

    public HedgeSide First => first;

    public HedgeSide Second => second;

    public long Number { get; } = NextNumber();

    /// <summary>A number of a lease that is none of a connection.</summary>
    public static long NextNumber() => Interlocked.Increment(ref _last);

    /// <summary>
    /// The other attempt is the exchange's now: where its request went, and what became of that on the way into the dialect there. By whoever has the exchange.
    /// </summary>
    public void Swap(Exchange exchange) => (exchange.Translation, _other) = (_other, exchange.Translation);

    public void Abort(long lease)
    {
        if (lease != Number)
            return;
        first.Abort();
        second.Abort();
    }

    public void Wake(long lease)
    {
    }
}
