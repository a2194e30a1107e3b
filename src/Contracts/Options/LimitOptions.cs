using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A limit as a user writes it (<c>limits[]</c>).</summary>
public sealed class LimitOptions
{
    /// <summary>Its name for clients, metrics and the journal; unique.</summary>
    public static readonly StringField NameField = new("name", TextRules.PlainName) { IsRequired = true };

    /// <summary>Whom it binds.</summary>
    public static readonly SectionField MatchField = new("match", LimitMatchOptions.Table);

    /// <summary>Whom it keeps a bucket for.</summary>
    public static readonly ScopeField PerField = new("per");

    /// <summary>Requests in a period.</summary>
    public static readonly AmountField RequestsField = new("requests");

    /// <summary>Tokens of input and output together in a period.</summary>
    public static readonly AmountField TokensField = new("tokens");

    /// <summary>Tokens of input in a period.</summary>
    public static readonly AmountField InputTokensField = new("inputTokens");

    /// <summary>Tokens of output in a period.</summary>
    public static readonly AmountField OutputTokensField = new("outputTokens");

    /// <summary>Dollars in a period.</summary>
    public static readonly AmountField CostField = new("cost", isMoney: true);

    /// <summary>Requests under way at once.</summary>
    public static readonly CountField ConcurrentField = new("concurrent", 1, 1_000_000);

    /// <summary>How much of a rate may be used at once.</summary>
    public static readonly BurstField BurstField = new(
        "burst", RequestsField.Name, TokensField.Name, InputTokensField.Name, OutputTokensField.Name);

    /// <summary>Where hours, days and months begin.</summary>
    public static readonly TimeZoneField TimezoneField = new("timezone");

    /// <summary>Whether it refuses.</summary>
    public static readonly ChoiceField ModeField = new("mode", ["enforce", "shadow"]) { Default = "enforce" };

    /// <summary>What becomes of a stream that runs into it.</summary>
    public static readonly ChoiceField OnStreamField = new("onStream", ["cut", "overdraw"]) { Default = "cut" };

    /// <summary>What it does while the control plane cannot be asked.</summary>
    public static readonly ChoiceField OnOutageField = new("onOutage", ["share", "refuse", "allow"]);

    /// <summary>What becomes of debt at the end of a window.</summary>
    public static readonly ChoiceField DebtField = new("debt", ["carry", "forgive"]) { Default = "carry" };

    /// <summary>What a limit of cost does with a model that has no price.</summary>
    public static readonly ChoiceField UnpricedField = new("unpriced", ["refuse", "zero"]);

    /// <summary>Buckets of addresses or tags at most.</summary>
    public static readonly CountField BucketsMaxField = new("bucketsMax", 1, 1_000_000, 10_000);

    /// <summary>What some tokens count.</summary>
    public static readonly SectionField WeightsField = new("weights", LimitWeightsOptions.Table);

    /// <summary>Requests that wait rather than being refused.</summary>
    public static readonly SectionField QueueField = new("queue", LimitQueueOptions.Table);

    /// <summary>Parts for those who carry a tag.</summary>
    public static readonly ShareMapField SharesField = new("shares");

    /// <summary>What a window does with what its shares leave unused.</summary>
    public static readonly ChoiceField LendField = new("lend", ["none", "pace"]) { Default = "none" };

    /// <summary>The name that it had in an earlier document.</summary>
    public static readonly StringField WasField = new("was", TextRules.PlainName);

    /// <summary>What it does with requests before it refuses them.</summary>
    public static readonly SectionListField DegradeField = new("degrade", DegradeOptions.Table);

    /// <summary>Whether it binds nobody for now.</summary>
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "a limit", NameField, MatchField, PerField, RequestsField, TokensField, InputTokensField, OutputTokensField, CostField, ConcurrentField,
        BurstField, TimezoneField, ModeField, OnStreamField, OnOutageField, DebtField, UnpricedField, BucketsMaxField, WeightsField, QueueField,
        SharesField, LendField, DegradeField, WasField, DisabledField);

    private LimitOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="NameField"/>.</summary>
    public Setting<string> Name { get; private init; }

    /// <summary>See <see cref="MatchField"/>.</summary>
    public LimitMatchOptions Match { get; private init; } = LimitMatchOptions.All;

    /// <summary>See <see cref="PerField"/>.</summary>
    public Setting<Scope> Per { get; private init; }

    /// <summary>See <see cref="RequestsField"/>.</summary>
    public Setting<Amount> Requests { get; private init; }

    /// <summary>See <see cref="TokensField"/>.</summary>
    public Setting<Amount> Tokens { get; private init; }

    /// <summary>See <see cref="InputTokensField"/>.</summary>
    public Setting<Amount> InputTokens { get; private init; }

    /// <summary>See <see cref="OutputTokensField"/>.</summary>
    public Setting<Amount> OutputTokens { get; private init; }

    /// <summary>See <see cref="CostField"/>. Nanodollars.</summary>
    public Setting<Amount> Cost { get; private init; }

    /// <summary>See <see cref="ConcurrentField"/>.</summary>
    public Setting<long> Concurrent { get; private init; }

    /// <summary>See <see cref="BurstField"/>.</summary>
    public Setting<Burst> Burst { get; private init; }

    /// <summary>See <see cref="TimezoneField"/>.</summary>
    public Setting<TimeZoneInfo> Timezone { get; private init; }

    /// <summary>See <see cref="ModeField"/>.</summary>
    public Setting<string> Mode { get; private init; }

    /// <summary>See <see cref="OnStreamField"/>.</summary>
    public Setting<string> OnStream { get; private init; }

    /// <summary>See <see cref="OnOutageField"/>.</summary>
    public Setting<string> OnOutage { get; private init; }

    /// <summary>See <see cref="DebtField"/>.</summary>
    public Setting<string> Debt { get; private init; }

    /// <summary>See <see cref="UnpricedField"/>.</summary>
    public Setting<string> Unpriced { get; private init; }

    /// <summary>See <see cref="BucketsMaxField"/>.</summary>
    public Setting<long> BucketsMax { get; private init; }

    /// <summary>See <see cref="WeightsField"/>.</summary>
    public LimitWeightsOptions Weights { get; private init; } = LimitWeightsOptions.None;

    /// <summary>See <see cref="QueueField"/>; null where requests do not wait.</summary>
    public LimitQueueOptions? Queue { get; private init; }

    /// <summary>See <see cref="SharesField"/>.</summary>
    public Setting<IReadOnlyList<Share>> Shares { get; private init; }

    /// <summary>See <see cref="LendField"/>.</summary>
    public Setting<string> Lend { get; private init; }

    /// <summary>See <see cref="DegradeField"/>.</summary>
    public IReadOnlyList<DegradeOptions> Degrade { get; private init; } = [];

    /// <summary>See <see cref="WasField"/>.</summary>
    public Setting<string> Was { get; private init; }

    /// <summary>See <see cref="DisabledField"/>.</summary>
    public bool IsDisabled { get; private init; }

    /// <summary>Whether it only measures.</summary>
    public bool IsShadow => Mode.Or(ModeField.Default!) == "shadow";

    /// <summary>Whether of a window's share only as much is kept as of the window is still to come.</summary>
    public bool IsLentByPace => Lend.Or(LendField.Default!) == "pace";

    /// <summary>The amounts that are written, with the field of each.</summary>
    public IEnumerable<(AmountField Field, Setting<Amount> Amount)> Amounts()
    {
        if (Requests.IsSet)
            yield return (RequestsField, Requests);
        if (Tokens.IsSet)
            yield return (TokensField, Tokens);
        if (InputTokens.IsSet)
            yield return (InputTokensField, InputTokens);
        if (OutputTokens.IsSet)
            yield return (OutputTokensField, OutputTokens);
        if (Cost.IsSet)
            yield return (CostField, Cost);
    }

    /// <summary>Whether an amount refills all the time; what counts money, and all from an hour on, are windows that start anew.</summary>
    public static bool IsRate(AmountField field, Amount amount)
    {
        ArgumentNullException.ThrowIfNull(field);
        return !field.IsMoney && amount.Period <= AmountPeriod.Minute;
    }

    /// <summary>The burst that is written for a rate, or not set.</summary>
    public Setting<long> BurstOf(AmountField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (!Burst.IsSet || Burst.Value.Alone.IsSet)
            return Burst.IsSet ? Burst.Value.Alone : default;
        foreach (var (name, value) in Burst.Value.ByName)
        {
            if (name == field.Name)
                return value;
        }

        return default;
    }

    /// <summary>Reads a limit; null where it is not a map.</summary>
    public static LimitOptions? Read(ConfigNode node, FaultList faults) =>
        FieldReader.Open(node, Table, faults) is not { } reader ? null : new LimitOptions(reader.Map)
        {
            Name = reader.Get(NameField),
            Match = LimitMatchOptions.Read(reader.Node(MatchField), faults),
            Per = reader.Get(PerField),
            Requests = reader.Get(RequestsField),
            Tokens = reader.Get(TokensField),
            InputTokens = reader.Get(InputTokensField),
            OutputTokens = reader.Get(OutputTokensField),
            Cost = reader.Get(CostField),
            Concurrent = reader.Get(ConcurrentField),
            Burst = reader.Get(BurstField),
            Timezone = reader.Get(TimezoneField),
            Mode = reader.Get(ModeField),
            OnStream = reader.Get(OnStreamField),
            OnOutage = reader.Get(OnOutageField),
            Debt = reader.Get(DebtField),
            Unpriced = reader.Get(UnpricedField),
            BucketsMax = reader.Get(BucketsMaxField),
            Weights = LimitWeightsOptions.Read(reader.Node(WeightsField), faults),
            Queue = LimitQueueOptions.Read(reader.Node(QueueField), faults),
            Shares = reader.Get(SharesField),
            Lend = reader.Get(LendField),
            Degrade = DegradeOptions.Read(reader.Listed(DegradeField), faults),
            Was = reader.Get(WasField),
            IsDisabled = reader.Get(DisabledField).Or(false),
        };
}
