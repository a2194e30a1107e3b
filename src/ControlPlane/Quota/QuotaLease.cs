using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>Credit of a bucket in a plane's hands.</summary>
internal sealed class QuotaLease(ulong number, PlanePart part, long amount, long freeAtNs, long window)
{
    public ulong Number { get; private set; } = number;

    public PlanePart Part { get; private set; } = part;

    /// <summary>What the plane holds on to of it.</summary>
    public long Amount { get; set; } = amount;

    /// <summary>What the plane has said that it used of it; of slots, how many are taken.</summary>
    public long Used { get; set; }

    /// <summary>When it counts as over, whatever the plane says or does not say.</summary>
    public long FreeAtNs { get; set; } = freeAtNs;

    /// <summary>The window that it is of; 0 where there is none.</summary>
    public long Window { get; private set; } = window;

    /// <summary>It is over, but nobody has said how much of it was used.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Nothing of it is outstanding any more.</summary>
    public bool IsGone { get; set; }

    /// <summary>The last ask that named it.</summary>
    public ulong Seen { get; set; }

    public long Rest => Amount - Used;

    /// <summary>Its place among those that have a time (<see cref="LeaseTimes"/>).</summary>
    internal QuotaLease? Before { get; set; }

    internal QuotaLease? Behind { get; set; }

    internal LeaseTimes? Times { get; set; }

    internal long DueNs { get; set; }

    /// <summary>One that is gone and that nobody knows any more becomes another: leases come and go by the hundred thousand a second.</summary>
    public void Become(ulong number, PlanePart part, long amount, long freeAtNs, long window)
    {
        (Number, Part, Amount, Used, FreeAtNs, Window) = (number, part, amount, 0, freeAtNs, window);
        (IsHeld, IsGone) = (false, false);
    }
}

/// <summary>Leases in the order of the times at which they are looked at again. Those that end before are taken out at once.</summary>
internal sealed class LeaseTimes
{
    private QuotaLease? _last;

    /// <summary>The one whose time comes first; null for none.</summary>
    public QuotaLease? First { get; private set; }

    /// <summary>Puts in one that is in no list. Times mostly grow, so its place is looked for from the end.</summary>
    public void Add(QuotaLease lease, long dueNs)
    {
        var before = _last;
        while (before is not null && before.DueNs > dueNs)
            before = before.Before;
        var behind = before is null ? First : before.Behind;
        (lease.Times, lease.DueNs, lease.Before, lease.Behind) = (this, dueNs, before, behind);
        if (before is null)
            First = lease;
        else
            before.Behind = lease;
        if (behind is null)
            _last = lease;
        else
            behind.Before = lease;
    }

    /// <summary>Takes it out of the list that it is in, if it is in one.</summary>
    public static void Remove(QuotaLease lease)
    {
        if (lease.Times is not { } times)
            return;
        if (lease.Before is null)
            times.First = lease.Behind;
        else
            lease.Before.Behind = lease.Behind;
        if (lease.Behind is null)
            times._last = lease.Before;
        else
            lease.Behind.Before = lease.Before;
        (lease.Times, lease.Before, lease.Behind) = (null, null, null);
    }
}

/// <summary>A bucket as a stream of a plane names it, and where it was found last: the next ask need not look for it.</summary>
internal sealed class BucketSeat(BucketId id, string share = "")
{
    /// <summary>Whose demand it is, of a limit with shares; empty for whoever has none.</summary>
    public string Share { get; } = share;

    private readonly BucketId _id = id;

    public ref readonly BucketId Id => ref _id;

    /// <summary>Null until the first ask.</summary>
    public QuotaBucket? Bucket { get; set; }

    /// <summary>What the plane has of <see cref="Bucket"/>; for whoever holds its gate.</summary>
    public PlanePart? Part { get; set; }
}

/// <summary>What a plane has of a bucket.</summary>
internal sealed class PlanePart(PlaneState plane, string share)
{
    public PlaneState Plane { get; } = plane;

    /// <summary>The name of the share that it is of; empty for none.</summary>
    public string Share { get; } = share;

    /// <summary>Its place among the limit's shares; -1 for none.</summary>
    public int ShareAt { get; set; } = -1;

    /// <summary>The bucket has let it go.</summary>
    public bool IsGone { get; set; }

    public List<QuotaLease> Leases { get; } = [];

    /// <summary>Of its keys, each with the demand here, in the claimants' measure.</summary>
    public List<(Claimant Key, double Demand)> Demands { get; } = [];

    /// <summary>What has been charged of its adjustments, by window.</summary>
    public Dictionary<ulong, long> Adjusted { get; } = [];

    /// <summary>Money that went back to the bucket without word from the plane: what is said later becomes debt.</summary>
    public Dictionary<ulong, (long Used, long Window)>? Released { get; set; }

    /// <summary>What the plane has said that it used of a budget, by window.</summary>
    public Dictionary<long, long> Told { get; } = [];

    /// <summary>When it asked first, by the wall clock.</summary>
    public long BornUnixNs { get; init; }

    public long OutageCharged { get; set; } = -1;

    /// <summary>What the open leases hold and have not used; of slots, all of them.</summary>
    public long Held { get; set; }

    /// <summary>Demand of all its keys.</summary>
    public double Demand { get; set; }

    /// <summary>What it still wants beyond what it holds, as of its last ask.</summary>
    public double Need { get; set; }

    /// <summary>Its part of what is divided.</summary>
    public double Alloc { get; set; }

    /// <summary>Of a rate: what has come to it and has not been granted.</summary>
    public double Credit { get; set; }

    public long CreditAtNs { get; set; }

    public long Least { get; set; }

    public long AskedNs { get; private set; }

    /// <summary>The longest of late from one of its asks to the next, a second at most: it is forgotten by eighths.</summary>
    public long TurnNs { get; private set; } = LimitClock.SecondNs;

    public long RecalledNs { get; set; } = long.MinValue / 2;

    /// <summary>The ask by which leases that it does not name are known never to have arrived.</summary>
    public ulong Stream { get; set; }

    public void OnAsked(long nowNs)
    {
        TurnNs = Math.Max(Math.Min(nowNs - AskedNs, LimitClock.SecondNs), TurnNs - TurnNs / 8);
        AskedNs = nowNs;
    }

    public QuotaLease? Find(ulong number)
    {
        foreach (var lease in Leases)
        {
            if (lease.Number == number)
                return lease;
        }

        return null;
    }
}

/// <summary>One start of a data plane.</summary>
internal sealed class PlaneState(string id, UInt128 epoch)
{
    public string Id { get; } = id;

    public UInt128 Epoch { get; } = epoch;

    /// <summary>An allocator before this one may have granted to it, and have been told what is not known here.</summary>
    public bool WasThere { get; init; }

    /// <summary>The last that was heard of it.</summary>
    public long SeenNs { get; set; }

    /// <summary>Whether it has said all that it holds since this control plane began.</summary>
    public bool HasReported { get; set; }

    /// <summary>Streams of it that are open: 0 or 1 but for a moment.</summary>
    public int Streams { get; set; }
}
