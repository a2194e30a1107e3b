using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>Whom a limit binds (<c>limits[].match</c>): each field that is written must hold, within one any of its patterns.</summary>
public sealed class LimitMatchOptions
{
    /// <summary>Nothing written: it binds all.</summary>
    public static readonly LimitMatchOptions All = new();

    /// <summary>Names of keys.</summary>
    public static readonly PatternsField KeyField = new("key", TextRules.AccountPattern);

    /// <summary>Names of teams.</summary>
    public static readonly PatternsField TeamField = new("team", TextRules.AccountPattern);

    /// <summary>Tiers of keys.</summary>
    public static readonly PatternsField TierField = new("tier", TextRules.PlainPattern);

    /// <summary>Names and globs of <c>models</c>.</summary>
    public static readonly PatternsField ModelField = new("model", TextRules.ModelPattern);

    /// <summary>Names of providers.</summary>
    public static readonly PatternsField ProviderField = new("provider", TextRules.PlainPattern);

    /// <summary>Tags with their values, <c>env=prod</c>.</summary>
    public static readonly PatternsField TagField = new("tag", TagText.Rule);

    /// <summary>Values of tags by the tag's name.</summary>
    public static readonly PatternMapField TagsField = new("tags", TextRules.PlainName, TextRules.TagValue, 32);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("match", KeyField, TeamField, TierField, ModelField, ProviderField, TagField, TagsField);

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; private init; }

    /// <summary>See <see cref="KeyField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Keys { get; private init; }

    /// <summary>See <see cref="TeamField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Teams { get; private init; }

    /// <summary>See <see cref="TierField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Tiers { get; private init; }

    /// <summary>See <see cref="ModelField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Models { get; private init; }

    /// <summary>See <see cref="ProviderField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Providers { get; private init; }

    /// <summary>See <see cref="TagField"/> and <see cref="TagsField"/>: every tag that must be there, with the values that it may have.</summary>
    public IReadOnlyList<TagMatch> Tags { get; private init; } = [];

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static LimitMatchOptions Read(ConfigNode? node, FaultList faults)
    {
        if (node is null || FieldReader.Open(node, Table, faults) is not { } reader)
            return All;
        if (reader.Map.Entries.Count == 0)
            faults.Add(reader.Map, "is empty; leave it out or name something");
        return new LimitMatchOptions
        {
            Node = reader.Map,
            Keys = reader.Get(KeyField),
            Teams = reader.Get(TeamField),
            Tiers = reader.Get(TierField),
            Models = reader.Get(ModelField),
            Providers = reader.Get(ProviderField),
            Tags = TagsOf(reader.Get(TagField), reader.Get(TagsField), faults),
        };
    }

    private static List<TagMatch> TagsOf(
        Setting<IReadOnlyList<Setting<string>>> texts,
        Setting<IReadOnlyList<KeyValuePair<string, IReadOnlyList<Setting<string>>>>> map,
        FaultList faults)
    {
        var tags = new List<TagMatch>();
        if (map.IsSet)
        {
            foreach (var (name, values) in map.Value)
                tags.Add(new TagMatch(name, values));
        }

        var written = tags.Count;
        foreach (var text in texts.Or([]))
        {
            if (!TagText.TryParse(text.Value, out var tag, out _))
                continue;
            var at = tags.FindIndex(t => t.Name == tag.Key);
            if (at >= 0 && at < written)
                faults.Add(text.Source!, $"names a tag that tags names, too: {ConfigText.Quote(tag.Key)}");
            else if (at >= 0)
                tags[at] = new TagMatch(tag.Key, [.. tags[at].Values, new Setting<string>(tag.Value, text.Source!)]);
            else
                tags.Add(new TagMatch(tag.Key, [new Setting<string>(tag.Value, text.Source!)]));
        }

        return tags;
    }
}

/// <summary>A tag that a key must carry.</summary>
/// <param name="Name">The tag's name.</param>
/// <param name="Values">What its value may be, by name or glob.</param>
public sealed record TagMatch(string Name, IReadOnlyList<Setting<string>> Values);

/// <summary>What some tokens count (<c>limits[].weights</c>).</summary>
public sealed class LimitWeightsOptions
{
    /// <summary>Nothing written.</summary>
    public static readonly LimitWeightsOptions None = new();

    /// <summary>What a token of cached input counts, in thousandths.</summary>
    public static readonly DecimalField CachedInputField = new("cachedInput", "a number such as 0.1", 3, "1") { Default = 1000 };

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("weights", CachedInputField);

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; private init; }

    /// <summary>See <see cref="CachedInputField"/>.</summary>
    public Setting<long> CachedInput { get; private init; }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static LimitWeightsOptions Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? None
            : new LimitWeightsOptions { Node = reader.Map, CachedInput = reader.Get(CachedInputField) };
}

/// <summary>Requests that wait for credit (<c>limits[].queue</c>).</summary>
public sealed class LimitQueueOptions
{
    /// <summary>Requests that wait at once.</summary>
    public static readonly CountField MaxField = new("max", 1, 100_000, 100);

    /// <summary>How long one waits at most.</summary>
    public static readonly DurationField WaitField = new("wait", "5s", "10ms", "10m");

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("queue", MaxField, WaitField);

    private LimitQueueOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="MaxField"/>.</summary>
    public Setting<long> Max { get; private init; }

    /// <summary>See <see cref="WaitField"/>.</summary>
    public Setting<TimeSpan> Wait { get; private init; }

    /// <summary>Reads the section; null where it is absent.</summary>
    public static LimitQueueOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null
            : new LimitQueueOptions(reader.Map) { Max = reader.Get(MaxField), Wait = reader.Get(WaitField) };
}
