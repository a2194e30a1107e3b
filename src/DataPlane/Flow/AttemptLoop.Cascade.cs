using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>Cheaper models that are asked before the asked one: what ends an attempt at one of them, and what is passed over.</summary>
internal sealed partial class AttemptLoop
{
    private TargetModel? _plain;

    /// <summary>
    /// What the exchange was to be admitted by has refused; where that was for a cheaper model, or for one that is fallen back to, the next is tried. The
    /// error says that nobody is left.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> PassOverAsync(ClientLink link, Exchange exchange, RequestBody body, EdgeError error)
    {
        while (error.IsOfLimit && link.Reason == StopReason.None && _plan.TryPassOver())
            error = await _gate.AnewAsync(exchange, link, body);
        if (!error.IsOfLimit)
            return error;
        var told = Failure(exchange, error);
        if (told.IsOfLimit)
            _gate.CountPassed(exchange);
        return told;
    }

    /// <summary>The exchange has turned to another model: its limits are asked, and those of the next where a cheaper one's refuse.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> FollowAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var error = await _gate.FollowAsync(exchange, link, body);
        return error.IsError ? await PassOverAsync(link, exchange, body, error) : error;
    }

    /// <summary>
    /// Whether the target is asked how probable its tokens are, for the sake of the step's rule: one that is not known to refuse it, by its name or by what
    /// it has answered.
    /// </summary>
    private bool MayAskLogprobs(Exchange exchange)
    {
        var target = exchange.Target!;
        return _plan.Step is { AsksLogprobs: true } && !ReferenceEquals(_plain, target) && target.Logprobs.LeftMs(_services.Clock.CoarseMs) == 0
            && ModelAbilities.Of(exchange) is not { RefusesSampling: true, SamplesUnthinking: false } and var model && model.Takes(RequestFeatures.Logprobs);
    }

    /// <summary>
    /// A cheaper model refuses a request for what is not the client's in it: it is asked once more, without. Whether that was why is known when it answers.
    /// </summary>
    private bool TryAskPlainly(ClientLink link, Exchange exchange, EdgeError error)
    {
        if (!_request.AsksLogprobs || error.Kind != ErrorKind.UpstreamStatus || exchange.Status is not (400 or 422) || !IsFree(link, error))
            return false;
        _plain = exchange.Target;
        Forget(exchange, error);
        return true;
    }

    /// <summary>A model that answers without being asked for log-probabilities, and did not with, is not asked for them for a while.</summary>
    private void NotePlain(Exchange exchange, int status)
    {
        if (_plain is { } target && ReferenceEquals(target, exchange.Target) && status is >= 200 and < 300)
            target.Logprobs.Ask(_services.Clock.CoarseMs, Core.Pause.Max);
    }

    /// <summary>
    /// A cheaper model has failed, or its answer was given up: it has its own record and its own cost, which is that of an answer where it gave one. No
    /// retry is counted.
    /// </summary>
    private void Escalate(Exchange exchange, EdgeError error)
    {
        LetGo();
        var givenUp = _relay.GivenUp;
        var isJudged = givenUp != CascadeOutcome.Kept;
        if (isJudged)
            _settlement.Escalate();
        else
            _settlement.Attempt(error);
        if (isJudged)
            _journal.Attempt(exchange, default, EndReason.Escalated);
        else if (_isMade)
            _journal.Attempt(exchange, error);
        _gate.EndTarget(exchange);
        exchange.ForgetAnswer(Stopwatch.GetTimestamp());
        _plan.OnEscalated(isJudged ? givenUp : CascadeOutcome.Failed);
    }
}
