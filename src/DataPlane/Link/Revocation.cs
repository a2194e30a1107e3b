using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// Entries that were taken away together with what is under way on them. An exchange that began under the configuration without them is
/// none of it, even where an entry of the same name stands there anew. Of a key that has lost one of its secrets those exchanges go on that
/// came with the other.
/// </summary>
internal sealed class Revocation
{
    private readonly HashSet<(string Section, string Name)> _gone = [];
    private readonly HashSet<string>? _keys;
    private readonly ConfigSnapshot _without;

    private Revocation(ConfigSnapshot without, HashSet<string>? keys = null) => (_without, _keys) = (without, keys);

    /// <summary>The revocation in a change; null where it has none.</summary>
    /// <param name="removals">What the change takes away.</param>
    /// <param name="without">The configuration that the change makes, which is in force.</param>
    public static Revocation? Of(IEnumerable<ConfigRemoval> removals, ConfigSnapshot without)
    {
        Revocation? found = null;
        foreach (var removal in removals)
        {
            if (!removal.EndsExchanges)
                continue;
            found ??= new(without);
            found._gone.Add((removal.Section, removal.Name));
        }

        return found;
    }

    /// <summary>
    /// The revocation in a configuration that came whole: keys that it does not have are gone, whatever they were, and so is what teams had that
    /// are switched off. It says nothing of how they went, so a key that is there under its name is taken to be the same.
    /// </summary>
    public static Revocation OfWhole(IReadOnlyList<ConfigPiece> entries, ConfigSnapshot without)
    {
        var found = new Revocation(without, new(StringComparer.Ordinal));
        foreach (var entry in entries)
        {
            if (entry.Section == "keys")
                found._keys!.Add(entry.Name);
            else if (entry.Section == "teams" && entry.IsSwitchedOff())
                found._gone.Add((entry.Section, entry.Name));
        }

        return found;
    }

    /// <summary>Whether an exchange rests on one of them: by its key, the key's team, the model's rule, or the provider it is at.</summary>
    public bool Concerns(Exchange exchange)
    {
        if (ReferenceEquals(exchange.Config, _without))
            return false;
        return exchange.Key is { } key && (IsGone("keys", key.Name) && _without.Keys.Find(key.Sha256) is null || key.Team is { } team && IsGone("teams", team))
            || exchange.Model is { } model && IsGone("models", model.Name)
            || exchange.Target is { } target && IsGone("providers", target.Provider.Name);
    }

    private bool IsGone(string section, string name) =>
        _keys is not null && section == "keys" ? !_keys.Contains(name) : _gone.Contains((section, name));
}
