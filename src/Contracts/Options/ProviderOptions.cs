using AiEdge.Contracts.Dialects;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A provider as a user writes it (<c>providers.NAME</c>).</summary>
public sealed class ProviderOptions
{
    /// <summary>The header field that carries the credential where no other is named; only here it stands behind <c>Bearer</c>.</summary>
    public const string DefaultAuthHeader = "Authorization";

    /// <summary>The same where Azure hosts it.</summary>
    public const string AzureAuthHeader = "api-key";

    private const string AzureHosting = "azure";
    private const string VertexHosting = "vertex";

    /// <summary>The wire format spoken.</summary>
    public static readonly ChoiceField DialectField = new("dialect", [.. DialectNames()]) { IsRequired = true };

    /// <summary>Where the API is.</summary>
    public static readonly BaseUrlField BaseUrlField = new("baseUrl") { IsRequired = true };

    /// <summary>The credential.</summary>
    public static readonly StringField KeyField = new("key", TextRules.Credential);

    /// <summary>Several accounts, each with a credential of its own.</summary>
    public static readonly NamedSectionsField AccountsField = new("accounts", AccountOptions.Table);

    /// <summary>The header field that carries the credential.</summary>
    public static readonly StringField AuthHeaderField = new("authHeader", TextRules.HeaderName) { Default = DefaultAuthHeader };

    /// <summary>Header fields that every request carries.</summary>
    public static readonly StringMapField HeadersField = new("headers", TextRules.HeaderName, TextRules.HeaderValue, 32);

    /// <summary>Where it keeps what it is sent: a word of the operator's, which keys may be bound to.</summary>
    public static readonly StringField RegionField = new("region", TextRules.PlainName);

    /// <summary>Deadlines.</summary>
    public static readonly SectionField TimeoutsField = new("timeouts", TimeoutsOptions.Table);

    /// <summary>Whether a stream's usage is asked for.</summary>
    public static readonly ChoiceField UsageChunkField = new("usageChunk", ["inject", "never"]) { Default = "inject" };

    /// <summary>Who counts the tokens of a prompt where a client asks for that alone.</summary>
    public static readonly ChoiceField CountTokensField = new("countTokens", ["local", "provider"]) { Default = "local" };

    /// <summary>What becomes of a request in another dialect that cannot be carried whole.</summary>
    public static readonly ChoiceField TranslationField = new("translation", ["report", "strict"]) { Default = "report" };

    /// <summary>Whether OpenAI's Responses are the provider's own, or made of its chat completions; whether they are what others are translated into.</summary>
    public static readonly ChoiceField ResponsesField = new("responses", ["native", "preferred", "only", "translated"]) { Default = "native" };

    /// <summary>What it refuses or overlooks in a request that is put into its dialect.</summary>
    public static readonly StringListField LacksField = new("lacks", FeatureWords.Rule, FeatureWords.Count);

    /// <summary>What it takes although its model is not known to.</summary>
    public static readonly StringListField TakesField = new("takes", FeatureWords.Rule, FeatureWords.Count);

    /// <summary>In whose cloud the API is: who hosts it decides how its paths are made.</summary>
    public static readonly ChoiceField HostingField = new("hosting", ["direct", AzureHosting, VertexHosting]) { Default = "direct" };

    /// <summary>The version of Azure's API.</summary>
    public static readonly StringField ApiVersionField = new("apiVersion", TextRules.PlainName);

    /// <summary>Whether a request is sent once more after a reused connection broke without an answer.</summary>
    public static readonly BooleanField RetryReusedField = new("retryReused", true);

    /// <summary>Connections held open at most.</summary>
    public static readonly IntegerField ConnectionsMaxField = new("connectionsMax", 1024, 1, 65_535);

    /// <summary>How long a pooled connection may lie unused.</summary>
    public static readonly DurationField PoolIdleField = new("poolIdle", "60s", "100ms", "1h");

    /// <summary>How long resolved addresses are used.</summary>
    public static readonly DurationField DnsRefreshField = new("dnsRefresh", "60s", "1s", "24h");

    /// <summary>TLS towards the provider.</summary>
    public static readonly SectionField TlsField = new("tls", TlsOptions.ProviderTable);

    /// <summary>How it is asked whether it is there; left out, its requests alone tell.</summary>
    public static readonly SectionField ProbeField = new("probe", ProbeOptions.Table);

    /// <summary>How it is asked how busy it is; left out, it is not.</summary>
    public static readonly SectionField CapacityField = new("capacity", CapacityOptions.Table);

    /// <summary>Whether nothing is sent to it for now.</summary>
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "a provider", DialectField, BaseUrlField, KeyField, AccountsField, AuthHeaderField, HeadersField, RegionField, TimeoutsField, UsageChunkField,
        CountTokensField, TranslationField, ResponsesField, LacksField, TakesField, HostingField, ApiVersionField,
        RetryReusedField, ConnectionsMaxField, PoolIdleField, DnsRefreshField, TlsField, ProbeField, CapacityField, DisabledField,
        new LaterField("proxy"), new LaterField("price"));

    private ProviderOptions(ConfigEntry entry, ConfigMap node)
    {
        Entry = entry;
        Node = node;
    }

    /// <summary>The name with its place.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>The name.</summary>
    public string Name => Entry.Name;

    /// <summary>See <see cref="DialectField"/>.</summary>
    public Setting<string> Dialect { get; private init; }

    /// <summary>What there is to know of the dialect; null where it is not one.</summary>
    public DialectSheet? Sheet => Dialect.IsSet ? DialectSheet.Named(Dialect.Value) : null;

    /// <summary>See <see cref="BaseUrlField"/>.</summary>
    public Setting<BaseUrl> BaseUrl { get; private init; }

    /// <summary>See <see cref="KeyField"/>. A secret.</summary>
    public Setting<string> Key { get; private init; }

    /// <summary>See <see cref="AccountsField"/>.</summary>
    public IReadOnlyList<AccountOptions> Accounts { get; private init; } = [];

    /// <summary>Whether requests carry a credential.</summary>
    public bool HasKey => Key.IsSet || Accounts.Count > 0;

    /// <summary>See <see cref="AuthHeaderField"/>.</summary>
    public Setting<string> AuthHeader { get; private init; }

    /// <summary>See <see cref="HeadersField"/>. The values may be secrets.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> Headers { get; private init; }

    /// <summary>See <see cref="RegionField"/>.</summary>
    public Setting<string> Region { get; private init; }

    /// <summary>See <see cref="TimeoutsField"/>.</summary>
    public TimeoutsOptions Timeouts { get; private init; } = TimeoutsOptions.None;

    /// <summary>See <see cref="UsageChunkField"/>.</summary>
    public Setting<string> UsageChunk { get; private init; }

    /// <summary>See <see cref="CountTokensField"/>.</summary>
    public Setting<string> CountTokens { get; private init; }

    /// <summary>See <see cref="TranslationField"/>.</summary>
    public Setting<string> Translation { get; private init; }

    /// <summary>See <see cref="ResponsesField"/>.</summary>
    public Setting<string> Responses { get; private init; }

    /// <summary>See <see cref="LacksField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Lacks { get; private init; }

    /// <summary>See <see cref="TakesField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Takes { get; private init; }

    /// <summary>See <see cref="HostingField"/>.</summary>
    public Setting<string> Hosting { get; private init; }

    /// <summary>See <see cref="ApiVersionField"/>.</summary>
    public Setting<string> ApiVersion { get; private init; }

    /// <summary>Whether Azure hosts it, in deployments.</summary>
    public bool IsOnAzure => Hosting.Or("") == AzureHosting;

    /// <summary>Whether Google's Vertex AI hosts it.</summary>
    public bool IsOnVertex => Hosting.Or("") == VertexHosting;

    /// <summary>See <see cref="RetryReusedField"/>.</summary>
    public Setting<bool> RetryReused { get; private init; }

    /// <summary>See <see cref="ConnectionsMaxField"/>.</summary>
    public Setting<int> ConnectionsMax { get; private init; }

    /// <summary>See <see cref="PoolIdleField"/>.</summary>
    public Setting<TimeSpan> PoolIdle { get; private init; }

    /// <summary>See <see cref="DnsRefreshField"/>.</summary>
    public Setting<TimeSpan> DnsRefresh { get; private init; }

    /// <summary>See <see cref="TlsField"/>.</summary>
    public TlsOptions Tls { get; private init; } = new();

    /// <summary>See <see cref="ProbeField"/>; null where there is none.</summary>
    public ProbeOptions? Probe { get; private init; }

    /// <summary>See <see cref="CapacityField"/>; null where there is none.</summary>
    public CapacityOptions? Capacity { get; private init; }

    /// <summary>See <see cref="DisabledField"/>.</summary>
    public bool IsDisabled { get; private init; }

    /// <summary>The header field that carries the credential: the one that is named, else the host's or the dialect's own.</summary>
    public string AuthHeaderName =>
        AuthHeader.Or(IsOnAzure ? AzureAuthHeader : IsOnVertex ? DefaultAuthHeader : Sheet?.AuthHeader ?? DefaultAuthHeader);

    /// <summary>Whether the credential stands behind <c>Bearer</c>: in <see cref="DefaultAuthHeader"/> only.</summary>
    public bool IsBearer => string.Equals(AuthHeaderName, DefaultAuthHeader, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> DialectNames()
    {
        foreach (var sheet in DialectSheet.All)
            yield return sheet.Name;
    }

    /// <summary>Reads a provider; null where it is not a map.</summary>
    public static ProviderOptions? Read(ConfigEntry entry, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (FieldReader.Open(entry.Value, Table, faults) is not { } reader)
            return null;
        var accounts = new List<AccountOptions>();
        foreach (var account in reader.Named(AccountsField))
        {
            if (AccountOptions.Read(account, faults) is { } options)
                accounts.Add(options);
        }

        return new ProviderOptions(entry, reader.Map)
        {
            Dialect = reader.Get(DialectField),
            BaseUrl = reader.Get(BaseUrlField),
            Key = reader.Get(KeyField),
            Accounts = accounts,
            AuthHeader = reader.Get(AuthHeaderField),
            Headers = reader.Get(HeadersField),
            Region = reader.Get(RegionField),
            Timeouts = TimeoutsOptions.Read(reader.Node(TimeoutsField), faults),
            UsageChunk = reader.Get(UsageChunkField),
            CountTokens = reader.Get(CountTokensField),
            Translation = reader.Get(TranslationField),
            Responses = reader.Get(ResponsesField),
            Lacks = reader.Get(LacksField),
            Takes = reader.Get(TakesField),
            Hosting = reader.Get(HostingField),
            ApiVersion = reader.Get(ApiVersionField),
            RetryReused = reader.Get(RetryReusedField),
            ConnectionsMax = reader.Get(ConnectionsMaxField),
            PoolIdle = reader.Get(PoolIdleField),
            DnsRefresh = reader.Get(DnsRefreshField),
            Tls = TlsOptions.Read(reader.Node(TlsField), TlsOptions.ProviderTable, faults),
            Probe = ProbeOptions.Read(reader.Node(ProbeField), faults),
            Capacity = CapacityOptions.Read(reader.Node(CapacityField), faults),
            IsDisabled = reader.Get(DisabledField).Or(false),
        };
    }
}
