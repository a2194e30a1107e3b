using System.Collections.Concurrent;
using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// The limits of a configuration, and which of them bind whom. What binds a key is found when it is first seen; keys that are bound
/// by the same share it, so a hundred thousand keys cost a reference each and not a copy of the limits.
/// </summary>
/// <remarks>
/// Requirements: <see cref="Resolve"/> gives the same for the same key and rule, whichever threads ask; after the first time it
/// neither locks nor allocates. Memory order: what is published is immutable or, within it, only ever goes from null to a value that
/// every thread would compute alike, by a volatile write; whoever reads null computes it again.
/// </remarks>
internal sealed class LimitTable
{
    /// <summary>The bucket of those who come after a limit has as many as it may have.</summary>
    public const string Other = "__other__";

    /// <summary>The bucket of those who have not got what the limit is kept for.</summary>
    public const string None = "__none__";

    /// <summary>The one bucket of a limit for all.</summary>
    public const string Everyone = "*";

    private readonly LimitModel[] _limits;
    private readonly LimitPart[][] _parts;
    private readonly ConcurrentDictionary<string, KeyClass> _classes = new(StringComparer.Ordinal);

    public LimitTable(LimitModel[] limits)
    {
        _limits = limits;
        _parts = new LimitPart[limits.Length][];
        var all = new List<LimitPart>();
        for (var i = 0; i < limits.Length; i++)
        {
            var first = all.Count;
            foreach (var quantity in limits[i].Quantities)
                all.Add(new LimitPart(limits[i], quantity, all.Count));
            if (limits[i].Concurrent is not null)
                all.Add(new LimitPart(limits[i], null, all.Count));
            _parts[i] = [.. all[first..]];
        }

        Parts = [.. all];
        CountsTokens = all.Exists(static part => part.CountsInput || part.CountsOutput);
        Degrades = Array.Exists(limits, static limit => limit.Degrade.Length > 0);
        IsPerAddress = Array.Exists(limits, static limit => limit.Per == LimitScope.Ip);
    }

    /// <summary>Every part of every limit, in the document's order.</summary>
    public LimitPart[] Parts { get; }

    /// <summary>Whether some limit counts tokens or money.</summary>
    public bool CountsTokens { get; }

    /// <summary>Whether some limit makes less of requests before it refuses them.</summary>
    public bool Degrades { get; }

    /// <summary>Whether some limit is kept for each address of a client.</summary>
    public bool IsPerAddress { get; }

    /// <summary>What binds a key's requests for a model rule of the same configuration.</summary>
    public BoundLimits Resolve(KeyModel key, ModelModel model)
    {
        if (_limits.Length == 0)
            return BoundLimits.None;
        var found = ClassOf(key);
        return found.Of(model.Index) ?? Find(found, model);
    }

    /// <summary>Whether limits that count tokens or money may bind a key, whatever it asks for.</summary>
    public bool MayCountTokens(KeyModel key) => CountsTokens && ClassOf(key).CountsTokens;

    /// <summary>
    /// Whether a limit that is enforced counts tokens or money of a key's requests, whatever it asks for: what nobody can meter would escape it.
    /// </summary>
    public bool EnforcesTokens(KeyModel key) => CountsTokens && ClassOf(key).EnforcesTokens;

    /// <summary>
    /// What would have bound an exchange of which only names are left, as in a record; not remembered. Parts that depend on who
    /// answers are among them if <paramref name="provider"/> fits.
    /// </summary>
    public List<LimitPart> Bind(
        string key, string? team, string? tier, IReadOnlyList<KeyValuePair<string, string>> tags, string model, string? provider)
    {
        var parts = new List<LimitPart>();
        var (modelUtf8, providerUtf8) = (Encoding.UTF8.GetBytes(model), Bytes(provider));
        for (var i = 0; i < _limits.Length; i++)
        {
            var match = _limits[i].Match;
            if (IsOfKey(match, Encoding.UTF8.GetBytes(key), Bytes(team), Bytes(tier), tags)
                && (match.Models is not { } models || IsAny(models, modelUtf8))
                && (match.Providers is not { } providers || providerUtf8 is not null && IsAny(providers, providerUtf8)))
                parts.AddRange(_parts[i]);
        }

        return parts;
    }

    /// <summary>Whose bucket of a limit it is.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="key">The key's name.</param>
    /// <param name="team">The key's team, or null.</param>
    /// <param name="model">The model rule.</param>
    /// <param name="provider">Who answers, or null while nobody is to.</param>
    /// <param name="address">The client's address (<see cref="ClientAddress"/>), or null.</param>
    /// <param name="tag">The value of the limit's tag, or null.</param>
    public static string ScopeValue(
        LimitModel limit, string key, string? team, string model, string? provider, string? address, string? tag) => limit.Per switch
        {
            LimitScope.Key => key,
            LimitScope.Team => team ?? None,
            LimitScope.Model => model,
            LimitScope.Provider => provider ?? None,
            LimitScope.Ip => address ?? None,
            LimitScope.Tag => tag ?? None,
            _ => Everyone,
        };

    /// <summary>As above, of an exchange.</summary>
    public static string ScopeValue(LimitModel limit, Exchange exchange) => limit.Per switch
    {
        LimitScope.Key => exchange.Key!.Name,
        LimitScope.Team => exchange.Key!.Team ?? None,
        LimitScope.Model => exchange.Model!.Name,
        LimitScope.Provider => exchange.Target?.Provider.Name ?? None,
        LimitScope.Ip => exchange.ClientAddress ?? None,
        LimitScope.Tag => exchange.TagValue(limit.PerTag!) ?? None,
        _ => Everyone,
    };

    /// <summary>Whether one of the patterns fits.</summary>
    public static bool IsAny(byte[][] patterns, ReadOnlySpan<byte> name)
    {
        foreach (var pattern in patterns)
        {
            if (Glob.IsMatch(pattern, name))
                return true;
        }

        return false;
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static bool IsOfKey(
        LimitSelector match, byte[] key, byte[]? team, byte[]? tier, IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        if (match.Keys is { } keys && !IsAny(keys, key)
            || match.Teams is { } teams && (team is null || !IsAny(teams, team))
            || match.Tiers is { } tiers && (tier is null || !IsAny(tiers, tier)))
            return false;
        foreach (var (name, values) in match.Tags)
        {
            if (!HasTag(tags, name, values))
                return false;
        }

        return true;
    }

    private static bool HasTag(IReadOnlyList<KeyValuePair<string, string>> tags, string name, byte[][] values)
    {
        for (var i = 0; i < tags.Count; i++)
        {
            if (tags[i].Key == name && IsAny(values, Encoding.UTF8.GetBytes(tags[i].Value)))
                return true;
        }

        return false;
    }

    private KeyClass ClassOf(KeyModel key) => key.LimitClass is { } known && ReferenceEquals(known.Table, this) ? known : FindClass(key);

    /// <summary>The first request of a key under this configuration.</summary>
    private KeyClass FindClass(KeyModel key)
    {
        var (name, team, tier) = (Encoding.UTF8.GetBytes(key.Name), Bytes(key.Team), Bytes(key.Tier));
        var which = new StringBuilder();
        var bound = new List<int>();
        for (var i = 0; i < _limits.Length; i++)
        {
            if (!IsOfKey(_limits[i].Match, name, team, tier, key.Tags))
                continue;
            bound.Add(i);
            which.Append((char)(i & 0x7fff)).Append((char)(i >> 15));
        }

        var found = _classes.GetOrAdd(which.ToString(), static (_, state) => new KeyClass(state.Table, state.Bound), (Table: this, Bound: bound));
        key.LimitClass = found;
        return found;
    }

    private BoundLimits Find(KeyClass found, ModelModel model)
    {
        var parts = new List<LimitPart>();
        foreach (var i in found.Limits)
        {
            if (_limits[i].Match.Models is not { } models || IsAny(models, model.NameUtf8))
                parts.AddRange(_parts[i]);
        }

        var bound = parts.Count == 0 ? BoundLimits.None : new BoundLimits(parts);
        return found.Take(model.Index, bound);
    }

    /// <summary>Keys that the same limits bind, as far as the key decides it.</summary>
    internal sealed class KeyClass
    {
        private BoundLimits?[] _ofModel = [];

        public KeyClass(LimitTable table, List<int> limits)
        {
            Table = table;
            Limits = [.. limits];
            CountsTokens = limits.Exists(i => Array.Exists(table._parts[i], static part => part.CountsInput || part.CountsOutput));
            EnforcesTokens = limits.Exists(
                i => Array.Exists(table._parts[i], static part => !part.Limit.IsShadow && (part.CountsInput || part.CountsOutput)));
        }

        public LimitTable Table { get; }

        /// <summary>Their places in the document.</summary>
        public int[] Limits { get; }

        public bool CountsTokens { get; }

        public bool EnforcesTokens { get; }

        /// <summary>What binds them for a model rule, by its place; null where nobody has looked yet.</summary>
        public BoundLimits? Of(int model)
        {
            var known = Volatile.Read(ref _ofModel);
            return model < known.Length ? Volatile.Read(ref known[model]) : null;
        }

        /// <summary>Remembers what was found. Two that find the same at once find alike; one that is lost is found again.</summary>
        public BoundLimits Take(int model, BoundLimits bound)
        {
            var known = Volatile.Read(ref _ofModel);
            if (model >= known.Length)
            {
                var larger = new BoundLimits?[model + 1];
                known.CopyTo(larger, 0);
                Volatile.Write(ref _ofModel, known = larger);
            }

            Volatile.Write(ref known[model], bound);
            return bound;
        }
    }
}
