using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>One place of the journal's queue, reused. What is in it belongs to whoever took it out of the queue or of the free ones.</summary>
/// <remarks>
/// An exchange's first record mostly waits still when its last one comes, and is not needed then: the exchange takes the place back and
/// writes the last one into it, so that most exchanges queue one entry.
/// Requirements: (1) what is written was written whole by one exchange; (2) an entry is in the queue once, and free only when it is not;
/// (3) an exchange takes back its own first record and no other's, also where the entry has been used again since.
/// Memory order: one word says whose the entry is, and all changes of it but the first, which queueing publishes, are interlocked. It goes
/// from the exchange's number (written, may be taken back) to settled by the journal's thread, which writes it; or to the number below zero
/// by the exchange, which alone writes it then, and from that to settled, or to the number again where what it wrote is not the last. The
/// thread that meets one that is being written leaves it to the exchange by a mark, and whoever finds the mark in place of its number queues
/// the entry again: of the two exactly one has it: (1), (2). Numbers are never used twice, so a late wish to take back finds another number: (3).
/// </remarks>
internal sealed class JournalEntry
{
    private const long Settled = 0;
    private const long LeftToExchange = long.MinValue;

    public readonly ExchangeRecord Record = new();
    public long QueuedAt;
    public long Exchange;
    public JournalWait? Wait;
    public JournalKind Kind;
    public EndReason End;
    private long _owner;

    /// <summary>Before it is queued: the exchange may take it back until it is written.</summary>
    public void Withhold() => Volatile.Write(ref _owner, Exchange);

    /// <summary>
    /// By the exchange, which is over: from now on it may write its last record in place of its first. False if that is on its way to the disk,
    /// or was there. By the number of the exchange, for the entry may be another's by now.
    /// </summary>
    public bool TryTakeBack(long exchange) => Interlocked.CompareExchange(ref _owner, -exchange, exchange) == exchange;

    /// <summary>After <see cref="TryTakeBack"/>: the last record stands in it. False if its turn has passed meanwhile: it has to be queued again.</summary>
    public bool TryPutBack(long exchange) => Interlocked.Exchange(ref _owner, Settled) == -exchange;

    /// <summary>
    /// After <see cref="TryTakeBack"/>: a later state of the exchange stands in it, which it may take back again. False if its turn has passed
    /// meanwhile: it is to be withheld and queued again.
    /// </summary>
    public bool TryWithholdAgain(long exchange) => Interlocked.CompareExchange(ref _owner, exchange, -exchange) == -exchange;

    /// <summary>
    /// By the journal's thread, which has taken it out of the queue: whether it is to be written. From now on it cannot be taken back; where it
    /// has been, and is not whole yet, it is the exchange's, and not to be touched.
    /// </summary>
    public bool TryTake()
    {
        var owner = Volatile.Read(ref _owner);
        while (owner != Settled)
        {
            var found = Interlocked.CompareExchange(ref _owner, owner > 0 ? Settled : LeftToExchange, owner);
            if (found == owner)
                return owner > 0;
            owner = found;
        }

        return true;
    }
}
