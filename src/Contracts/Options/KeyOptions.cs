using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A client's key as a user writes it (<c>keys[]</c>).</summary>
public sealed class KeyOptions
{
    /// <summary>Its name in records; unique.</summary>
    public static readonly StringField NameField = new("name", TextRules.AccountName) { IsRequired = true };

    /// <summary>Digest of the whole secret; unique.</summary>
    public static readonly Sha256Field Sha256Field = new("sha256") { IsRequired = true };

    /// <summary>Name of its team.</summary>
    public static readonly StringField TeamField = new("team", TextRules.AccountName);

    /// <summary>Tags that its records carry; they win over the team's.</summary>
    public static readonly StringMapField TagsField = new("tags", TextRules.PlainName, TextRules.TagValue, 32);

    /// <summary>Models it may ask for, by name or glob.</summary>
    public static readonly StringListField ModelsField = new("models", TextRules.ModelPattern, 1000);

    /// <summary>What stands for which of the models that it asks for: a name or glob, and the name that is meant by it.</summary>
    public static readonly StringMapField ModelMapField = new("modelMap", TextRules.ModelPattern, TextRules.ModelName, 100);

    /// <summary>Regions, by name or glob, that its requests stay within.</summary>
    public static readonly StringListField RegionsField = new("regions", TextRules.PlainPattern, 32);

    /// <summary>First instant at which it is no longer good.</summary>
    public static readonly InstantField ExpiresField = new("expires");

    /// <summary>A word that limits match it by.</summary>
    public static readonly StringField TierField = new("tier", TextRules.PlainName);

    /// <summary>Who goes first where requests wait.</summary>
    public static readonly ChoiceField PriorityField = new("priority", ["high", "normal", "low"]) { Default = "normal" };

    /// <summary>Its part among those of its priority that wait.</summary>
    public static readonly IntegerField WeightField = new("weight", 1, 1, 1000);

    /// <summary>What becomes of the provider's answer when the client leaves.</summary>
    public static readonly DisconnectField OnDisconnectField = new("onDisconnect");

    /// <summary>Names of tags that a client may set.</summary>
    public static readonly StringListField ClientTagsField = new("clientTags", TextRules.PlainName, 32);

    /// <summary>Native paths of providers that it may call.</summary>
    public static readonly StringListField PassthroughField = new("passthrough", PassthroughText.Rule, 100);

    /// <summary>The secret that it had before, for as long as clients need to change it.</summary>
    public static readonly SectionField PreviousField = new("previous", PreviousSecretOptions.Table);

    /// <summary>Whether it is not good for now.</summary>
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "a key", NameField, Sha256Field, TeamField, TagsField, ModelsField, ModelMapField, RegionsField, ExpiresField, TierField, PriorityField,
        WeightField, OnDisconnectField, ClientTagsField, PassthroughField, PreviousField, DisabledField);

    private KeyOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="NameField"/>.</summary>
    public Setting<string> Name { get; private init; }

    /// <summary>See <see cref="Sha256Field"/>.</summary>
    public Setting<byte[]> Sha256 { get; private init; }

    /// <summary>See <see cref="TeamField"/>.</summary>
    public Setting<string> Team { get; private init; }

    /// <summary>See <see cref="TagsField"/>.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> Tags { get; private init; }

    /// <summary>See <see cref="ModelsField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Models { get; private init; }

    /// <summary>See <see cref="ModelMapField"/>.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> ModelMap { get; private init; }

    /// <summary>See <see cref="RegionsField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Regions { get; private init; }

    /// <summary>See <see cref="ExpiresField"/>.</summary>
    public Setting<DateTimeOffset> Expires { get; private init; }

    /// <summary>See <see cref="TierField"/>.</summary>
    public Setting<string> Tier { get; private init; }

    /// <summary>See <see cref="PriorityField"/>.</summary>
    public Setting<string> Priority { get; private init; }

    /// <summary>See <see cref="WeightField"/>.</summary>
    public Setting<int> Weight { get; private init; }

    /// <summary>See <see cref="OnDisconnectField"/>.</summary>
    public Setting<TimeSpan> OnDisconnect { get; private init; }

    /// <summary>See <see cref="ClientTagsField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> ClientTags { get; private init; }

    /// <summary>See <see cref="PassthroughField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Passthrough { get; private init; }

    /// <summary>See <see cref="PreviousField"/>; null where there is none.</summary>
    public PreviousSecretOptions? Previous { get; private init; }

    /// <summary>See <see cref="DisabledField"/>.</summary>
    public bool IsDisabled { get; private init; }

    /// <summary>Reads a key; null where it is not a map.</summary>
    public static KeyOptions? Read(ConfigNode node, FaultList faults) =>
        FieldReader.Open(node, Table, faults) is not { } reader ? null : new KeyOptions(reader.Map)
        {
            Name = reader.Get(NameField),
            Sha256 = reader.Get(Sha256Field),
            Team = reader.Get(TeamField),
            Tags = reader.Get(TagsField),
            Models = reader.Get(ModelsField),
            ModelMap = reader.Get(ModelMapField),
            Regions = reader.Get(RegionsField),
            Expires = reader.Get(ExpiresField),
            Tier = reader.Get(TierField),
            Priority = reader.Get(PriorityField),
            Weight = reader.Get(WeightField),
            OnDisconnect = reader.Get(OnDisconnectField),
            ClientTags = reader.Get(ClientTagsField),
            Passthrough = reader.Get(PassthroughField),
            Previous = reader.Node(PreviousField) is { } previous ? PreviousSecretOptions.Read(previous, faults) : null,
            IsDisabled = reader.Get(DisabledField).Or(false),
        };
}
