namespace AiEdge.Limits;

/// <summary>Those of one flow that wait in one class, first come first.</summary>
internal sealed class FairFlow
{
    public string Id { get; set; } = "";

    public int Weight { get; set; } = 1;

    /// <summary>The virtual time at which its first waiter's turn begins, or at which its last one's ended.</summary>
    public double Start { get; set; }

    public QueueWaiter? First { get; private set; }

    public QueueWaiter? Last { get; private set; }

    public int Count { get; private set; }

    /// <summary>Units that all its waiters want.</summary>
    public long Wanted { get; private set; }

    /// <summary>Its place among the flows of the class that have somebody waiting; -1 if it has nobody.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Which turn it has been waiting since, of two that would end at one virtual time.</summary>
    public long Since { get; set; }

    /// <summary>The virtual time at which its first waiter's turn would end.</summary>
    public double Finish => Start + (double)First!.Cost / Weight;

    public void Append(QueueWaiter waiter)
    {
        waiter.Flow = this;
        waiter.Before = Last;
        if (Last is null)
            First = waiter;
        else
            Last.Behind = waiter;
        Last = waiter;
        Count++;
        Wanted += waiter.Cost;
    }

    public void Remove(QueueWaiter waiter)
    {
        if (waiter.Before is { } before)
            before.Behind = waiter.Behind;
        else
            First = waiter.Behind;
        if (waiter.Behind is { } behind)
            behind.Before = waiter.Before;
        else
            Last = waiter.Before;
        (waiter.Before, waiter.Behind, waiter.Flow) = (null, null, null);
        Count--;
        Wanted -= waiter.Cost;
    }
}
