using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>How much of what an exchange's model can do is in use.</summary>
internal sealed partial class TargetPlan
{
    /// <summary>
    /// So much of it, in percent, by the target that has most room of those that the exchange could go to: as long as one has room, so has the model. 0 where
    /// nobody says how much a target can do, or all of them are ejected, of which their failures tell and not their load.
    /// </summary>
    public int UsedPercent(Exchange exchange)
    {
        _exchange = exchange;
        var now = clock.CoarseMs;
        var least = int.MaxValue;
        var ask = new AccountAsk(default, exchange.Model!.IsGlob ? exchange.PassedModel : default);
        foreach (var target in exchange.Model.Targets)
        {
            if (target is not { Weight: > 0, Provider.IsDisabled: false } || !CanAnswer(target) || !Residency.Allows(exchange.Key!, target)
                || !target.Health.IsAvailable(now))
                continue;
            least = Math.Min(least, Math.Max(target.UsedPercent(now), Accounts.UsedPercent(target, now, ask)));
        }

        return least == int.MaxValue ? 0 : least;
    }
}
