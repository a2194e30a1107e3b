using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>
/// The credit of one exchange: reserved before it is sent, drawn ahead of its output as that comes, settled once at its end. One
/// for each pipeline, and reused; it neither locks nor allocates once it has seen as many limits as bind an exchange.
/// <para>
/// Two steps: limits that do not depend on who answers are drawn for the exchange, those that do for each attempt. Within a step all is
/// drawn or nothing.
/// </para>
/// </summary>
internal sealed partial class Admission(LimitStates states)
{
    /// <summary>Output tokens of each choice that are reserved at once, and the least that a limit that cuts lets an answer have.</summary>
    public const long Slice = 64;

    /// <summary>
    /// Credit for so much output of each choice caps nothing, where the model's own maximum is not known: providers refuse a cap beyond
    /// what their model can do, and no model is known to give more.
    /// </summary>
    public const long CapMax = 131_072;

    /// <summary>What a gate that is full says: nobody knows when somebody leaves.</summary>
    private const long ConcurrentWaitNs = LimitClock.SecondNs;

    private const long GraceNs = 30 * LimitClock.SecondNs;

    private AdmissionEntry[] _entries = new AdmissionEntry[8];
    private KnownScope[] _known = new KnownScope[8];
    private LimitBucket[] _buckets = new LimitBucket[8];
    private long[] _costs = new long[8];
    private long[] _tokens = new long[8];
    private int[] _which = new int[8];
    private int _count;
    private int _firstCount;
    private BoundLimits _bound = BoundLimits.None;
    private ReservationHandle _first;
    private ReservationHandle _target;
    private bool _firstIsOpen;
    private bool _targetIsOpen;
    private bool _hasExpired;
    private bool _isClamped;
    private bool _isAgain;
    private bool _holdsBound;
    private long _lifeNs;
    private long _nowNs;
    private PassedOver _soonest;
    private LimitBucket? _refusing;
    private long _output;
    private long _outputMax;
    private int _choices = 1;
    private TokenPrices _prices;
    private Exchange _exchange = null!;

    /// <summary>Whether the output has to be counted as it passes: a limit that binds the exchange counts tokens or money.</summary>
    public bool IsMetered { get; private set; }

    /// <summary>Whether a limit that binds the exchange ends streams.</summary>
    public bool MayCut { get; private set; }

    /// <summary>Output tokens, of all choices together, that credit has been drawn for.</summary>
    public long OutputCovered { get; private set; } = long.MaxValue;

    /// <summary>What each choice's output has to be capped at; <see cref="long.MaxValue"/> where no limit that cuts binds.</summary>
    public long OutputCap { get; private set; } = long.MaxValue;

    /// <summary>Where credit is asked for; null on a plane that is its own.</summary>
    public LeaseDesk? Desk => states.Desk;

    /// <summary>What refused just now only because its credit has not been asked for yet; null where that is not so.</summary>
    public ScopeShare? ColdShare { get; private set; }

    /// <summary>
    /// Whether the exchange certainly waited for nothing yet, so that it leaves alone what rates have promised to those who were refused.
    /// </summary>
    public bool Yields { get; set; }

    /// <summary>Whether a limit binds the exchange.</summary>
    public bool IsBound => !ReferenceEquals(_bound, BoundLimits.None);

    /// <summary>The present, as limits see it.</summary>
    public long NowNs => states.Clock.NowNs;

    /// <summary>Why the last question was refused.</summary>
    public Refusal Refusal { get; private set; }

    /// <summary>
    /// Nobody has answered for what is cold: its limit's outage policy decides from now on, until somebody does. Who waited while answers came was
    /// only too late.
    /// </summary>
    public void CutOffCold()
    {
        var nowNs = states.Clock.NowNs;
        if (ColdShare?.Lent is { } lent && !lent.IsRising(nowNs))
            lent.CutOff(nowNs, long.MaxValue);
    }

    /// <summary>A new exchange, of which nothing has been admitted.</summary>
    public void Begin()
    {
        LeaveQueue();
        ColdShare = null;
        ForgetPassedOver();
        _refusing = null;
        Yields = IsMetered = MayCut = IsPressed = _hasExpired = _isClamped = _holdsBound = false;
        OutputCovered = OutputCap = long.MaxValue;
        Refusal = default;
        _bound = BoundLimits.None;
        _prices = default;
        _nowNs = 0;
    }

    /// <summary>
    /// Draws from the limits that do not depend on who answers. The exchange must know its key, its model and the first target it is
    /// for. Asked again after <see cref="AdmitVerdict.NeedsCount"/> or a refusal, it begins anew.
    /// </summary>
    public AdmitVerdict Admit(Exchange exchange, in Demand demand)
    {
        _exchange = exchange;
        LeaveQueue();
        _bound = exchange.Config.LimitTable.Resolve(exchange.Key!, exchange.Model!);
        if (ReferenceEquals(_bound, BoundLimits.None))
            return AdmitVerdict.Admitted;
        var total = exchange.Target!.Timeouts.Total;
        _lifeNs = total > TimeSpan.Zero ? (long)Math.Min(total.TotalSeconds, 1e9) * LimitClock.SecondNs + GraceNs : long.MaxValue / 4;
        _output = long.MaxValue;
        _outputMax = exchange.Model!.OutputTokensMaxOf(exchange.PassedModel);
        _choices = Math.Max(1, demand.Choices);
        _holdsBound = !demand.IsCounted && demand.OutputGuess == 0 && demand.InputGuess <= demand.InputTokens;
        var verdict = Draw(_bound.First, isOfTarget: false, demand);
        _firstCount = _count;
        return verdict;
    }

    /// <summary>
    /// Draws from the limits that depend on the exchange's target, before an attempt at it. If it refuses, what <see cref="Admit"/> drew
    /// is still held.
    /// </summary>
    public AdmitVerdict AdmitTarget(Exchange exchange, in Demand demand)
    {
        if (ReferenceEquals(_bound, BoundLimits.None))
            return AdmitVerdict.Admitted;
        LeaveQueue();
        var target = exchange.Target!;
        _prices = new TokenPrices(target.PriceOf(exchange.PassedModel)?.At(demand.InputTokens), PricedRequests.Of(exchange));
        var verdict = Draw(_bound.Of(target.Provider), isOfTarget: true, demand);
        if (verdict == AdmitVerdict.Admitted)
            Conclude(demand);
        return verdict;
    }

    /// <summary>
    /// The limits of a target have refused, and another is asked: remembers which of those that were passed over can be asked soonest.
    /// </summary>
    public void PassOver()
    {
        ColdShare = null;
        if (_soonest.WaitNs == 0 || Wait(Refusal) < _soonest.WaitNs)
            _soonest = new PassedOver(Refusal, _refusing, Wait(Refusal));
    }

    /// <summary>What refused the exchange for a model that it had turned to (<see cref="IsPassedOver"/>) is its end after all: it counts.</summary>
    public void CountPassed(Exchange exchange)
    {
        if (IsPassedOver(exchange))
            CountRefusal();
    }

    /// <summary>Whether a refusal is none yet: the exchange has turned to another model, and goes to the next where that has nothing left.</summary>
    private static bool IsPassedOver(Exchange exchange) => exchange.IsFallback || exchange.IsElsewhere;

    /// <summary>Targets are asked anew: what was said before is over.</summary>
    public void ForgetPassedOver()
    {
        if (_soonest.WaitNs != 0)
            _soonest = default;
    }

    /// <summary>
    /// Nobody is left to be asked: <see cref="Refusal"/> is that of the target, of those that were passed over, that can be asked soonest, unless it
    /// waits for longer than <paramref name="leastNs"/>. Only now it counts, and books a slot.
    /// </summary>
    public bool TryTellSoonest(long leastNs)
    {
        if (_soonest.WaitNs == 0 || _soonest.WaitNs > leastNs)
            return false;
        var (refusal, bucket, _) = _soonest;
        var nowNs = states.Clock.NowNs;
        if (bucket is not null && refusal is { Kind: RefusalKind.Spent, Part.Limit.Queue: null } && LimitChain.Book(bucket, refusal.Cost, nowNs) is var waitNs
            && waitNs < long.MaxValue)
            refusal = refusal with { WaitNs = Math.Max(1, waitNs) };
        Refusal = refusal with { AtUnixNs = states.Clock.UnixNs(nowNs) + refusal.WaitNs };
        CountRefusal();
        Tell(Refusal);
        return true;
    }

    private static long Wait(in Refusal refusal) => refusal.WaitNs > 0 ? refusal.WaitNs : long.MaxValue;

    /// <summary>
    /// The attempt was in vain: what was drawn for it goes back but for what the provider may charge, before another or the end. Requests and
    /// tokens count for whom answers alone.
    /// </summary>
    public void EndTarget(long costNanodollars)
    {
        if (_targetIsOpen)
            Settle(_firstCount, _count, ref _targetIsOpen, _target, new Bill { CostNanodollars = costNanodollars }, isAnswer: false, states.Clock.NowNs);
        _nowNs = 0;
        Drop(_firstCount, isSignalled: true);
        OutputCovered = OutputCap = long.MaxValue;
        _exchange.OutputClamp = 0;
    }

    /// <summary>
    /// The exchange has turned to another model. True if what binds it before a target is asked is the same; else it is given back, and
    /// <see cref="Admit"/> has to be asked anew.
    /// </summary>
    public bool TryFollow(Exchange exchange)
    {
        var next = exchange.Config.LimitTable.Resolve(exchange.Key!, exchange.Model!);
        var isSame = next.First.AsSpan().SequenceEqual(_bound.First)
            && Array.TrueForAll(next.First, static part => part.Limit.Per != LimitScope.Model);
        if (isSame && !ReferenceEquals(_bound, BoundLimits.None))
        {
            _bound = next;
            _outputMax = exchange.Model!.OutputTokensMaxOf(exchange.PassedModel);
            return true;
        }

        if (_firstIsOpen && _first.TryBeginSettle())
            _first.EndSettle(states.Clock.NowNs);
        _firstIsOpen = false;
        Drop(0, isSignalled: true);
        _firstCount = 0;
        return false;
    }

    /// <summary>
    /// The end, on every path: what was drawn becomes what the exchange's bill says, and gates are left. The second time it does nothing.
    /// </summary>
    public void Settle(Exchange exchange)
    {
        LeaveQueue();
        if (_count == 0 && !_firstIsOpen && !_targetIsOpen)
            return;
        var nowNs = states.Clock.NowNs;
        var wasSent = exchange.Attempts > 0;
        Settle(0, _firstCount, ref _firstIsOpen, _first, exchange.Bill, wasSent, nowNs);
        Settle(_firstCount, _count, ref _targetIsOpen, _target, exchange.Bill, wasSent, nowNs);
        if (_hasExpired)
            states.OnLateSettlement();
        Drop(0, isSignalled: true);
        _firstCount = 0;
    }

    private void Settle(int from, int to, ref bool isOpen, ReservationHandle handle, in Bill bill, bool isAnswer, long nowNs)
    {
        if (!isOpen)
            return;
        isOpen = false;
        for (var i = from; i < to; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.IsStopped)
                entry.Covered = handle.Held(entry.Bucket!);
        }

        var isMine = handle.TryBeginSettle();
        for (var i = to - 1; i >= from; i--)
        {
            ref var entry = ref _entries[i];
            if (entry.IsGate || entry.IsOut)
                continue;
            var used = LimitCharge.Of(entry.Part.Limit, entry.Unit, bill, isAnswer || entry.Unit == LimitUnit.Cost);
            if (entry.IsStopped)
                used = Math.Min(used, entry.Covered);
            if (isMine)
                handle.Charge(entry.Bucket!, used, nowNs);
            else
                entry.Bucket!.Overdraw(used, nowNs);
        }

        if (isMine)
            handle.EndSettle(nowNs);
        else
            _hasExpired = true;
    }

    /// <summary>Lets go of the entries from one on: gates are left, holds end. What was drawn must be settled or given back before.</summary>
    private void Drop(int from, bool isSignalled = false)
    {
        for (var i = _count - 1; i >= from; i--)
        {
            ref var entry = ref _entries[i];
            if (entry.IsGate && !entry.IsOut)
                entry.Share.Gate!.TryLeave();
            if (isSignalled)
                entry.Scope.Signal();
            entry.Scope.Release();
            entry = default;
        }

        _count = from;
    }

    /// <summary>A target's refusal; a wait of 0 for none, the longest where waiting does not help.</summary>
    private readonly record struct PassedOver(Refusal Refusal, LimitBucket? Bucket, long WaitNs);

    /// <summary>What was found in a place the last time.</summary>
    private readonly record struct KnownScope(PartState State, string Value, ScopeState Scope);
}
