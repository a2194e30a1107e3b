using System.Globalization;
using System.Text.Json;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Rules;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Quota;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// What would become of a request on a data plane that serves this document: judged in the data plane's order, so that the first thing in the
/// way is the one that a client would be told of.
/// </summary>
internal sealed class Explanation
{
    private const string Nobody = "__none__";
    private const string Everyone = "*";

    private readonly EdgeDocument _document;
    private readonly KeyOptions? _key;
    private readonly ModelOptions? _model;
    private readonly Dictionary<string, string> _tags;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _asked;
    private readonly string _keyName;
    private readonly string _askedModel;
    private readonly string _meantModel;
    private readonly TeamOptions? _team;

    /// <summary>Judges.</summary>
    /// <param name="document">The document.</param>
    /// <param name="nowUnixMs">The present.</param>
    /// <param name="ask">The request.</param>
    /// <param name="key">The entry of its key.</param>
    public Explanation(EdgeDocument document, long nowUnixMs, ExplainAsk ask, EdgeEntry key)
    {
        (_document, _askedModel, _keyName, _asked) = (document, ask.Model, key.Name, ask.Tags);
        _key = EntryOptions.Key(key, out var isDisabled);
        _team = _key is { Team.IsSet: true } && document.Find("teams", _key.Team.Value) is { } its ? EntryOptions.Team(its) : null;
        _tags = TagsOf(_key, _team);
        (_meantModel, _model) = ModelOf(document, Mapped(_key, ask.Model));
        Error = KeyError(nowUnixMs, isDisabled) ?? TagError(ask) ?? ModelError();
    }

    /// <summary>What is in the way, limits aside: status, code and why; null where nothing is.</summary>
    public (int Status, string Code, string Why)? Error { get; }

    /// <summary>Writes the answer.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="view">How the buckets of a limit stand.</param>
    /// <param name="mayShow">Whether the caller may see a limit; of others it is only said how many there are.</param>
    public void Write(Utf8JsonWriter writer, Func<string, List<BucketView>> view, Func<string, bool> mayShow)
    {
        var limits = _key is null || _model is null ? [] : Limits().ConvertAll(l => new ExplainedLimit(l, ScopeValue(l), view(l.Name.Value)));
        var refusing = Error is null ? limits.Find(l => l.Refuses) : null;
        writer.WriteBoolean("admitted", Error is null && refusing is null);
        if (Error is var (status, code, why))
            WriteError(writer, status, code, why);
        else if (refusing is not null)
            WriteError(writer, 429, refusing.Code, mayShow(refusing.Name) ? $"the limit {refusing.Name} has nothing left" : "a limit has nothing left");
        WriteKey(writer);
        WriteTarget(writer);
        writer.WriteStartArray("limits");
        foreach (var limit in limits.Where(l => mayShow(l.Name)))
            limit.Write(writer);
        writer.WriteEndArray();
        if (limits.Count(l => !mayShow(l.Name)) is var others and > 0)
            writer.WriteNumber("otherLimits", others);
    }

    private void WriteKey(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("key");
        writer.WriteString("name", _keyName);
        if (_key is { Team.IsSet: true })
            writer.WriteString("team", _key.Team.Value);
        if (_key is { Tier.IsSet: true })
            writer.WriteString("tier", _key.Tier.Value);
        writer.WriteStartObject("tags");
        foreach (var (name, value) in _tags)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteTarget(Utf8JsonWriter writer)
    {
        if (_model is null)
            return;
        writer.WriteStartObject("model");
        writer.WriteString("asked", _askedModel);
        if (_meantModel != _askedModel)
            writer.WriteString("meant", _meantModel);
        writer.WriteString("rule", _model.Name);
        WriteSteps(writer, _model.Degrade);
        writer.WriteEndObject();
        var targets = Askable(_model);
        if (targets.Count == 0)
            return;
        writer.WriteStartObject("target");
        WriteNames(writer, targets[0]);
        var rule = _model.IsGlob ? "the first rule whose glob matches"
            : _meantModel == _askedModel ? "the rule of that very name" : "the rule that the name stands for";
        var balance = _model.Balance.Or(ModelOptions.BalanceField.Default!);
        writer.WriteString("why", targets.Count == 1
            ? rule + " has it as its target"
            : $"{rule} has it first of {targets.Count} targets; whom a plane asks, balance ({balance}) and their health decide");
        writer.WriteEndObject();
        writer.WriteStartArray("targets");
        foreach (var target in targets)
        {
            writer.WriteStartObject();
            WriteNames(writer, target);
            writer.WriteNumber("weight", target.Weight.Or(TargetOptions.WeightField.Default));
            writer.WriteNumber("priority", target.Priority.Or(TargetOptions.PriorityField.Default));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>What each plane makes of requests as the targets fill up, which it alone sees.</summary>
    private static void WriteSteps(Utf8JsonWriter writer, IReadOnlyList<DegradeOptions> steps)
    {
        if (steps.Count == 0)
            return;
        writer.WriteStartArray(ModelOptions.DegradeField.Name);
        foreach (var step in steps)
        {
            writer.WriteStartObject();
            writer.WriteString(DegradeOptions.AtField.Name, PercentField.Text(step.At.Value));
            if (step.Model.IsSet)
                writer.WriteString(DegradeOptions.ModelField.Name, step.Model.Value);
            if (step.MaxTokens.IsSet)
                writer.WriteNumber(DegradeOptions.MaxTokensField.Name, step.MaxTokens.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteNames(Utf8JsonWriter writer, TargetOptions target)
    {
        writer.WriteString("provider", target.Provider.Value);
        writer.WriteString("model", target.Model.Or(_meantModel));
    }

    /// <summary>Those that planes may ask, the first ones first.</summary>
    private List<TargetOptions> Askable(ModelOptions model) =>
    [
        .. model.Targets.Where(t => t.Weight.Or(TargetOptions.WeightField.Default) > 0 && !IsOff(t) && IsWithin(t))
            .OrderBy(t => t.Priority.Or(TargetOptions.PriorityField.Default)),
    ];

    /// <summary>The same, or all where none may be asked: what is refused for it is explained as it is written.</summary>
    private IReadOnlyList<TargetOptions> Asked() => Askable(_model!) is { Count: > 0 } askable ? askable : _model!.Targets;

    /// <summary>Whether a target lies in the regions that the key and its team are bound to.</summary>
    private bool IsWithin(TargetOptions target)
    {
        var bounds = new[] { _key?.Regions ?? default, _team?.Regions ?? default };
        if (!bounds.Any(b => b.IsSet))
            return true;
        var region = target.Region;
        if (!region.IsSet && _document.Find("providers", target.Provider.Value) is { } provider)
            region = EntryOptions.Provider(provider)?.Region ?? default;
        return bounds.All(b => Any(b, region.IsSet ? region.Value : null));
    }

    private bool IsOff(TargetOptions target) =>
        _document.Find("providers", target.Provider.Value) is { } provider && Publish.PublishedEntries.IsDisabled(provider.Value.Json);

    private static void WriteError(Utf8JsonWriter writer, int status, string code, string why)
    {
        writer.WriteStartObject("error");
        writer.WriteNumber("status", status);
        writer.WriteString("code", code);
        writer.WriteString("why", why);
        writer.WriteEndObject();
    }

    private (int Status, string Code, string Why)? KeyError(long nowUnixMs, bool isDisabled)
    {
        const string Code = "invalid_api_key";
        if (_key is null || isDisabled)
            return (401, Code, "the key is disabled");
        if (_team is { IsDisabled: true })
            return (401, Code, "the key's team is disabled");
        return _key.Expires.IsSet && _key.Expires.Value.ToUnixTimeMilliseconds() <= nowUnixMs ? (401, Code, "the key has expired") : null;
    }

    private (int Status, string Code, string Why)? TagError(ExplainAsk ask)
    {
        foreach (var (name, _) in ask.Tags)
        {
            if (!_key!.ClientTags.Or([]).Any(t => t.Value == name))
                return (403, "model_not_allowed", $"the key does not allow the tag {name}");
        }

        return null;
    }

    private (int Status, string Code, string Why)? ModelError()
    {
        if (_key!.Models.IsSet && !_key.Models.Value.Any(m => GlobPattern.Covers(m.Value, _meantModel)))
            return (403, "model_not_allowed", "the key does not allow the model");
        if (_model is null)
            return (404, "model_not_found", "no rule matches the model");
        if (_model.IsDisabled)
            return (403, "model_not_allowed", "the model is disabled");
        if (_model.Targets.All(t => t.Weight.Or(TargetOptions.WeightField.Default) == 0 || IsOff(t)))
            return (403, "model_not_allowed", "the model's provider is disabled");

        // What it falls back to may lie where it has no target itself.
        return Askable(_model).Count == 0 && !_model.Fallback.Or([]).Any(name => ModelOf(_document, name.Value).Model is { } other && Askable(other).Count > 0)
            ? (403, "model_not_allowed", "the model has no target in the regions that the key is bound to")
            : null;
    }

    private List<LimitOptions> Limits()
    {
        var bound = new List<LimitOptions>();
        foreach (var entry in DocumentCheck.InOrder(_document, "limits"))
        {
            if (EntryOptions.Limit(entry, out var isDisabled) is { } limit && !isDisabled && Binds(limit.Match))
                bound.Add(limit);
        }

        return bound;
    }

    private bool Binds(LimitMatchOptions match) =>
        Any(match.Keys, _keyName) && Any(match.Teams, _key!.Team.IsSet ? _key.Team.Value : null) && Any(match.Tiers, _key.Tier.IsSet ? _key.Tier.Value : null)
        && Any(match.Models, _model!.Name) && (!match.Providers.IsSet || Asked().Any(t => Any(match.Providers, t.Provider.Value)))
        && match.Tags.All(t => _tags.TryGetValue(t.Name, out var own) && t.Values.Any(v => GlobPattern.Covers(v.Value, own)));

    /// <summary>Whom a limit keeps its bucket for; null where that is known with the request's address only.</summary>
    private string? ScopeValue(LimitOptions limit)
    {
        var per = limit.Per.Or(ScopeField.Default);
        return per.Word switch
        {
            "key" => _keyName,
            "team" => _key!.Team.IsSet ? _key.Team.Value : Nobody,
            "model" => _model!.Name,
            "provider" => Asked()[0].Provider.Value,
            "ip" => null,
            "tag" => _asked.Where(t => t.Key == per.Tag).Select(t => t.Value).LastOrDefault() ?? _tags.GetValueOrDefault(per.Tag!, Nobody),
            _ => Everyone,
        };
    }

    private static bool Any(Setting<IReadOnlyList<Setting<string>>> patterns, string? name) =>
        !patterns.IsSet || (name is not null && patterns.Value.Any(p => GlobPattern.Covers(p.Value, name)));

    /// <summary>What a name stands for by the key's map.</summary>
    private static string Mapped(KeyOptions? key, string asked)
    {
        foreach (var (pattern, to) in key?.ModelMap.Or([]) ?? [])
        {
            if (GlobPattern.Covers(pattern, asked))
                return to.Value;
        }

        return asked;
    }

    /// <summary>The rule that answers for a name, and the name that is meant by it.</summary>
    private static (string Meant, ModelOptions? Model) ModelOf(EdgeDocument document, string asked)
    {
        if (document.Find("models", asked) is { } exact)
            return (asked, EntryOptions.Model(exact));
        (string, ModelOptions?)? byGlob = null;
        foreach (var entry in DocumentCheck.InOrder(document, "models"))
        {
            if (EntryOptions.Model(entry) is { } model && model.Aliases.Or([]).Any(alias => alias.Value == asked))
                return (model.Name, model);
            if (byGlob is null && entry.Name.Contains('*', StringComparison.Ordinal) && GlobPattern.Covers(entry.Name, asked))
                byGlob = (asked, EntryOptions.Model(entry));
        }

        return byGlob ?? (asked, null);
    }

    private static Dictionary<string, string> TagsOf(KeyOptions? key, TeamOptions? team)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in team?.Tags.Or([]) ?? [])
            tags[name] = value.Value;
        foreach (var (name, value) in key?.Tags.Or([]) ?? [])
            tags[name] = value.Value;
        return tags;
    }
}

/// <summary>A limit that binds a request that is asked about, and how its bucket stands.</summary>
internal sealed class ExplainedLimit(LimitOptions limit, string? value, List<BucketView> views)
{
    private readonly List<BucketView> _views = value is null ? [] : views.FindAll(v => v.Id.Value == value);

    public string Name => limit.Name.Value;

    /// <summary>Whether it has nothing left anywhere: neither here nor in a plane's hands.</summary>
    public bool Refuses => !limit.IsShadow && _views.Exists(IsEmpty);

    /// <summary>The code of its refusal.</summary>
    public string Code => _views.Find(IsEmpty).Id.Unit == Contracts.Wire.QuotaUnit.Nanodollars ? "insufficient_quota" : "rate_limit_exceeded";

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("name", Name);
        writer.WriteString("mode", limit.IsShadow ? "shadow" : "enforce");
        var per = limit.Per.Or(ScopeField.Default);
        writer.WriteString("per", per.Tag is null ? per.Word : $"{per.Word}:{per.Tag}");
        if (value is not null)
            writer.WriteString("value", value);
        writer.WriteStartObject("amounts");
        foreach (var (field, amount) in limit.Amounts())
            writer.WriteString(field.Name, AmountText.Format(amount.Value, field.IsMoney));
        if (limit.Concurrent.IsSet)
            writer.WriteString(LimitOptions.ConcurrentField.Name, limit.Concurrent.Value.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();

        // A bucket that nobody has asked for yet is not there: all of it is left.
        writer.WriteStartArray("buckets");
        foreach (var view in _views)
        {
            writer.WriteStartObject();
            writer.WriteString("unit", QuotaText.Unit(view.Id.Unit));
            Amount("used", view.Used);
            Amount("granted", view.Granted);
            Amount("held", view.Held);
            Amount("remaining", view.Remaining);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteDegraded(writer);
        writer.WriteEndObject();

        void Amount(string name, long amount) => writer.WriteString(name, amount.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>What it makes of requests by now, as planes that have told all that they used see it.</summary>
    private void WriteDegraded(Utf8JsonWriter writer)
    {
        var reached = limit.Degrade.Where(step => step.At.Value == 0 || _views.Exists(v => v.UsedPercent >= step.At.Value)).ToList();
        if (reached.Count == 0)
            return;
        writer.WriteStartObject("degraded");
        if (reached.FindLast(static step => step.Model.IsSet) is { } turned)
            writer.WriteString(DegradeOptions.ModelField.Name, turned.Model.Value);
        if (reached.FindLast(static step => step.MaxTokens.IsSet) is { } capped)
            writer.WriteNumber(DegradeOptions.MaxTokensField.Name, capped.MaxTokens.Value);
        writer.WriteEndObject();
    }

    private static bool IsEmpty(BucketView view) => view.Remaining <= 0 && view.Granted <= 0;
}
