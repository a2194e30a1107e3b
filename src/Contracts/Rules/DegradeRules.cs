using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold for the steps that a limit, or a model by its capacity, degrades requests by.</summary>
internal static class DegradeRules
{
    public static void Check(LimitOptions limit, ConfigOptions document, FaultList faults)
    {
        if (limit.Node.Entry(LimitOptions.DegradeField.Name) is not { } written)
            return;
        if (limit.IsShadow)
            faults.Add(limit.Node, LimitOptions.DegradeField.Name, "has no meaning in mode: shadow, which lets everything pass as it is");
        if (limit.Per.Or(ScopeField.Default).Word == "provider" || limit.Match.Providers.IsSet)
            faults.Add(limit.Node, LimitOptions.DegradeField.Name, "is not supported yet where the provider decides whether the limit binds");
        CheckSteps(written.Value, limit.Degrade, faults);
        foreach (var step in limit.Degrade)
        {
            if (!step.Model.IsSet)
                continue;
            if (ModelRules.NameOf(step.Model.Value, document) is { } name)
            {
                if (BindsAlone(limit, name, document))
                    faults.Add(step.Model.Source!, "changes nothing: the limit binds no other model");
                continue;
            }

            var source = (ConfigScalar)step.Model.Source!;
            var hint = source.ByReference ? "" : Suggestion.For(source.Text, document.ModelNames);
            faults.Add(source, source.ByReference ? "no model has the name referred to" : $"no model answers to {source.Shown}{hint}");
        }
    }

    /// <summary>Whether a limit binds requests for one model, and no others.</summary>
    private static bool BindsAlone(LimitOptions limit, string name, ConfigOptions document)
    {
        var models = limit.Match.Models.Or([]);
        foreach (var model in models)
        {
            if (ModelRules.NameOf(model.Value, document) != name)
                return false;
        }

        return models.Count > 0;
    }

    /// <summary>Steps rise, and each of them changes something.</summary>
    internal static void CheckSteps(ConfigNode written, IReadOnlyList<DegradeOptions> steps, FaultList faults)
    {
        if (written is ConfigSequence { Items.Count: 0 })
            faults.Add(written, "is empty; leave it out or name something");
        if (steps.Count > DegradeOptions.StepsMax)
            faults.Add(written, string.Create(CultureInfo.InvariantCulture, $"holds more than {DegradeOptions.StepsMax} steps"));
        var before = -1;
        foreach (var step in steps)
        {
            if (!step.Model.IsSet && !step.MaxTokens.IsSet && step.Node.Entry("model") is null && step.Node.Entry("maxTokens") is null)
                faults.Add(step.Node, "changes nothing: it needs model or maxTokens");
            if (step.At.IsSet && step.At.Value <= before)
                faults.Add(step.At.Source!, $"must be more than the {PercentField.Text(before)} of the step before");
            before = step.At.IsSet ? Math.Max(before, step.At.Value) : before;
        }
    }
}
