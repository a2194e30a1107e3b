using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>How long a refusal lasts, where more than the limit that refused is short: who comes back when told is admitted then.</summary>
internal sealed partial class Admission
{
    /// <summary>A limit that is short, and for how long; <see cref="WaitNs"/> 0 for none.</summary>
    private readonly record struct Shortage(LimitPart? Part, LimitBucket? Bucket, long Cost, long WaitNs);

    /// <summary>
    /// The refusal of a step's limits, or of others that are short for longer: of the same step, which were not drawn from, and of the target that
    /// can be asked soonest. Null where the prompt has to be counted first. What a control plane lends is not looked at: nobody has asked for it yet.
    /// </summary>
    private Refusal? Foresee(in Refusal refusal, bool isOfTarget, in Demand demand, long nowNs)
    {
        if (_isWaiting || refusal.Kind is not (RefusalKind.Spent or RefusalKind.Concurrent) || refusal.Part?.Limit.Queue is not null)
            return refusal;
        var longest = default(Shortage);
        if (refusal.Kind == RefusalKind.Concurrent)
            longest = LongestOf(isOfTarget ? _bound.Of(_exchange.Target!.Provider) : _bound.First, demand, nowNs);
        if (!isOfTarget && SoonestTarget(demand, nowNs) is var soonest && soonest.WaitNs > longest.WaitNs)
            longest = soonest;
        if (longest.WaitNs <= refusal.WaitNs)
            return refusal;
        if (longest.Part!.CountsInput && !demand.IsCounted)
            return null;
        if (longest.Bucket is not { } bucket)
            return Later(RefusalKind.Concurrent, longest.Part, 0, 1, longest.WaitNs, nowNs);
        var (left, waitNs) = (bucket.Remaining(nowNs), isOfTarget ? longest.WaitNs : LimitChain.Book(bucket, longest.Cost, nowNs));
        return waitNs == long.MaxValue
            ? new Refusal(RefusalKind.TooLarge, longest.Part, left, longest.Cost, 0, 0)
            : Later(RefusalKind.Spent, longest.Part, left, longest.Cost, waitNs, nowNs);
    }

    /// <summary>Of what each of the model's targets waits for longest, the shortest; none where one of them waits for nothing.</summary>
    private Shortage SoonestTarget(in Demand demand, long nowNs)
    {
        var (prices, first) = (_prices, _exchange.Target);
        var soonest = new Shortage(null, null, 0, long.MaxValue);
        foreach (var target in _exchange.Model!.Targets)
        {
            var parts = _bound.Of(target.Provider);
            if (parts.Length == 0)
            {
                soonest = default;
                break;
            }

            _exchange.Target = target;
            _prices = new TokenPrices(target.PriceOf(_exchange.PassedModel)?.At(demand.InputTokens), PricedRequests.Of(_exchange));
            if (LongestOf(parts, demand, nowNs) is var longest && longest.WaitNs < soonest.WaitNs)
                soonest = longest;
        }

        (_prices, _exchange.Target) = (prices, first);
        return soonest.WaitNs == long.MaxValue ? default : soonest;
    }

    private Shortage LongestOf(LimitPart[] parts, in Demand demand, long nowNs)
    {
        var longest = default(Shortage);
        foreach (var part in parts)
        {
            if (part.Limit.IsShadow)
                continue;
            var scope = ((PartState)part.State!).Hold(LimitTable.ScopeValue(part.Limit, _exchange));
            var share = scope.ShareFor(part.Limit, _exchange.Key!);
            var entry = new AdmissionEntry { Part = part, Bucket = share.Bucket };
            var cost = share.Bucket is null ? 1 : Prompt(entry, demand) + _prices.Output(entry.Unit, LeastOutput(demand));
            var waitNs = share.Lent is not null ? 0
                : share.Bucket is { } bucket ? LimitChain.ShortNs(bucket, cost, nowNs)
                : share.Gate!.Remaining(nowNs) > 0 ? 0 : ConcurrentWaitNs;
            scope.Release();
            if (waitNs > longest.WaitNs)
                longest = new(part, share.Bucket, cost, waitNs);
        }

        return longest;
    }
}
