using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Attempts until one is answered or nobody is left to ask: admits the target, picks a connection, sends, hands the answer to the relay that
/// fits. As long as nothing of an answer has gone to the client, a provider's failure is followed by whom the <see cref="TargetPlan"/>
/// chooses next; a reused connection that turned out stale before any byte of an answer, by a fresh one to the same target, which costs nobody
/// anything (docs/adr/0003).
/// </summary>
internal sealed partial class AttemptLoop
{
    private readonly EdgeServices _services;
    private readonly TargetPlan _plan;
    private readonly JournalHold _journal;
    private readonly AdmissionGate _gate;
    private readonly Settlement _settlement;
    private readonly ResponseRelay _relay;
    private readonly TargetReport _report;
    private readonly TargetRequest _request;
    private readonly Func<Ensemble> _makeEnsemble;
    private Ensemble? _ensemble;
    private AdmissionGate? _taken;
    private UpstreamConnection? _inHand;
    private bool _isIn;
    private bool _isOpen;
    private bool _isStale;
    private bool _isMade;

    public AttemptLoop(
        EdgeServices services, TargetPlan plan, JournalHold journal, AdmissionGate gate, IOutputCredit credit, ExchangeMeter meter, Settlement settlement)
    {
        _services = services;
        _plan = plan;
        _journal = journal;
        _gate = gate;
        _settlement = settlement;
        _report = new TargetReport(plan, services.Clock, services.Routes);
        _request = new TargetRequest(MayAskLogprobs);
        _makeEnsemble = () => new Ensemble(services, plan, journal, gate, meter, settlement, _report, _request);
        _relay = new ResponseRelay(plan, journal, credit, meter, settlement, services.Bodies, services.Items);
    }

    /// <summary>Whether the client has the answer's head, so that there cannot be another.</summary>
    public bool AnswerIsOpen => _relay.IsOpen;

    /// <summary>A new exchange, of which nothing has been answered.</summary>
    public void Begin()
    {
        _relay.Forget();
        _isOpen = _isStale = false;
        _report.BeginExchange();
        _plain = null;
        _failure = default;
    }

    /// <summary>The end of the exchange: the attempt whose answer was taken out of several pays by its own credit.</summary>
    public void Settle(Exchange exchange)
    {
        if (_taken is not { } taken)
            return;
        _taken = null;
        taken.Settle(exchange);
    }

    /// <summary>Ends an attempt that a defect of ours broke off: nobody knows in what state its connection is.</summary>
    public void Abandon()
    {
        Leave(AttemptOutcome.Unknown);
        _relay.Abandon();
        _ensemble?.Release();
        _inHand?.Close();
        _inHand = null;
    }

    /// <summary>Tells the client of a stream, which a defect of ours broke off, what it ends with; false where that cannot be said.</summary>
    public bool TryTell(EdgeError error) => _relay.TryTell(error);

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var error = await AttemptAllAsync(link, exchange, body);

        // Signs of life have opened a stream: whatever nobody could answer it with is told there.
        var isUntold = error.IsError && _relay is { IsOpen: true, IsStarted: false } && error.Kind != ErrorKind.ClientClosed;
        return isUntold ? await _relay.TellAsync(error) : error;
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AttemptAllAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        link.SetTotal(_plan.Total);
        if (!link.WatchClient())
            return Stopped(link);
        _plan.Asked.Retries.OnRequest(_services.Clock.CoarseMs);
        if (_plan.Asked.Hedge is not null)
            _plan.Asked.Hedges.Budget.OnRequest(_services.Clock.CoarseMs);
        while (true)
        {
            _isUncarried = false;
            if (await AdmitAsync(link, exchange, body) is { IsError: true } refused)
                return refused;
            var error = await (exchange.IsEnsembled && _plan.IsFirstOfAsked ? AttemptManyAsync(link, exchange, body) : AttemptAsync(link, exchange, body));
            if (_isUncarried && await PassUncarriedAsync(link, exchange, body, error) is var passed)
            {
                if (passed.IsError)
                    return passed;
                continue;
            }

            if (TryAskPlainly(link, exchange, error))
                continue;
            if (!error.IsError || !IsFree(link, error))
                return await EndAsync(error);
            var wait = TimeSpan.Zero;
            var isStep = !_isStale && _plan.Step is not null;
            var native = error.Kind == ErrorKind.UpstreamStatus && ProviderError.IsOfTranslation(exchange);
            if (!_isStale && !_plan.TryNext(_report.RetryAfter, out wait, native))
                return await EndAsync(error);
            if (isStep)
                Escalate(exchange, error);
            else
                Forget(exchange, error);
            if (wait > TimeSpan.Zero && !await RetryPause.WaitAsync(link, wait))
                return Stopped(link);
            if (!_isStale && await TurnAsync(link, exchange, body) is { IsError: true } unfit)
                return unfit;
        }
    }

    /// <summary>One attempt at a target that is asked for the tokens of a prompt, and no other: what it cannot tell is counted here.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> CountAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        link.SetTotal(_plan.Total);
        if (!link.WatchClient())
            return Stopped(link);
        if (await AdmitAsync(link, exchange, body) is { IsError: true } refused)
            return refused.Kind == ErrorKind.ProviderLimited ? EdgeError.Upstream(ErrorKind.ProviderLimited) : refused;
        if (!TokenCount.IsAsked(exchange))
        {
            Leave(AttemptOutcome.Unknown);
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        }

        var error = await AttemptAsync(link, exchange, body);
        if (!TokenCount.IsOfProvider(exchange, error) || _relay.IsOpen)
            return await EndAsync(error);
        LetGo();
        return error;
    }

    /// <summary>What an exchange that was told to stop ends with, or an attempt whose provider was late.</summary>
    public static EdgeError Stopped(ClientLink link) => link.Reason switch
    {
        _ when link.HasLeft => EdgeError.Client(ErrorKind.ClientClosed),
        StopReason.ClientLeft or StopReason.ClientStalled => EdgeError.Client(ErrorKind.ClientClosed),
        StopReason.Drain => EdgeError.Edge(ErrorKind.Draining),
        StopReason.Revoked => EdgeError.Client(ErrorKind.Revoked),
        StopReason.None when !link.IsOverdue => EdgeError.Edge(ErrorKind.Internal),
        _ => EdgeError.Upstream(ErrorKind.UpstreamTimeout),
    };

    /// <summary>Whether another attempt may follow: the error allows it, and nothing has happened on the client's side that forbids it.</summary>
    private bool IsFree(ClientLink link, EdgeError error) =>
        (error.Retry != RetryPermission.Never || (_plan.Step is not null && error.Source != ErrorSource.Edge))
        && !_relay.IsStarted && link.Reason == StopReason.None && !link.HasLeft;

    /// <summary>Asks the limits of the target; those of another where they refuse.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AdmitAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var (isRefused, pacedNs) = (false, long.MaxValue);
        _gate.ForgetPassedOver();
        while (true)
        {
            _isIn = _plan.TryEnter();
            _services.Metrics.Know(exchange);
            var mayWait = !_plan.HasOther;
            var wait = TimeSpan.Zero;
            EdgeError error;
            if (!_isIn)
                error = Router.Full;
            else if (!_plan.TryTakeAccount(mayWait, out wait))
                error = Paced(exchange, wait);
            else if (wait > TimeSpan.Zero && !await RetryPause.WaitAsync(link, wait))
                error = Stopped(link);
            else if (wait > TimeSpan.Zero && _plan.Held is { Ticks: > 0 } held)
                error = Paced(exchange, held);
            else
                error = await _gate.AdmitTargetAsync(exchange, link, body, mayWait);
            if (!error.IsError)
            {
                // Who has refused in vain has not refused.
                if (isRefused)
                    exchange.ClearRefusal();
                return Open(exchange);
            }

            if (error.IsOfLimit)
                _gate.PassOver();
            else if (error.Kind == ErrorKind.ProviderLimited)
                pacedNs = Math.Min(pacedNs, exchange.LimitWaitNs);
            var isOfLimit = error.IsOfLimit || error.Kind == ErrorKind.ProviderLimited;
            isRefused |= isOfLimit;
            var isPassedOver = !_isIn || isOfLimit;
            Leave(AttemptOutcome.Unknown);
            var model = exchange.Model;
            if (!isPassedOver || link.Reason != StopReason.None || !_plan.TrySkip())
                return isPassedOver && _failure.IsError ? Failure(exchange, error) : isOfLimit ? Soonest(exchange, error, pacedNs) : error;
            if (!ReferenceEquals(model, exchange.Model) && await FollowAsync(link, exchange, body) is { IsError: true } unfit)
                return unfit.IsOfLimit && isRefused ? Soonest(exchange, unfit, pacedNs) : unfit;
        }
    }

    /// <summary>Of the refusals of all targets the one that ends first.</summary>
    private EdgeError Soonest(Exchange exchange, EdgeError last, long pacedNs)
    {
        if (_gate.Soonest(pacedNs) is { IsError: true } soonest)
            return soonest;
        return pacedNs < long.MaxValue ? Paced(exchange, TimeSpan.FromTicks(pacedNs / 100)) : last;
    }

    /// <summary>Nothing is left of the target's accounts, as far as their provider has said.</summary>
    private EdgeError Paced(Exchange exchange, TimeSpan wait)
    {
        exchange.ClearRefusal();
        _report.TellWait(exchange, wait);
        return EdgeError.Edge(ErrorKind.ProviderLimited);
    }

    /// <summary>What a crash from now on leaves behind is of this target.</summary>
    private EdgeError Open(Exchange exchange)
    {
        exchange.Purpose = _plan.Purpose;
        var error = _journal.Open(exchange, isUnderWay: _isOpen);
        _isOpen = !error.IsError;
        if (error.IsError)
            Leave(AttemptOutcome.Unknown);
        return error;
    }

    /// <summary>The exchange turns to the next target; where that is one of another model, its limits are asked.</summary>
    private ValueTask<EdgeError> TurnAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var model = exchange.Model;
        _plan.Turn();
        return ReferenceEquals(model, exchange.Model) ? default : FollowAsync(link, exchange, body);
    }

    /// <summary>One attempt, to its end or to an error that may be made good.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AttemptAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        _isMade = false;
        _report.Begin();
        _relay.GivenUp = CascadeOutcome.Kept;
        if (_request.Translate(exchange, body, _gate) is { IsError: true } untold)
        {
            _isUncarried = untold.Source == ErrorSource.Client && _plan.Step is null && !TargetRequest.Speaks(exchange);
            return Judged(exchange, untold);
        }

        var pool = _services.Upstreams.Of(exchange.Target!.Provider);
        var stripsUsage = _request.Patch(exchange, body.Intake!, _gate);
        _relay.Begin(link, exchange, stripsUsage, _request.AsksLogprobs);
        _isMade = true;
        exchange.Attempts++;
        exchange.AttemptIsRecorded = false;
        exchange.Purpose = _plan.Purpose;
        exchange.Target.State!.OnAttempt();
        var upstream = _isStale ? null : pool.TryTake();
        _isStale = false;
        var hedge = HedgeOf(exchange);
        if (upstream is null && hedge is not null)
        {
            var opened = await OpenHedgedAsync(link, exchange, body, hedge, pool);
            return _inHand is null ? Unmade(link, exchange, opened) : await TakeAsync(link, exchange, body, opened);
        }

        if (upstream is null)
        {
            (upstream, var failure) = await AttemptSender.OpenAsync(link, exchange, pool);
            if (upstream is null)
                return Judged(exchange, failure);
        }

        _inHand = upstream;
        var error = hedge is not null
            ? await SendHedgedAsync(link, exchange, body, hedge, Stopwatch.GetTimestamp())
            : await AttemptSender.SendAsync(link, exchange, body, upstream, _settlement, Within(exchange));
        return await TakeAsync(link, exchange, body, error);
    }

    /// <summary>All attempts at once, to the end of the one that is taken, or to an error that may be made good.</summary>
    private async ValueTask<EdgeError> AttemptManyAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        _isStale = false;
        _report.Begin();
        _relay.GivenUp = CascadeOutcome.Kept;
        if (_request.Uncarried(exchange, body, _gate) is { IsError: true } untold)
        {
            _isMade = false;
            _isUncarried = true;
            return Judged(exchange, untold);
        }

        _isMade = true;
        _relay.Begin(link, exchange, stripUsage: false);
        exchange.AttemptIsRecorded = false;
        exchange.Purpose = AttemptPurpose.Ensemble;
        var ensemble = _ensemble ??= _makeEnsemble();
        try
        {
            var error = await ensemble.AskAsync(link, exchange, body);
            var taken = ensemble.Taken!;
            _taken = taken.Number == 0 ? null : taken.Gate;
            _inHand = taken.Upstream;
            if (taken.HasBody && !error.IsError)
                _relay.Resume(taken.Body, taken.Held);
            return _inHand is null ? Unmade(link, exchange, error) : await TakeAsync(link, exchange, body, error, taken.HasHead);
        }
        finally
        {
            ensemble.Release();
        }
    }

    /// <summary>How long an answer in one piece may take: what its target has for that, or a cheaper model.</summary>
    private TimeSpan Within(Exchange exchange)
    {
        var (step, whole) = (_plan.Step?.Within ?? Timeout.InfiniteTimeSpan, exchange.Stream ? Timeout.InfiniteTimeSpan : exchange.Target!.Timeouts.Whole);
        return step == Timeout.InfiniteTimeSpan || (whole != Timeout.InfiniteTimeSpan && whole < step) ? whole : step;
    }

    /// <summary>Its head and the rest have to come within that together.</summary>
    private void LimitWhole(ClientLink link, Exchange exchange)
    {
        if (Within(exchange) is var within && within != Timeout.InfiniteTimeSpan)
            link.SetStep(Step.Idle, Left(within, exchange.SentAt));
    }

    /// <summary>Nothing was sent on a connection that an answer could come by.</summary>
    private EdgeError Unmade(ClientLink link, Exchange exchange, EdgeError error)
    {
        link.Detach();
        link.ClearStep();
        return Judged(exchange, link.Reason != StopReason.None || link.HasLeft ? Stopped(link) : error);
    }

    /// <summary>Relays what the connection in hand has answered, or says why that has not, or that it has been read and is none.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> TakeAsync(ClientLink link, Exchange exchange, RequestBody body, EdgeError error, bool isRead = false)
    {
        var upstream = _inHand!;
        var isAnswered = !error.IsError;
        if (isAnswered)
        {
            link.ClearStep();
            LimitWhole(link, exchange);
            _report.OnHead(exchange, upstream.HeadReader.Head);
            NotePlain(exchange, upstream.HeadReader.Head.Status);
            error = await _relay.RunAsync(upstream, body);
        }

        link.Detach();
        link.ClearStep();
        if ((!isAnswered || _relay.GivenUp != CascadeOutcome.Kept) && (link.Reason != StopReason.None || link.HasLeft))
            error = Stopped(link);
        _isStale = error.Retry == RetryPermission.IfReused && upstream.IsReused && upstream.Pool.Provider.RetryReused;
        var head = isAnswered || isRead ? upstream.HeadReader.Head : null;
        _report.OnEnd(exchange, error, head, isAnswered && head is { Status: >= 400 } ? _relay.HeldWait : TimeSpan.Zero);
        if (error.Kind != ErrorKind.UpstreamStatus)
            LetGo();
        if (isAnswered && (error.Kind == ErrorKind.UpstreamStatus ? _relay.IsElsewhere : _report.IsOfAnother(exchange, error)))
            _plan.OnNotThere();
        return Judged(exchange, error);
    }

    /// <summary>Tells the plan what the attempt says of its target.</summary>
    private EdgeError Judged(Exchange exchange, EdgeError error)
    {
        if (_isStale)
            _plan.OnStale();
        Leave(_isStale ? AttemptOutcome.Unknown
            : _relay.GivenUp != CascadeOutcome.Kept ? AttemptOutcome.Answered
            : _report.OutcomeOf(exchange, error));
        return error;
    }

    private void Leave(AttemptOutcome outcome)
    {
        if (_isIn)
            _plan.Leave(outcome);
        _isIn = false;
    }

    /// <summary>The exchange's end; what was held back for another attempt is passed on.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> EndAsync(EdgeError error)
    {
        if (!error.IsError && _plan.Step is not null)
            _plan.Asked.Cascades.On(CascadeOutcome.Kept);
        if (error.Kind == ErrorKind.UpstreamStatus)
            error = await _relay.PassHeldAsync();
        LetGo();
        return error;
    }

    /// <summary>The attempt was in vain: it has its own record and its own cost, and the exchange knows nothing more of its answer.</summary>
    private void Forget(Exchange exchange, EdgeError error)
    {
        LetGo();
        var isStep = _plan.Step is not null;
        if (!isStep && !_isStale)
            Remember(exchange, error);
        _settlement.Attempt(error);
        _journal.Attempt(exchange, error);
        EndTarget(exchange);
        if (!_isStale && !isStep)
            exchange.Target!.State!.OnRetry();
        exchange.ForgetAnswer(Stopwatch.GetTimestamp());
    }

    /// <summary>The attempt was in vain, and another follows.</summary>
    private void EndTarget(Exchange exchange)
    {
        (_taken ?? _gate).EndTarget(exchange);
        _taken = null;
    }

    private void LetGo()
    {
        if (_inHand is not { } upstream)
            return;
        _inHand = null;
        if (_relay.UpstreamIsReusable)
            upstream.Pool.Return(upstream);
        else
            upstream.Close();
    }
}
