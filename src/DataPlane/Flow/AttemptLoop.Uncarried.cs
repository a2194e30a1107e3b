using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>Targets whose dialect cannot say what the client has said.</summary>
internal sealed partial class AttemptLoop
{
    private bool _isUncarried;

    /// <summary>Why the last target that was asked has not answered; no error where none was.</summary>
    private EdgeError _failure;

    /// <summary>When that one wants to be asked again, as <see cref="TargetReport.TellWait"/> tells it.</summary>
    private (long WaitNs, long ResetUnixNs) _failureWait;

    /// <summary>An attempt was in vain; those that follow may not be able to take the request.</summary>
    private void Remember(Exchange exchange, EdgeError error)
    {
        _failure = error.Kind == ErrorKind.UpstreamStatus ? _relay.HeldError : error;
        _failureWait = (exchange.LimitWaitNs, exchange.LimitResetUnixNs);
        _plan.OnFailed();
    }

    /// <summary>
    /// Nobody else can be asked: the error of the last one that was, which is why others were looked for; where none was, why there is nobody.
    /// </summary>
    private EdgeError Failure(Exchange exchange, EdgeError error)
    {
        if (!_failure.IsError)
            return error;
        exchange.ClearRefusal();
        (exchange.LimitWaitNs, exchange.LimitResetUnixNs) = _failureWait;
        _plan.Recall();
        return _failure;
    }

    /// <summary>
    /// The request cannot be put into the target's dialect, or not whole where nothing may be lost, and nothing was sent: another target may be able to take
    /// it. Where none is left, that is the exchange's error; where others were asked, theirs is: the request was good, and is in a moment again.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> PassUncarriedAsync(ClientLink link, Exchange exchange, RequestBody body, EdgeError error)
    {
        var model = exchange.Model;
        if (link.Reason != StopReason.None)
            return Stopped(link);
        if (!_plan.TrySkip())
            return Failure(exchange, error);

        EndTarget(exchange);
        exchange.ClearTranslation();
        return ReferenceEquals(model, exchange.Model) ? default : await FollowAsync(link, exchange, body);
    }
}
