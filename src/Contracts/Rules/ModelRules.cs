using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold for models.</summary>
public static class ModelRules
{
    /// <summary>Beyond this many globs they are not compared with each other: it is a courtesy, and its cost grows by the square.</summary>
    private const int ComparedGlobsMax = 256;

    /// <summary>All rules for one model.</summary>
    public static void Check(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        CheckName(model, faults);
        CheckTargets(model, document, faults);
        foreach (var target in model.Targets)
            CheckProvider(target, document, faults);
        TokenizerRules.CheckName(model, document, faults);
    }

    /// <summary>Warns of a glob that an earlier one hides: it can never answer.</summary>
    public static void WarnOfHidden(ConfigOptions document, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(warnings);
        var globs = new List<ModelOptions>();
        foreach (var model in document.Models)
        {
            if (!model.IsGlob || globs.Count >= ComparedGlobsMax)
                continue;
            foreach (var earlier in globs)
            {
                if (GlobPattern.Covers(earlier.Name, model.Name))
                {
                    warnings.Add(model.Node, $"is never reached: {ConfigText.Quote(earlier.Name)} stands before it and matches all that it matches");
                    break;
                }
            }

            globs.Add(model);
        }
    }

    private static void CheckName(ModelOptions model, FaultList faults)
    {
        if (TextRules.ModelPattern(model.Name) is { } complaint)
            faults.Add(model.Node, complaint);
    }

    /// <summary>One target for each dialect: a second one would get no traffic before balancing and fail-over exist.</summary>
    private static void CheckTargets(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        if (model.Node.Entry(ModelOptions.TargetsField.Name)?.Value is not ConfigSequence targets)
        {
            if (model.Node.Entry(ModelOptions.TargetsField.Name)?.Value is ConfigScalar { Kind: ScalarKind.Null } nothing)
                faults.Add(nothing, "needs a target");
            return;
        }

        if (targets.Items.Count == 0)
            faults.Add(targets, "needs a target");
        for (var i = 1; i < model.Targets.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (DialectOf(model.Targets[i], document) is not { } dialect || dialect != DialectOf(model.Targets[j], document))
                    continue;
                faults.Add(model.Targets[i].Node, "more than one target of a dialect is not supported yet");
                return;
            }
        }
    }

    private static string? DialectOf(TargetOptions target, ConfigOptions document)
    {
        foreach (var provider in document.Providers)
        {
            if (target.Provider.IsSet && provider.Name == target.Provider.Value)
                return provider.Dialect.Or("");
        }

        return null;
    }

    private static void CheckProvider(TargetOptions target, ConfigOptions document, FaultList faults)
    {
        if (!target.Provider.IsSet || document.ProviderNames.Contains(target.Provider.Value))
            return;
        var source = (ConfigScalar)target.Provider.Source!;
        var hint = source.ByReference ? "" : Suggestion.For(source.Text, document.ProviderNames);
        faults.Add(source, source.ByReference ? "no provider has the name referred to" : $"no provider named {source.Shown}{hint}");
    }
}
