using System.Runtime.CompilerServices;

namespace AiEdge.DataPlane.Core;

/// <summary>Up to 128 bytes of a request id, kept inside its owner.</summary>
[InlineArray(Length)]
internal struct IdBytes
{
    public const int Length = 128;
    private byte _first;
}

/// <summary>Up to 256 bytes of a model's name, kept inside its owner.</summary>
[InlineArray(Length)]
internal struct ModelBytes
{
    public const int Length = 256;
    private byte _first;
}

/// <summary>One request of a client and all that is learnt about it on its way. Reused: <see cref="Reset"/> begins the next one.</summary>
internal sealed partial class Exchange
{
    /// <summary>Tags that one request may set.</summary>
    public const int ClientTagsMax = 8;

    private IdBytes _requestId;
    private IdBytes _edgeId;
    /// <summary>Longest path that is served behind a prefix: one with a model's name in it, each byte escaped.</summary>
    private const int PathBytesMax = 1024;

    private IdBytes _providerId;
    private ModelBytes _askedModel;
    private int _askedModelLength;
    private ModelName? _passed;
    private TierName _askedTier;
    private TierName _servedTier;
    private int _requestIdLength;
    private int _edgeIdLength;
    private int _providerIdLength;
    private readonly KeyValuePair<string, string>[] _clientTags = new KeyValuePair<string, string>[ClientTagsMax];
    private int _clientTagCount;
    private byte[]? _path;
    private int _pathLength;

    public ConfigSnapshot Config { get; set; } = null!;

    public KeyModel? Key { get; set; }

    public ModelModel? Model { get; set; }

    public TargetModel? Target { get; set; }

    /// <summary>The model as the client named it. A copy: what the request was read with serves another one before the answer's end.</summary>
    public ReadOnlySpan<byte> AskedModel => ((ReadOnlySpan<byte>)_askedModel)[.._askedModelLength];

    /// <summary>The name that a target is asked by that has none of its own: the asked one, or the one that was put in its place.</summary>
    public ReadOnlySpan<byte> PassedModel => _passed is { } name ? name.Utf8 : AskedModel;

    /// <summary>The same as a JSON string token; empty where the request has it already.</summary>
    public byte[] PassedModelJson => _passed?.Json ?? [];

    /// <summary>The name that is asked for in the asked one's place, by an alias, the key's map or a limit; null where it is its own.</summary>
    public ModelName? OwnName { get; private set; }

    /// <summary>Whom its provider is asked as; null before it is asked.</summary>
    public AccountModel? Account { get; set; }

    /// <summary>What it takes of an account's limits, about.</summary>
    public AccountCost AccountCost { get; set; }

    /// <summary>What it asks of whoever takes it.</summary>
    public RequestNeeds Needs { get; set; }

    /// <summary>Ids of what lies at a provider: what it goes on from, and its answer's own.</summary>
    public StoredIds Stored { get; } = new();

    /// <summary>A number of its prompt's beginning (<see cref="PromptPrefix"/>); 0 where nobody looks at it.</summary>
    public ulong PrefixHash { get; set; }

    /// <summary>Bytes of the texts of its prompt; 0 where nobody has noted them.</summary>
    public long PromptBytes { get; set; }

    /// <summary>Tokens that the client caps each choice of the answer at; -1 where it does not, or nobody has noted it.</summary>
    public long OutputCap { get; set; } = -1;

    /// <summary>A number of whom the request names as its user; 0 for nobody, or where nobody looks at it.</summary>
    public ulong UserHash { get; set; }

    /// <summary>The tier of service that the client asked for, or empty.</summary>
    public ReadOnlySpan<byte> ServiceTier => _askedTier.Utf8;

    /// <summary>The tier of service that the answer says it was served by, or empty.</summary>
    public ReadOnlySpan<byte> ServedTier => _servedTier.Utf8;

    /// <summary>What its path began with for the sake of models' versions; null where it did not, or no model has any.</summary>
    public byte[]? PathPrefix { get; private set; }

    public Endpoint? Endpoint { get; set; }

    /// <summary>What the answer is read as: the row of the provider's side.</summary>
    public Endpoint SpokenEndpoint => UpstreamEndpoint ?? Endpoint!;

    /// <summary>What the client speaks, and is owed every answer in.</summary>
    public Dialect Dialect { get; set; }

    public bool Stream { get; set; }

    /// <summary>Whether the client has its stream as one array in JSON, and not as events.</summary>
    public bool IsArray { get; set; }

    /// <summary>Minor version of the client's HTTP/1: 0 knows no chunked coding.</summary>
    public int HttpMinor { get; set; }

    public bool IsHead { get; set; }

    /// <summary>Whether the connection may carry another request afterwards.</summary>
    public bool KeepAlive { get; set; }

    public int Attempts { get; set; }

    /// <summary>It has turned to another model than the asked one.</summary>
    public bool IsFallback { get; set; }

    /// <summary>What its last attempt was made for.</summary>
    public AttemptPurpose Purpose { get; set; }

    /// <summary>Its last attempt has a record of its own already.</summary>
    public bool AttemptIsRecorded { get; set; }

    public int Status { get; set; }

    public EndReason End { get; set; }

    public EdgeError Error { get; set; }

    public Usage Usage { get; set; }

    /// <summary>Tokens of the prompt: a count, or a bound from above while nobody has had to count.</summary>
    public long PromptTokens { get; set; }

    public bool PromptIsCounted { get; set; }

    /// <summary>Whether the count of the prompt may differ from the provider's own.</summary>
    public bool PromptIsEstimate { get; set; }

    /// <summary>Tokens of the output that were written to the client's connection, by our own count; -1 where nothing was counted.</summary>
    public long CountedOutputTokens { get; set; }

    /// <summary>Whether that count may differ from the provider's own.</summary>
    public bool OutputIsEstimate { get; set; }

    /// <summary>Output tokens that came from the provider after its client had left, by our own count.</summary>
    public long UndeliveredTokens { get; set; }

    /// <summary>What the provider reported of the output that <see cref="CountedOutputTokens"/> counts, without hidden thought; 0 if not told.</summary>
    public long VisibleTokens { get; set; }

    /// <summary>A stream came to its own end, whoever was there to see it: what it reported is of all of it.</summary>
    public bool StreamIsWhole { get; set; }

    /// <summary>Answers asked for, each with an output of its own; at least 1.</summary>
    public int Choices { get; set; }

    /// <summary>Whether the client asked for a stream's usage.</summary>
    public bool WantsUsage { get; set; }

    /// <summary>Whether the client asked for embeddings in base64, and has to be given them by a translation.</summary>
    public bool WantsBase64 { get; set; }

    /// <summary>Whether OpenAI's client is told of calls as they were before there could be several (<c>function_call</c>).</summary>
    public bool WantsOldCalls { get; set; }

    /// <summary>It was taken for one that would not end by itself, whether it was ended or only noticed.</summary>
    public bool RanAway { get; set; }

    /// <summary>Name of the limit or the guard that ended the stream in its dialect's way; null where none did.</summary>
    public string? CutBy { get; set; }

    /// <summary>What it is charged with; complete once it is settled.</summary>
    public Bill Bill { get; set; }

    /// <summary>What limits that are nearly used up, or its model's capacity, have made of it.</summary>
    public Degradation Degraded { get; set; }

    /// <summary>The model that it went to for being simple; null where it did not.</summary>
    public ModelName? SimpleModel { get; set; }

    /// <summary>Whether it went to another model than its client asked for, before anybody was asked, and has not come back.</summary>
    public bool IsElsewhere => SimpleModel is not null || Degraded.Model is not null;

    /// <summary>Whether cheaper models are asked before its own, and their answers judged.</summary>
    public bool IsCascaded { get; set; }

    /// <summary>Whether it is asked for several times at once, and one of the answers is chosen.</summary>
    public bool IsEnsembled { get; set; }

    /// <summary>Why the last of the cheaper models was given up; <see cref="CascadeOutcome.Kept"/> where none was.</summary>
    public CascadeOutcome Escalated { get; set; }

    /// <summary>What each choice's output was capped at in the client's stead; 0 where it was not.</summary>
    public long OutputClamp { get; set; }

    /// <summary>What is told of both.</summary>
    public long OutputCapTold => TranslationCap > 0 ? TranslationCap : OutputClamp;

    /// <summary>The limit that refused the exchange or cut its stream.</summary>
    public LimitModel? LimitHit { get; set; }

    /// <summary>After so many nanoseconds the limit that refused would admit the same; 0 where waiting does not help.</summary>
    public long LimitWaitNs { get; set; }

    /// <summary>When that is, in Unix nanoseconds.</summary>
    public long LimitResetUnixNs { get; set; }

    /// <summary>The tightest limit on requests of its key or team, as it was after the admission.</summary>
    public RateStatus RequestRate { get; set; }

    /// <summary>The tightest limit on tokens of its key or team, as it was after the admission.</summary>
    public RateStatus TokenRate { get; set; }

    /// <summary>The client's address as limits know it (<see cref="Core.ClientAddress"/>); null where no limit is kept by it.</summary>
    public string? ClientAddress { get; set; }

    /// <summary>Tags that the client set for this request (<c>x-aiedge-tags</c>): for attribution, and for limits that are kept by a tag.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> ClientTags => _clientTags.AsSpan(0, _clientTagCount);

    /// <summary>Its place where requests wait: the key's, or lower if the client asked for that.</summary>
    public PriorityClass Priority { get; set; }

    /// <summary>How long it waited for credit, in milliseconds.</summary>
    public long QueueMs { get; set; }

    public long BytesIn { get; set; }

    public long BytesOut { get; set; }

    public long Events { get; set; }

    /// <summary>Time stamps of <see cref="System.Diagnostics.Stopwatch"/>; 0 where the exchange did not get there.</summary>
    public long StartedAt { get; set; }

    public long BodyReadAt { get; set; }

    /// <summary>Its model's rule and a target are found.</summary>
    public long RoutedAt { get; set; }

    /// <summary>The limits have admitted it.</summary>
    public long AdmittedAt { get; set; }

    public long SentAt { get; set; }

    /// <summary>Whether the last attempt's provider was sent all of the request: from then on it may work for it.</summary>
    public bool IsSentWhole { get; set; }

    public long FirstByteAt { get; set; }

    public long FirstTokenAt { get; set; }

    /// <summary>The answer has been read to its end, or was cut; its last bytes are still to be sent.</summary>
    public long AnsweredAt { get; set; }

    public long EndedAt { get; set; }

    /// <summary>How long attempts took that were in vain, in microseconds: no time that the data plane itself adds.</summary>
    public long InVainUs { get; set; }

    /// <summary>What the data plane itself added before the answer's head went out, in microseconds.</summary>
    public long OverheadUs { get; set; }

    /// <summary>Its number in the journal of this process; 0 while nothing of it is written there.</summary>
    public long JournalId { get; set; }

    /// <summary>Its last record has been handed to the journal: there is none after it.</summary>
    public bool IsJournaled { get; set; }

    /// <summary>When the journal is told next how far it is, and how far it was the last time.</summary>
    public long ProgressDueMs { get; set; }

    public long ProgressEvents { get; set; }

    public ReadOnlySpan<byte> RequestId => ((ReadOnlySpan<byte>)_requestId)[.._requestIdLength];

    public ReadOnlySpan<byte> EdgeId => ((ReadOnlySpan<byte>)_edgeId)[.._edgeIdLength];

    public ReadOnlySpan<byte> ProviderId => ((ReadOnlySpan<byte>)_providerId)[.._providerIdLength];

    public void Reset(ConfigSnapshot config)
    {
        Config = config;
        Key = null;
        Model = null;
        Target = null;
        _askedModelLength = 0;
        _passed = OwnName = null;
        Needs = default;
        PrefixHash = UserHash = 0;
        PromptBytes = 0;
        OutputCap = -1;
        Stored.Reset();
        Degraded = default;
        SimpleModel = null;
        IsCascaded = IsEnsembled = false;
        Escalated = CascadeOutcome.Kept;
        PathPrefix = null;
        _pathLength = 0;
        Account = null;
        AccountCost = default;
        Endpoint = null;
        ClearTranslation();
        LetGoOfNames();
        Dialect = default;
        Stream = IsArray = false;
        HttpMinor = 1;
        IsHead = false;
        KeepAlive = false;
        Attempts = 0;
        Status = 0;
        End = EndReason.Done;
        Error = default;
        Usage = default;
        PromptIsCounted = PromptIsEstimate = OutputIsEstimate = false;
        CountedOutputTokens = -1;
        CutBy = null;
        PromptTokens = UndeliveredTokens = VisibleTokens = 0;
        Choices = 1;
        _askedTier = _servedTier = default;
        WantsBase64 = WantsOldCalls = WantsUsage = RanAway = StreamIsWhole = false;
        Bill = default;
        OutputClamp = 0;
        ClearRefusal();
        RequestRate = TokenRate = default;
        ClientAddress = null;
        _clientTagCount = 0;
        Priority = PriorityClass.Normal;
        QueueMs = 0;
        BytesIn = BytesOut = Events = 0;
        StartedAt = BodyReadAt = RoutedAt = AdmittedAt = SentAt = FirstByteAt = FirstTokenAt = AnsweredAt = EndedAt = 0;
        OverheadUs = InVainUs = 0;
        IsFallback = AttemptIsRecorded = IsSentWhole = IsJournaled = false;
        Purpose = AttemptPurpose.Counted;
        JournalId = ProgressDueMs = ProgressEvents = 0;
        _requestIdLength = _providerIdLength = 0;
        _edgeIdLength = RequestIds.WriteNext(_edgeId);
    }

    /// <summary>No limit has refused it after all.</summary>
    public void ClearRefusal() => (LimitHit, LimitWaitNs, LimitResetUnixNs) = (null, 0, 0);

    /// <summary>The last attempt was in vain, and of its answer nothing has gone to the client: what was learnt of that answer is not of the next.</summary>
    public void ForgetAnswer(long now)
    {
        if (SentAt != 0)
            InVainUs += EdgeClock.Us(SentAt, now);
        Status = 0;
        Usage = default;
        _servedTier = default;
        CountedOutputTokens = -1;
        OutputIsEstimate = RanAway = StreamIsWhole = IsSentWhole = false;
        UndeliveredTokens = VisibleTokens = 0;
        CutBy = null;
        Bill = default;
        ClearRefusal();
        BytesOut = Events = ProgressEvents = 0;
        SentAt = FirstByteAt = FirstTokenAt = AnsweredAt = OverheadUs = 0;
        _providerIdLength = 0;
    }

    /// <summary>Takes the client's id if it is 1 to 128 of [A-Za-z0-9._-], else ours.</summary>
    public void SetRequestId(ReadOnlySpan<byte> asked)
    {
        var id = RequestIds.IsValid(asked) ? asked : EdgeId;
        id.CopyTo(_requestId);
        _requestIdLength = id.Length;
    }

    /// <summary>Takes the model's name, of at most <see cref="ModelBytes.Length"/> bytes.</summary>
    public void SetAskedModel(ReadOnlySpan<byte> name)
    {
        name.CopyTo(_askedModel);
        _askedModelLength = name.Length;
    }

    /// <summary>The path that its request is served by, of the one that its head has.</summary>
    public ReadOnlySpan<byte> ServedPath(ReadOnlySpan<byte> path) => _pathLength > 0 ? _path.AsSpan(0, _pathLength) : path;

    /// <summary>Its path began with a prefix: it is served by another, which comes in two parts. False if that is too long for any.</summary>
    public bool TrySetPath(byte[] prefix, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.Length + second.Length > PathBytesMax)
            return false;
        _path ??= new byte[PathBytesMax];
        first.CopyTo(_path);
        second.CopyTo(_path.AsSpan(first.Length));
        _pathLength = first.Length + second.Length;
        PathPrefix = prefix;
        return true;
    }

    /// <summary>The asked name stands for another: from here on that is the asked one.</summary>
    public void Rename(ModelName name)
    {
        SetAskedModel(name.Utf8);
        _passed = OwnName = name;
    }

    /// <summary>Another model is asked in the place of the client's, whose name stays the asked one; null for the client's own.</summary>
    public void TurnTo(ModelName? name) => _passed = OwnName = name;

    /// <summary>Turns to a model of another name; null for the asked one.</summary>
    public void Pass(ModelName? name) => _passed = name ?? OwnName;

    /// <summary>Takes a tag of the client's; one of that name that it set before is replaced. False if there is no room.</summary>
    public bool TrySetTag(string name, string value)
    {
        var at = 0;
        while (at < _clientTagCount && _clientTags[at].Key != name)
            at++;
        if (at == ClientTagsMax)
            return false;
        _clientTags[at] = new(name, value);
        _clientTagCount = Math.Max(_clientTagCount, at + 1);
        return true;
    }

    /// <summary>The value of a tag: the client's own, else the key's, else null.</summary>
    public string? TagValue(string name)
    {
        foreach (var (known, value) in ClientTags)
        {
            if (known == name)
                return value;
        }

        foreach (var (known, value) in Key!.Tags)
        {
            if (known == name)
                return value;
        }

        return null;
    }

    /// <summary>Takes the tier of service asked for; a longer name than <see cref="TierBytes.Length"/> bytes is nobody's.</summary>
    public void SetServiceTier(ReadOnlySpan<byte> name) => _askedTier.Set(name);

    /// <summary>Takes what an answer reports of itself, by now or at its end.</summary>
    /// <param name="usage">Its usage.</param>
    /// <param name="tier">The tier of service that it was served by, or empty.</param>
    public void SetReported(in Usage usage, ReadOnlySpan<byte> tier)
    {
        Usage = usage;
        _servedTier.Learn(tier);
    }

    /// <summary>The tier of service that the answer's head tells; what its body says holds in its place.</summary>
    public void SetTierAtHead(ReadOnlySpan<byte> tier) => _servedTier.Learn(tier);

    /// <summary>Takes the provider's id, if it is one.</summary>
    public void SetProviderId(ReadOnlySpan<byte> id)
    {
        if (!RequestIds.IsValid(id))
            return;
        id.CopyTo(_providerId);
        _providerIdLength = id.Length;
    }
}
