using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>What is made of a request whose limits are nearly used up, before anything is drawn.</summary>
internal sealed partial class Admission
{
    /// <summary>
    /// Looks how much is used of the limits that bind an exchange for its model, and says what they make of it. It draws nothing: of those who look at
    /// the same moment all see the same.
    /// </summary>
    public Degradation Degrade(Exchange exchange)
    {
        var made = default(Degradation);
        var nowNs = states.Clock.NowNs;
        foreach (var part in exchange.Config.LimitTable.Resolve(exchange.Key!, exchange.Model!).Degrading)
        {
            var scope = ((PartState)part.State!).Hold(LimitTable.ScopeValue(part.Limit, exchange));
            var share = scope.ShareFor(part.Limit, exchange.Key!);
            if (share.Lent is { } lent)
                made = made.With(part, lent.UsedOfAll(nowNs), lent.Whole);
            else if (share.Bucket is { } bucket)
                made = made.With(part, bucket.CapacityAt(nowNs) - bucket.Remaining(nowNs), bucket.CapacityAt(nowNs));
            else if (share.Gate is { } gate)
                made = made.With(part, gate.Capacity - gate.Remaining(nowNs), gate.Capacity);

            scope.Release();
        }

        return made;
    }

    /// <summary>Something was made of an exchange: the limit counts it.</summary>
    public static void CountDegraded(LimitPart by) => ((PartState)by.State!).Counters.OnDegraded();
}
