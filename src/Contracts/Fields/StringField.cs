using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>Text that a rule may narrow.</summary>
public sealed class StringField : ScalarField<string>
{
    private readonly Func<string, string?> _rule;

    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="rule">What is wrong with a text, without showing it, or null.</param>
    public StringField(string name, Func<string, string?> rule)
        : base(name) => _rule = rule;

    /// <summary>The value where none is written, or null.</summary>
    public string? Default { get; init; }

    /// <inheritdoc/>
    public override string? DefaultText => Default;

    /// <inheritdoc/>
    protected override string Expected => "a string";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out string value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        return TryReadText(scalar, _rule, faults, out value);
    }

    /// <summary>Reads a text under a rule; a number or boolean has to be put in quotes, because its spelling would be lost in JSON.</summary>
    internal static bool TryReadText(ConfigNode node, Func<string, string?> rule, FaultList faults, out string value)
    {
        value = "";
        if (node is not ConfigScalar { Kind: ScalarKind.Text } scalar)
        {
            var hint = node is ConfigScalar { Kind: not ScalarKind.Null } ? "; write it in quotes" : "";
            faults.Add(node, $"expected a string, found {node.KindText}{hint}");
            return false;
        }

        if (rule(scalar.Text) is { } complaint)
        {
            faults.Add(scalar, complaint);
            return false;
        }

        value = scalar.Text;
        return true;
    }
}

/// <summary>A list of texts under one rule.</summary>
public sealed class StringListField : Field<IReadOnlyList<Setting<string>>>
{
    private readonly Func<string, string?> _rule;

    /// <summary>Makes a field of that name.</summary>
    public StringListField(string name, Func<string, string?> rule, int itemsMax)
        : base(name)
    {
        _rule = rule;
        ItemsMax = itemsMax;
    }

    /// <summary>How many texts it may hold; at least one.</summary>
    public int ItemsMax { get; }

    /// <inheritdoc/>
    public override bool TryRead(ConfigNode node, FaultList faults, out IReadOnlyList<Setting<string>> value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var texts = new List<Setting<string>>();
        value = texts;
        if (node is not ConfigSequence list)
        {
            faults.Add(node, $"expected a list, found {node.KindText}");
            return false;
        }

        if (list.Items.Count == 0 || list.Items.Count > ItemsMax)
        {
            faults.Add(list, list.Items.Count == 0 ? "is empty; leave it out or name something" : $"holds more than {ItemsMax} entries");
            return false;
        }

        foreach (var item in list.Items)
        {
            if (StringField.TryReadText(item, _rule, faults, out var text))
                texts.Add(new Setting<string>(text, item));
        }

        return true;
    }
}

/// <summary>Texts by names of the user's choice, both under a rule.</summary>
public sealed class StringMapField : Field<IReadOnlyList<KeyValuePair<string, Setting<string>>>>
{
    private readonly Func<string, string?> _nameRule;
    private readonly Func<string, string?> _valueRule;

    /// <summary>Makes a field of that name.</summary>
    public StringMapField(string name, Func<string, string?> nameRule, Func<string, string?> valueRule, int entriesMax)
        : base(name)
    {
        _nameRule = nameRule;
        _valueRule = valueRule;
        EntriesMax = entriesMax;
    }

    /// <summary>How many entries it may hold.</summary>
    public int EntriesMax { get; }

    /// <inheritdoc/>
    public override bool TryRead(ConfigNode node, FaultList faults, out IReadOnlyList<KeyValuePair<string, Setting<string>>> value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var texts = new List<KeyValuePair<string, Setting<string>>>();
        value = texts;
        if (node is not ConfigMap map)
        {
            faults.Add(node, $"expected a map of texts, found {node.KindText}");
            return false;
        }

        if (map.Entries.Count > EntriesMax)
        {
            faults.Add(map, $"holds more than {EntriesMax} entries");
            return false;
        }

        foreach (var entry in map.Entries)
        {
            if (_nameRule(entry.Name) is { } complaint)
                faults.Add(map, entry.Name, complaint);
            else if (StringField.TryReadText(entry.Value, _valueRule, faults, out var text))
                texts.Add(new(entry.Name, new Setting<string>(text, entry.Value)));
        }

        return true;
    }
}
