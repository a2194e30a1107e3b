namespace AiEdge.Contracts.Tree;

/// <summary>Names with their values, in the document's order, each name once.</summary>
public sealed class ConfigMap : ConfigNode
{
    /// <summary>Up to this many entries a look through them is cheaper than a hash table.</summary>
    private const int ScannedEntriesMax = 16;

    private readonly List<ConfigEntry> _entries = [];
    private Dictionary<string, int>? _byName;

    /// <summary>Makes an empty map.</summary>
    public ConfigMap(int line, int column)
        : base(line, column)
    {
    }

    /// <summary>The entries in the document's order.</summary>
    public IReadOnlyList<ConfigEntry> Entries => _entries;

    /// <inheritdoc/>
    public override string KindText => "a map";

    /// <summary>Adds an entry; false where the name is there already (then nothing changes).</summary>
    public bool TryAdd(string name, ConfigNode value, int line, int column)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        if (Find(name) >= 0)
            return false;
        value.Attach(this, name, -1);
        _byName?.Add(name, _entries.Count);
        _entries.Add(new ConfigEntry(name, value, line, column));
        return true;
    }

    /// <summary>The entry of that name, or null.</summary>
    public ConfigEntry? Entry(string name)
    {
        var i = Find(name);
        return i < 0 ? null : _entries[i];
    }

    /// <summary>Puts another value in an entry's place.</summary>
    public void Replace(int index, ConfigNode value)
    {
        ArgumentNullException.ThrowIfNull(value);
        value.Attach(this, _entries[index].Name, -1);
        _entries[index] = _entries[index] with { Value = value };
    }

    private int Find(string name)
    {
        if (_byName is not null)
            return _byName.GetValueOrDefault(name, -1);
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Name == name)
                return i;
        }

        if (_entries.Count >= ScannedEntriesMax)
        {
            _byName = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var i = 0; i < _entries.Count; i++)
                _byName.Add(_entries[i].Name, i);
        }

        return -1;
    }
}

/// <summary>A name with its value.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
/// <param name="Line">Line of the name, counted from 1.</param>
/// <param name="Column">Column of the name, counted from 1.</param>
public sealed record ConfigEntry(string Name, ConfigNode Value, int Line, int Column);
