using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>A second attempt besides the one that credit was drawn for.</summary>
internal sealed partial class Admission
{
    /// <summary>
    /// Whether another target may be asked besides: it is bound by the same limits, and those on money, which pay for both, have as much left as its
    /// prompt costs. Nothing is drawn.
    /// </summary>
    /// <param name="target">The other one.</param>
    /// <param name="costNanodollars">What is paid for its prompt; null where it has no price.</param>
    public bool MayAskBeside(TargetModel target, long? costNanodollars)
    {
        if (ReferenceEquals(_bound, BoundLimits.None))
            return true;
        if (!_bound.Of(target.Provider).AsSpan().SequenceEqual(_bound.Of(_exchange.Target!.Provider)))
            return false;
        var nowNs = states.Clock.NowNs;
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (PaysBeside(entry) && !entry.Part.Limit.IsShadow && (costNanodollars is not { } cost || entry.Bucket!.Remaining(nowNs) < cost))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Another attempt at the exchange of <paramref name="of"/> is made at the same time. What does not depend on who answers that one has drawn;
    /// <see cref="AdmitTarget"/> draws here what does.
    /// </summary>
    public void Join(Admission of)
    {
        Begin();
        (_exchange, _bound, _lifeNs, _output, _outputMax, _choices) = (of._exchange, of._bound, of._lifeNs, of._output, of._outputMax, of._choices);
    }

    /// <summary>What an attempt has cost that nothing was drawn for.</summary>
    public void ChargeBeside(long costNanodollars)
    {
        if (costNanodollars == 0)
            return;
        var nowNs = states.Clock.NowNs;
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (PaysBeside(entry))
                entry.Bucket!.Overdraw(costNanodollars, nowNs);
        }
    }

    /// <summary>The exchange goes on with the other target, bound by the same: what was drawn is held, and what comes is drawn at its prices.</summary>
    public void TurnBeside(Exchange exchange, in Demand demand) =>
        _prices = new TokenPrices(exchange.Target!.PriceOf(exchange.PassedModel)?.At(demand.InputTokens), PricedRequests.Of(exchange));

    private static bool PaysBeside(in AdmissionEntry entry) =>
        entry is { IsGate: false, IsOut: false, IsStopped: false, Unit: LimitUnit.Cost };
}
