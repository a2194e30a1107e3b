using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A name or glob, or a list of them.</summary>
public sealed class PatternsField : Field<IReadOnlyList<Setting<string>>>
{
    /// <summary>How many a list may hold.</summary>
    public const int ItemsMax = 1000;

    private readonly Func<string, string?> _rule;

    /// <summary>Makes a field of that name.</summary>
    public PatternsField(string name, Func<string, string?> rule)
        : base(name) => _rule = rule;

    /// <inheritdoc/>
    public override bool TryRead(ConfigNode node, FaultList faults, out IReadOnlyList<Setting<string>> value)
    {
        ArgumentNullException.ThrowIfNull(faults);
        return TryReadPatterns(node, _rule, faults, out value);
    }

    /// <summary>Reads a text, or a list of texts that is not empty, each under a rule.</summary>
    internal static bool TryReadPatterns(ConfigNode node, Func<string, string?> rule, FaultList faults, out IReadOnlyList<Setting<string>> value)
    {
        var texts = new List<Setting<string>>();
        value = texts;
        if (node is not ConfigSequence list)
        {
            if (!StringField.TryReadText(node, rule, faults, out var one))
                return false;
            texts.Add(new Setting<string>(one, node));
            return true;
        }

        if (list.Items.Count is 0 or > ItemsMax)
        {
            faults.Add(list, list.Items.Count == 0 ? "is empty; leave it out or name something" : $"holds more than {ItemsMax} entries");
            return false;
        }

        foreach (var item in list.Items)
        {
            if (StringField.TryReadText(item, rule, faults, out var text))
                texts.Add(new Setting<string>(text, item));
        }

        return true;
    }
}

/// <summary>Names or globs by names of the user's choice: what values each of some tags may have.</summary>
public sealed class PatternMapField : Field<IReadOnlyList<KeyValuePair<string, IReadOnlyList<Setting<string>>>>>
{
    private readonly Func<string, string?> _nameRule;
    private readonly Func<string, string?> _valueRule;

    /// <summary>Makes a field of that name.</summary>
    public PatternMapField(string name, Func<string, string?> nameRule, Func<string, string?> valueRule, int entriesMax)
        : base(name)
    {
        _nameRule = nameRule;
        _valueRule = valueRule;
        EntriesMax = entriesMax;
    }

    /// <summary>How many names it may hold.</summary>
    public int EntriesMax { get; }

    /// <inheritdoc/>
    public override bool TryRead(
        ConfigNode node, FaultList faults, out IReadOnlyList<KeyValuePair<string, IReadOnlyList<Setting<string>>>> value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var all = new List<KeyValuePair<string, IReadOnlyList<Setting<string>>>>();
        value = all;
        if (node is not ConfigMap map || map.Entries.Count is 0 || map.Entries.Count > EntriesMax)
        {
            var isEmpty = node is ConfigMap { Entries.Count: 0 };
            faults.Add(node, node is not ConfigMap ? $"expected a map of texts, found {node.KindText}"
                : isEmpty ? "is empty; leave it out or name something" : $"holds more than {EntriesMax} entries");
            return false;
        }

        foreach (var entry in map.Entries)
        {
            if (_nameRule(entry.Name) is { } complaint)
                faults.Add(map, entry.Name, complaint);
            else if (PatternsField.TryReadPatterns(entry.Value, _valueRule, faults, out var patterns))
                all.Add(new(entry.Name, patterns));
        }

        return true;
    }
}
