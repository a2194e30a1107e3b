using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A whole configuration document as a user writes it.</summary>
public sealed class ConfigOptions
{
    /// <summary>Where an editor finds the schema of the document; of no meaning to us.</summary>
    public static readonly StringField SchemaField = new("$schema", TextRules.FilePath);

    /// <summary>Providers by name.</summary>
    public static readonly NamedSectionsField ProvidersField = new("providers", ProviderOptions.Table) { IsRequired = true };

    /// <summary>Models by name or glob.</summary>
    public static readonly NamedSectionsField ModelsField = new("models", ModelOptions.Table) { IsRequired = true };

    /// <summary>Vocabularies of the user's own by name.</summary>
    public static readonly NamedSectionsField TokenizersField = new("tokenizers", TokenizerOptions.Table);

    /// <summary>Teams by name.</summary>
    public static readonly NamedSectionsField TeamsField = new("teams", TeamOptions.Table) { EmptyEntryAllowed = true };

    /// <summary>Clients' keys.</summary>
    public static readonly SectionListField KeysField = new("keys", KeyOptions.Table);

    /// <summary>How often a request is sent again.</summary>
    public static readonly SectionField RetryField = new("retry", RetryOptions.Table);

    /// <summary>Deadlines towards every provider.</summary>
    public static readonly SectionField TimeoutsField = new("timeouts", TimeoutsOptions.Table);

    /// <summary>The data plane's own side.</summary>
    public static readonly SectionField ServerField = new("server", ServerOptions.Table);

    /// <summary>The usage journal.</summary>
    public static readonly SectionField JournalField = new("journal", JournalOptions.Table);

    /// <summary>Limits.</summary>
    public static readonly SectionListField LimitsField = new("limits", LimitOptions.Table);

    /// <summary>Prices by a model's name.</summary>
    public static readonly NamedSectionsField PricesField = new("prices", PriceOptions.Table);

    /// <summary>When a stream is taken for one that will not end by itself.</summary>
    public static readonly SectionField RunawayField = new("runaway", RunawayOptions.Table);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "the document", SchemaField, ProvidersField, ModelsField, TokenizersField, TeamsField, KeysField, LimitsField, PricesField, RunawayField, RetryField,
        TimeoutsField, ServerField, JournalField);

    private ConfigOptions(ConfigMap node) => Node = node;

    /// <summary>The document.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="ProvidersField"/>.</summary>
    public IReadOnlyList<ProviderOptions> Providers { get; private init; } = [];

    /// <summary>See <see cref="ModelsField"/>.</summary>
    public IReadOnlyList<ModelOptions> Models { get; private init; } = [];

    /// <summary>See <see cref="TokenizersField"/>.</summary>
    public IReadOnlyList<TokenizerOptions> Tokenizers { get; private init; } = [];

    /// <summary>See <see cref="TeamsField"/>.</summary>
    public IReadOnlyList<TeamOptions> Teams { get; private init; } = [];

    /// <summary>See <see cref="KeysField"/>.</summary>
    public IReadOnlyList<KeyOptions> Keys { get; private init; } = [];

    /// <summary>See <see cref="LimitsField"/>.</summary>
    public IReadOnlyList<LimitOptions> Limits { get; private init; } = [];

    /// <summary>See <see cref="PricesField"/>.</summary>
    public IReadOnlyList<NamedPriceOptions> Prices { get; private init; } = [];

    /// <summary>See <see cref="RunawayField"/>.</summary>
    public RunawayOptions Runaway { get; private init; } = RunawayOptions.None;

    /// <summary>See <see cref="RetryField"/>.</summary>
    public RetryOptions Retry { get; private init; } = RetryOptions.None;

    /// <summary>See <see cref="TimeoutsField"/>.</summary>
    public TimeoutsOptions Timeouts { get; private init; } = TimeoutsOptions.None;

    /// <summary>See <see cref="ServerField"/>.</summary>
    public ServerOptions Server { get; private init; } = new();

    /// <summary>See <see cref="JournalField"/>.</summary>
    public JournalOptions Journal { get; private init; } = new();

    /// <summary>Names of all providers that are written, also of those with faults: a fault is reported once, not at each use.</summary>
    public IReadOnlySet<string> ProviderNames { get; private init; } = new HashSet<string>();

    /// <summary>Names of all vocabularies that are written.</summary>
    public IReadOnlySet<string> TokenizerNames { get; private init; } = new HashSet<string>();

    /// <summary>Names of all teams that are written.</summary>
    public IReadOnlySet<string> TeamNames { get; private init; } = new HashSet<string>();

    /// <summary>Names and globs of all models that are written.</summary>
    public IReadOnlySet<string> ModelNames { get; private init; } = new HashSet<string>();

    /// <summary>Reads a document: every type, bound and unknown name is judged, nothing that spans two values. Null where it is not a map.</summary>
    public static ConfigOptions? Read(ConfigNode node, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        if (FieldReader.Open(node, Table, faults) is not { } reader)
            return null;
        reader.Get(SchemaField);
        var providers = reader.Named(ProvidersField);
        var models = reader.Named(ModelsField);
        var tokenizers = reader.Named(TokenizersField);
        var teams = reader.Named(TeamsField);
        return new ConfigOptions(reader.Map)
        {
            Providers = Each(providers, ProviderOptions.Read, faults),
            ProviderNames = Names(providers),
            Models = Each(models, ModelOptions.Read, faults),
            ModelNames = Names(models),
            Tokenizers = Each(tokenizers, TokenizerOptions.Read, faults),
            TokenizerNames = Names(tokenizers),
            Teams = Each(teams, TeamOptions.Read, faults),
            TeamNames = Names(teams),
            Keys = Each(reader.Listed(KeysField), KeyOptions.Read, faults),
            Limits = Each(reader.Listed(LimitsField), LimitOptions.Read, faults),
            Prices = Each(reader.Named(PricesField), NamedPriceOptions.Read, faults),
            Runaway = RunawayOptions.Read(reader.Node(RunawayField), faults),
            Retry = RetryOptions.Read(reader.Node(RetryField), faults),
            Timeouts = TimeoutsOptions.Read(reader.Node(TimeoutsField), faults),
            Server = ServerOptions.Read(reader.Node(ServerField), faults),
            Journal = JournalOptions.Read(reader.Node(JournalField), faults),
        };
    }

    private static HashSet<string> Names(IReadOnlyList<ConfigEntry> entries)
    {
        var names = new HashSet<string>(entries.Count, StringComparer.Ordinal);
        foreach (var entry in entries)
            names.Add(entry.Name);
        return names;
    }

    private static List<TOptions> Each<TNode, TOptions>(IReadOnlyList<TNode> nodes, Func<TNode, FaultList, TOptions?> read, FaultList faults)
        where TOptions : class
    {
        var all = new List<TOptions>(nodes.Count);
        foreach (var node in nodes)
        {
            if (read(node, faults) is { } options)
                all.Add(options);
        }

        return all;
    }
}
