namespace AiEdge.Contracts.Tree;

/// <summary>Values in order.</summary>
public sealed class ConfigSequence : ConfigNode
{
    private readonly List<ConfigNode> _items = [];

    /// <summary>Makes an empty list.</summary>
    public ConfigSequence(int line, int column)
        : base(line, column)
    {
    }

    /// <summary>The values.</summary>
    public IReadOnlyList<ConfigNode> Items => _items;

    /// <inheritdoc/>
    public override string KindText => "a list";

    /// <summary>Adds a value at the end.</summary>
    public void Add(ConfigNode value)
    {
        ArgumentNullException.ThrowIfNull(value);
        value.Attach(this, null, _items.Count);
        _items.Add(value);
    }

    /// <summary>Puts another value in an item's place.</summary>
    public void Replace(int index, ConfigNode value)
    {
        ArgumentNullException.ThrowIfNull(value);
        value.Attach(this, null, index);
        _items[index] = value;
    }
}
