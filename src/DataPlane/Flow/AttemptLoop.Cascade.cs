using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>Cheaper models that are asked before the asked one: what ends an attempt at one of them, and what is passed over.</summary>
internal sealed partial class AttemptLoop
{
    /// <summary>
    /// What the exchange was to be admitted by has refused; where that was for a cheaper model, the next is tried. The error says that nobody is left.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> PassOverAsync(ClientLink link, Exchange exchange, RequestBody body, EdgeError error)
    {
        while (error.IsOfLimit && link.Reason == StopReason.None && _plan.TryPassOver())
            error = await _gate.AnewAsync(exchange, link, body);
        return error;
    }

    /// <summary>The exchange has turned to another model: its limits are asked, and those of the next where a cheaper one's refuse.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> FollowAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var error = await _gate.FollowAsync(exchange, link, body);
        return error.IsError ? await PassOverAsync(link, exchange, body, error) : error;
    }

    /// <summary>A cheaper model's whole answer has to come within its time, its head and the rest together.</summary>
    private void LimitStep(ClientLink link, Exchange exchange)
    {
        if (_plan.Step is not { } step || step.Within == Timeout.InfiniteTimeSpan)
            return;
        var left = step.Within - Stopwatch.GetElapsedTime(exchange.SentAt);
        link.SetStep(Step.Idle, left > TimeSpan.Zero ? left : TimeSpan.Zero);
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
