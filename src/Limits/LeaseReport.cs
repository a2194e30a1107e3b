namespace AiEdge.Limits;

/// <summary>What a limit does while the level above cannot be asked, once its leases are spent.</summary>
public enum LeaseOutage
{
    /// <summary>The limit divided by its planes, as it was told last; nothing where it never was.</summary>
    Share,

    /// <summary>Nothing.</summary>
    Refuse,

    /// <summary>All that is asked.</summary>
    Allow,
}

/// <summary>What the level above grants.</summary>
/// <param name="Lease">Its number; 0 where nothing is granted.</param>
/// <param name="Amount">In the limit's unit.</param>
/// <param name="LengthNs">How long it lasts, from when it was asked for.</param>
/// <param name="Share">What may be used each <paramref name="LengthNs"/> while the level above cannot be asked; of a window, until it ends.</param>
/// <param name="Window">The window it is of; 0 for rates.</param>
/// <param name="WindowLeftNs">Until that window ends, from when it was asked for; 0 for rates.</param>
/// <param name="RetryNs">When something may be there again where nothing is granted; 0 if it is not known.</param>
/// <param name="UsedOfAll">Used of the whole limit, by all who are lent of it, as of the ask; below 0 where that is not said.</param>
/// <param name="IsSpent">Of a window: nothing of use is left of it, nor with anybody, until it ends.</param>
public readonly record struct LeaseGrant(
    ulong Lease,
    long Amount,
    long LengthNs,
    long Share,
    long Window = 0,
    long WindowLeftNs = 0,
    long RetryNs = 0,
    long UsedOfAll = -1,
    bool IsSpent = false);

/// <summary>The use of one lease.</summary>
/// <param name="Lease">Its number.</param>
/// <param name="Amount">What was granted of it.</param>
/// <param name="Used">Used of it, open reservations included.</param>
/// <param name="IsClosed">Nothing more will be: <paramref name="Used"/> is final.</param>
/// <param name="Window">The window it is of.</param>
public readonly record struct LeaseUsage(ulong Lease, long Amount, long Used, bool IsClosed, long Window);

/// <summary>What was used beyond all leases, or given back after they had closed.</summary>
/// <param name="Window">Of which window; 0 for rates.</param>
/// <param name="Total">Since the bucket was made.</param>
/// <param name="Acknowledged">As much of it as the level above has confirmed.</param>
public readonly record struct LeaseAdjustment(long Window, long Total, long Acknowledged);

/// <summary>What a bucket tells the level above; reused from one ask to the next.</summary>
public sealed class LeaseReport
{
    /// <summary>Every lease that is open, and those closed that the level above has not confirmed.</summary>
    public List<LeaseUsage> Leases { get; } = [];

    /// <summary>Totals by window.</summary>
    public List<LeaseAdjustment> Adjustments { get; } = [];

    /// <summary>Wanted until a lease's length has passed, beyond what is held.</summary>
    public long Wanted { get; set; }

    /// <summary>A grant that leaves less than this is of no use; 0 for any.</summary>
    public long Least { get; set; }

    /// <summary>Used without a lease while the level above could not be asked.</summary>
    public long OutageTotal { get; set; }

    /// <summary>As much of it as the level above has confirmed.</summary>
    public long OutageAcknowledged { get; set; }

    /// <summary>When the report was made: a lease that answers it runs from here.</summary>
    public long AskedNs { get; set; }

    /// <summary>Whether all of it was told in a report that was answered, and nothing is wanted: over the same stream it need not be said again.</summary>
    public bool IsKnown { get; internal set; }

    /// <summary>Whether there is anything to be told, or wanted.</summary>
    public bool IsEmpty => Leases.Count == 0 && Wanted == 0 && IsTold;

    /// <summary>Nothing is wanted but the figure of what all have used: the answer says nothing of what there is for those who come.</summary>
    public void AskForFigure() => IsOfStock = true;

    /// <summary>What is wanted is wanted by nobody who waits.</summary>
    public bool IsOfStock { get; internal set; }

    /// <summary>Used by this plane until the report, in all ways: what of it comes later is not in the answer's figure.</summary>
    internal long Drawn { get; set; }

    /// <summary>The place on the line that it was made at.</summary>
    internal long Place { get; set; }

    internal bool IsAcknowledged => IsTold && Leases.TrueForAll(static lease => !lease.IsClosed);

    private bool IsTold => OutageTotal == OutageAcknowledged && Adjustments.TrueForAll(static adjustment => adjustment.Total == adjustment.Acknowledged);
}
