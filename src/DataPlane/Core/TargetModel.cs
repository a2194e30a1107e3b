namespace AiEdge.DataPlane.Core;

/// <summary>Where a model's requests go.</summary>
internal sealed class TargetModel
{
    public required ProviderModel Provider { get; init; }

    /// <summary>The provider's name for the model in UTF-8, or null to pass the asked name on.</summary>
    public byte[]? UpstreamModel { get; init; }

    /// <summary><see cref="UpstreamModel"/> as a JSON string token with its quotes, escaped; null with it.</summary>
    public byte[]? UpstreamModelJson { get; init; }

    public required TimeoutsModel Timeouts { get; init; }

    /// <summary>Its part of the model's requests, beside those of the others; 0 for none.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Targets of a lower number go first.</summary>
    public int Priority { get; init; }

    /// <summary>Requests that may be under way at it at once; 0 for any number.</summary>
    public int Concurrent { get; init; }

    /// <summary>What it is in an experiment, by the operator's word; null where it is in none.</summary>
    public string? Variant { get; init; }

    /// <summary>Where it is, in UTF-8; null where nobody says.</summary>
    public byte[]? Region { get; init; }

    /// <summary>Tokens of prompt and answer together that it has room for; 0 where nobody says.</summary>
    public long ContextWindow { get; init; }

    /// <summary>What it takes besides text.</summary>
    public Capability Capabilities { get; init; } = Capability.All;

    /// <summary>A number of its provider's and its model's name: the same on every plane and after every reload.</summary>
    public ulong Identity => _identity != 0 ? _identity : _identity = StableHash.Of(UpstreamModel, StableHash.Of(Provider.Name));

    /// <summary>Whether it answers; put there before the configuration is in force.</summary>
    public TargetHealth Health { get; set; } = new();

    /// <summary>How busy and how quick it is; put there before the configuration is in force.</summary>
    public TargetLoad Load { get; set; } = new();

    /// <summary>
    /// Until when it is left alone because its provider has no more for now and does not say for how long; put there before the configuration is in force.
    /// </summary>
    public Pause Pause { get; set; } = new();

    /// <summary>Until when it is not asked for log-probabilities, which it has refused. Not kept when the configuration changes.</summary>
    public Pause Logprobs { get; } = new();

    /// <summary>
    /// How busy its server says that it is; put there before the configuration is in force. Null where the provider is not asked
    /// (<see cref="ProviderModel.Capacity"/>).
    /// </summary>
    public TargetSignals? Signals { get; set; }

    /// <summary>
    /// What is known of its provider's limits for the model, by the account's place; put there before the configuration is in force. Empty
    /// where its provider is asked by the client's names (<see cref="AccountState.Named"/>).
    /// </summary>
    public AccountLimits[] Limits { get; set; } = [];

    /// <summary>What its tokens cost, whatever name was asked for; null where the asked name tells it, or nobody knows.</summary>
    public PriceModel? Price { get; init; }

    /// <summary>Its longest output, whatever name was asked for; 0 where the asked name tells it, or nobody knows.</summary>
    public long OutputTokensMax { get; init; }

    /// <summary>Prices by the asked name, where the rule is a glob; else null.</summary>
    public PriceTable? Prices { get; init; }

    /// <summary>
    /// Header lines that answers of this target carry: <c>x-aiedge-provider</c>, <c>x-aiedge-variant</c> where it has one, and, where it is fixed,
    /// <c>x-aiedge-model</c>.
    /// </summary>
    public byte[] AnswerHeaders => _answerHeaders ??= MakeAnswerHeaders();

    /// <summary>The counters of this (model rule, provider, variant), found once; they outlive the configuration.</summary>
    public TargetState? State { get; set; }

    /// <summary>
    /// Whether it has as much to do as it may, by what is under way from here or by its server's word; it may be otherwise in the next moment.
    /// </summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public bool IsFull(long nowMs) =>
        Load.IsFull(Concurrent) || (Signals is { } signals && Provider.Capacity is { } bounds && signals.IsFull(bounds, nowMs, Load.Pending));

    /// <summary>How much of what it may do is in use, in percent, by what is under way from here and by its server's word; 0 where nobody bounds it.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public int UsedPercent(long nowMs)
    {
        var pending = Load.Pending;
        var used = Concurrent > 0 ? (int)Math.Min(pending * 100 / Concurrent, int.MaxValue) : 0;
        return Signals is { } signals && Provider.Capacity is { } bounds ? Math.Max(used, signals.UsedPercent(bounds, nowMs, pending)) : used;
    }

    private byte[]? _answerHeaders;
    private ulong _identity;

    /// <summary>What its tokens cost when a client asks for a model by that name; null where nobody knows.</summary>
    public PriceModel? PriceOf(ReadOnlySpan<byte> askedModel) => Price ?? Prices?.PriceOf(askedModel);

    /// <summary>Its longest output when a client asks by that name; 0 where it is not known.</summary>
    public long OutputTokensMaxOf(ReadOnlySpan<byte> askedModel) => OutputTokensMax > 0 ? OutputTokensMax : Prices?.OutputTokensMaxOf(askedModel) ?? 0;

    private byte[] MakeAnswerHeaders()
    {
        var text = "x-aiedge-provider: " + Provider.Name + "\r\n";
        if (Variant is not null)
            text += "x-aiedge-variant: " + Variant + "\r\n";
        if (UpstreamModel is { } model && model.AsSpan().IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) < 0)
            text += "x-aiedge-model: " + System.Text.Encoding.ASCII.GetString(model) + "\r\n";
        return System.Text.Encoding.UTF8.GetBytes(text);
    }
}
