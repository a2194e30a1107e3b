using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A model as a user writes it (<c>models.NAME</c>); the name is exact or a glob.</summary>
public sealed class ModelOptions
{
    /// <summary>Where its requests go.</summary>
    public static readonly SectionListField TargetsField = new("targets", TargetOptions.Table) { IsRequired = true };

    /// <summary>Deadlines.</summary>
    public static readonly SectionField TimeoutsField = new("timeouts", TimeoutsOptions.Table);

    /// <summary>Name of the vocabulary that its tokens are counted with; left out, the model's name tells it.</summary>
    public static readonly StringField TokenizerField = new("tokenizer", TextRules.PlainName);

    /// <summary>What its tokens cost.</summary>
    public static readonly SectionField PriceField = new("price", PriceOptions.Table);

    /// <summary>The longest output that it gives.</summary>
    public static readonly CountField OutputTokensMaxField = new("outputTokensMax", 1, 1_000_000_000);

    /// <summary>Other names that it answers to.</summary>
    public static readonly StringListField AliasesField = new("aliases", TextRules.ModelName, 32);

    /// <summary>Which model is meant by its name where a path begins so.</summary>
    public static readonly StringMapField VersionsField = new("versions", TextRules.PathPrefix, TextRules.ModelName, 16);

    /// <summary>How many tokens of prompt and answer together it has room for.</summary>
    public static readonly CountField ContextWindowField = new("contextWindow", 1, 1_000_000_000);

    /// <summary>What it takes besides text; left out, all.</summary>
    public static readonly StringListField CapabilitiesField = new("capabilities", TextRules.Capability, TextRules.CapabilitiesMax);

    /// <summary>When a stream is taken for one that will not end by itself.</summary>
    public static readonly SectionField RunawayField = new("runaway", RunawayOptions.Table);

    /// <summary>How its targets share its requests.</summary>
    public static readonly ChoiceField BalanceField =
        new("balance", ["weighted", "least-pending", "latency", "cost", "cache-affinity"]) { Default = "weighted" };

    /// <summary>
    /// Whether those of its targets that speak the client's own dialect go before those that its calls are translated for; see <see cref="IsNativeFirst"/>.
    /// </summary>
    public static readonly ChoiceField NativeField = new("native", ["first", "equal"]);

    /// <summary>How requests of the same prompt stay together.</summary>
    public static readonly SectionField AffinityField = new("affinity", AffinityOptions.Table);

    /// <summary>By what requests stay with one of its targets: <c>key</c>, <c>user</c> or <c>tag:NAME</c>.</summary>
    public static readonly StringField StickyField = new("sticky", TextRules.Sticky);

    /// <summary>Models that are turned to once its own targets have failed, in this order.</summary>
    public static readonly PatternsField FallbackField = new("fallback", TextRules.ModelName);

    /// <summary>How often a request is sent again.</summary>
    public static readonly SectionField RetryField = new("retry", RetryOptions.Table);

    /// <summary>How its targets are left out that fail.</summary>
    public static readonly SectionField HealthField = new("health", HealthOptions.Table);

    /// <summary>When another target is asked besides one that is late.</summary>
    public static readonly SectionField HedgeField = new("hedge", HedgeOptions.Table);

    /// <summary>Which of its requests another model is enough for.</summary>
    public static readonly SectionField SimpleField = new("simple", SimpleOptions.Table);

    /// <summary>Cheaper models that are asked before it, in this order.</summary>
    public static readonly SectionListField CascadeField = new("cascade", CascadeOptions.Table);

    /// <summary>What is made of its requests as its targets fill up, by rising parts of what they can do.</summary>
    public static readonly SectionListField DegradeField = new("degrade", DegradeOptions.Table);

    /// <summary>How often a request for a whole answer is sent at once, and which of the answers is taken.</summary>
    public static readonly SectionField EnsembleField = new("ensemble", EnsembleOptions.Table);

    /// <summary>Whether it is refused for now.</summary>
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "a model", TargetsField, AliasesField, VersionsField, BalanceField, NativeField, AffinityField, StickyField, FallbackField, RetryField, HealthField,
        HedgeField, SimpleField, CascadeField, EnsembleField, DegradeField, TimeoutsField, TokenizerField, PriceField, OutputTokensMaxField, ContextWindowField,
        CapabilitiesField, RunawayField, DisabledField);

    private ModelOptions(ConfigEntry entry, ConfigMap node)
    {
        Entry = entry;
        Node = node;
    }

    /// <summary>The name with its place.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>The name or glob.</summary>
    public string Name => Entry.Name;

    /// <summary>Whether the name is a glob.</summary>
    public bool IsGlob => Name.Contains('*', StringComparison.Ordinal);

    /// <summary>See <see cref="TargetsField"/>.</summary>
    public IReadOnlyList<TargetOptions> Targets { get; private init; } = [];

    /// <summary>See <see cref="BalanceField"/>.</summary>
    public Setting<string> Balance { get; private init; }

    /// <summary>See <see cref="NativeField"/>.</summary>
    public Setting<string> Native { get; private init; }

    /// <summary>
    /// What holds of <see cref="Native"/>: where it is left out, they go first, unless a weight, <c>balance</c> or <c>sticky</c> says how the targets share the
    /// model's requests; those who divide them mean all of them.
    /// </summary>
    public bool IsNativeFirst => Native.IsSet
        ? Native.Value == "first"
        : !Balance.IsSet && !Sticky.IsSet && !Targets.Any(static target => target.Weight.IsSet);

    /// <summary>See <see cref="AffinityField"/>.</summary>
    public AffinityOptions Affinity { get; private init; } = AffinityOptions.None;

    /// <summary>See <see cref="StickyField"/>.</summary>
    public Setting<string> Sticky { get; private init; }

    /// <summary>See <see cref="FallbackField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Fallback { get; private init; }

    /// <summary>See <see cref="RetryField"/>.</summary>
    public RetryOptions Retry { get; private init; } = RetryOptions.None;

    /// <summary>See <see cref="HealthField"/>.</summary>
    public HealthOptions Health { get; private init; } = HealthOptions.None;

    /// <summary>See <see cref="HedgeField"/>; null where nothing is written.</summary>
    public HedgeOptions? Hedge { get; private init; }

    /// <summary>See <see cref="SimpleField"/>; null where nothing is written.</summary>
    public SimpleOptions? Simple { get; private init; }

    /// <summary>See <see cref="CascadeField"/>.</summary>
    public IReadOnlyList<CascadeOptions> Cascade { get; private init; } = [];

    /// <summary>See <see cref="DegradeField"/>.</summary>
    public IReadOnlyList<DegradeOptions> Degrade { get; private init; } = [];

    /// <summary>See <see cref="EnsembleField"/>; null where it has none.</summary>
    public EnsembleOptions? Ensemble { get; private init; }

    /// <summary>See <see cref="TimeoutsField"/>.</summary>
    public TimeoutsOptions Timeouts { get; private init; } = TimeoutsOptions.None;

    /// <summary>See <see cref="TokenizerField"/>.</summary>
    public Setting<string> Tokenizer { get; private init; }

    /// <summary>See <see cref="PriceField"/>.</summary>
    public PriceOptions Price { get; private init; } = PriceOptions.None;

    /// <summary>See <see cref="OutputTokensMaxField"/>.</summary>
    public Setting<long> OutputTokensMax { get; private init; }

    /// <summary>See <see cref="AliasesField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Aliases { get; private init; }

    /// <summary>See <see cref="VersionsField"/>.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> Versions { get; private init; }

    /// <summary>See <see cref="ContextWindowField"/>.</summary>
    public Setting<long> ContextWindow { get; private init; }

    /// <summary>See <see cref="CapabilitiesField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Capabilities { get; private init; }

    /// <summary>See <see cref="RunawayField"/>.</summary>
    public RunawayOptions Runaway { get; private init; } = RunawayOptions.None;

    /// <summary>See <see cref="DisabledField"/>.</summary>
    public bool IsDisabled { get; private init; }

    /// <summary>Reads a model; null where it is not a map.</summary>
    public static ModelOptions? Read(ConfigEntry entry, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(faults);
        if (FieldReader.Open(entry.Value, Table, faults) is not { } reader)
            return null;
        var targets = new List<TargetOptions>();
        foreach (var node in reader.Listed(TargetsField))
        {
            if (TargetOptions.Read(node, faults) is { } target)
                targets.Add(target);
        }

        return new ModelOptions(entry, reader.Map)
        {
            Targets = targets,
            Balance = reader.Get(BalanceField),
            Native = reader.Get(NativeField),
            Affinity = AffinityOptions.Read(reader.Node(AffinityField), faults),
            Sticky = reader.Get(StickyField),
            Fallback = reader.Get(FallbackField),
            Retry = RetryOptions.Read(reader.Node(RetryField), faults),
            Health = HealthOptions.Read(reader.Node(HealthField), faults),
            Hedge = HedgeOptions.Read(reader.Node(HedgeField), faults),
            Simple = SimpleOptions.Read(reader.Node(SimpleField), faults),
            Cascade = CascadeOptions.Read(reader.Listed(CascadeField), faults),
            Degrade = DegradeOptions.Read(reader.Listed(DegradeField), faults),
            Ensemble = EnsembleOptions.Read(reader.Node(EnsembleField), faults),
            Timeouts = TimeoutsOptions.Read(reader.Node(TimeoutsField), faults),
            Tokenizer = reader.Get(TokenizerField),
            Price = PriceOptions.Read(reader.Node(PriceField), faults),
            OutputTokensMax = reader.Get(OutputTokensMaxField),
            Aliases = reader.Get(AliasesField),
            Versions = reader.Get(VersionsField),
            ContextWindow = reader.Get(ContextWindowField),
            Capabilities = reader.Get(CapabilitiesField),
            Runaway = RunawayOptions.Read(reader.Node(RunawayField), faults),
            IsDisabled = reader.Get(DisabledField).Or(false),
        };
    }
}

/// <summary>Where a model's requests may go (<c>models.NAME.targets[]</c>).</summary>
public sealed class TargetOptions
{
    /// <summary>Name of a provider.</summary>
    public static readonly StringField ProviderField = new("provider", TextRules.PlainName) { IsRequired = true };

    /// <summary>The provider's name for the model.</summary>
    public static readonly StringField ModelField = new("model", TextRules.ModelName);

    /// <summary>Its part of the requests, beside those of the others.</summary>
    public static readonly IntegerField WeightField = new("weight", 1, 0, 1000);

    /// <summary>Targets of a lower number go first; the others wait for their failing.</summary>
    public static readonly IntegerField PriorityField = new("priority", 0, 0, 9);

    /// <summary>How many requests may be under way at it at once, for each data plane; left out, any number.</summary>
    public static readonly CountField ConcurrentField = new("concurrent", 1, 1_000_000);

    /// <summary>What it is in an experiment.</summary>
    public static readonly StringField VariantField = new("variant", TextRules.PlainName);

    /// <summary>Deadlines.</summary>
    public static readonly SectionField TimeoutsField = new("timeouts", TimeoutsOptions.Table);

    /// <summary>What its tokens cost.</summary>
    public static readonly SectionField PriceField = new("price", PriceOptions.Table);

    /// <summary>Where it is; left out, where its provider is.</summary>
    public static readonly StringField RegionField = new("region", TextRules.PlainName);

    /// <summary>As the model's; wins over it.</summary>
    public static readonly CountField ContextWindowField = new("contextWindow", 1, 1_000_000_000);

    /// <summary>As the model's; wins over it.</summary>
    public static readonly StringListField CapabilitiesField = new("capabilities", TextRules.Capability, TextRules.CapabilitiesMax);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "a target", ProviderField, ModelField, WeightField, PriorityField, ConcurrentField, VariantField, RegionField, ContextWindowField,
        CapabilitiesField, TimeoutsField, PriceField);

    private TargetOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="ProviderField"/>.</summary>
    public Setting<string> Provider { get; private init; }

    /// <summary>See <see cref="ModelField"/>.</summary>
    public Setting<string> Model { get; private init; }

    /// <summary>See <see cref="WeightField"/>.</summary>
    public Setting<int> Weight { get; private init; }

    /// <summary>See <see cref="PriorityField"/>.</summary>
    public Setting<int> Priority { get; private init; }

    /// <summary>See <see cref="ConcurrentField"/>.</summary>
    public Setting<long> Concurrent { get; private init; }

    /// <summary>See <see cref="VariantField"/>.</summary>
    public Setting<string> Variant { get; private init; }

    /// <summary>See <see cref="RegionField"/>.</summary>
    public Setting<string> Region { get; private init; }

    /// <summary>See <see cref="ContextWindowField"/>.</summary>
    public Setting<long> ContextWindow { get; private init; }

    /// <summary>See <see cref="CapabilitiesField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Capabilities { get; private init; }

    /// <summary>See <see cref="TimeoutsField"/>.</summary>
    public TimeoutsOptions Timeouts { get; private init; } = TimeoutsOptions.None;

    /// <summary>See <see cref="PriceField"/>.</summary>
    public PriceOptions Price { get; private init; } = PriceOptions.None;

    /// <summary>Reads a target; null where it is not a map.</summary>
    public static TargetOptions? Read(ConfigNode node, FaultList faults) =>
        FieldReader.Open(node, Table, faults) is not { } reader ? null : new TargetOptions(reader.Map)
        {
            Provider = reader.Get(ProviderField),
            Model = reader.Get(ModelField),
            Weight = reader.Get(WeightField),
            Priority = reader.Get(PriorityField),
            Concurrent = reader.Get(ConcurrentField),
            Variant = reader.Get(VariantField),
            Region = reader.Get(RegionField),
            ContextWindow = reader.Get(ContextWindowField),
            Capabilities = reader.Get(CapabilitiesField),
            Timeouts = TimeoutsOptions.Read(reader.Node(TimeoutsField), faults),
            Price = PriceOptions.Read(reader.Node(PriceField), faults),
        };
}
