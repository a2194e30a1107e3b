using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>What the control plane lends to one scope of a part of a limit, as whoever asks for it sees it.</summary>
/// <remarks>
/// <para>Requirements: (1) a question is never lost: what admission wanted before it knocked is in a report made later; (2) admission sees of an
/// answer all or nothing; (3) nobody waits here.</para>
/// <para>Memory order: admission knows <see cref="IsCold"/>, <see cref="UsedOfAll"/>, <see cref="CutOff"/> and <see cref="TryGetCold"/>; all else
/// is of the one thread at a time that speaks with the control plane. Admission writes what it wants, then takes the flag by an exchange; a
/// report lets go of the flag by an exchange, then reads what is wanted. Both are full fences: either the report sees the wish, or the wish finds
/// the flag free and is queued anew: (1). What an answer says of the whole is one immutable object behind one volatile reference, times are
/// words of their own, each meaningful alone; credit itself is <see cref="LeaseBucket"/>'s or the gate's: (2). A cut-off that
/// races with an answer holds or is over: both are what it would have been a moment earlier or later.</para>
/// </remarks>
internal sealed class LentScope
{
    private const long WarmNs = 3 * LimitClock.SecondNs / 2;

    /// <summary>So long after the last use a little is kept in stock; of what all share, always.</summary>
    private const long StockNs = 60 * LimitClock.SecondNs;

    /// <summary>All stocks of a limit together are such a part of it; a rate's comes again each second, a window's does not.</summary>
    private const int RateStockPart = 16;
    private const int WindowStockPart = 256;
    private const int PlanesUnknown = 8;

    private readonly LeaseDesk _desk;
    private readonly LeaseBucket? _bucket;
    private readonly ConcurrencyGate? _gate;
    private int _isCold;
    private long _answeredNs = long.MinValue / 2;
    private ulong _lease;
    private long _expiryNs;
    private long _share;
    private long _refused;
    private bool _isPressed;
    private bool _isCutOff;
    private long _askedNs = long.MaxValue;
    private long _lookedNs = long.MinValue / 2;
    private Taken? _taken;
    private int _toldCount;
    private bool _isForFigure;
    private KeyDemands? _demands;
    private long _shortNs = long.MinValue / 2;

    public LentScope(LeaseDesk desk, PartState part, ScopeState scope, ScopeShare share)
    {
        (_desk, Part, Scope, Share, _gate) = (desk, part, scope, share, (ConcurrencyGate?)share.Gate);
        _bucket = _gate is null ? (LeaseBucket)share.Bucket! : null;
        if (_bucket is not null)
            _bucket.OnCold = _ => _desk.Ask(this);
    }

    public PartState Part { get; }

    public ScopeState Scope { get; }

    /// <summary>Which share of the scope.</summary>
    public ScopeShare Share { get; }

    /// <summary>What is told of it; written anew with each <see cref="Report"/>.</summary>
    public LeaseReport Told { get; } = new();

    /// <summary>Its number within the stream; 0 while it has none.</summary>
    public uint Number { get; set; }

    /// <summary>
    /// Where requests were refused for want of it in the last minute: whose. Null where there is enough, and where the bucket is one key's.
    /// </summary>
    public KeyDemands? Demands => Volatile.Read(ref _demands);

    /// <summary>It has been asked for, and the answer has not come.</summary>
    public bool IsAsked
    {
        get => Volatile.Read(ref _askedNs) != long.MaxValue;
        set => Volatile.Write(ref _askedNs, value ? Told.AskedNs : long.MaxValue);
    }

    /// <summary>Units that the outage policy let pass; not counted where it is so many at a time.</summary>
    public long OutageAdmitted => _bucket?.OutageTotal ?? 0;

    /// <summary>Of a rate, what the whole limit gives in the length of a lease; of all else 0.</summary>
    private double PerLease => Part.Part.Quantity is { IsRate: true } rate
        ? (double)rate.Amount * 5 * LimitClock.SecondNs / LimitStates.PeriodNs(rate.Period) : 0;

    /// <summary>Among how many planes a grant says that the limit is divided; 0 where it does not say.</summary>
    public int PlanesOf(in LeaseGrant grant) =>
        PerLease >= 1 && grant.Share > 0 ? (int)Math.Clamp(Math.Round(PerLease * Share.Percent / 100 / grant.Share), 1, 1_000_000) : 0;

    /// <summary>Whether a refusal may only mean that nobody has asked yet. Where the control plane owes an answer, waiting longer is of no use.</summary>
    public bool IsCold(long nowNs)
    {
        if (!IsSoon(nowNs))
            return false;
        if (_bucket is not null)
            return _bucket.IsCold(nowNs);
        var isCold = nowNs - Volatile.Read(ref _answeredNs) > WarmNs && !Volatile.Read(ref _isCutOff);
        if (isCold)
            _desk.Ask(this);
        return isCold;
    }

    /// <summary>Whether more is there for the asking than was known to be wanted; not where an answer has been owed for longer than a moment.</summary>
    public bool IsRising(long nowNs) => _bucket is not null && _bucket.IsRising(nowNs) && IsSoon(nowNs);

    /// <summary>Whether no answer has been owed for longer than a first request waits: what is not there by then will not come in a moment.</summary>
    private bool IsSoon(long nowNs) => Volatile.Read(ref _askedNs) is var askedNs && (askedNs == long.MaxValue || nowNs - askedNs <= _desk.PatienceNs(nowNs));

    /// <summary>The whole limit, as all planes share it.</summary>
    public long Whole => _bucket?.Capacity ?? Part.Part.Limit.Concurrent!.Value;

    /// <summary>Whether somebody looked at <see cref="UsedOfAll"/> of late.</summary>
    public bool IsWatched(long nowNs) => nowNs - Volatile.Read(ref _lookedNs) < StockNs;

    /// <summary>
    /// Used of the whole by all planes, as far as that is known: nothing before the first answer. Who looks at an old figure has a new one
    /// asked for, and does not wait for it.
    /// </summary>
    public long UsedOfAll(long nowNs)
    {
        Volatile.Write(ref _lookedNs, nowNs);
        if (nowNs - FigureNs > WarmNs)
            _desk.Ask(this);
        if (_bucket is not null)
            return _bucket.UsedOfAll(PerLease / 5, _desk.Planes, nowNs);
        if (Volatile.Read(ref _taken) is not { } taken)
            return 0;
        return Math.Max(0, taken.ByAll + (_gate!.Count - (long)taken.Own) * (Volatile.Read(ref _isCutOff) ? Math.Max(1, _desk.Planes) : 1));
    }

    private long FigureNs => _bucket?.FigureNs ?? Volatile.Read(ref _taken)?.AskedNs ?? long.MinValue / 2;

    /// <summary>Writes <see cref="Told"/>; false where there is nothing to be said, or nothing that the stream's other end does not know.</summary>
    public bool Report(long nowNs)
    {
        Interlocked.Exchange(ref _isCold, 0);
        var isFigureDue = IsWatched(nowNs) && nowNs - FigureNs >= _desk.TurnNs;
        if (_gate is not null)
        {
            ReportSlots(_gate, nowNs);
            Watch(_isPressed, nowNs);
            _isForFigure = Told.IsEmpty;
            return isFigureDue || !_isForFigure;
        }

        _bucket!.Keep(Stock(_bucket.Capacity), IsAlwaysKept ? long.MaxValue : StockNs, _desk.TurnNs * 2 / 5);
        _bucket.Report(Told, nowNs);
        Watch(Told.Least > 0 && !Told.IsOfStock, nowNs);
        if (!Told.IsEmpty && (Number == 0 || !Told.IsKnown))
            return true;
        Told.AskForFigure();
        return isFigureDue;
    }

    /// <summary>Takes the answer to what was told.</summary>
    public void Answer(in LeaseGrant grant, long nowNs)
    {
        IsAsked = false;
        if (_gate is null)
        {
            _bucket!.Answer(Told, grant, nowNs);
        }
        else
        {
            (_lease, _expiryNs, _share, _isCutOff) = (grant.Lease, Told.AskedNs + grant.LengthNs, grant.Share, false);
            _gate.Limit = (int)Math.Min(grant.Amount, int.MaxValue);
            if (grant.UsedOfAll >= 0)
                Volatile.Write(ref _taken, new Taken(grant.UsedOfAll, _toldCount, Told.AskedNs));
            if (_isPressed || grant.Lease == 0 && !_isForFigure)
                Volatile.Write(ref _answeredNs, nowNs);
        }

        Scope.Signal();
    }

    public void Recall(ulong lease, long keep, long nowNs)
    {
        if (_gate is null)
            _bucket!.Recall(lease, keep, nowNs);
        else if (lease == _lease)
            _gate.Limit = (int)Math.Min(_gate.Limit, keep);
    }

    /// <summary>The control plane cannot be asked: the limit's outage policy takes over where its leases are spent.</summary>
    /// <param name="nowNs">The present.</param>
    /// <param name="sinceNs">Since when it has given nothing to anybody, as far as that is known.</param>
    public void CutOff(long nowNs, long sinceNs)
    {
        if (_bucket is not null)
        {
            var share = _bucket.Share > 0 ? _bucket.Share : _desk.Planes > 0 ? PerLease * Share.Percent / 100 / _desk.Planes : 0;
            _bucket.CutOff((long)(Part.Part.Quantity!.Burst * Math.Min(1, share / Math.Max(1, PerLease))), nowNs, (long)share, sinceNs);
        }
        else
        {
            Volatile.Write(ref _isCutOff, true);
        }
    }

    /// <summary>Slots end with time, which nobody looks at when a gate is entered.</summary>
    public void Turn(long nowNs)
    {
        if (_gate is null || nowNs < _expiryNs || _expiryNs == 0 && !_isCutOff)
            return;
        _gate.Limit = !_isCutOff ? 0 : (LeaseOutage)Part.Part.Limit.OnOutage switch
        {
            // No more than it was lent: what others have running they have, and nobody can be asked.
            LeaseOutage.Share => (int)Math.Min(_share, _gate.Limit),
            LeaseOutage.Allow => int.MaxValue,
            _ => 0,
        };
    }

    internal bool TryGetCold() => Interlocked.Exchange(ref _isCold, 1) == 0;

    /// <summary>Keys are told apart while they stand in each other's way.</summary>
    private void Watch(bool isShort, long nowNs)
    {
        if (isShort)
            _shortNs = nowNs;
        if (nowNs - _shortNs > StockNs || Part.Part.Limit.Per == LimitScope.Key)
            Volatile.Write(ref _demands, null);
        else if (_demands is null)
            Volatile.Write(ref _demands, new());
    }

    /// <summary>In a large fleet what nobody uses is not worth its renewals.</summary>
    private bool IsAlwaysKept => Part.Part.Limit.Per == LimitScope.Global && (_desk.Planes == 0 || _desk.TurnNs < LimitClock.SecondNs);

    /// <summary>Planes that stocks are reckoned for, where nobody has said yet how many there are as well.</summary>
    private int StockPlanes => _desk.Planes > 0 ? _desk.Planes : PlanesUnknown;

    /// <summary>What is kept here where nothing is used; 0 where the limit is too small for its planes.</summary>
    private long Stock(long capacity)
    {
        var each = capacity / StockPlanes / Scope.Shares.Count;
        var isRate = Part.Part.Quantity!.IsRate;
        return Math.Max(each / (isRate ? RateStockPart : WindowStockPart), each >= (isRate ? 4 : 32) ? 1 : 0);
    }

    private void ReportSlots(ConcurrencyGate gate, long nowNs)
    {
        Told.Leases.Clear();
        Told.AskedNs = nowNs;
        var refused = gate.Refused;
        var isPressed = refused != _refused || gate.Count >= gate.Limit && gate.Count > 0;
        if (nowNs >= _expiryNs)
            _lease = 0;

        // What runs without a lease runs all the same, and is asked for whole.
        var more = Math.Max(refused - _refused, gate.Count / 4 + 1) + (_lease == 0 ? gate.Count : 0);
        _refused = refused;

        // Some beyond those that are taken, so that the next need not wait; what lies idle beyond that goes back.
        var keep = gate.Count + gate.Count / 4 + 1;
        var stock = IsAlwaysKept && Part.Part.Limit.Concurrent!.Value / StockPlanes / Scope.Shares.Count >= 4 ? 1 : 0;
        if (_lease != 0 && !isPressed && gate.Limit > keep)
            gate.Limit = gate.Count == 0 ? stock : keep;
        var count = gate.Count;
        if (_lease != 0)
            Told.Leases.Add(new LeaseUsage(_lease, Math.Max(gate.Limit, count), count, gate.Limit == 0 && count == 0, 0));
        Told.Wanted = isPressed || _lease == 0 && count > 0 ? more : _lease == 0 ? stock : 0;
        (_isPressed, _toldCount) = (isPressed, _lease != 0 ? count : 0);
    }

    /// <summary>Places that all planes had taken at a time, with what was told of this plane's until then.</summary>
    private sealed record Taken(long ByAll, int Own, long AskedNs);
}
