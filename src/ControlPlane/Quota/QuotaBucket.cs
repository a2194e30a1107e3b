using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>How a bucket stands, in its unit.</summary>
internal readonly record struct BucketView(
    BucketId Id, QuotaKind Kind, long Limit, long Used, long Granted, long Held, long Remaining, long Window, int Planes)
{
    /// <summary>How much of the whole is used, what is held in doubt included; of slots those that are taken.</summary>
    public double UsedPercent
    {
        get
        {
            var rest = (double)Granted + Remaining;
            return 100.0 * ((double)Used + Held) / Math.Max(1, Kind == QuotaKind.Slots ? rest + Held : rest + Used + Held);
        }
    }
}

/// <summary>
/// A bucket of the fleet and its leases. What is granted here is lent: used and outstanding together are never more than the bucket has.
/// Callers hold <see cref="Gate"/>.
/// </summary>
/// <remarks>
/// A ceiling stands in the log before anything is granted up to it, so that an allocator that begins anew knows what may be out: of
/// rates and slots how much is outstanding, of a window how much is used and outstanding.
/// </remarks>
internal abstract partial class QuotaBucket(QuotaAllocator all, BucketId id, QuotaRule rule)
{
    /// <summary>A plane that has not asked for so long has no say in what is divided.</summary>
    private const long StaleNs = 5 * LimitClock.SecondNs / 2;

    /// <summary>With more than a few planes the division is made so often at most; with hundreds less often.</summary>
    private const long DivideNs = 50_000_000;

    /// <summary>Planes that have nothing of it are looked for so often.</summary>
    private const long TidyNs = 5 * LimitClock.SecondNs;

    private const int FewParts = 8;

    private readonly FairDivision _division = new();
    private readonly List<Claimant> _claimants = [];
    private readonly Dictionary<(string Name, Priority Priority), Claimant> _keys = [];
    private readonly Dictionary<(PlaneState Plane, string Share), PlanePart> _parts = [];
    private readonly List<PlanePart> _partList = [];
    private readonly LeaseTimes _open = new();
    private readonly LeaseTimes _held = new();
    private readonly Stack<QuotaLease> _spare = new();
    private readonly int _pacePercent = 100 + Spread(id);
    private long _dividedNs = long.MinValue / 2;
    private long _sweptNs = long.MinValue / 2;
    private bool _hasNewcomer;
    private bool _isLowered;
    private long _suspended = -1;
    private int _lowerings;

    public Lock Gate { get; } = new();

    public BucketId Id { get; private set; } = id;

    public QuotaRule Rule { get; private set; } = rule;

    /// <summary>The rules' generation that <see cref="Rule"/> is of.</summary>
    public ulong Generation;

    /// <summary>It is none of the fleet's buckets any more: whoever still knows it looks for the one in its place.</summary>
    public bool IsOver { get; set; }

    /// <summary>Up to here may be granted.</summary>
    public long Ceiling { get; protected set; }

    /// <summary>The ceiling that is on its way to the log; never below <see cref="Ceiling"/>.</summary>
    public long CeilingAsked { get; protected set; }

    /// <summary>The window that the ceilings are of.</summary>
    public virtual long Window => 0;

    protected QuotaAllocator All => all;

    protected List<PlanePart> Parts => _partList;

    protected double AllocSum { get; private set; }

    /// <summary>The last division gave less than was wanted.</summary>
    protected bool IsShort { get; private set; }

    /// <summary>How long a lease lasts, on a plane's clock.</summary>
    protected abstract long LengthNs { get; }

    /// <summary>Answers a plane's report of this bucket.</summary>
    /// <param name="plane">Whose it is.</param>
    /// <param name="seat">Where the plane's part was found last; of this bucket.</param>
    /// <param name="stream">The stream's number: the first report of a stream names all leases that have arrived.</param>
    /// <param name="report">What it says.</param>
    /// <param name="keys">The names of its subjects.</param>
    /// <param name="now">The present.</param>
    /// <param name="isPending">More may be granted, or the report be acknowledged, once a ceiling is in the log.</param>
    public BucketGrant Answer(
        PlaneState plane, BucketSeat seat, ulong stream, BucketReport report, IReadOnlyDictionary<uint, string> keys, Moment now, out bool isPending)
    {
        var part = seat.Part is { IsGone: false } known ? known : seat.Part = PartOf(plane, seat.Share, now);
        Advance(now);
        isPending = false;

        // A stream that a newer one has followed is over, whatever of it is still under way.
        if (stream < part.Stream)
            return new BucketGrant { Bucket = report.Bucket };
        part.OnAsked(now.Ns);
        TakeLeases(part, stream, report, now);
        TakeTotals(part, report, now);
        TakeWants(part, report, keys);
        var share = (long)((Int128)ShareOfAll() * Rule.PercentOf(part.ShareAt) / 100 / Math.Max(1, all.Planes));
        var grant = new BucketGrant { Bucket = report.Bucket, LengthMs = (uint)(LengthNs / 1_000_000), Share = (ulong)share };
        isPending = !Grant(part, grant, now);
        if (Rule.IsUseTold)
            grant.Used = (ulong)Math.Max(0, UsedOfAll());
        return grant;
    }

    /// <summary>Moves to the present: refills, and ends leases whose time is over.</summary>
    public void Advance(Moment now)
    {
        Refill(now);
        Advance(_open, now);
        Advance(_held, now);
    }

    /// <summary>Lets go of planes that have nothing of it; true if the bucket itself may go, because a new one would be the same.</summary>
    public bool Sweep(Moment now)
    {
        Advance(now);
        OnSweep(now);
        if (now.Ns - _sweptNs >= TidyNs)
        {
            _sweptNs = now.Ns;
            _partList.RemoveAll(part =>
            {
                if (part.Leases.Count > 0 || part.Released is not null || IsToSettle(part) || now.Ns - part.AskedNs <= 10 * StaleNs)
                    return false;
                Forget(part);
                part.IsGone = true;
                return _parts.Remove((part.Plane, part.Share));
            });
        }

        return _parts.Count == 0 && IsFresh(now);
    }

    /// <summary>Goes on with another amount of the same kind.</summary>
    public void Edit(QuotaRule next, Moment now)
    {
        Advance(now);
        Rule = next;
        foreach (var part in _partList)
            part.ShareAt = next.ShareAt(part.Share);
        OnEdited(now);
        _hasNewcomer = true;
    }

    /// <summary>Goes on under another name. Leases, use and debts are the same.</summary>
    public void Rename(in BucketId next)
    {
        Id = next;
        Suspend();

        // What was on its way under the old name is known under none when it arrives.
        if (CeilingAsked > Ceiling)
            all.Raise(this);
    }

    /// <summary>The log does not know yet that the ceiling is this one's: nothing is granted until it does.</summary>
    public void Suspend() => (_suspended, Ceiling) = (Math.Max(_suspended, Ceiling), 0);

    /// <summary>The log knows.</summary>
    public void Resume()
    {
        if (_suspended < 0)
            return;
        if (_lowerings == 0)
            Ceiling = Math.Max(Ceiling, Math.Min(_suspended, CeilingAsked));
        _suspended = -1;
    }

    /// <summary>
    /// The log has the ceiling. One that is higher than what is asked for was on its way when the ceiling was taken down; and until the log has that,
    /// none that was on its way counts.
    /// </summary>
    public void Raised(in QuotaRecord record)
    {
        if (record.Kind == QuotaRecordKind.Lowered)
            _lowerings--;
        if (record.Window == Window && _lowerings == 0)
            Ceiling = Math.Max(Ceiling, Math.Min(record.Ceiling, CeilingAsked));
    }

    /// <summary>Forgets what was used. What is in planes' hands, or held for them, is still out.</summary>
    public void Reset(Moment now)
    {
        Advance(now);
        if (OnReset() is not { } level)
            return;
        Lower(level);
    }

    /// <summary>What the log has to know of the ceiling.</summary>
    public QuotaRecord TakeRecord()
    {
        var record = _isLowered ? QuotaRecord.Lowered(Id, Window, CeilingAsked) : QuotaRecord.Of(Id, Window, CeilingAsked);
        _isLowered = false;
        return record;
    }

    public abstract BucketView View(Moment now);

    /// <summary>Held money of a plane's epoch goes back to the bucket: its journal is here, or an operator wrote it off, or the time is over.</summary>
    public virtual long Release(PlaneState plane, Moment now) => 0;

    /// <summary>The windows of a budget of which a start of a plane may have used more than it told.</summary>
    public virtual IEnumerable<BudgetSpan> Spans(PlaneState plane, Moment now) => [];

    /// <summary>
    /// A start of a plane is over and all its records are here: of a window it has used what they say, and nothing more will be. Returns how
    /// much of what it held came back.
    /// </summary>
    public virtual long Settle(PlaneState plane, long window, in BudgetSpent spent, Moment now) => 0;

    protected abstract void Refill(Moment now);

    protected abstract void OnEdited(Moment now);

    /// <summary>Forgets what was used; gives the ceiling that is enough from then on, or null where that is no matter of what was used.</summary>
    protected virtual long? OnReset() => null;

    protected abstract bool IsFresh(Moment now);

    /// <summary>About once a second.</summary>
    protected virtual void OnSweep(Moment now)
    {
    }

    /// <summary>Fills in what is granted; false if a ceiling stands in the way that is on its way to the log.</summary>
    protected abstract bool Grant(PlanePart part, BucketGrant grant, Moment now);

    /// <summary>The plane has used so much more of a lease than was known; less, if below 0.</summary>
    protected abstract void OnUsed(QuotaLease lease, long more);

    /// <summary>So much of a lease will not be used.</summary>
    protected abstract void OnReturned(QuotaLease lease, long amount);

    protected abstract void OnExpired(QuotaLease lease, Moment now);

    /// <summary>A lease of an allocator before this one.</summary>
    protected abstract void OnAdopted(QuotaLease lease, Moment now);

    /// <summary>Used beyond any lease, or given back after it was closed.</summary>
    protected abstract void Charge(long window, long delta);

    /// <summary>A plane has said that it used so much more of a window.</summary>
    protected virtual void OnTold(PlanePart part, long window, long more)
    {
    }

    /// <summary>What it told is still to be held against its records.</summary>
    protected virtual bool IsToSettle(PlanePart part) => false;

    protected QuotaLease Lend(PlanePart part, long amount, long freeAtNs, long window)
    {
        if (_spare.TryPop(out var lease))
            lease.Become(all.NextLease(), part, amount, freeAtNs, window);
        else
            lease = new QuotaLease(all.NextLease(), part, amount, freeAtNs, window);
        lease.Seen = part.Stream;
        Track(lease);
        return lease;
    }

    protected void Track(QuotaLease lease)
    {
        lease.Part.Leases.Add(lease);
        lease.Part.Held += lease.Rest;
        Track(lease, lease.FreeAtNs);
    }

    /// <summary>Looks at it again at a time. Those that are held wait for so long that they would stand in the others' way.</summary>
    protected void Track(QuotaLease lease, long dueNs) => (lease.IsHeld ? _held : _open).Add(lease, dueNs);

    protected static void Drop(QuotaLease lease)
    {
        lease.IsGone = true;
        LeaseTimes.Remove(lease);
        lease.Part.Held -= lease.IsHeld ? 0 : lease.Rest;
        lease.Part.Leases.Remove(lease);
    }

    /// <summary>A bucket or a window begins, up to a ceiling that is in the log.</summary>
    protected void Begin(long ceiling)
    {
        (Ceiling, CeilingAsked) = (ceiling, ceiling);
        if (_suspended >= 0)
            (_suspended, Ceiling) = (ceiling, 0);
    }

    /// <summary>Asks the log for a ceiling of at least so much.</summary>
    protected void Raise(long ceiling)
    {
        if (ceiling <= CeilingAsked)
            return;
        CeilingAsked = ceiling;
        all.Raise(this);
    }

    /// <summary>From now on no more than this is granted up to; the log hears of it later, and has the higher one until then.</summary>
    protected void Lower(long ceiling)
    {
        CeilingAsked = ceiling;
        Ceiling = Math.Min(Ceiling, ceiling);
        _lowerings += _isLowered ? 0 : 1;
        _isLowered = true;
        all.Raise(this);
    }

    /// <summary>Divides anew if that is due: sets what each plane's part is.</summary>
    protected void Divide(double capacity, Moment now)
    {
        // A division costs as much as there are planes, so among many it is made seldom; it decides who gets how much, never how much there is.
        // Each bucket has a pace of its own: else one ask, which names them all, would pay for the divisions of all.
        var atMostEachNs = DivideNs * Math.Max(1, _parts.Count / 100) / (_hasNewcomer ? 4 : 1) * _pacePercent / 100;
        if (_parts.Count > FewParts && now.Ns - _dividedNs < atMostEachNs)
            return;
        _hasNewcomer = false;
        _dividedNs = now.Ns;
        foreach (var part in _partList)
        {
            Accrue(part, now);
            if (part.Demand > 0 && now.Ns - part.AskedNs > StaleNs)
                Forget(part);
        }

        _claimants.Clear();
        foreach (var (id, claimant) in _keys)
        {
            if (claimant.Demand > 1e-9)
                _claimants.Add(claimant);
            else
                _keys.Remove(id);
        }

        _division.Divide(_claimants, capacity, Rule.Shares);
        AllocSum = 0;
        IsShort = false;
        foreach (var claimant in _claimants)
            IsShort |= claimant.Given < claimant.Demand;
        foreach (var part in _partList)
        {
            foreach (var (key, demand) in part.Demands)
                key.OnPlane(demand);
        }

        foreach (var claimant in _claimants)
            claimant.Spread();
        foreach (var part in _partList)
        {
            part.Alloc = 0;
            foreach (var (key, demand) in part.Demands)
                part.Alloc += Math.Min(demand, key.Level);
            AllocSum += part.Alloc;
        }

        OnDivided();
    }

    protected virtual void OnDivided()
    {
    }

    /// <summary>What has come to a plane since it was last looked at.</summary>
    protected virtual void Accrue(PlanePart part, Moment now)
    {
    }

    /// <summary>Of the demand, what a unit that is wanted counts.</summary>
    protected abstract double DemandOf(PlanePart part, double wanted);

    /// <summary>What a plane wants to have when there is too little for all.</summary>
    protected virtual double ClaimOf(PlanePart part) => part.Demand;

    /// <summary>What nobody can use any more: used as far as that was told, and what is held or in doubt.</summary>
    protected abstract long UsedOfAll();

    /// <summary>What all planes together may use without the control plane in the length of a lease; of a window, until it ends.</summary>
    protected abstract long ShareOfAll();

    /// <summary>0 to 49, the same for the same bucket in each process.</summary>
    private static int Spread(in BucketId id)
    {
        var sum = 17u;
        foreach (var c in id.Limit)
            sum = sum * 31 + c;
        foreach (var c in id.Value)
            sum = sum * 31 + c;
        return (int)(sum % 50);
    }

    private static void Forget(PlanePart part)
    {
        foreach (var (key, demand) in part.Demands)
            key.Demand = Math.Max(0, key.Demand - demand);
        part.Demands.Clear();
        part.Demand = part.Need = part.Alloc = 0;
    }

    private PlanePart PartOf(PlaneState plane, string share, Moment now)
    {
        if (_parts.TryGetValue((plane, share), out var part))
            return part;
        part = new PlanePart(plane, share) { ShareAt = Rule.ShareAt(share), CreditAtNs = now.Ns, BornUnixNs = now.UnixNs };
        _parts.Add((plane, share), part);
        _partList.Add(part);
        _hasNewcomer = true;
        return part;
    }

    private void Advance(LeaseTimes times, Moment now)
    {
        while (times.First is { } lease && lease.DueNs <= now.Ns)
        {
            LeaseTimes.Remove(lease);
            if (lease.FreeAtNs > now.Ns)
                Track(lease, lease.FreeAtNs);
            else
                OnExpired(lease, now);
        }
    }

    /// <summary>How much of what a plane that is new here used without a lease has been charged already.</summary>
    protected virtual long StartsOutageAt(long acknowledged, long total, Moment now) => acknowledged;

    /// <summary>Used without a lease.</summary>
    protected virtual void ChargeOutage(PlanePart part, long amount) => Charge(part, Window, amount);

    /// <summary>What was charged, or came back, was one share's: -1 for none's.</summary>
    protected virtual void OnChargedTo(int share, long window, long delta)
    {
    }
}
