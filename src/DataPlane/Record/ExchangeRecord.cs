using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>What is written down of one exchange: numbers, names from the configuration, and ids. No secret, no text of a prompt or an answer.</summary>
internal sealed class ExchangeRecord
{
    private IdBytes _requestId;
    private IdBytes _edgeId;
    private IdBytes _providerId;
    private ModelBytes _askedModel;
    private int _askedModelLength;
    private int _requestIdLength;
    private int _edgeIdLength;
    private int _providerIdLength;

    private KeyValuePair<string, string>[] _clientTags = [];
    private int _clientTagCount;
    private byte[] _translationLoss = [];
    private int _translationLossLength;

    /// <summary>The configuration that the exchange began with; what follows is of it.</summary>
    public ConfigSnapshot Config { get; private set; } = null!;

    public KeyModel? Key { get; private set; }

    public ModelModel? Model { get; private set; }

    public TargetModel? Target { get; private set; }

    /// <summary>Name of the account that the target's provider was asked as; null where that has one alone, or was not asked.</summary>
    public string? Account { get; private set; }

    /// <summary>The moment that it tells of, as a time stamp of the stopwatch.</summary>
    public long TakenAt { get; private set; }

    public long UnixMs { get; private set; }

    public KeyValuePair<string, string>[] Tags => Key?.Tags ?? [];

    /// <summary>Tags that the client set; of one name with the key's, the client's holds.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> ClientTags => _clientTags.AsSpan(0, _clientTagCount);

    public string? Path { get; private set; }

    /// <summary>The client's address, where a limit is kept by it.</summary>
    public string? Address { get; private set; }

    /// <summary>The limit that refused the exchange or cut its stream.</summary>
    public string? Limit { get; private set; }

    public bool Stream { get; private set; }

    public int Status { get; private set; }

    public EndReason End { get; private set; }

    public ErrorKind Error { get; private set; }

    public int Attempts { get; private set; }

    /// <summary>Whether it tells of the exchange's last attempt, too: that has no record of its own.</summary>
    public bool HasAttempt { get; private set; }

    /// <summary>Whether it went to another model than the asked one.</summary>
    public bool IsFallback { get; private set; }

    /// <summary>What its last attempt was made for.</summary>
    public AttemptPurpose Purpose { get; private set; }

    /// <summary>What the provider reported.</summary>
    public Usage Usage { get; private set; }

    /// <summary>Tokens of the output by our own count; -1 where nothing was counted.</summary>
    public long CountedOutputTokens { get; private set; }

    /// <summary>What is charged; of an exchange that goes on, what it would be if it ended now.</summary>
    public Bill Bill { get; private set; }

    /// <summary>What each choice's output was capped at in the client's stead; 0 where it was not.</summary>
    public long OutputClamp { get; private set; }

    /// <summary>Refusals of its key since that one's last record that have none themselves; set by the journal.</summary>
    public long LeftOut { get; set; }

    /// <summary>The limit that made less of it than was asked for; null where none did.</summary>
    public string? DegradedBy { get; private set; }

    /// <summary>Whether it went to another model for being simple.</summary>
    public bool IsSimple { get; private set; }

    /// <summary>Names of what could not be carried between the dialects, with commas between; empty for nothing.</summary>
    public ReadOnlySpan<byte> TranslationLoss => _translationLoss.AsSpan(0, _translationLossLength);

    public long QueueMs { get; private set; }

    public long BytesIn { get; private set; }

    public long BytesOut { get; private set; }

    public long Events { get; private set; }

    public long OverheadUs { get; private set; }

    /// <summary>Stage times in microseconds since the start; -1 where the exchange did not get there.</summary>
    public long BodyUs { get; private set; }

    public long SentUs { get; private set; }

    public long FirstByteUs { get; private set; }

    public long FirstTokenUs { get; private set; }

    public long TotalUs { get; private set; }

    /// <summary>The model as the client named it; for the journal alone.</summary>
    public ReadOnlySpan<byte> AskedModel => ((ReadOnlySpan<byte>)_askedModel)[.._askedModelLength];

    public ReadOnlySpan<byte> RequestId => ((ReadOnlySpan<byte>)_requestId)[.._requestIdLength];

    public ReadOnlySpan<byte> EdgeId => ((ReadOnlySpan<byte>)_edgeId)[.._edgeIdLength];

    public ReadOnlySpan<byte> ProviderId => ((ReadOnlySpan<byte>)_providerId)[.._providerIdLength];

    public void Take(Exchange exchange, EdgeClock clock)
    {
        // One that goes on is taken as it stands now.
        var at = exchange.EndedAt != 0 ? exchange.EndedAt : System.Diagnostics.Stopwatch.GetTimestamp();
        TakenAt = at;
        UnixMs = clock.UnixMs(at);
        Config = exchange.Config;
        Key = exchange.Key;
        Model = exchange.Model;
        Target = exchange.Target;
        Account = exchange is { Attempts: > 0, Account.Name: { Length: > 0 } name } ? name : null;
        TakeTags(exchange.ClientTags);
        Path = exchange.Endpoint?.Path;
        Address = exchange.ClientAddress;
        Limit = exchange.CutBy ?? exchange.LimitHit?.Name;
        Stream = exchange.Stream;
        Status = exchange.Status;
        End = exchange.End;
        Error = exchange.Error.Kind;
        Attempts = exchange.Attempts;
        HasAttempt = !exchange.AttemptIsRecorded;
        IsFallback = exchange.IsFallback;
        Purpose = exchange.Purpose;
        Usage = exchange.Usage;
        CountedOutputTokens = exchange.CountedOutputTokens;
        Bill = Billed(exchange);
        OutputClamp = exchange.OutputCapTold;
        IsSimple = exchange.SimpleModel is not null;
        DegradedBy = exchange.Degraded.Name;
        TakeLoss(exchange.TranslationLoss);
        QueueMs = exchange.QueueMs;
        BytesIn = exchange.BytesIn;
        BytesOut = exchange.BytesOut;
        Events = exchange.Events;
        OverheadUs = exchange.OverheadUs;
        BodyUs = Since(exchange.StartedAt, exchange.BodyReadAt);
        SentUs = Since(exchange.StartedAt, exchange.SentAt);
        FirstByteUs = Since(exchange.StartedAt, exchange.FirstByteAt);
        FirstTokenUs = Since(exchange.StartedAt, exchange.FirstTokenAt);
        TotalUs = Since(exchange.StartedAt, at);
        _askedModelLength = Copy(exchange.AskedModel, _askedModel);
        _requestIdLength = Copy(exchange.RequestId, _requestId);
        _edgeIdLength = Copy(exchange.EdgeId, _edgeId);
        _providerIdLength = Copy(exchange.ProviderId, _providerId);
    }

    /// <summary>The value of a tag: the client's own, else the key's, else null.</summary>
    public string? TagValue(string name)
    {
        foreach (var (known, value) in ClientTags)
        {
            if (known == name)
                return value;
        }

        foreach (var (known, value) in Tags)
        {
            if (known == name)
                return value;
        }

        return null;
    }

    /// <summary>Keeps nothing of the configuration alive while it waits to be used again.</summary>
    public void Forget()
    {
        Config = null!;
        Key = null;
        Model = null;
        Target = null;
    }

    /// <summary>Whoever answered is paid for what it says, as long as nobody has made a bill.</summary>
    private static Bill Billed(Exchange exchange)
    {
        var (bill, usage) = (exchange.Bill, exchange.Usage);
        if (usage.IsPresent && bill is { InputTokens: 0, OutputTokens: 0, CostNanodollars: 0, PriceVersion: 0 })
            (bill.InputTokens, bill.CachedInputTokens, bill.OutputTokens) = (usage.InputTokens, usage.CachedInputTokens, usage.OutputTokens);
        return bill;
    }

    private void TakeLoss(ReadOnlySpan<byte> names)
    {
        if (_translationLoss.Length < names.Length)
            _translationLoss = new byte[names.Length];
        names.CopyTo(_translationLoss);
        _translationLossLength = names.Length;
    }

    private void TakeTags(ReadOnlySpan<KeyValuePair<string, string>> tags)
    {
        _clientTagCount = tags.Length;
        if (tags.IsEmpty)
            return;
        if (_clientTags.Length == 0)
            _clientTags = new KeyValuePair<string, string>[Exchange.ClientTagsMax];
        tags.CopyTo(_clientTags);
    }

    private static long Since(long start, long stamp) => stamp == 0 ? -1 : EdgeClock.Us(start, stamp);

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }
}
