using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>How much of a rate may be used at once: one number for the only rate of a limit, or a number for each by its name.</summary>
/// <param name="Alone">The number that stands alone.</param>
/// <param name="ByName">The numbers by name.</param>
public sealed record Burst(Setting<long> Alone, IReadOnlyList<KeyValuePair<string, Setting<long>>> ByName);

/// <summary>A number, or a map of numbers.</summary>
public sealed class BurstField : Field<Burst>
{
    private readonly CountField _count;
    private readonly string[] _names;

    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="names">What a map may name.</param>
    public BurstField(string name, params string[] names)
        : base(name)
    {
        _count = new CountField(name, 1, AmountText.CountMax);
        _names = names;
    }

    /// <inheritdoc/>
    public override bool TryRead(ConfigNode node, FaultList faults, out Burst value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var numbers = new List<KeyValuePair<string, Setting<long>>>();
        value = new Burst(default, numbers);
        if (node is not ConfigMap map)
        {
            if (!_count.TryRead(node, faults, out var alone))
                return false;
            value = new Burst(new Setting<long>(alone, node), numbers);
            return true;
        }

        foreach (var entry in map.Entries)
        {
            if (Array.IndexOf(_names, entry.Name) < 0)
                faults.Add(map, entry.Name, $"is not a rate that has a burst{Suggestion.For(entry.Name, _names)}");
            else if (_count.TryRead(entry.Value, faults, out var number))
                numbers.Add(new(entry.Name, new Setting<long>(number, entry.Value)));
        }

        return true;
    }
}
