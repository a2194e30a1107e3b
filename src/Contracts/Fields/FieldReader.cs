using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// Reads the fields of one section. Opening it settles what concerns the section as a whole: that it is a map, that every
/// name in it is known, that what belongs to a later version is refused, that what must be there is there.
/// </summary>
public sealed class FieldReader
{
    private readonly FaultList _faults;

    private FieldReader(ConfigMap map, FaultList faults)
    {
        Map = map;
        _faults = faults;
    }

    /// <summary>The section.</summary>
    public ConfigMap Map { get; }

    /// <summary>Opens a section; null, with a fault added, where the node is not a map.</summary>
    public static FieldReader? Open(ConfigNode node, FieldTable table, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(faults);
        if (node is not ConfigMap map)
        {
            faults.Add(node, $"expected {table.Title} (a map), found {node.KindText}");
            return null;
        }

        foreach (var entry in map.Entries)
            CheckName(map, entry, table, faults);
        foreach (var field in table.Fields)
        {
            if (field.IsRequired && map.Entry(field.Name) is null)
                faults.Add(map, field.Name, "is required");
        }

        return new FieldReader(map, faults);
    }

    /// <summary>The value of a field; not set where it is absent or, with a fault added, not readable.</summary>
    public Setting<T> Get<T>(Field<T> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        var entry = Map.Entry(field.Name);
        return entry is not null && field.TryRead(entry.Value, _faults, out var value) ? new Setting<T>(value, entry.Value) : default;
    }

    /// <summary>The node of a field; null where it is absent or empty (<c>teams:</c> with nothing behind it).</summary>
    public ConfigNode? Node(Field field)
    {
        ArgumentNullException.ThrowIfNull(field);
        var value = Map.Entry(field.Name)?.Value;
        return value is ConfigScalar { Kind: ScalarKind.Null } ? null : value;
    }

    /// <summary>The sections of a field by name.</summary>
    public IReadOnlyList<ConfigEntry> Named(NamedSectionsField field)
    {
        var node = Node(field);
        if (node is ConfigMap map)
            return map.Entries;
        if (node is not null)
            _faults.Add(node, $"expected a map of names, found {node.KindText}");
        return [];
    }

    /// <summary>The sections of a field in order.</summary>
    public IReadOnlyList<ConfigNode> Listed(SectionListField field)
    {
        var node = Node(field);
        if (node is ConfigSequence list)
            return list.Items;
        if (node is not null)
            _faults.Add(node, $"expected a list, found {node.KindText}");
        return [];
    }

    private static void CheckName(ConfigMap map, ConfigEntry entry, FieldTable table, FaultList faults)
    {
        switch (table.Find(entry.Name))
        {
            case null:
                faults.Add(map, entry.Name, $"is not a field of {table.Title}{Suggestion.For(entry.Name, table.Names())}");
                break;
            case LaterField:
                faults.Add(map, entry.Name, "is not supported yet");
                break;
        }
    }
}
