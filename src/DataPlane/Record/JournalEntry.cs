using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>One place of the journal's queue, reused. What is in it belongs to whoever took it out of the queue or of the free ones.</summary>
internal sealed class JournalEntry
{
    public readonly ExchangeRecord Record = new();
    public long QueuedAt;
    public long Exchange;
    public JournalWait? Wait;
    public JournalKind Kind;
    public EndReason End;
    private long _withheld;

    /// <summary>Before it is queued: it may be taken back by the exchange until it is written.</summary>
    public void Withhold() => Volatile.Write(ref _withheld, Exchange);

    /// <summary>
    /// The exchange is over and its last record queued behind this one, which is needed no more if it has not been written yet. By the
    /// number of the exchange, for the entry may be another's by now.
    /// </summary>
    public void TakeBack(long exchange) => Interlocked.CompareExchange(ref _withheld, 0, exchange);

    /// <summary>Whether it is to be written; from now on it cannot be taken back. Exactly one of the two happens to it.</summary>
    public bool IsDue() => Kind != JournalKind.Open || Interlocked.Exchange(ref _withheld, 0) != 0;
}
