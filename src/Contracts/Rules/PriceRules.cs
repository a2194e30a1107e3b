using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold for prices and for guards against runaway streams.</summary>
public static class PriceRules
{
    /// <summary>All rules for a model's prices, its targets' included.</summary>
    public static void Check(ModelOptions model, FaultList faults, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Price.IsSet)
            Check(model.Price, model.Price, faults, warnings);
        foreach (var target in model.Targets)
        {
            if (target.Price.IsSet)
                Check(target.Price, target.Price.Over(model.Price), faults, warnings);
        }
    }

    /// <summary>All rules for an entry of <c>prices</c>.</summary>
    public static void Check(NamedPriceOptions price, FaultList faults, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(price);
        ArgumentNullException.ThrowIfNull(faults);
        var star = price.Name.IndexOf('*', StringComparison.Ordinal);
        if (TextRules.ModelPattern(price.Name) is { } complaint)
            faults.Add(price.Price.Node!, complaint);
        else if (star >= 0 && star < price.Name.Length - 1)
            faults.Add(price.Price.Node!, "may have a * at its end only");
        Check(price.Price, price.Price, faults, warnings);
    }

    /// <summary>A section that guards has something to guard against.</summary>
    public static void CheckRunaway(RunawayOptions written, RunawayOptions wider, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(written);
        ArgumentNullException.ThrowIfNull(wider);
        ArgumentNullException.ThrowIfNull(faults);
        if (written.Node is { } node && !Guards(node) && !(wider.Node is { } other && Guards(other)))
            faults.Add(node, "guards against nothing: it needs outputTokens or repeat");
    }

    private static bool Guards(ConfigMap node) =>
        node.Entry(RunawayOptions.OutputTokensField.Name) is not null || node.Entry(RunawayOptions.RepeatField.Name) is not null;

    private static void Check(PriceOptions written, PriceOptions whole, FaultList faults, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(warnings);
        var node = written.Node!;
        if (node.Entries.Count == 0)
        {
            faults.Add(node, "is empty; leave it out or name a price");
            return;
        }

        if (written.LongContext is { } longer && longer.Node.Entries.Count < 2)
            faults.Add(longer.Node, "holds no price");
        if (!whole.Request.IsSet || whole.Input.IsSet || whole.Output.IsSet)
        {
            WarnOfFree(whole.Input, PriceOptions.InputField);
            WarnOfFree(whole.Output, PriceOptions.OutputField);
        }

        void WarnOfFree(Setting<long> price, DecimalField field)
        {
            if (!price.IsSet && node.Entry(field.Name) is null)
                warnings.Add(node, field.Name, "is left out, so that these tokens cost nothing; write 0 where that is meant");
        }
    }
}
