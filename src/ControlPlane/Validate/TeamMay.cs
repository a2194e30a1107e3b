using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Rules;
using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Validate;

/// <summary>What owners of a team may give to its keys (<c>teams.NAME.may</c>). What is not written, they may not give.</summary>
internal sealed class TeamMay
{
    private static readonly string[] Priorities = ["high", "normal", "low"];

    private TeamMay()
    {
    }

    /// <summary>Nothing beyond what a key needs.</summary>
    public static TeamMay Nothing { get; } = new();

    /// <summary>Models and globs; a key has to name its models, each covered by one of these.</summary>
    public IReadOnlyList<string> Models { get; private init; } = [];

    /// <summary>Tiers and globs over them.</summary>
    public IReadOnlyList<string> Tiers { get; private init; } = [];

    /// <summary>Names of tags and globs over them.</summary>
    public IReadOnlyList<string> Tags { get; private init; } = [];

    /// <summary>The highest priority of a key.</summary>
    public string Priority { get; private init; } = "normal";

    /// <summary>Keys that the team has before owners make no more.</summary>
    public int KeysMax { get; private init; } = TeamMayOptions.KeysMaxField.Default;

    /// <summary>Limits that owners of the team have made before they make no more.</summary>
    public int LimitsMax { get; private init; } = TeamMayOptions.LimitsMaxField.Default;

    /// <summary>Reads it; what has faults allows nothing.</summary>
    public static TeamMay Read(ConfigNode node, FaultList faults)
    {
        if (TeamMayOptions.Read(node, faults) is not { } may)
            return Nothing;
        return new TeamMay
        {
            Models = Texts(may.Models),
            Tiers = Texts(may.Tiers),
            Tags = Texts(may.Tags),
            Priority = may.Priority.Or(TeamMayOptions.PriorityField.Default!),
            KeysMax = may.KeysMax.Or(TeamMayOptions.KeysMaxField.Default),
            LimitsMax = may.LimitsMax.Or(TeamMayOptions.LimitsMaxField.Default),
        };
    }

    public bool MayUseModel(string pattern) => Covers(Models, pattern);

    public bool MayUseTier(string tier) => Covers(Tiers, tier);

    public bool MayUseTag(string name) => Covers(Tags, name);

    public bool MayUsePriority(string priority) => Array.IndexOf(Priorities, priority) >= Array.IndexOf(Priorities, Priority);

    /// <summary>Which of two priorities of keys is the higher one: above zero for the first; null stands for what a key has that says none.</summary>
    public static int Compare(string? priority, string? other) =>
        Array.IndexOf(Priorities, other ?? "normal").CompareTo(Array.IndexOf(Priorities, priority ?? "normal"));

    private static bool Covers(IReadOnlyList<string> patterns, string text) => patterns.Any(p => GlobPattern.Covers(p, text));

    private static string[] Texts(Setting<IReadOnlyList<Setting<string>>> list) => list.IsSet ? [.. list.Value.Select(t => t.Value)] : [];
}
