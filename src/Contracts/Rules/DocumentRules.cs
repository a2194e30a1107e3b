using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>Reads a document and applies every rule to it.</summary>
public static class DocumentRules
{
    /// <summary>What is said of a document without keys.</summary>
    public const string NoKeysText = "is empty: every request will be refused for want of a valid key";

    /// <summary>
    /// The options of a document, with all that is wrong in <paramref name="faults"/> at once. Null only where the document
    /// is not a map; options that come with faults are good for looking at, not for use.
    /// </summary>
    /// <param name="root">The document.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="warnings">Takes what is odd.</param>
    /// <param name="keysComeAndGo">Whether it comes from a control plane, where keys are made and revoked one by one.</param>
    /// <param name="hasOtherKeys">Whether it has keys beside those that stand in it.</param>
    public static ConfigOptions? Read(ConfigNode root, FaultList faults, FaultList warnings, bool keysComeAndGo = false, bool hasOtherKeys = false)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(warnings);
        if (ConfigOptions.Read(root, faults) is not { } document)
            return null;
        CheckNotEmpty(document, ConfigOptions.ProvidersField, document.ProviderNames.Count, faults);
        CheckNotEmpty(document, ConfigOptions.ModelsField, document.ModelNames.Count, faults);
        foreach (var provider in document.Providers)
            ProviderRules.Check(provider, faults, warnings);
        foreach (var model in document.Models)
        {
            ModelRules.Check(model, document, faults);
            PriceRules.Check(model, faults, warnings);
            PriceRules.CheckRunaway(model.Runaway, document.Runaway, faults);
        }

        foreach (var price in document.Prices)
            PriceRules.Check(price, faults, warnings);
        PriceRules.CheckRunaway(document.Runaway, document.Runaway, faults);
        ModelRules.WarnOfHidden(document, warnings);
        foreach (var tokenizer in document.Tokenizers)
            TokenizerRules.Check(tokenizer, faults);
        foreach (var team in document.Teams)
            CheckTeamName(team, faults);
        var keyRules = new KeyRules(document, faults);
        foreach (var team in document.Teams)
            keyRules.WarnOfRegions(team.Regions, warnings);
        foreach (var key in document.Keys)
        {
            keyRules.Check(key);
            keyRules.Warn(key, warnings);
        }

        if (document.Keys.Count == 0 && !hasOtherKeys)
            warnings.Add(document.Node, ConfigOptions.KeysField.Name, NoKeysText);
        CheckLimits(document, faults, warnings, keysComeAndGo);
        ServerRules.Check(document.Server, faults);
        return document;
    }

    /// <summary>
    /// Judges some keys of a document whose rest was read without faults, as they would be judged in it. What two keys may not have in
    /// common is not looked at.
    /// </summary>
    /// <param name="document">The rest.</param>
    /// <param name="keys">The keys, read.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <returns>Those that no enforcing limit bounds.</returns>
    public static IReadOnlyList<KeyOptions> CheckKeys(ConfigOptions document, IReadOnlyList<KeyOptions> keys, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var rules = new KeyRules(document, faults);
        foreach (var key in keys)
            rules.CheckReferences(key);
        var reach = new LimitReach(document, faults, keysComeAndGo: true, keys);
        reach.CheckCrowd();
        return reach.Unbounded();
    }

    private static void CheckLimits(ConfigOptions document, FaultList faults, FaultList warnings, bool keysComeAndGo)
    {
        var rules = new LimitRules(document, faults, warnings);
        var reach = new LimitReach(document, faults, keysComeAndGo);
        foreach (var limit in document.Limits)
        {
            rules.Check(limit);
            reach.Check(limit);
        }

        reach.CheckCrowd();
        reach.WarnOfUnbounded(warnings);
    }

    private static void CheckNotEmpty(ConfigOptions document, Field field, int count, FaultList faults)
    {
        if (count == 0 && document.Node.Entry(field.Name)?.Value is ConfigMap or ConfigScalar { Kind: ScalarKind.Null })
            faults.Add(document.Node, field.Name, "needs at least one entry");
    }

    private static void CheckTeamName(TeamOptions team, FaultList faults)
    {
        if (TextRules.AccountName(team.Name) is { } complaint)
            faults.Add(team.Entry.Value, complaint);
    }
}
