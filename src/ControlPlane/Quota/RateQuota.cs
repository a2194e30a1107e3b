using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>A rate over the whole fleet.</summary>
/// <remarks>
/// Never admitted over burst + rate × T, in whatever span: what is there and what is outstanding are together at most the burst, so a span
/// of T begins with at most the burst in all hands, and the refill adds rate × T. A lease that ends without word counts as used: its
/// rate comes back by the refill, which its rest no longer stops. What comes to the bucket while the control plane stands still is in doubt:
/// planes may use as much as their shares, and say so later. So it is there only once all who are connected have had time to say it.
/// </remarks>
internal sealed class RateQuota : QuotaBucket
{
    /// <summary>A lease of a rate lasts so long.</summary>
    public const long LeaseNs = 5 * LimitClock.SecondNs;

    /// <summary>A plane gets as much as it needs for so long: it asks each second, and an answer may be late.</summary>
    private const double TargetSeconds = 1.5;

    /// <summary>
    /// Where others go short, it gets as much as it needs from one ask to the next, and for so long beyond it: what lies with it is nobody's use.
    /// </summary>
    private const double LateSeconds = 0.85;

    /// <summary>What comes to a plane that does not ask is kept for it for so long.</summary>
    private const double CreditSeconds = 2;

    private const double LeaseSeconds = 5;
    private const int Blocks = 8;

    /// <summary>After a stall all planes that are connected have told what they used in it: they tell each second.</summary>
    private const long DoubtNs = 3 * LimitClock.SecondNs;

    /// <summary>A ceiling that was not needed for so long, or twice as long, is taken down.</summary>
    private const long NeedNs = 3 * LimitClock.SecondNs;

    private long _available;
    private long _baseNs;
    private long _earned;
    private long _outstanding;
    private long _phantom;
    private double _claims;
    private double _meanCredit;
    private long _claimsNs;
    private long _stalledNs;
    private long _doubt;
    private long _doubtUntilNs;
    private long _needed;
    private long _neededNs;
    private double[] _kept = [];

    public RateQuota(QuotaAllocator all, BucketId id, QuotaRule rule, long phantom, Moment now)
        : base(all, id, rule)
    {
        Ceiling = CeilingAsked = _phantom = phantom;
        _claimsNs = _neededNs = now.Ns;
        _stalledNs = all.StalledNs;

        // After a restart nobody knows what was granted just before: each rate begins without burst at the moment the allocator began.
        _baseNs = all.IsRestarted ? all.StartNs : now.Ns;
        _available = all.IsRestarted ? 0 : rule.Burst;
        Keep(all.IsRestarted ? 0 : 1);
        Refill(now);
    }

    /// <summary>Ceilings rise by so much at a time.</summary>
    public static long BlockOf(QuotaRule rule) => Math.Max(1, rule.Burst / Blocks);

    protected override long LengthNs => LeaseNs;

    public override BucketView View(Moment now)
    {
        Advance(now);
        var planes = Parts.Count(static part => part.Leases.Count > 0);
        var used = Math.Max(0, Rule.Burst - _available - _outstanding - _phantom);
        return new BucketView(Id, QuotaKind.Rate, Rule.Amount, used, _outstanding, _phantom, Math.Max(0, _available), 0, planes);
    }

    protected override void Refill(Moment now)
    {
        if (_phantom > 0 && (All.IsResolved || now.Ns >= All.StartNs + LeaseNs + LimitClock.SecondNs))
            _phantom = 0;
        var earned = (long)((Int128)Math.Max(0, now.Ns - _baseNs) * Rule.Amount / Rule.PeriodNs);
        if (earned > _earned)
        {
            _available = (long)Int128.Min((Int128)_available + earned - _earned, LimitBucket.AmountMax);
            for (var i = 0; i < _kept.Length; i++)
                _kept[i] = Math.Min(_kept[i] + (earned - _earned) * Rule.Shares[i] / 100.0, KeptMax(i));
            _earned = earned;
        }

        if (All.StalledNs is var stalledNs && stalledNs != _stalledNs)
            Doubt(stalledNs - _stalledNs, now);
        else if (_doubt > 0 && now.Ns >= _doubtUntilNs)
            (_available, _doubt) = (_available + _doubt, 0);
        Bound();
    }

    protected override void OnEdited(Moment now)
    {
        (_baseNs, _earned) = (now.Ns, 0);
        Keep(0);
        Bound();
    }

    protected override long? OnReset()
    {
        _available = Rule.Burst;
        Keep(1);
        Bound();
        return null;
    }

    /// <summary>
    /// After a crash all that the ceiling allows counts as out, and nothing refills beside it: one that a burst of long ago has raised would keep the
    /// rate back then.
    /// </summary>
    protected override void OnSweep(Moment now)
    {
        if (now.Ns - _neededNs < NeedNs)
            return;
        var most = LevelOf(Math.Max(_needed, _outstanding + _phantom));
        (_needed, _neededNs) = (0, now.Ns);
        if (most < CeilingAsked)
            Lower(most);
    }

    protected override bool IsFresh(Moment now) => _available == Rule.Burst && !All.IsRestarted;

    protected override double DemandOf(PlanePart part, double wanted) => (wanted + part.Held) / LeaseSeconds;

    /// <summary>
    /// More than is used up, until the stock is there that an answer may be late for: else who gets all that it uses lives from one ask to the
    /// next, and is refused now and then. Who gets less than it uses has no use for a stock, and none comes of it.
    /// </summary>
    protected override double ClaimOf(PlanePart part) => part.Demand + Math.Max(0, part.Demand * TargetOf(part) - part.Held);

    /// <summary>
    /// What was used before the allocator began came of the rate of that time, of which nothing is there now. What was used since was a share of
    /// the rate at most.
    /// </summary>
    protected override long StartsOutageAt(long acknowledged, long total, Moment now)
    {
        if (!All.IsRestarted)
            return acknowledged;
        var since = Rule.PerSecond * (now.Ns - All.StartNs) / LimitClock.SecondNs / All.PlanesBefore;
        return total - (long)Math.Clamp(Math.Ceiling(since), 0, Math.Max(0, total - acknowledged));
    }

    protected override void ChargeOutage(PlanePart part, long amount)
    {
        var doubted = Math.Min(_doubt, amount);
        _doubt -= doubted;
        Charge(0, amount - doubted);
        OnChargedTo(part.ShareAt, 0, amount - doubted);
    }

    protected override void OnChargedTo(int share, long window, long delta)
    {
        if (share >= 0 && share < _kept.Length)
            _kept[share] = Math.Clamp(_kept[share] - delta, 0, KeptMax(share));
    }

    protected override void OnUsed(QuotaLease lease, long more)
    {
        _outstanding -= more;
        Bound();
    }

    protected override void OnReturned(QuotaLease lease, long amount)
    {
        _outstanding -= amount;
        _available += amount;
        OnChargedTo(lease.Part.ShareAt, 0, -amount);
        Bound();
    }

    protected override void OnExpired(QuotaLease lease, Moment now)
    {
        _outstanding -= lease.Rest;
        Drop(lease);
    }

    protected override void OnAdopted(QuotaLease lease, Moment now)
    {
        if (now.Ns >= All.StartNs + LeaseNs + LimitClock.SecondNs)
            return;
        _outstanding += lease.Rest;
        _phantom -= Math.Min(_phantom, lease.Rest);
        Track(lease);
        Bound();
    }

    protected override void Charge(long window, long delta)
    {
        _available = Math.Max(_available - delta, -LimitBucket.AmountMax);
        Bound();
    }

    protected override void Accrue(PlanePart part, Moment now)
    {
        var seconds = (double)(now.Ns - part.CreditAtNs) / LimitClock.SecondNs;
        part.CreditAtNs = now.Ns;
        part.Credit = Math.Min(part.Credit + part.Alloc * seconds, Math.Max(part.Alloc * CreditSeconds, part.Alloc > 0 ? part.Least : 0));
    }

    protected override void OnDivided()
    {
        double sum = 0;
        var count = 0;
        _claims = 0;
        foreach (var part in Parts)
        {
            if (part.Need <= 0)
                continue;
            _claims += Math.Max(0, Math.Min(part.Credit, part.Need));
            sum += part.Credit;
            count++;
        }

        _meanCredit = count > 0 ? sum / count : 0;
    }

    protected override long UsedOfAll() => Rule.Burst - _available - _outstanding;

    protected override long ShareOfAll() => (long)Math.Min(Rule.PerSecond * LeaseSeconds, LimitBucket.AmountMax);

    protected override bool Grant(PlanePart part, BucketGrant grant, Moment now)
    {
        var least = Math.Max(0, part.Least - part.Held);
        part.Need = part.Demand <= 0 ? 0 : Math.Max(part.Demand * TargetOf(part) - part.Held, least);

        // Before a division, which counts the claims anew: behind it all the time since the last ask, a pause as well, would be claimed twice.
        _claims += AllocSum * (now.Ns - _claimsNs) / LimitClock.SecondNs;
        _claimsNs = now.Ns;
        Divide(Rule.PerSecond, now);
        Accrue(part, now);
        var available = AvailableFor(part.ShareAt);
        if (part.Need < 0.5 || available <= 0)
        {
            grant.RetryAfterMs = part.Need < 0.5 ? 0 : RetryMs(Math.Max(1, part.Least), available);
            return true;
        }

        var own = Math.Max(0, Math.Min(part.Credit, part.Need));
        _claims = Math.Max(_claims, own);
        var free = Math.Max(0, available - _claims);
        var offer = Math.Min(Math.Ceiling(part.Need), Math.Min(available, own) + free * (AllocSum > 0 ? part.Alloc / AllocSum : 1));
        var useful = Math.Max(1, least);

        // Less than what a request costs would lie idle: then all that it takes, on credit, if others have not waited longer, or nothing yet.
        if (offer < useful)
            offer = available >= useful && (part.Credit >= _meanCredit || free >= useful) ? useful : 0;
        var amount = (long)offer;
        if (amount == 0)
        {
            grant.RetryAfterMs = RetryMs(useful, available);
            return true;
        }

        var room = Ceiling - _outstanding - _phantom;
        if (amount > room)
        {
            RaiseTo(_outstanding + _phantom + amount);

            // A plane that has nothing is waited for, and so is one of which demand rises: now what needs no disk, the rest with its next ask.
            if (room < useful || part.Leases.Count > 0 && room < amount / 2)
                return false;
            amount = room;
        }

        Give(part, grant, amount, own, now);

        // Ahead of need, so that mostly nobody waits for it; further where more is out than a bucket that is little used ever has, for a burst is drawn
        // faster than a disk writes.
        var block = BlockOf(Rule);
        var level = _outstanding + _phantom;
        RaiseTo(Math.Min(Rule.Burst, level + (level > block / 2 && level < Rule.Burst / 2 ? 2 * block : block / 2)));
        return true;
    }

    private double TargetOf(PlanePart part) => IsShort ? Math.Min(TargetSeconds, LateSeconds + (double)part.TurnNs / LimitClock.SecondNs) : TargetSeconds;

    private void Give(PlanePart part, BucketGrant grant, long amount, double own, Moment now)
    {
        _available -= amount;
        _outstanding += amount;
        OnChargedTo(part.ShareAt, 0, amount);
        part.Credit = Math.Max(part.Credit - amount, -Rule.Burst);
        part.Need = Math.Max(0, part.Need - amount);
        _claims = Math.Max(0, _claims - Math.Min(own, amount));
        var lease = Lend(part, amount, now.Ns + LeaseNs + LimitClock.SecondNs, 0);
        grant.Lease = lease.Number;
        grant.Amount = (ulong)amount;
    }

    private void Doubt(long stalledNs, Moment now)
    {
        var amount = (long)Int128.Min((Int128)stalledNs * Rule.Amount / Rule.PeriodNs, LimitBucket.AmountMax);
        (_stalledNs, _doubtUntilNs) = (_stalledNs + stalledNs, now.Ns + DoubtNs);
        _doubt = Math.Min(_doubt + amount, LimitBucket.AmountMax);
        _available = Math.Max(_available - amount, -LimitBucket.AmountMax);
    }

    private void RaiseTo(long level)
    {
        _needed = Math.Max(_needed, level);
        Raise(LevelOf(level));
    }

    /// <summary>In whole blocks; at least the one that all buckets have.</summary>
    private long LevelOf(long level)
    {
        var block = BlockOf(Rule);
        return Math.Max(block, Math.Min(Math.Max(Rule.Burst, level), (level + block - 1) / block * block));
    }

    private uint RetryMs(double amount, long available) => (uint)Math.Clamp((amount - available) * 1000 / Rule.PerSecond, 1, 60_000);

    private void Bound()
    {
        _available = Math.Min(_available, Rule.Burst - _outstanding - _phantom);
        if (_kept.Length == 0)
            return;
        double sum = 0;
        foreach (var kept in _kept)
            sum += kept;

        // Nothing is kept that is not there.
        if (sum > Math.Max(0, _available))
        {
            for (var i = 0; i < _kept.Length; i++)
                _kept[i] *= Math.Max(0, _available) / sum;
        }
    }

    /// <summary>What is there for a share: what the others may claim at once is kept for them.</summary>
    private long AvailableFor(int share)
    {
        double others = 0;
        for (var i = 0; i < _kept.Length; i++)
            others += i == share ? 0 : _kept[i];
        return _available - (long)Math.Ceiling(others);
    }

    /// <summary>A sixteenth of the burst is nobody's claim: through it goes what the shares leave, also while all of them are full.</summary>
    private double KeptMax(int share) => Rule.PartOf(share, Rule.Burst - Math.Max(1, Rule.Burst / 16));

    private void Keep(double part)
    {
        if (_kept.Length != Rule.Shares.Count)
            Array.Resize(ref _kept, Rule.Shares.Count);
        for (var i = 0; i < _kept.Length; i++)
            _kept[i] = Math.Clamp(_kept[i], part * KeptMax(i), KeptMax(i));
    }
}
