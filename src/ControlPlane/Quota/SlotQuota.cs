using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>
/// So many at a time over the whole fleet: slots that planes hold, renew with each ask and give back; what lies idle in one plane's hands
/// while another wants it is called back.
/// </summary>
internal sealed class SlotQuota : QuotaBucket
{
    /// <summary>Slots that are not renewed for so long are the plane's no more.</summary>
    public const long LeaseNs = 5 * LimitClock.SecondNs;

    private const int Blocks = 8;

    private long _outstanding;
    private long _phantom;

    public SlotQuota(QuotaAllocator all, BucketId id, QuotaRule rule, long phantom)
        : base(all, id, rule) => Ceiling = CeilingAsked = _phantom = phantom;

    /// <summary>Ceilings rise by so much at a time.</summary>
    public static long BlockOf(QuotaRule rule) => Math.Max(1, rule.Amount / Blocks);

    protected override long LengthNs => LeaseNs;

    public override BucketView View(Moment now)
    {
        Advance(now);
        long used = 0;
        foreach (var part in Parts)
            used += Taken(part);
        return new BucketView(
            Id, QuotaKind.Slots, Rule.Amount, used, _outstanding, _phantom, Math.Max(0, Rule.Amount - _outstanding - _phantom), 0,
            Parts.Count(static part => part.Leases.Count > 0));
    }

    protected override void Refill(Moment now)
    {
        if (_phantom > 0 && (All.IsResolved || now.Ns >= All.StartNs + LeaseNs + LimitClock.SecondNs))
            _phantom = 0;
    }

    protected override void OnEdited(Moment now)
    {
    }

    protected override bool IsFresh(Moment now) => _outstanding == 0 && _phantom == 0;

    protected override double DemandOf(PlanePart part, double wanted) => wanted + Slots(part);

    protected override void OnUsed(QuotaLease lease, long more)
    {
    }

    protected override void OnReturned(QuotaLease lease, long amount)
    {
        // What a closed lease still had taken is free as well: the plane counts it no more.
        _outstanding -= lease.IsGone ? lease.Amount : amount;
    }

    protected override void OnExpired(QuotaLease lease, Moment now)
    {
        Drop(lease);
        _outstanding -= lease.Amount;
    }

    protected override void OnAdopted(QuotaLease lease, Moment now)
    {
        if (lease.Part.Leases.Count > 0)
            return;
        _outstanding += lease.Amount;
        _phantom -= Math.Min(_phantom, lease.Amount);
        Track(lease);
    }

    protected override void Charge(long window, long delta)
    {
        // A level has no debt.
    }

    protected override long UsedOfAll()
    {
        var taken = _phantom;
        foreach (var part in Parts)
            taken += Taken(part);
        return taken;
    }

    protected override long ShareOfAll() => Rule.Amount;

    protected override bool Grant(PlanePart part, BucketGrant grant, Moment now)
    {
        var held = Slots(part);
        var taken = Taken(part);
        part.Need = Math.Max(0, part.Demand - held);
        part.Demand = Math.Max(part.Demand, taken);
        Divide(Rule.Amount, now);
        var target = Math.Max(taken, (long)Math.Ceiling(Math.Min(part.Demand, part.Alloc) - 1e-6));
        var free = Math.Max(0, Rule.Amount - _outstanding - _phantom);
        var more = Math.Clamp(target - held, 0, free);

        // A limit that is not divided evenly leaves slots over: they go to whoever asks.
        if (more == 0 && part.Need >= 1 && free > 0 && !IsClaimed(part, free))
            more = 1;
        var hasRoom = more <= Ceiling - _outstanding - _phantom;
        if (!hasRoom)
        {
            // A plane that has nothing is waited for: now what needs no disk, the rest with its next ask.
            var room = held == 0 ? Math.Max(0, Ceiling - _outstanding - _phantom) : 0;
            RaiseTo(_outstanding + _phantom + more);
            more = room;
            hasRoom = room > 0;
        }

        if (part.Need >= 1 && more == 0 && hasRoom)
            Recall(part, now);
        Renew(part, grant, held + more, more, now);
        return hasRoom;
    }

    private static long Slots(PlanePart part) => part.Leases.Count > 0 ? part.Leases[0].Amount : 0;

    private static long Taken(PlanePart part) => part.Leases.Count > 0 ? part.Leases[0].Used : 0;

    private void Renew(PlanePart part, BucketGrant grant, long amount, long more, Moment now)
    {
        if (amount == 0)
        {
            grant.RetryAfterMs = part.Need >= 1 ? 1000u : 0;
            return;
        }

        _outstanding += more;
        var freeAtNs = now.Ns + LeaseNs + LimitClock.SecondNs;
        if (part.Leases.Count == 0)
        {
            Lend(part, amount, freeAtNs, 0);
        }
        else
        {
            part.Held += more;
            part.Leases[0].Amount = amount;
            part.Leases[0].FreeAtNs = freeAtNs;
        }

        grant.Lease = part.Leases[0].Number;
        grant.Amount = (ulong)amount;
    }

    /// <summary>Whether others that have less than their part want all that is free.</summary>
    private bool IsClaimed(PlanePart mine, long free)
    {
        double claims = 0;
        foreach (var part in Parts)
        {
            if (part != mine && part.Need > 0)
                claims += Math.Max(0, Math.Floor(Math.Min(part.Alloc, part.Demand)) - Slots(part));
        }

        return claims >= free;
    }

    /// <summary>Calls back what others hold beyond their part and do not use.</summary>
    private void Recall(PlanePart mine, Moment now)
    {
        foreach (var part in Parts)
        {
            var keep = Math.Max(Taken(part), (long)Math.Ceiling(part.Alloc - 1e-6));
            if (part == mine || Slots(part) <= keep || now.Ns - part.RecalledNs < LimitClock.SecondNs / 2)
                continue;
            part.RecalledNs = now.Ns;
            All.Recall(part, Id, part.Leases[0].Number, keep);
        }
    }

    private void RaiseTo(long level)
    {
        var block = BlockOf(Rule);
        Raise(Math.Max(level, Math.Min(Rule.Amount, (level + block - 1) / block * block)));
    }
}
