using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Faults;

/// <summary>
/// Collects everything that is wrong, so that a user mends a file once and not fault by fault. Bounded: after
/// <see cref="FaultsMax"/> only the number is kept.
/// </summary>
public sealed class FaultList
{
    /// <summary>Faults kept; a file with more has one cause that the first ones name.</summary>
    public const int FaultsMax = 200;

    private readonly List<ConfigFault> _faults = [];
    private int _dropped;

    /// <summary>How many were added, also those that were not kept.</summary>
    public int Count => _faults.Count + _dropped;

    /// <summary>Adds a fault at a node, unless the node is broken: what is wrong with it has been said where it broke.</summary>
    public void Add(ConfigNode node, string message)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node is not ConfigScalar { IsBroken: true } && HasRoom())
            _faults.Add(new ConfigFault(node.Path, node.Line, node.Column, message));
    }

    /// <summary>Adds a fault at a field of a map, at the field's name where it is there, else at the map.</summary>
    public void Add(ConfigNode map, string field, string message)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!HasRoom())
            return;
        var entry = (map as ConfigMap)?.Entry(field);
        _faults.Add(new ConfigFault(ConfigPath.Of(map, field), entry?.Line ?? map.Line, entry?.Column ?? map.Column, message));
    }

    /// <summary>Adds a fault at a place that has no node.</summary>
    public void Add(string path, int line, int column, string message)
    {
        if (HasRoom())
            _faults.Add(new ConfigFault(path, line, column, message));
    }

    /// <summary>The faults by line, closed by one that says how many more there are.</summary>
    public IReadOnlyList<ConfigFault> ToList()
    {
        var list = new List<ConfigFault>(_faults);

        // The index keeps the order of faults at the same place: List.Sort alone is not stable.
        var order = new Dictionary<ConfigFault, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < list.Count; i++)
            order.Add(list[i], i);
        list.Sort((a, b) => a.Line != b.Line ? a.Line.CompareTo(b.Line)
            : a.Column != b.Column ? a.Column.CompareTo(b.Column)
            : order[a].CompareTo(order[b]));
        if (_dropped > 0)
            list.Add(new ConfigFault("", 0, 0, $"{_dropped} more faults are not shown"));
        return list;
    }

    private bool HasRoom()
    {
        if (_faults.Count < FaultsMax)
            return true;
        _dropped++;
        return false;
    }
}
