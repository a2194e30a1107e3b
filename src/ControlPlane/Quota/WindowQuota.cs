using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>
/// A limit for each window over the whole fleet; all money. What is granted counts as used until a plane says what was not: a lease of a
/// plane that went silent is held, not given to others, until its journal says what it used, or an hour has passed.
/// </summary>
/// <remarks>
/// After a restart what the last ceiling allows counts as used; leases that their planes still hold are taken up and may give back. What
/// nobody takes up stays used until the window ends, so money that was spent is never forgotten.
/// </remarks>
internal sealed class WindowQuota : QuotaBucket
{
    /// <summary>A lease of a window lasts so long.</summary>
    public const long LeaseNs = 900 * LimitClock.SecondNs;

    /// <summary>So long after its end a lease without word is held.</summary>
    public const long HoldNs = 3600 * LimitClock.SecondNs;

    /// <summary>Planes' clocks may be behind by so much.</summary>
    private const long SkewNs = 2 * LimitClock.SecondNs;

    /// <summary>No window that was begun lies so far ahead, however wrong the clock was.</summary>
    private const long AheadNs = 400L * 86_400 * LimitClock.SecondNs;

    private const double LeaseSeconds = 900;
    private const double TargetSeconds = 120;
    private const int GrantPart = 100;
    private const int GrantPartLeast = 1000;
    private const int BlockPart = 128;

    /// <summary>Of each plane's part of the limit, in units: what is less is small.</summary>
    private const int SmallPart = 1000;

    /// <summary>Of money, requests that a grant is enough for where a hundredth is less.</summary>
    private const int MoneyRequests = 4;

    private WindowSpan _window;
    private long _charged;
    private long _chargedBefore;
    private long _carried;
    private long _outstanding;
    private long _held;
    private bool _countsAdopted;

    /// <summary>Of each share. Who used what before the allocator began nobody knows: each its part.</summary>
    private long[] _chargedTo = [];
    private IReadOnlyList<string> _shares = [];

    public WindowQuota(QuotaAllocator all, BucketId id, QuotaRule rule, long window, long ceiling, Moment now)
        : base(all, id, rule)
    {
        _shares = rule.ShareNames;
        _window = rule.Schedule!.At(now.UnixNs);
        if (IsOfAnotherKind(window, rule, now))
        {
            // It was another kind of limit, and this one begins anew.
            Lower(0);
            return;
        }

        if (ceiling > 0)
        {
            if (window > _window.Number)
                _window = rule.Schedule.Of(window);
            _chargedBefore = window == _window.Number - 1 ? ceiling : 0;
            _charged = _carried = Owed(ceiling, _window.Number - window);
        }

        // An allocator before this one may have granted what the log says of any bucket; this one may.
        _charged = Math.Max(_charged, all.AnyCeilingBefore(id, rule, Window, now));
        if (_charged > 0)
            _chargedTo = [.. Enumerable.Range(0, rule.Shares.Count).Select(i => rule.PartOf(i, _charged))];
        Begin(Math.Max(all.AnyCeilingOf(id, rule, Window, now), window == Window ? ceiling : 0));
    }

    /// <summary>Used, lent or held in this window.</summary>
    public long Charged => _charged;

    /// <summary>Ceilings rise by so much at a time.</summary>
    public static long BlockOf(QuotaRule rule) => Math.Max(1, rule.Amount / BlockPart);

    /// <summary>Whether a window's number is of other windows than a rule's: those of an hour or a day have greater ones than those of a month.</summary>
    public static bool IsOfAnotherKind(long window, QuotaRule rule, Moment now) => window > rule.Schedule!.At(now.UnixNs + AheadNs).Number;

    public override long Window => _window.Number;

    protected override long LengthNs => LeaseNs;

    public override BucketView View(Moment now)
    {
        Advance(now);
        return new BucketView(
            Id, QuotaKind.Window, Rule.Amount, _charged - _outstanding - _held, _outstanding, _held, Math.Max(0, Rule.Amount - _charged), _window.Number,
            Parts.Count(static part => part.Leases.Count > 0));
    }

    public override long Release(PlaneState plane, Moment now)
    {
        Advance(now);
        long sum = 0;
        foreach (var part in Parts)
        {
            if (part.Plane != plane)
                continue;
            for (var i = part.Leases.Count - 1; i >= 0; i--)
            {
                if (part.Leases[i].IsHeld)
                    sum += Release(part.Leases[i]);
            }
        }

        if (sum > 0)
            Lower(_charged);
        return sum;
    }

    public override IEnumerable<BudgetSpan> Spans(PlaneState plane, Moment now)
    {
        Advance(now);
        if (plane.WasThere)
            yield break;
        var parts = Parts.FindAll(part => part.Plane == plane);
        foreach (var span in (WindowSpan[])[Rule.Schedule!.Of(Window - 1), _window])
        {
            if (!parts.Exists(part => part.Told.ContainsKey(span.Number) || part.Leases.Exists(lease => lease.Window == span.Number)))
                continue;
            var from = Math.Max(span.StartUnixNs, parts.Min(static part => part.BornUnixNs) - SkewNs);
            yield return new(Id.Limit, Id.Unit, Id.Scope, Id.Value, span.Number, from / 1_000_000, span.EndUnixNs / 1_000_000);
        }
    }

    public override long Settle(PlaneState plane, long window, in BudgetSpent spent, Moment now)
    {
        Advance(now);
        var parts = Parts.FindAll(part => part.Plane == plane);
        if (parts.Count == 0)
            return 0;
        long rest = 0;
        long told = 0;
        foreach (var part in parts)
        {
            foreach (var lease in part.Leases.FindAll(lease => lease.Window == window))
            {
                rest += lease.Rest;
                Drop(lease);
                OnReturned(lease, lease.Rest);
            }

            told += part.Told.GetValueOrDefault(window);
            part.Told.Remove(window);
            part.Released = null;
        }

        // What it told includes reservations that were open, so records may say less, too. Of shares they say nothing.
        var more = spent.Amount - told;
        if (!spent.IsExact)
            more = Math.Clamp(more, 0, rest);
        Charge(window, more);
        if (_charged > Ceiling)
            RaiseTo(_charged);
        return rest - more;
    }

    protected override void OnTold(PlanePart part, long window, long more) =>
        part.Told[window] = part.Told.GetValueOrDefault(window) + more;

    protected override bool IsToSettle(PlanePart part)
    {
        if (part.Told.Count == 0)
            return false;
        foreach (var window in part.Told.Keys)
        {
            if (window < Window - 1)
                part.Told.Remove(window);
        }

        return part.Told.Count > 0 && All.IsKnown(part.Plane);
    }

    protected override void Refill(Moment now)
    {
        // Numbers only grow: a wall clock that was put back makes this window longer.
        if (now.UnixNs < _window.EndUnixNs || Rule.Schedule!.At(now.UnixNs) is var next && next.Number <= _window.Number)
            return;
        var passed = next.Number - _window.Number;
        _chargedBefore = passed == 1 ? _charged : 0;
        _carried = Owed(_charged, passed);
        _window = next;
        _charged = _carried;
        _outstanding = _held = 0;
        Array.Clear(_chargedTo);
        Begin(All.AnyCeilingOf(Id, Rule, Window, now));
        if (_charged > Ceiling)
            RaiseTo(_charged);
    }

    protected override void OnEdited(Moment now)
    {
        // Another time zone may count windows otherwise; what is used goes when one of the new windows ends.
        var span = Rule.Schedule!.At(now.UnixNs);
        Recount(isKept: _shares.SequenceEqual(Rule.ShareNames));
        _shares = Rule.ShareNames;
        _window = span.Number >= _window.Number ? span with { Number = Math.Max(span.Number, _window.Number) } : Rule.Schedule.Of(_window.Number);
    }

    protected override long? OnReset()
    {
        // Leases of an earlier allocator that nobody has told of yet are out as well: they count once they are known.
        _countsAdopted = All.IsRestarted;
        _carried = _chargedBefore = 0;
        Recount(isKept: false);
        return _charged = _outstanding + _held;
    }

    protected override bool IsFresh(Moment now) =>
        _charged == 0 && _chargedBefore == 0 && CeilingAsked <= All.AnyCeilingOf(Id, Rule, Window, now);

    protected override double DemandOf(PlanePart part, double wanted) => (wanted + part.Held) * TargetSeconds / LeaseSeconds;

    protected override void OnUsed(QuotaLease lease, long more)
    {
        if (lease.Window != Window)
            return;
        if (lease.IsHeld)
            _held -= more;
        else
            _outstanding -= more;
    }

    protected override void OnReturned(QuotaLease lease, long amount)
    {
        if (lease.Window == Window)
        {
            if (lease.IsHeld)
                _held -= amount;
            else
                _outstanding -= amount;
        }

        Charge(lease.Window, -amount);
        OnChargedTo(lease.Part.ShareAt, lease.Window, -amount);
    }

    protected override void OnChargedTo(int share, long window, long delta)
    {
        if (share < 0 || window < Window)
            return;
        if (_chargedTo.Length <= share)
            Array.Resize(ref _chargedTo, Rule.Shares.Count);
        _chargedTo[share] = Math.Clamp(_chargedTo[share] + delta, 0, LimitBucket.AmountMax);
    }

    /// <summary>Other shares, or none of the use: of each what planes hold.</summary>
    private void Recount(bool isKept)
    {
        if (isKept)
            return;
        _chargedTo = new long[Rule.Shares.Count];
        foreach (var part in Parts)
        {
            foreach (var lease in part.Leases)
                OnChargedTo(part.ShareAt, lease.Window, lease.Rest);
        }
    }

    /// <summary>
    /// What is there for a share: its own part is kept for it until the window ends, or lent by pace, and what is nobody's is there for all.
    /// </summary>
    private long LeftFor(int share, Moment now)
    {
        var lengthNs = _window.EndUnixNs - _window.StartUnixNs;
        var aheadNs = Rule.IsLentByPace ? Math.Clamp(_window.EndUnixNs - now.UnixNs, 0, lengthNs) : lengthNs;
        var left = Rule.Amount - _charged;
        for (var i = 0; i < Rule.Shares.Count; i++)
        {
            var part = Rule.PartOf(i, Rule.Amount);
            var kept = (long)((Int128)part * aheadNs / lengthNs);
            left -= i == share ? 0 : Math.Clamp(part - ChargedTo(i), 0, kept);
        }

        return Math.Max(0, left);
    }

    protected override void OnExpired(QuotaLease lease, Moment now)
    {
        if (lease.IsHeld)
        {
            Release(lease);
            return;
        }

        if (lease.Window < Window - 1)
        {
            Drop(lease);
            return;
        }

        lease.Part.Held -= lease.Rest;
        lease.IsHeld = true;
        if (lease.Window == Window)
        {
            _outstanding -= lease.Rest;
            _held += lease.Rest;
        }

        lease.FreeAtNs = now.Ns + HoldNs;
        Track(lease, lease.FreeAtNs);
    }

    protected override void OnAdopted(QuotaLease lease, Moment now)
    {
        // A lease of a window that has ended has nothing to give back here.
        if (lease.Window != Window)
            return;
        _outstanding += lease.Rest;
        if (_countsAdopted)
            _charged += lease.Rest;
        Track(lease);
    }

    protected override void Charge(long window, long delta)
    {
        if (window >= Window)
        {
            _charged = Math.Clamp(_charged + delta, 0, LimitBucket.AmountMax);
        }
        else if (window == Window - 1)
        {
            _chargedBefore = Math.Clamp(_chargedBefore + delta, 0, LimitBucket.AmountMax);
            var carried = Owed(_chargedBefore, 1);
            _charged = Math.Max(0, _charged + carried - _carried);
            _carried = carried;
        }
        else if (Rule.Debt == DebtPolicy.Carry && delta > 0)
        {
            _charged = Math.Min(_charged + delta, LimitBucket.AmountMax);
        }
    }

    protected override long UsedOfAll() => _charged - _outstanding;

    protected override long ShareOfAll() => Math.Max(0, Rule.Amount - _charged);

    protected override bool Grant(PlanePart part, BucketGrant grant, Moment now)
    {
        var left = LeftFor(part.ShareAt, now);
        var least = Math.Max(0, part.Least - part.Held);
        part.Need = part.Demand <= 0 ? 0 : Math.Max(Math.Ceiling(part.Demand - part.Held), Math.Max(1, least));
        grant.Window = (ulong)Window;
        grant.WindowLeftMs = (ulong)Math.Max(0, (_window.EndUnixNs - now.UnixNs) / 1_000_000);
        if (_charged > Ceiling)
        {
            // Used beyond all leases: it is acknowledged once it can no longer be forgotten.
            RaiseTo(_charged);
            return false;
        }

        if (part.Need < 1 || grant.WindowLeftMs == 0)
            return true;
        Divide(Math.Max(0, Rule.Amount - _charged) + OpenLeases(), now);

        var cap = Math.Max(CapOf(left, Math.Max(1, least)), Math.Max(1, least));
        var fair = Math.Max(Math.Max(1, least), Math.Ceiling(part.Alloc - part.Held));
        var amount = (long)Math.Min(Math.Min(part.Need, cap), Math.Min(fair, left));
        if (amount < least || amount == 0)
        {
            Recall(part, now);
            grant.RetryAfterMs = (uint)Math.Min(grant.WindowLeftMs, 1000);
            grant.IsSpent = !Rule.IsLentByPace && left + WithOthers(part) < Math.Max(1, least);
            return true;
        }

        if (_charged + amount > Ceiling)
        {
            // A plane that has nothing is waited for: now what needs no disk, the rest with its next ask.
            var room = Ceiling - _charged;
            RaiseTo(_charged + amount);
            if (part.Leases.Count > 0 || room < Math.Max(1, least))
                return false;
            amount = room;
        }

        _charged += amount;
        OnChargedTo(part.ShareAt, Window, amount);
        _outstanding += amount;
        part.Need -= amount;
        var lease = Lend(part, amount, now.Ns + LeaseNs + LimitClock.SecondNs, Window);
        grant.Lease = lease.Number;
        grant.Amount = (ulong)amount;
        return true;
    }

    /// <summary>
    /// How much is granted at once. Of small numbers a hundredth is next to nothing; only money is held when a plane dies for so long that it hurts.
    /// While much is left of a number so small that planes would be lent one request at a time, more: each answer takes a tenth of a second.
    /// </summary>
    private long CapOf(long left, long least)
    {
        var planes = Math.Max(1, All.Planes);
        var cap = Math.Max(left / GrantPart, Rule.Amount / GrantPartLeast);
        if (Id.Unit == QuotaUnit.Nanodollars)
            return Math.Max(cap, Math.Min(MoneyRequests * least, left / (2 * planes)));
        var isSmall = Rule.Amount / planes < SmallPart && left >= Rule.Amount / 4;
        return Math.Max(cap, left / ((isSmall ? 2 : 8) * planes));
    }

    /// <summary>
    /// What other planes hold, and what is held for those that are gone, as far as it would come back to this one's share: of another share what is
    /// beyond its own part.
    /// </summary>
    private long WithOthers(PlanePart mine)
    {
        var beyond = new long[Rule.Shares.Count];
        for (var i = 0; i < beyond.Length; i++)
            beyond[i] = Math.Max(0, ChargedTo(i) - Rule.PartOf(i, Rule.Amount));
        long sum = 0;
        foreach (var part in Parts)
        {
            var back = (part == mine ? 0 : part.Held) + (_held > 0 ? HeldFor(part) : 0);
            if (part.ShareAt >= 0 && part.ShareAt != mine.ShareAt)
                beyond[part.ShareAt] -= back = Math.Min(back, beyond[part.ShareAt]);
            sum += back;
        }

        return sum;
    }

    private long HeldFor(PlanePart part)
    {
        long sum = 0;
        foreach (var lease in part.Leases)
            sum += lease.IsHeld && lease.Window == Window ? lease.Rest : 0;
        return sum;
    }

    private long ChargedTo(int share) => share < _chargedTo.Length ? _chargedTo[share] : 0;

    private long OpenLeases() => Math.Max(0, _outstanding);

    /// <summary>Calls back what others hold and do not need, when there is nothing else.</summary>
    private void Recall(PlanePart mine, Moment now)
    {
        foreach (var part in Parts)
        {
            var keep = (long)Math.Ceiling(part.Alloc / 2);
            if (part == mine || part.Held <= keep || now.Ns - part.RecalledNs < LimitClock.SecondNs)
                continue;
            part.RecalledNs = now.Ns;
            foreach (var lease in part.Leases)
            {
                if (lease.IsHeld || lease.Window != Window)
                    continue;
                var kept = Math.Min(lease.Rest, keep);
                keep -= kept;
                if (kept < lease.Rest)
                    All.Recall(part, Id, lease.Number, lease.Used + kept);
            }
        }
    }

    private long Release(QuotaLease lease)
    {
        var rest = lease.Rest;
        (lease.Part.Released ??= [])[lease.Number] = (lease.Used, lease.Window);
        Drop(lease);
        OnReturned(lease, rest);
        return rest;
    }

    private long Owed(long charged, long windows)
    {
        if (windows <= 0)
            return charged;
        return Rule.Debt == DebtPolicy.Forgive ? 0 : (long)Int128.Max(0, charged - (Int128)Rule.Amount * windows);
    }

    private void RaiseTo(long level)
    {
        Raise(Math.Max(level, Math.Min(Rule.Amount, level + BlockOf(Rule))));
    }
}
