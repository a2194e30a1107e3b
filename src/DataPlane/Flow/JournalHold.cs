using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>What one pipeline has to do with the usage journal; all of it is nothing where there is no journal.</summary>
internal sealed class JournalHold(UsageJournal? journal, Settlement settlement)
{
    private readonly JournalWait? _wait = journal is null ? null : new();
    private JournalEntry? _open;

    /// <summary>There is a journal: what passes has to be counted, for a stream that breaks off is written there too.</summary>
    public bool IsOn => journal is not null;

    /// <summary>A client sees the end of an answer only once its record is on disk.</summary>
    public bool IsNeeded => journal is { IsSync: true };

    /// <summary>The exchange is about to cost something, at the target that it has. An error where the journal could not take its record.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="isUnderWay">Whether others have been asked before: it is not refused any more.</param>
    public EdgeError Open(Exchange exchange, bool isUnderWay)
    {
        if (journal is null)
            return default;
        if (!isUnderWay && !journal.Admits)
            return EdgeError.Edge(ErrorKind.Overloaded, "The gateway's usage journal is full or cannot be written; try again later.");
        if (exchange.Endpoint!.IsCount)
            return default;
        exchange.Bill = Billing.SoFar(exchange);
        _open = journal.Open(exchange);
        exchange.Bill = default;
        return default;
    }

    public bool IsProgressDue(Exchange exchange, long events) => journal is not null && journal.IsProgressDue(exchange, events);

    public void Progress(Exchange exchange)
    {
        if (journal is null)
            return;
        exchange.Bill = Billing.SoFar(exchange);
        // What comes behind the first record must not get before it: that one is taken back no more.
        _open = null;
        journal.Progress(exchange);
        exchange.Bill = default;
    }

    /// <summary>More is known of what it costs than when it was opened: its first record says so where it waits still, else another one does.</summary>
    public void Amend(Exchange exchange)
    {
        if (journal is null)
            return;
        exchange.Bill = Billing.SoFar(exchange);
        if (_open is not null && journal.TryAmend(exchange, _open))
            exchange.Bill = default;
        else
            Progress(exchange);
    }

    /// <summary>One attempt is over and another follows; the last has its record in the exchange's.</summary>
    public void Attempt(Exchange exchange, EdgeError error) => Attempt(exchange, error, ExchangeEnd.Of(error, exchange));

    /// <summary>One attempt is over, in a way that its error does not tell.</summary>
    public void Attempt(Exchange exchange, EdgeError error, EndReason end)
    {
        _open = null;
        if (journal is null)
            return;
        exchange.Error = error;
        journal.Attempt(exchange, end);
        exchange.Error = default;
        exchange.AttemptIsRecorded = true;
    }

    /// <summary>The exchange is over, if that has not been said before.</summary>
    public void Close(Exchange exchange)
    {
        if (journal is null || exchange.IsJournaled)
            return;
        journal.Close(exchange, TakeOpen());
    }

    /// <summary>Says that the exchange ends with <paramref name="error"/> and waits until that is on disk. False if the client must not see its end.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<bool> CommitAsync(Exchange exchange, EdgeError error)
    {
        if (exchange.IsJournaled)
            return true;
        exchange.Error = error;
        exchange.End = ExchangeEnd.Of(error, exchange);
        exchange.EndedAt = Stopwatch.GetTimestamp();
        settlement.Complete(error);
        return await journal!.CloseAsync(exchange, TakeOpen(), _wait!) || journal.Forgives;
    }

    private JournalEntry? TakeOpen()
    {
        var open = _open;
        _open = null;
        return open;
    }
}
