using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Rules;

/// <summary>What limits look at in a key: its tags are its own over its team's.</summary>
/// <param name="Key">The key.</param>
/// <param name="Name">Its name; empty where it has none, which is a fault.</param>
/// <param name="Team">Its team, or null.</param>
/// <param name="Tier">Its tier, or null.</param>
/// <param name="Tags">Its tags by name.</param>
internal sealed record KeyFacts(KeyOptions Key, string Name, string? Team, string? Tier, IReadOnlyDictionary<string, string> Tags)
{
    private static readonly Dictionary<string, string> None = new(StringComparer.Ordinal);

    /// <summary>The facts of keys of a document.</summary>
    public static List<KeyFacts> Of(ConfigOptions document, IReadOnlyList<KeyOptions> keys)
    {
        var teams = new Dictionary<string, TeamOptions>(StringComparer.Ordinal);
        foreach (var team in document.Teams)
            teams.TryAdd(team.Name, team);
        var all = new List<KeyFacts>(keys.Count);
        foreach (var key in keys)
        {
            var team = key.Team.IsSet ? teams.GetValueOrDefault(key.Team.Value) : null;
            var tags = team?.Tags.IsSet == true || key.Tags.IsSet ? new Dictionary<string, string>(StringComparer.Ordinal) : None;
            foreach (var (name, value) in team?.Tags.Or([]) ?? [])
                tags[name] = value.Value;
            foreach (var (name, value) in key.Tags.Or([]))
                tags[name] = value.Value;
            all.Add(new KeyFacts(
                key, key.Name.Or(""), key.Team.IsSet ? key.Team.Value : null, key.Tier.IsSet ? key.Tier.Value : null, tags));
        }

        return all;
    }
}
