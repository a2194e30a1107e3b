using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>What a control plane lets the owners of a team give to its keys (<c>teams.NAME.may</c>). What is not written, they may not give.</summary>
public sealed class TeamMayOptions
{
    /// <summary>Models and globs; a key has to name its models, each covered by one of these.</summary>
    public static readonly StringListField ModelsField = new("models", TextRules.ModelPattern, 1000);

    /// <summary>Tiers and globs over them.</summary>
    public static readonly StringListField TiersField = new("tiers", TextRules.PlainPattern, 100);

    /// <summary>Names of tags and globs over them.</summary>
    public static readonly StringListField TagsField = new("tags", TextRules.PlainPattern, 100);

    /// <summary>The highest priority of a key.</summary>
    public static readonly ChoiceField PriorityField = new("priority", ["high", "normal", "low"]) { Default = "normal" };

    /// <summary>Keys that the team has at most before owners make no more.</summary>
    public static readonly IntegerField KeysMaxField = new("keysMax", 1_000, 0, 200_000);

    /// <summary>Limits that owners of the team have made at most.</summary>
    public static readonly IntegerField LimitsMaxField = new("limitsMax", 100, 0, 200_000);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("what owners of a team may", ModelsField, TiersField, TagsField, PriorityField, KeysMaxField, LimitsMaxField);

    /// <summary>See <see cref="ModelsField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Models { get; private init; }

    /// <summary>See <see cref="TiersField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Tiers { get; private init; }

    /// <summary>See <see cref="TagsField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Tags { get; private init; }

    /// <summary>See <see cref="PriorityField"/>.</summary>
    public Setting<string> Priority { get; private init; }

    /// <summary>See <see cref="KeysMaxField"/>.</summary>
    public Setting<int> KeysMax { get; private init; }

    /// <summary>See <see cref="LimitsMaxField"/>.</summary>
    public Setting<int> LimitsMax { get; private init; }

    /// <summary>Reads it; null where it is not a map.</summary>
    public static TeamMayOptions? Read(ConfigNode node, FaultList faults) =>
        FieldReader.Open(node, Table, faults) is not { } reader ? null : new TeamMayOptions
        {
            Models = reader.Get(ModelsField),
            Tiers = reader.Get(TiersField),
            Tags = reader.Get(TagsField),
            Priority = reader.Get(PriorityField),
            KeysMax = reader.Get(KeysMaxField),
            LimitsMax = reader.Get(LimitsMaxField),
        };
}
