using System.Net;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// One generation of the configuration, compiled: what an exchange reads once and keeps to its end. Immutable after
/// construction; published by a single reference write, so a reader sees all of it or none.
/// </summary>
internal sealed class ConfigSnapshot
{
    private LimitModel[] _limits = [];

    /// <summary>Counts up with each accepted configuration; 1 is the first.</summary>
    public required long Generation { get; init; }

    public required ProviderModel[] Providers { get; init; }

    public required ModelTable Models { get; init; }

    /// <summary>The user's own vocabularies, loaded.</summary>
    public TokenizerModel[] Tokenizers { get; init; } = [];

    public required KeyTable Keys { get; init; }

    public required ServerModel Server { get; init; }

    public required JournalModel Journal { get; init; }

    /// <summary>In the document's order.</summary>
    public LimitModel[] Limits
    {
        get => _limits;
        init => (_limits, LimitTable) = (value, new LimitTable(value));
    }

    /// <summary>Which of the limits bind whom.</summary>
    public LimitTable LimitTable { get; private init; } = new([]);

    /// <summary>Writes <see cref="MaskedJson"/> around the keys that it is given.</summary>
    public required Func<KeyTable, byte[]> Masked { get; init; }

    /// <summary>
    /// The effective document as JSON with every secret masked: what the admin port's <c>/config</c> shows. Made when it is asked for, because it is
    /// as long as there are many keys.
    /// </summary>
    public byte[] MaskedJson => Masked(Keys);

    /// <summary>The same but for its keys. What is not a key's is shared, with all that was found of it.</summary>
    public ConfigSnapshot WithKeys(KeyTable keys, long generation) => new()
    {
        Generation = generation,
        Providers = Providers,
        Models = Models,
        Tokenizers = Tokenizers,
        Keys = keys,
        _limits = _limits,
        LimitTable = LimitTable,
        Server = Server,
        Journal = Journal,
        Masked = Masked,
    };
}

/// <summary>A wire format: the one that a provider speaks, or the one that a client called in. Which of them are carried the validator says.</summary>
internal enum Dialect : byte
{
    OpenAi,
    Anthropic,
    Gemini,
}

/// <summary>Whether the usage chunk of a stream is asked for when the client did not ask (<c>usageChunk</c>).</summary>
internal enum UsageChunkMode : byte
{
    Inject,
    Never,
}

/// <summary>A provider, compiled: where it is, what it is sent, how long it may take.</summary>
internal sealed class ProviderModel
{
    public required string Name { get; init; }

    public required Dialect Dialect { get; init; }

    /// <summary>Kinds of bodies of its dialect that it does not take, a bit each (<see cref="ShapeTraits.Set"/>): they are translated for it.</summary>
    public ulong Lacks { get; init; }

    /// <summary>Clients of other dialects are translated into Responses, and not into chats (<c>responses: preferred</c> or <c>only</c>).</summary>
    public bool PrefersResponses { get; init; }

    /// <summary>How its paths are made in the cloud of another (<c>hosting</c>); null where they are the dialect's own.</summary>
    public HostedPaths? Hosted { get; init; }

    /// <summary>What every path is followed by behind a <c>?</c>; empty for nothing. A client's parameter of the same name stays here.</summary>
    public byte[] Query { get; init; } = [];

    /// <summary>What stands in bodies in the place of the member <c>model</c>; empty where it stays.</summary>
    public ReadOnlyMemory<byte> InsteadOfModel => Hosted is { } hosted ? hosted.InsteadOfModel : default;

    /// <summary>Whether nothing is sent to it for now.</summary>
    public bool IsDisabled { get; init; }

    public required bool UseTls { get; init; }

    /// <summary>Host as dialled and verified: a name or an address without brackets.</summary>
    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>The value of <c>Host</c>, with the port where it is not the scheme's own.</summary>
    public required byte[] HostHeader { get; init; }

    /// <summary>Path of <c>baseUrl</c> without a trailing slash, in UTF-8; empty for none.</summary>
    public required byte[] BasePath { get; init; }

    /// <summary>
    /// Header lines that every request carries, each closed by CRLF: the credential first, then the configured headers. Of a provider with several
    /// accounts these are without a credential, which each account has in <see cref="AccountModel.FixedHeaders"/>.
    /// Holds a secret: never logged, never dumped.
    /// </summary>
    public required byte[] FixedHeaders { get; init; }

    /// <summary>Lower-case names of the headers in <see cref="FixedHeaders"/>: the client's own of that name are dropped.</summary>
    public required string[] FixedHeaderNames { get; init; }

    public required TimeoutsModel Timeouts { get; init; }

    public required UsageChunkMode UsageChunk { get; init; }

    /// <summary>Whether it is asked for the tokens of a prompt where a client asks for these alone (<c>countTokens: provider</c>).</summary>
    public bool CountsTokens { get; init; }

    /// <summary>Whether what it cannot be told in its dialect refuses a request (<c>translation: strict</c>).</summary>
    public bool TranslatesStrictly { get; init; }

    /// <summary>What a request in its dialect must not hold, whatever is known of the model (<c>lacks</c>, and who hosts it).</summary>
    public RequestFeatures LacksFeatures { get; init; }

    /// <summary>What it may hold all the same (<c>takes</c>).</summary>
    public RequestFeatures TakesFeatures { get; init; }

    /// <summary>One more try when a reused connection turns out stale before any answer (<c>retryReused</c>).</summary>
    public required bool RetryReused { get; init; }

    public required int ConnectionsMax { get; init; }

    /// <summary>How long a pooled connection may lie unused.</summary>
    public required TimeSpan PoolIdle { get; init; }

    /// <summary>How long an address list is used before the name is resolved again.</summary>
    public required TimeSpan DnsRefresh { get; init; }

    /// <summary>How it is asked whether it is there; null where its requests alone tell.</summary>
    public ProbeModel? Probe { get; init; }

    /// <summary>How it is asked how busy it is; null where it is not.</summary>
    public CapacityModel? Capacity { get; init; }

    /// <summary>PEM bundle trusted besides the system's roots, or null.</summary>
    public string? CaFile { get; init; }

    /// <summary>Client certificate (PEM) for mutual TLS, or null.</summary>
    public string? CertificateFile { get; init; }

    public string? CertificateKeyFile { get; init; }

    /// <summary>Whom it may be asked as: at least one.</summary>
    public AccountModel[] Accounts
    {
        get => _accounts ??= [new AccountModel { Name = "", FixedHeaders = FixedHeaders, Seal = new IdSeal(Name, "", FixedHeaders) }];
        init => _accounts = value;
    }

    /// <summary>Equal for two generations iff pooled connections of one may serve the other: endpoint and TLS settings, not secrets or timeouts.</summary>
    public required string EndpointIdentity { get; init; }

    /// <summary>Whether requests to it go where those to another went: what was learnt of that one's servers holds for this one's.</summary>
    public bool IsWhere(ProviderModel other) =>
        ReferenceEquals(this, other)
        || (EndpointIdentity == other.EndpointIdentity && BasePath.AsSpan().SequenceEqual(other.BasePath) && Query.AsSpan().SequenceEqual(other.Query)
            && HostHeader.AsSpan().SequenceEqual(other.HostHeader) && Dialect == other.Dialect && (Hosted is null) == (other.Hosted is null));

    /// <summary>What its native paths go by; put there with the configuration.</summary>
    public PassthroughModel? Passthrough { get; set; }

    /// <summary>Whether it takes what a client calls as it is.</summary>
    public bool Speaks(Dialect dialect, RequestShape shape) => Dialect == dialect && ((Lacks >> (int)shape) & 1) == 0;

    /// <summary>Whether it is asked for the tokens of a prompt.</summary>
    public bool Counts(Dialect dialect, RequestShape shape) =>
        CountsTokens && Speaks(dialect, shape) && (Hosted is null || Hosted.CountsTokens);

    /// <summary>Its choices of an account; put there before the configuration is in force.</summary>
    public Turns Turns { get; set; } = new();

    private AccountModel[]? _accounts;
}

/// <summary>Deadlines of one exchange; each <see cref="TimeSpan"/> is positive, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
internal sealed record TimeoutsModel(TimeSpan Connect, TimeSpan FirstByte, TimeSpan Idle, TimeSpan Total)
{
    /// <summary>How long an answer in one piece may take from the end of its request on.</summary>
    public TimeSpan Whole { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long a stream's first event with content is waited for behind its head: by what is left of <c>firstByte</c> whatever else comes, and by
    /// <c>idle</c> behind what else does.
    /// </summary>
    /// <param name="spent">How much of <c>firstByte</c> is over.</param>
    /// <param name="overdue">What is given to a stream that has none of it left.</param>
    public TimeSpan FirstEvent(TimeSpan spent, TimeSpan overdue)
    {
        if (FirstByte == Timeout.InfiniteTimeSpan)
            return Idle;
        if (FirstByte - spent is not { Ticks: > 0 } left)
            return overdue;
        return Idle == Timeout.InfiniteTimeSpan || left < Idle ? left : Idle;
    }
}

/// <summary>A rule of <c>models:</c>: an exact name or a glob.</summary>
internal sealed class ModelModel
{
    /// <summary>The rule as written, glob or name: the bounded label for metrics.</summary>
    public required string Name { get; init; }

    public required byte[] NameUtf8 { get; init; }

    public required bool IsGlob { get; init; }

    /// <summary>At least one, and as many as a set of them has bits.</summary>
    public required TargetModel[] Targets { get; init; }

    /// <summary>How its targets share its requests.</summary>
    public BalanceMode Balance { get; init; }

    /// <summary>Whether of its targets those go first that speak the client's own dialect.</summary>
    public bool NativeFirst { get; init; }

    /// <summary>How requests of the same prompt stay together; null where they are not balanced by that.</summary>
    public AffinityModel? Affinity { get; init; }

    /// <summary>How much of a prompt's beginning those look at whom its requests may go to; 0 where none does. Put there with the table.</summary>
    public long PrefixBytes { get; set; }

    /// <summary>Which model is meant by its name where a path begins so.</summary>
    public KeyValuePair<byte[], ModelName>[] Versions { get; init; } = [];

    /// <summary>Whether some whom its requests may go to keep those of a user together. Put there with the table.</summary>
    public bool IsByUser { get; set; }

    /// <summary>By what requests stay with one of the targets; null where they do not.</summary>
    public StickyModel? Sticky { get; init; }

    /// <summary>Its name, for requests that came with another.</summary>
    public ModelName? OwnName { get; init; }

    /// <summary>Other names that it answers to, in UTF-8.</summary>
    public byte[][] Aliases { get; init; } = [];

    /// <summary>Names of models that are turned to once its own targets have failed.</summary>
    public ModelName[] Fallback { get; init; } = [];

    public RetryModel Retry { get; init; } = new(1, 0, TimeSpan.Zero, SameTarget: false);

    /// <summary>How many of its requests may be sent again; put there before the configuration is in force.</summary>
    public RetryBudget Retries { get; set; } = new();

    /// <summary>How many of its targets of a priority are asked as long as one of them answers, whichever fail, in percent; rounded up.</summary>
    public int KeepPercent { get; init; }

    /// <summary>When another target is asked besides one that is late; null for never.</summary>
    public HedgeModel? Hedge { get; init; }

    /// <summary>How often that has been; put there before the configuration is in force.</summary>
    public HedgeState Hedges { get; set; } = new();

    /// <summary>Which of its requests another model is enough for; null for none.</summary>
    public SimpleModel? Simple { get; init; }

    /// <summary>Cheaper models that are asked before it, in this order; empty for none.</summary>
    public CascadeStep[] Cascade { get; init; } = [];

    /// <summary>What came of that; put there before the configuration is in force.</summary>
    public CascadeState Cascades { get; set; } = new();

    /// <summary>What is made of its requests as its targets fill up, by rising use; empty for nothing.</summary>
    public DegradeStep[] Degrade { get; init; } = [];

    /// <summary>How often that has been; put there before the configuration is in force.</summary>
    public DegradeState Degrades { get; set; } = new();

    /// <summary>How often a request for a whole answer is sent at once, and which of the answers is taken; null for once.</summary>
    public EnsembleModel? Ensemble { get; init; }

    /// <summary>What came of that; put there before the configuration is in force.</summary>
    public EnsembleState Ensembles { get; set; } = new();

    /// <summary>The vocabulary that the document names for it; null where the model's name is to tell.</summary>
    public TokenizerModel? Tokenizer { get; init; }

    /// <summary>The longest output that the model gives, as far as the rule alone tells it; 0 where it does not.</summary>
    public long OutputTokensMax { get; init; }

    /// <summary>The same as far as the document says it of this very rule; 0 where it does not.</summary>
    public long OutputTokensGiven { get; init; }

    /// <summary>Whether some of those whom its requests may go to cannot take every request; put there with the table.</summary>
    public bool IsFitted { get; set; }

    /// <summary>The smallest context window of those; <see cref="long.MaxValue"/> where none has one. Put there with the table.</summary>
    public long ContextWindowMin { get; set; } = long.MaxValue;

    /// <summary>When a stream of it is taken for one that will not end by itself; null for never.</summary>
    public RunawayModel? Runaway { get; init; }

    /// <summary>Whether it is refused for now: it is disabled itself, or all whom its requests could go to are.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Unix seconds shown as <c>created</c> in <c>/v1/models</c>.</summary>
    public long Created { get; init; }

    /// <summary>The longest output when a client asks for a model by that name; 0 where it is not known.</summary>
    public long OutputTokensMaxOf(ReadOnlySpan<byte> askedModel) =>
        OutputTokensMax > 0 ? OutputTokensMax : Targets[0].Prices?.OutputTokensMaxOf(askedModel) ?? 0;

    /// <summary>What answers mostly stay below, for each choice, when a client asks for a model by that name.</summary>
    public long OutputP95(ReadOnlySpan<byte> askedModel) => Outputs.P95(IsGlob ? askedModel : default);

    /// <summary>A whole answer to a client that asked for a model by that name had so many tokens for each choice.</summary>
    public void LearnOutput(ReadOnlySpan<byte> askedModel, long tokens) => Outputs.Learn(IsGlob ? askedModel : default, tokens);

    /// <summary>Its choices of a target; put there before the configuration is in force.</summary>
    public Turns Turns { get; set; } = new();

    /// <summary>How long its answers are, whoever gives them; put there before the configuration is in force.</summary>
    public OutputLengths Outputs { get; set; } = new();

    /// <summary>Its place in <see cref="ModelTable.All"/>.</summary>
    public int Index { get; set; }
}

/// <summary>A client's key, by the SHA-256 of the whole secret.</summary>
internal sealed class KeyModel
{
    private long _leftOut;

    public required string Name { get; init; }

    public required byte[] Sha256 { get; init; }

    public string? Team { get; init; }

    /// <summary>Names and globs (<c>*</c> only) that the key may ask for; null allows every configured model.</summary>
    public byte[][]? Models { get; init; }

    /// <summary>What stands for which of the models that it asks for: names and globs in UTF-8, the first that matches holds.</summary>
    public KeyValuePair<byte[], ModelName>[] ModelMap { get; init; } = [];

    /// <summary>Regions and globs over them, in UTF-8, that its requests stay within; null for anywhere.</summary>
    public byte[][]? Regions { get; init; }

    /// <summary>The same by its team.</summary>
    public byte[][]? TeamRegions { get; init; }

    /// <summary>First instant at which the key is no longer good, as Unix milliseconds; <see cref="long.MaxValue"/> for never.</summary>
    public required long ExpiresUnixMs { get; init; }

    public KeyValuePair<string, string>[] Tags { get; init; } = [];

    /// <summary>A word that limits are matched by, or null.</summary>
    public string? Tier { get; init; }

    public PriorityClass Priority { get; init; } = PriorityClass.Normal;

    /// <summary>Its part among the keys of one class that wait in a queue, 1 to 1000.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>What becomes of the provider's answer when the client leaves.</summary>
    public DisconnectPolicy OnDisconnect { get; init; } = DisconnectPolicy.Cancel;

    /// <summary>Names of tags that its requests may set by <c>x-aiedge-tags</c>.</summary>
    public string[] ClientTags { get; init; } = [];

    /// <summary>Native paths of providers that its requests may go to.</summary>
    public PassthroughGrant[] Passthrough { get; init; } = [];

    /// <summary>A refusal of it has no record in the journal.</summary>
    public void LeaveOut() => Interlocked.Increment(ref _leftOut);

    /// <summary>How many there were since the last call.</summary>
    public long TakeLeftOut() => Volatile.Read(ref _leftOut) == 0 ? 0 : Interlocked.Exchange(ref _leftOut, 0);

    /// <summary>Those whom the same limits bind, found when the key is first seen.</summary>
    public LimitTable.KeyClass? LimitClass
    {
        get => Volatile.Read(ref _limitClass);
        set => Volatile.Write(ref _limitClass, value);
    }

    private LimitTable.KeyClass? _limitClass;

    /// <summary>What exchanges hold of an entry.</summary>
    public static KeyModel Of(in KeyEntry entry) => new()
    {
        Name = entry.Name,
        Sha256 = entry.Digest.ToArray(),
        Team = entry.Policy.Team,
        Models = entry.Policy.Models,
        ModelMap = entry.Policy.ModelMap,
        Regions = entry.Policy.Regions,
        TeamRegions = entry.Policy.TeamRegions,
        ExpiresUnixMs = entry.ExpiresUnixMs,
        Tags = entry.Policy.Tags,
        Tier = entry.Policy.Tier,
        Priority = entry.Policy.Priority,
        Weight = entry.Policy.Weight,
        OnDisconnect = entry.Policy.OnDisconnect,
        ClientTags = entry.Policy.ClientTags,
        Passthrough = entry.Policy.Passthrough,
    };
}

/// <summary>Who goes first where requests wait; a lower number goes before a higher.</summary>
internal enum PriorityClass : byte
{
    High,
    Normal,
    Low,
}

/// <summary>What becomes of the provider's answer when the client leaves (<c>onDisconnect</c>).</summary>
/// <param name="DrainFor">
/// How long the answer is read on towards its end, for its usage; zero cancels it at once, <see cref="TimeSpan.MaxValue"/> leaves it to the
/// exchange's own deadlines.
/// </param>
internal readonly record struct DisconnectPolicy(TimeSpan DrainFor)
{
    public static readonly DisconnectPolicy Cancel;

    public static readonly DisconnectPolicy Drain = new(TimeSpan.MaxValue);
}

/// <summary>The <c>server:</c> block, compiled.</summary>
internal sealed class ServerModel
{
    public required IPEndPoint Listen { get; init; }

    public required IPEndPoint Admin { get; init; }

    public IPEndPoint? Probe { get; init; }

    public required int HeadBytesMax { get; init; }

    public required long BodyBytesMax { get; init; }

    public required long BufferedBytesMax { get; init; }

    public required int ConnectionsMax { get; init; }

    /// <summary>From a connection's first byte of a request to its head's end.</summary>
    public required TimeSpan HeadTimeout { get; init; }

    /// <summary>From the head's end to the body's.</summary>
    public required TimeSpan BodyTimeout { get; init; }

    /// <summary>Between two requests on one connection.</summary>
    public required TimeSpan KeepAlive { get; init; }

    /// <summary>How long a client may refuse to read before its connection is closed.</summary>
    public required TimeSpan ClientIdle { get; init; }

    /// <summary>Silence of a stream after which a comment event is sent; infinite turns it off.</summary>
    public required TimeSpan Heartbeat { get; init; }

    public required TimeSpan DrainDelay { get; init; }

    public required TimeSpan DrainTimeout { get; init; }

    /// <summary>Proxies whose word on a client's address counts.</summary>
    public TrustedProxies Proxies { get; init; } = TrustedProxies.None;

    /// <summary>Whether every connection begins with a header of the PROXY protocol.</summary>
    public bool TakesProxyHeader { get; init; }

    /// <summary>How long usage records are still shipped to the control plane when draining.</summary>
    public TimeSpan ShipOnDrain { get; init; }

    /// <summary>How long the configuration may be served without hearing from the control plane that it came from.</summary>
    public TimeSpan ConfigMaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Whether requests are refused after that.</summary>
    public bool RefusesStale { get; init; }

    public string? TlsCertificateFile { get; init; }

    public string? TlsKeyFile { get; init; }
}
