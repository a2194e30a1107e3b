using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>
/// Whom an exchange is sent to, and whom next when that was in vain: another target of the model before the same one, another model last.
/// One for each pipeline, and reused; it neither locks nor allocates.
/// </summary>
/// <param name="clock">Tells whether those that failed may be asked again.</param>
/// <param name="translates">Whether a client's call can be answered by a provider that does not take it as it is.</param>
internal sealed partial class TargetPlan(EdgeClock clock, Func<RequestShape, ProviderModel, bool> translates)
{
    private Exchange _exchange = null!;
    private ModelModel _asked = null!;
    private (ModelModel Model, TargetModel Target) _next;
    private ulong _tried;
    private ulong _full;
    private ModelModel? _fullOf;
    private int _target;
    private ModelName? _by;
    private TargetFit _fit;
    private bool _isNative;
    private bool _isWhole;
    private bool _isProbe;
    private bool _isAnyway;
    private long _trial;
    private long _rest;
    private bool _isObserved;
    private AccountLimits? _taken;
    private AccountLimits? _limits;

    /// <summary>The model that was asked for, whose retries and budget hold for the exchange.</summary>
    public ModelModel Asked => _asked;

    /// <summary>What was in the way of the last exchange that could not begin.</summary>
    public TargetLack Lack { get; private set; }

    /// <summary>
    /// Chooses the target of the exchange's model, or where none of those can take it, of a model that it falls back to; false where none can.
    /// </summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="origin">The model that its client asked for, where it has turned to another, which falls back to that at last; else null.</param>
    /// <param name="originName">What the exchange calls that.</param>
    public bool TryBegin(Exchange exchange, ModelModel? origin = null, ModelName? originName = null)
    {
        _exchange = exchange;
        _asked = exchange.Model!;
        (_origin, _originName, _askedName) = (origin, originName, exchange.OwnName);
        _isProbe = _isAnyway = _isObserved = _isElsewhere = false;
        _isWhole = !exchange.Stream;
        _trial = _rest = 0;
        _without = 0;
        _taken = _limits = null;
        _fullOf = null;
        Lack = TargetLack.Dialect;
        (_step, _spent) = (Own, 0);
        if (!(exchange.IsCascaded && TryStep(0)) && !TryOwn())
            return false;
        Pass();
        return true;
    }

    /// <summary>Chooses a target of the asked model, or of one that it falls back to.</summary>
    private bool TryOwn()
    {
        for (_fit = TargetFit.Whole; _fit != TargetFit.No; _fit--)
        {
            _tried = _again = 0;
            _fallen = 0;
            _by = null;
            if (TryAnyone())
                return true;
            if (!_asked.IsFitted)
                break;
        }

        return false;
    }

    /// <summary>
    /// The chosen target is about to be asked. Where it has to be probed or tried and another exchange has just gone to do that, or where it is full, one
    /// that can be asked is chosen in its place, if there is one. False where the chosen one is full and nobody else can be asked.
    /// </summary>
    public bool TryEnter()
    {
        var now = clock.CoarseMs;
        for (var passed = 0UL; ;)
        {
            _isProbe = _isAnyway = false;
            var target = _exchange.Target!;
            var isTried = IsTried(passed, now);
            var hasRoom = isTried ? target.Load.TryEnterAlone(target.Concurrent, _isWhole) : target.Load.TryEnter(target.Concurrent, _isWhole);
            if (hasRoom && (target.Health.TryEnter(now, out _isProbe) || IsKept(~passed, now)))
                break;
            var others = Balancer.Available(_exchange.Model!, Untried() & ~passed & ~(1UL << _target), now, Ask);
            if (!hasRoom && !isTried)
                OnFull(_exchange.Model!, _target);
            if (others == 0 && !hasRoom && !(isTried && target.Load.TryEnter(target.Concurrent, _isWhole)))
                return false;
            if (others == 0)
            {
                _isAnyway = true;
                break;
            }

            if (hasRoom)
                target.Load.Leave(isWhole: _isWhole);
            passed |= 1UL << _target;
            Take(Balancer.Choose(_exchange.Model!, Foremost(_exchange.Model!, others), now, _exchange));
        }

        _tried |= 1UL << _target;
        _rest = _exchange.Target!.Pause.Use(now);
        return true;
    }

    /// <summary>Whether the chosen target is asked to find out how long its answers take.</summary>
    private bool IsTried(ulong passed, long now)
    {
        var model = _exchange.Model!;
        return model.Balance == BalanceMode.Latency && model.Targets[_target].Load.SeenUs(_isWhole) == 0
            && Balancer.IsTried(model, Balancer.Ready(model, Untried() & ~passed & ~(1UL << _target), now, Ask), _exchange, _isWhole);
    }

    /// <summary>The target has been asked, and this came of it. Once for each <see cref="TryEnter"/> that was true.</summary>
    public void Leave(AttemptOutcome outcome)
    {
        var target = _exchange.Target!;
        if (_exchange.FirstTokenAt != 0)
            OnFirstToken();
        else if (_exchange is { SentAt: not 0, Status: 0 or (>= 200 and < 300) })
            LearnLate(EdgeClock.Us(_exchange.SentAt, System.Diagnostics.Stopwatch.GetTimestamp()));
        target.Load.Leave(waits: !_isObserved, _isWhole);
        EndAccount();
        var now = clock.CoarseMs;
        if (outcome == AttemptOutcome.Answered)
            EndEjection();
        if (outcome != AttemptOutcome.Unknown)
            target.Health.Report(now, outcome == AttemptOutcome.Failed, _isProbe);
        else if (_isProbe)
            target.Health.Abandon(now);
        _isProbe = _isAnyway = false;
        if (_exchange.Usage is { IsPresent: true } usage)
            target.Load.Count(usage.InputTokens, usage.CachedInputTokens);
        _isObserved = false;
        _trial = _rest = 0;
    }

    /// <summary>
    /// The target is about to be asked: chooses whom its provider is asked as. False where all of its accounts have too little left, and are
    /// not waited for so long.
    /// </summary>
    /// <param name="mayWait">Whether it may be waited for at all.</param>
    /// <param name="wait">How long has to be waited.</param>
    public bool TryTakeAccount(bool mayWait, out TimeSpan wait)
    {
        var waitMax = mayWait ? (long)_asked.Retry.WaitMax.TotalMilliseconds : 0;
        var prefix = _exchange.Model!.Affinity is null ? 0 : _exchange.PrefixHash;
        var only = _exchange.Stored.Account;
        var place = Accounts.Take(_exchange.Target!, prefix, clock.CoarseMs, Ask, _without, waitMax, only, out _trial, out _taken, out var ms);
        wait = TimeSpan.FromMilliseconds(ms == long.MaxValue ? 0 : ms);
        _exchange.Account = place < 0 ? null : _exchange.Target!.Provider.Accounts[place];
        _limits = place < 0 ? null : Accounts.LimitsOf(_exchange.Target!, place, Ask);
        return place >= 0;
    }

    /// <summary>How long the chosen account must not be asked after all: its provider has refused others while this one waited.</summary>
    public TimeSpan Held => TimeSpan.FromMilliseconds(_taken?.HeldMs(clock.CoarseMs) ?? 0);

    /// <summary>An answer's head is there: what it says of the account's limits, and how long it asks to be left alone where they refuse; else zero.</summary>
    /// <param name="rates">What it says.</param>
    /// <param name="isServed">Whether the provider serves what it was asked for: else nobody knows whether it has such a model.</param>
    /// <param name="refusedFor">How long it asks to be left alone.</param>
    public void OnHead(in ProviderRates rates, bool isServed, TimeSpan refusedFor)
    {
        if (_limits is null && isServed && rates.IsTold)
            _limits = _exchange.Account!.State.Named.Add(Ask, clock.CoarseMs);
        if (isServed)
            _limits?.EndRest();
        if (refusedFor > TimeSpan.Zero)
            _limits?.OnRefused(clock.CoarseMs, refusedFor, rates, _exchange.AccountCost);
        if (_taken is not null)
            _taken.Learn(clock.CoarseMs, rates, _exchange.AccountCost);
        else
            _limits?.Learn(clock.CoarseMs, rates);
        _taken = _limits = null;
    }

    /// <summary>The request went to a connection that was closed by then: its provider has not had it, and its account has what was taken of it.</summary>
    public void OnStale()
    {
        _taken?.GiveBack(_exchange.AccountCost);
        _taken = _limits = null;
    }

    /// <summary>It was the account that was refused: where its provider can be asked as another, the same target may be chosen again.</summary>
    public void OnAccountRefused()
    {
        if (_exchange.Stored.Account is null && Accounts.HasRoom(_exchange.Target!, clock.CoarseMs, Ask))
            _tried &= ~(1UL << _target);
    }

    /// <summary>The answer begins: who probes, or tries an account, knows by now, however long it goes on.</summary>
    public void OnAnswer()
    {
        if (_trial != 0)
            _exchange.Account!.State.EndTrial(_trial);
        if (_rest != 0)
            _exchange.Target!.Pause.EndTrial(_rest);
        _trial = _rest = 0;
        EndEjection();
        if (!_isProbe)
            return;
        _isProbe = false;
        if (!_isObserved)
            _exchange.Target!.Load.Forget();
        _exchange.Target!.Health.Report(clock.CoarseMs, isFailure: false, isProbe: true);
    }

    /// <summary>The first token is there: how quick the target is others know by now, and not when the answer ends.</summary>
    public void OnFirstToken()
    {
        if (_isObserved || _exchange.SentAt == 0)
            return;
        _isObserved = true;
        _exchange.Target!.Load.EndWait(_isWhole);

        // Who comes back is as quick as it is now: what it took before it was ejected would keep it away for as long again.
        if (_isProbe)
            _exchange.Target.Load.Forget();
        var us = EdgeClock.Us(_exchange.SentAt, _exchange.FirstTokenAt);
        _exchange.Target!.Load.Observe(clock.CoarseMs, us, isWhole: !_exchange.Stream);
        if (_exchange.Stream && _asked.Hedge is not null)
            _exchange.Target.Load.LearnFirstEvent(us);
    }

    /// <summary>Whether another target of the model could be asked in the place of the chosen one.</summary>
    public bool HasOther => Balancer.Ready(_exchange.Model!, Untried() & ~(1UL << _target), clock.CoarseMs, Ask) != 0;

    /// <summary>The chosen target must not be asked: a limit of it has nothing left. Chooses another; false where there is none.</summary>
    public bool TrySkip()
    {
        _tried |= 1UL << _target;
        if (_step == Own ? !TryAnyone() && !TryReturn(isAsked: false) : !TryChoose(Untried(), isPicky: true))
            return _step != Own && TryPassOver();
        Pass();
        return true;
    }

    /// <summary>The exchange turns to whom <see cref="TryNext"/> has chosen.</summary>
    public void Turn()
    {
        (_exchange.Model, _exchange.Target) = _next;
        Pass();
    }

    /// <summary>
    /// Chooses whom to ask next, if there is anybody and the model's retries are not used up. Of the exchange nothing changes before
    /// <see cref="Turn"/>.
    /// </summary>
    /// <param name="retryAfter">What the provider asked to be waited; zero where it did not.</param>
    /// <param name="wait">How long has to be waited before.</param>
    /// <param name="native">Whether nobody is to be asked but who takes the client's call as it is.</param>
    public bool TryNext(TimeSpan retryAfter, out TimeSpan wait, bool native = false)
    {
        wait = TimeSpan.Zero;
        _last = (_exchange.Model!, _exchange.Target!, _by);
        if (_step != Own)
            return TryEscalate();
        if (_exchange.Attempts - _spent is var attempts && (attempts >= _asked.Retry.AttemptsMax || attempts == 0))
            return false;
        var (model, target) = (_exchange.Model, _exchange.Target);
        if (_isElsewhere)
        {
            (_next, _isElsewhere) = ((model!, target!), false);
            return true;
        }

        _isNative = native;
        var isOther = TryChoose(Untried(), isPicky: true);
        var isFound = isOther || (!native && TryAgain(retryAfter, out wait));
        if (!isFound)
        {
            isFound = isOther = TryFallBack(isPicky: true) || TryFallBack(isPicky: false)
                || TryChoose(Untried() & ~Resting(Untried()), isPicky: false) || TryReturn(isAsked: true);
        }

        _isNative = false;
        _next = (_exchange.Model!, _exchange.Target!);
        (_exchange.Model, _exchange.Target) = (model, target);
        if (!isFound)
            return false;

        // What keeps an outage from becoming worse is not to keep a request from who answers.
        var isFree = isOther && attempts == 1 && _next.Target.Health.IsSound && !IsOut(_next.Model, 1UL << _target);
        return isFree
            ? _asked.Retries.TryCount(clock.CoarseMs, _asked.Retry.BudgetPercent)
            : _asked.Retries.TryTake(clock.CoarseMs, _asked.Retry.BudgetPercent);
    }

    /// <summary>The same as before, after a wait that grows with each attempt and is nobody else's.</summary>
    private bool TryAgain(TimeSpan retryAfter, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        var model = _exchange.Model!;
        if (!_asked.Retry.SameTarget)
            return false;

        // Where another model can be asked it is, within the attempts: who is to be left alone gives way to it, and who was asked twice.
        var (attempts, hasOther) = (_exchange.Attempts - _spent, CanFallBack());
        if (hasOther && attempts + 1 >= _asked.Retry.AttemptsMax)
            return false;
        var all = Eligible(model) & ~(hasOther ? _again : 0);
        var now = clock.CoarseMs;
        var set = Balancer.Available(model, all, now, Ask) is var available and not 0 ? available : Answering(model, all, now);
        if (set == 0)
            return false;
        var choice = Balancer.Choose(model, Foremost(model, set), now, _exchange);
        var target = model.Targets[choice];
        var pause = Math.Max(retryAfter.TotalMilliseconds, Math.Max(Accounts.PauseLeftMs(target.Provider, now), target.Pause.LeftMs(now)));
        if (hasOther && pause > 0)
            return false;
        var backoff = Math.Min(100 << Math.Min(attempts - 1, 5), 2000);
        wait = TimeSpan.FromMilliseconds(Math.Max(pause, backoff / 2) + Random.Shared.Next((backoff / 2) + 1));
        if (wait > _asked.Retry.WaitMax)
            return false;
        Take(choice);
        _again |= 1UL << choice;
        return true;
    }

    /// <summary>Those of a set that are not ejected, where there are such: who only has no room for now is more likely to answer than who fails.</summary>
    private static ulong Answering(ModelModel model, ulong set, long nowMs)
    {
        var answering = 0UL;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (model.Targets[i].Health.IsAvailable(nowMs))
                answering |= 1UL << i;
        }

        return answering != 0 ? answering : set;
    }

    /// <summary>Chooses one of a set; one that cannot be asked now only where there is no other, and not at all if picky.</summary>
    private bool TryChoose(ulong set, bool isPicky)
    {
        if (set == 0)
            return false;
        var model = _exchange.Model!;
        var now = clock.CoarseMs;
        var available = Balancer.Available(model, set, now, Ask);
        if (available == 0 && isPicky)
            return false;
        if (available == 0)
            available = Answering(model, (set & ~Resting(set)) is var askable and not 0 ? askable : set, now);
        Take(Balancer.Choose(model, Foremost(model, available), now, _exchange));
        return true;
    }

    /// <summary>No head came of what was taken of an account: it was not sent, or nobody answered.</summary>
    private void EndAccount()
    {
        var taken = _taken;
        _taken = _limits = null;
        if (taken is null)
            return;
        if (_exchange.SentAt == 0)
            taken.GiveBack(_exchange.AccountCost);
        else
            taken.Learn(clock.CoarseMs, default, _exchange.AccountCost);
    }

    /// <summary>What the exchange asks of an account of its model, by the name that is passed on.</summary>
    private AccountAsk Ask => AskOf(_exchange.Model!, _by);

    private AccountAsk AskOf(ModelModel model, ModelName? by) =>
        new(_exchange.AccountCost, !model.IsGlob ? default : (by ?? NameOf(model)) is { } name ? name.Utf8 : _exchange.AskedModel);

    private void Take(int target)
    {
        (_target, _without) = (target, 0);
        _exchange.Target = _exchange.Model!.Targets[target];
    }

    private ulong Untried() => Eligible(_exchange.Model!) & ~_tried;

    /// <summary>Those that can answer this exchange, whether they do or not.</summary>
    private ulong Eligible(ModelModel model)
    {
        var set = 0UL;
        for (var i = 0; i < model.Targets.Length; i++)
        {
            if (model.Targets[i] is not { Weight: > 0, Provider.IsDisabled: false } target || !_exchange.Stored.Allows(target) || !CanAnswer(target)
                || !Fits(model, target))
                continue;
            if (target.IsFull(clock.CoarseMs))
                OnFull(model, i);
            else
                set |= 1UL << i;
        }

        return set;
    }

    /// <summary>Counts a target once for an exchange that it is passed over for, however often that looks for somebody to ask.</summary>
    private void OnFull(ModelModel model, int target)
    {
        Lack = TargetLack.Room;
        if (!ReferenceEquals(_fullOf, model))
            (_fullOf, _full) = (model, 0);
        if ((_full & (1UL << target)) != 0)
            return;
        _full |= 1UL << target;
        model.Targets[target].Load.OnFull();
    }

    /// <summary>Whether it lies where the key's requests may go and takes this one. No choice is made but from those that do, and have room.</summary>
    private bool Fits(ModelModel model, TargetModel target)
    {
        Lack = Lack < TargetLack.Region ? TargetLack.Region : Lack;
        if (!Residency.Allows(_exchange.Key!, target))
            return false;
        return !_asked.IsFitted || Takes(model, target);
    }

    private bool Takes(ModelModel model, TargetModel target)
    {
        var needs = _exchange.Needs;
        var lack = (needs.Capabilities & ~target.Capabilities) == 0 ? TargetLack.Window : TargetLack.Capability;
        Lack = Lack < lack ? lack : Lack;
        var mayShorten = !target.Provider.TranslatesStrictly && !Speaks(target);
        return needs.Of(target, model.OutputTokensGiven, !ReferenceEquals(model, _asked), mayShorten) >= _fit;
    }

    private bool CanAnswer(TargetModel target) =>
        Speaks(target) || (!_isNative && translates(_exchange.Endpoint!.Shape, target.Provider));

    private bool Speaks(TargetModel target) => target.Provider.Speaks(_exchange.Dialect, _exchange.Endpoint!.Shape);

    /// <summary>Whether the chosen target is asked although it fails: it is no probe then.</summary>
    private bool IsKept(ulong among, long nowMs) =>
        (Balancer.Kept(_exchange.Model!, Untried() & among, nowMs, Ask) & (1UL << _target)) != 0;

    /// <summary>
    /// Those of a set that go first: of the lowest priority, and of these, where the model prefers them, those of the client's dialect. Who comes back from
    /// an ejection does so by and by: now and then those go first that would be next.
    /// </summary>
    private ulong Foremost(ModelModel model, ulong set)
    {
        var first = Balancer.First(model, set);
        if (first != set && Balancer.IsHeldBack(model, first, clock.CoarseMs, _exchange))
            first = Balancer.First(model, set & ~first);
        if (!model.NativeFirst)
            return first;
        var near = 0UL;
        for (var rest = first; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (Speaks(model.Targets[i]))
                near |= 1UL << i;
        }

        return near == 0 || (near != first && Balancer.IsHeldBack(model, near, clock.CoarseMs, _exchange)) ? first : near;
    }
}

/// <summary>What an attempt says of its target.</summary>
internal enum AttemptOutcome : byte
{
    /// <summary>Nothing: it was broken off from this side, or the target had no part in it.</summary>
    Unknown,

    Answered,

    Failed,
}
