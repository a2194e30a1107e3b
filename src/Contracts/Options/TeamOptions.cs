using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A team as a user writes it (<c>teams.NAME</c>).</summary>
public sealed class TeamOptions
{
    /// <summary>Tags that the records of its keys carry.</summary>
    public static readonly StringMapField TagsField = new("tags", TextRules.PlainName, TextRules.TagValue, 32);

    /// <summary>Regions, by name or glob, that requests of its keys stay within.</summary>
    public static readonly StringListField RegionsField = new("regions", TextRules.PlainPattern, 32);

    /// <summary>What its owners may give to its keys; of no effect on a data plane.</summary>
    public static readonly SectionField MayField = new("may", TeamMayOptions.Table);

    /// <summary>Whether none of its keys is good for now.</summary>
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("a team", TagsField, RegionsField, MayField, DisabledField);

    private TeamOptions(ConfigEntry entry) => Entry = entry;

    /// <summary>The name with its place.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The name.</summary>
    public string Name => Entry.Name;

    /// <summary>See <see cref="TagsField"/>.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> Tags { get; private init; }

    /// <summary>See <see cref="RegionsField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Regions { get; private init; }

    /// <summary>See <see cref="DisabledField"/>.</summary>
    public bool IsDisabled { get; private init; }

    /// <summary>Reads a team; a name with nothing behind it is a team without tags. Null where it is not a map.</summary>
    public static TeamOptions? Read(ConfigEntry entry, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Value is ConfigScalar { Kind: ScalarKind.Null })
            return new TeamOptions(entry);
        if (FieldReader.Open(entry.Value, Table, faults) is not { } reader)
            return null;
        if (reader.Node(MayField) is { } may)
            TeamMayOptions.Read(may, faults);
        return new TeamOptions(entry)
        {
            Tags = reader.Get(TagsField),
            Regions = reader.Get(RegionsField),
            IsDisabled = reader.Get(DisabledField).Or(false),
        };
    }
}
