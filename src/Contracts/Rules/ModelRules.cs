using System.Globalization;
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

    /// <summary>Targets of one model.</summary>
    private const int TargetsMax = 64;

    /// <summary>Models that one may fall back to.</summary>
    private const int FallbacksMax = 8;

    /// <summary>All rules for one model.</summary>
    public static void Check(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        CheckName(model, faults);
        CheckTargets(model, faults);
        CheckAliases(model, document, faults);
        CheckFallback(model, document, faults);
        foreach (var (_, version) in model.Versions.Or([]))
            CheckOther(model, version, document, faults);
        if (model.Simple is { } simple)
            CheckOther(model, simple.Model, document, faults);
        CheckCascade(model, document, faults);
        CheckDegrade(model, document, faults);
        CheckEnsemble(model, faults);
        if (model.Affinity.Node is { } affinity && model.Balance.Or("") != BalanceWords.CacheAffinity)
            faults.Add(affinity, $"says nothing without balance: {BalanceWords.CacheAffinity}");
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

    private static void CheckTargets(ModelOptions model, FaultList faults)
    {
        if (model.Node.Entry(ModelOptions.TargetsField.Name)?.Value is not ConfigSequence targets)
        {
            if (model.Node.Entry(ModelOptions.TargetsField.Name)?.Value is ConfigScalar { Kind: ScalarKind.Null } nothing)
                faults.Add(nothing, "needs a target");
            return;
        }

        if (targets.Items.Count == 0)
            faults.Add(targets, "needs a target");
        if (targets.Items.Count > TargetsMax)
            faults.Add(targets, string.Create(CultureInfo.InvariantCulture, $"holds more than {TargetsMax} targets"));
        if (model.Targets.Count > 0 && model.Targets.All(target => target.Weight.IsSet && target.Weight.Value == 0))
            faults.Add(targets, "needs a target whose weight is not 0; a model is switched off by disabled");
    }

    /// <summary>An alias is nobody else's name, and means one model.</summary>
    private static void CheckAliases(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        if (model.Aliases.IsSet && model.IsGlob)
            faults.Add(model.Aliases.Source!, "has no meaning for a glob, which names no model");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var alias in model.Aliases.Or([]))
        {
            if (document.ModelNames.Contains(alias.Value))
                faults.Add(alias.Source!, "is the name of a model");
            else if (!seen.Add(alias.Value) || IsTaken(alias.Value, model, document))
                faults.Add(alias.Source!, "is an alias already");
        }
    }

    /// <summary>Whether a model that stands before this one has the alias.</summary>
    private static bool IsTaken(string alias, ModelOptions model, ConfigOptions document)
    {
        foreach (var other in document.Models)
        {
            if (ReferenceEquals(other, model))
                return false;
            foreach (var its in other.Aliases.Or([]))
            {
                if (its.Value == alias)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Fallbacks are named as clients name models: each must lead to another rule than the model's own.</summary>
    private static void CheckFallback(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        var names = model.Fallback.Or([]);
        if (names.Count > FallbacksMax)
            faults.Add(model.Fallback.Source!, string.Create(CultureInfo.InvariantCulture, $"holds more than {FallbacksMax} models"));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            CheckOther(model, name, document, faults);
            if (name.IsSet && NameOf(name.Value, document) is { } meant && !seen.Add(meant))
                faults.Add(name.Source!, "stands there already: each model is asked once");
        }
    }

    /// <summary>Cheaper models are asked once each, and before the model itself.</summary>
    private static void CheckCascade(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        if (model.Node.Entry(ModelOptions.CascadeField.Name)?.Value is not ConfigSequence written)
            return;
        if (written.Items.Count == 0)
            faults.Add(written, "is empty; leave it out or name something");
        if (written.Items.Count > CascadeOptions.StepsMax)
            faults.Add(written, string.Create(CultureInfo.InvariantCulture, $"holds more than {CascadeOptions.StepsMax} steps"));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in model.Cascade)
        {
            CheckOther(model, step.Model, document, faults);
            if (step.Model.IsSet && RuleOf(step.Model.Value, document) is { } rule && !seen.Add(rule))
                faults.Add(step.Model.Source!, "is asked by a step before");
        }
    }

    /// <summary>As a limit's, and none turns to the model itself. Two may turn to each other: it is looked at once.</summary>
    private static void CheckDegrade(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        if (model.Node.Entry(ModelOptions.DegradeField.Name) is not { } written)
            return;
        DegradeRules.CheckSteps(written.Value, model.Degrade, faults);
        foreach (var step in model.Degrade)
            CheckOther(model, step.Model, document, faults);
    }

    /// <summary>Nobody waits for more answers than are asked for.</summary>
    private static void CheckEnsemble(ModelOptions model, FaultList faults)
    {
        if (model.Ensemble is not { AnswersMin: { IsSet: true } least } ensemble)
            return;
        if (ensemble.Pick.Or("") == EnsembleOptions.FirstValid)
            faults.Add(least.Source!, "says nothing with pick: first-valid, which takes the first");
        else if (ensemble.Size.IsSet && least.Value > ensemble.Size.Value)
            faults.Add(least.Source!, "is more than size");
    }

    /// <summary>A name that a model turns to must lead to another rule than its own.</summary>
    private static void CheckOther(ModelOptions model, Setting<string> name, ConfigOptions document, FaultList faults)
    {
        if (name.Source is not ConfigScalar source)
            return;
        var hint = source.ByReference ? "" : Suggestion.For(source.Text, document.ModelNames);
        if (RuleOf(name.Value, document) is not { } rule)
            faults.Add(source, source.ByReference ? "no model has the name referred to" : $"no model answers to {source.Shown}{hint}");
        else if (rule == model.Name)
            faults.Add(source, "is the model itself");
    }

    /// <summary>Name of the rule that answers for a name, as a data plane finds it.</summary>
    internal static string? RuleOf(string name, ConfigOptions document)
    {
        if (document.ModelNames.Contains(name))
            return name;
        string? byGlob = null;
        foreach (var model in document.Models)
        {
            foreach (var alias in model.Aliases.Or([]))
            {
                if (alias.Value == name)
                    return model.Name;
            }

            if (byGlob is null && model.IsGlob && GlobPattern.Covers(model.Name, name))
                byGlob = model.Name;
        }

        return byGlob;
    }

    /// <summary>The model that a name means: that of the rule or alias, or the name itself where a glob answers for it; null where nobody does.</summary>
    internal static string? NameOf(string name, ConfigOptions document) =>
        RuleOf(name, document) is not { } rule ? null : rule.Contains('*', StringComparison.Ordinal) ? name : rule;

    private static void CheckProvider(TargetOptions target, ConfigOptions document, FaultList faults)
    {
        if (!target.Provider.IsSet || document.ProviderNames.Contains(target.Provider.Value))
            return;
        var source = (ConfigScalar)target.Provider.Source!;
        var hint = source.ByReference ? "" : Suggestion.For(source.Text, document.ProviderNames);
        faults.Add(source, source.ByReference ? "no provider has the name referred to" : $"no provider named {source.Shown}{hint}");
    }
}
