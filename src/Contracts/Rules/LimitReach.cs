using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Prices;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>
/// Whom the limits of a document can bind: a limit that can bind nobody is a fault, because somebody believes in it; so is a limit of
/// cost that can bind a model without a price; a key that nothing binds is a warning.
/// </summary>
public sealed partial class LimitReach
{
    /// <summary>Comparisons of names, together; beyond it everything is taken for possible, which is safe and quick.</summary>
    private const int ComparisonsMax = 5_000_000;

    /// <summary>What is said of a key that nothing bounds.</summary>
    public const string UnboundedText = "no enforcing limit bounds this key";

    private readonly ConfigOptions _document;
    private readonly FaultList _faults;
    private readonly List<KeyFacts> _keys;
    private readonly bool _judgesKeys;
    private readonly ModelPrices _prices;
    private readonly List<ModelOptions> _unpriced = [];
    private int _comparisons;

    /// <summary>Looks at a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="keysComeAndGo">
    /// Whether keys are made and revoked one by one beside the limits: a limit may then wait for its keys, and no rule stands in the way of a
    /// key's removal.
    /// </param>
    /// <param name="keys">The keys that are looked at; null for all that the document holds.</param>
    public LimitReach(ConfigOptions document, FaultList faults, bool keysComeAndGo = false, IReadOnlyList<KeyOptions>? keys = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        _document = document;
        _faults = faults;
        _keys = KeyFacts.Of(document, keys ?? document.Keys);
        _judgesKeys = _keys.Count > 0 && !keysComeAndGo;
        _prices = new ModelPrices(document);
        if (document.Limits.Count == 0)
            return;
        foreach (var model in document.Models)
        {
            if (!_prices.IsPriced(model))
                _unpriced.Add(model);
        }
    }

    /// <summary>All rules for one limit.</summary>
    public void Check(LimitOptions limit)
    {
        ArgumentNullException.ThrowIfNull(limit);
        var before = _faults.Count;
        CheckNames(limit.Match);
        CheckPer(limit);
        CheckShares(limit);
        if (_faults.Count > before)
            return;
        var keys = _judgesKeys ? _keys.FindAll(key => Binds(limit.Match, key)) : [];
        CheckReach(limit, keys, Models(limit.Match));
        if (limit.Cost.IsSet && !limit.Unpriced.IsSet && _faults.Count == before)
            CheckPrices(limit, keys);
    }

    /// <summary>Warns of every key that no enforcing limit bounds.</summary>
    public void WarnOfUnbounded(FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(warnings);
        foreach (var key in Unbounded())
            warnings.Add(key.Name.Source ?? key.Node, UnboundedText);
    }

    /// <summary>The keys that no enforcing limit bounds.</summary>
    public IReadOnlyList<KeyOptions> Unbounded()
    {
        var unbounded = new List<KeyFacts>(_keys);
        foreach (var limit in _document.Limits)
        {
            if (limit.IsShadow || limit.IsDisabled || unbounded.Count == 0)
                continue;
            var models = Models(limit.Match);
            unbounded.RemoveAll(key => Binds(limit.Match, key) && MayAskForAny(key, models));
        }

        return unbounded.ConvertAll(key => key.Key);
    }

    private void CheckNames(LimitMatchOptions match)
    {
        Each(match.Keys, _judgesKeys, text => _keys.Exists(k => Fits(text, k.Name)), "no key named", Names(k => k.Name));
        Each(match.Teams, true, text => Any(text, _document.TeamNames), "no team named", _document.TeamNames);
        Each(match.Tiers, _judgesKeys, text => _keys.Exists(k => k.Tier is not null && Fits(text, k.Tier)), "no key of the tier", Names(k => k.Tier));
        Each(match.Providers, true, text => Any(text, _document.ProviderNames), "no provider named", _document.ProviderNames);
        foreach (var model in match.Models.Or([]))
            CheckModel(model);
        foreach (var tag in match.Tags)
        {
            foreach (var value in tag.Values)
            {
                if (_judgesKeys && !_keys.Exists(k => k.Tags.TryGetValue(tag.Name, out var own) && Fits(value.Value, own)))
                    _faults.Add(value.Source!, $"no key carries the tag {Shown(value, tag.Name + "=" + value.Value)}");
            }
        }
    }

    private void Each(
        Setting<IReadOnlyList<Setting<string>>> patterns, bool isJudged, Func<string, bool> fits, string complaint, IEnumerable<string> known)
    {
        foreach (var pattern in patterns.Or([]))
        {
            if (isJudged && !fits(pattern.Value))
                _faults.Add(pattern.Source!, $"{complaint} {Shown(pattern, pattern.Value)}{(pattern.ByReference ? "" : Suggestion.For(pattern.Value, known))}");
        }
    }

    /// <summary>Limits go by the rules of <c>models</c>, not by the names that a glob among them takes.</summary>
    private void CheckModel(Setting<string> model)
    {
        if (Any(model.Value, _document.ModelNames))
            return;
        string? rule = null;
        foreach (var name in _document.ModelNames)
        {
            if (rule is null && name.Contains('*', StringComparison.Ordinal) && Fits(name, model.Value))
                rule = name;
        }

        _faults.Add(model.Source!, rule is null || model.ByReference
            ? $"the model {Shown(model, model.Value)} is listed nowhere{(model.ByReference ? "" : Suggestion.For(model.Value, _document.ModelNames))}"
            : $"the model {Shown(model, model.Value)} is listed nowhere by itself, and limits go by what is listed: name {ConfigText.Quote(rule)}, or list it");
    }

    private void CheckPer(LimitOptions limit)
    {
        if (!limit.Per.IsSet || limit.Per.Value.Tag is not { } tag || !_judgesKeys)
            return;
        foreach (var key in _keys)
        {
            if (key.Tags.ContainsKey(tag))
                return;
            foreach (var own in key.Key.ClientTags.Or([]))
            {
                if (own.Value == tag)
                    return;
            }
        }

        _faults.Add(limit.Per.Source!, $"no key carries the tag {ConfigText.Quote(tag)}, and none may set it");
    }

    private void CheckShares(LimitOptions limit)
    {
        foreach (var share in limit.Shares.Or([]))
        {
            if (_judgesKeys && !_keys.Exists(k => k.Tags.TryGetValue(share.Tag, out var own) && own == share.Value))
                _faults.Add(share.Node, $"no key carries the tag {ConfigText.Quote(share.Tag + "=" + share.Value)}");
        }
    }

    /// <param name="limit">The limit.</param>
    /// <param name="keys">The keys that it binds.</param>
    /// <param name="models">The models that it binds; null for all.</param>
    private void CheckReach(LimitOptions limit, List<KeyFacts> keys, List<ModelOptions>? models)
    {
        ConfigNode place = limit.Match.Node is { } match ? match : limit.Node;
        if (models is { Count: 0 } && _document.Models.Count > 0)
            _faults.Add(place, "can never match: no model that it names is answered by a provider that it names");
        else if (_judgesKeys && keys.Count == 0)
            _faults.Add(place, "can never match: no key is all of this at once");
        else if (_judgesKeys && !keys.Exists(key => MayAskForAny(key, models)))
            _faults.Add(place, "can never match: no key that it names may ask for a model that it names");
    }

    private void CheckPrices(LimitOptions limit, List<KeyFacts> keys)
    {
        foreach (var model in _unpriced)
        {
            if (!Binds(limit.Match, model) || _prices.IsPriced(model, target => Binds(limit.Match, target)))
                continue;
            if (_judgesKeys && !keys.Exists(key => MayAskFor(key, model)))
                continue;
            var what = model.IsGlob ? "of which not every name has a price" : "which has no price";
            _faults.Add(
                limit.Cost.Source!, $"can match the model {ConfigText.Quote(model.Name)}, {what}; give it one, or say unpriced: refuse or unpriced: zero");
            return;
        }
    }

    private bool Binds(LimitMatchOptions match, KeyFacts key)
    {
        if (!(Any(match.Keys, key.Name) && Any(match.Teams, key.Team) && Any(match.Tiers, key.Tier)))
            return false;
        foreach (var tag in match.Tags)
        {
            if (!key.Tags.TryGetValue(tag.Name, out var own) || !Any(tag.Values, own))
                return false;
        }

        return true;
    }

    private bool Binds(LimitMatchOptions match, ModelOptions model)
    {
        if (!Any(match.Models, model.Name))
            return false;
        if (!match.Providers.IsSet)
            return true;
        foreach (var target in model.Targets)
        {
            if (Binds(match, target))
                return true;
        }

        return false;
    }

    /// <summary>Whether a limit binds what a target answers: of a model's targets those alone whose provider it names, if it names any.</summary>
    private bool Binds(LimitMatchOptions match, TargetOptions target) =>
        !match.Providers.IsSet || (target.Provider.IsSet && Any(match.Providers, target.Provider.Value));

    /// <summary>The models that a limit binds; null for all of them.</summary>
    private List<ModelOptions>? Models(LimitMatchOptions match)
    {
        if (!match.Models.IsSet && !match.Providers.IsSet)
            return null;
        var models = new List<ModelOptions>();
        foreach (var model in _document.Models)
        {
            if (Binds(match, model))
                models.Add(model);
        }

        return models;
    }

    private bool MayAskForAny(KeyFacts key, List<ModelOptions>? models) => models?.Exists(model => MayAskFor(key, model)) ?? true;

    /// <summary>Whether some name that a key may ask for comes to a model: an exact name goes to the model of that name alone.</summary>
    private bool MayAskFor(KeyFacts key, ModelOptions model)
    {
        if (!key.Key.Models.IsSet)
            return true;
        foreach (var allowed in key.Key.Models.Value)
        {
            if (++_comparisons > ComparisonsMax || allowed.Value == model.Name)
                return true;
            var isTaken = !allowed.Value.Contains('*', StringComparison.Ordinal) && _document.ModelNames.Contains(allowed.Value);
            if (!isTaken && GlobPattern.Overlaps(allowed.Value, model.Name))
                return true;
        }

        return false;
    }

    private bool Any(Setting<IReadOnlyList<Setting<string>>> patterns, string? name) =>
        !patterns.IsSet || (name is not null && Any(patterns.Value, name));

    private bool Any(IReadOnlyList<Setting<string>> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (Fits(pattern.Value, name))
                return true;
        }

        return false;
    }

    private bool Any(string pattern, IReadOnlySet<string> names)
    {
        if (names.Contains(pattern))
            return true;
        foreach (var name in names)
        {
            if (Fits(pattern, name))
                return true;
        }

        return false;
    }

    private bool Fits(string pattern, string name) => ++_comparisons > ComparisonsMax || GlobPattern.Covers(pattern, name);

    private List<string> Names(Func<KeyFacts, string?> of)
    {
        var names = new List<string>();
        foreach (var key in _keys)
        {
            if (of(key) is { } name)
                names.Add(name);
        }

        return names;
    }

    private static string Shown(Setting<string> pattern, string text) => pattern.ByReference ? "referred to" : ConfigText.Quote(text);
}
