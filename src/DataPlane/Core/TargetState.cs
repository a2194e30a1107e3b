namespace AiEdge.DataPlane.Core;

/// <summary>Counters of one (model rule, provider, variant): a bounded set, for all of them are the configuration's. Never reset by an edit.</summary>
internal sealed class TargetState(string model, string provider, string? variant = null)
{
    /// <summary>Milliseconds, for whole requests and the time to the first token.</summary>
    private static readonly long[] DurationMs = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 180_000, 600_000];

    /// <summary>Microseconds, for what the data plane itself adds.</summary>
    private static readonly long[] OverheadUs = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000];

    /// <summary>Microseconds, for the time from one token to the next: what OpenTelemetry advises.</summary>
    private static readonly long[] PerTokenUs =
        [10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000, 750_000, 1_000_000, 2_500_000];

    /// <summary>Tokens of one request or answer: what OpenTelemetry advises.</summary>
    private static readonly long[] Tokens =
        [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

    private static readonly int Ends = Enum.GetValues<EndReason>().Length;

    private readonly long[] _requests = new long[Ends];
    private readonly OutputLengths _outputs = new();
    private long _attempts;
    private long _retries;
    private long _cachedTokens;
    private long _reasoningTokens;
    private long _withoutUsage;
    private long _counted;
    private long _reportedOfCounted;
    private long _hidden;
    private long _estimatedBills;
    private long _runaways;
    private long _runawaysSeen;
    private long _tokensPerKilosecond;
    private long _costNanodollars;

    public string Model { get; } = model;

    public string Provider { get; } = provider;

    public string? Variant { get; } = variant;

    public Histogram Duration { get; } = new(DurationMs);

    public Histogram FirstToken { get; } = new(DurationMs);

    /// <summary>Of streams: the time from one token to the next.</summary>
    public Histogram PerToken { get; } = new(PerTokenUs);

    public Histogram Overhead { get; } = new(OverheadUs);

    /// <summary>Tokens of prompts that it reported.</summary>
    public Histogram InputUsage { get; } = new(Tokens);

    /// <summary>Tokens of answers that it reported, of those that had any.</summary>
    public Histogram OutputUsage { get; } = new(Tokens);

    /// <summary>How long its prompts are, what lies at the provider included.</summary>
    public LearnedTokens Input { get; } = new();

    public long Attempts => Volatile.Read(ref _attempts);

    public long CachedTokens => Volatile.Read(ref _cachedTokens);

    public long ReasoningTokens => Volatile.Read(ref _reasoningTokens);

    /// <summary>Answers with status 200 whose provider reported no usage.</summary>
    public long WithoutUsage => Volatile.Read(ref _withoutUsage);

    /// <summary>Output tokens of whole streams by our own count, where the provider's is known too.</summary>
    public long CountedTokens => Volatile.Read(ref _counted);

    /// <summary>The same by the provider's report, thought that is not shown left out: the two differ by what counting is off.</summary>
    public long ReportedOfCounted => Volatile.Read(ref _reportedOfCounted);

    /// <summary>Output tokens reported beyond the cap that a limit had put on the answer.</summary>
    public long HiddenTokens => Volatile.Read(ref _hidden);

    /// <summary>Bills with a number in them that is an estimate.</summary>
    public long EstimatedBills => Volatile.Read(ref _estimatedBills);

    /// <summary>The sum of all bills, those of attempts that others followed included.</summary>
    public long CostNanodollars => Volatile.Read(ref _costNanodollars);

    /// <summary>Streams that were ended because they would not end by themselves.</summary>
    public long Runaways => Volatile.Read(ref _runaways);

    /// <summary>Streams that were taken for such and went on (<c>mode: shadow</c>).</summary>
    public long RunawaysSeen => Volatile.Read(ref _runawaysSeen);

    /// <summary>
    /// How many tokens nineteen of twenty of its answers stay under, for each choice: of the model that the provider is asked for, since a rule
    /// may stand for many.
    /// </summary>
    public long OutputP95(Exchange exchange) => _outputs.P95(NameOf(exchange));

    /// <summary>A whole answer had so many tokens for each choice: so has one of its model, whoever gives it.</summary>
    public void Learn(Exchange exchange, long outputTokens)
    {
        _outputs.Learn(NameOf(exchange), outputTokens);
        exchange.Model?.LearnOutput(exchange.PassedModel, outputTokens);
    }

    private static ReadOnlySpan<byte> NameOf(Exchange exchange) => exchange.Target?.UpstreamModel is { } name ? name : exchange.PassedModel;

    /// <summary>How many output tokens the model makes in a time, by what its streams have been reported to have had.</summary>
    public long OutputTokensIn(TimeSpan time) => (long)(Volatile.Read(ref _tokensPerKilosecond) * time.TotalSeconds / 1000);

    public long Requests(EndReason end) => Volatile.Read(ref _requests[(int)end]);

    /// <summary>Attempts at it that were followed by another, at it or elsewhere.</summary>
    public long Retries => Volatile.Read(ref _retries);

    public void OnAttempt() => Interlocked.Increment(ref _attempts);

    public void OnRetry() => Interlocked.Increment(ref _retries);

    /// <summary>A bill was made; there is one for each attempt.</summary>
    public void OnBill(in Bill bill)
    {
        if (bill.CostNanodollars != 0)
            Interlocked.Add(ref _costNanodollars, bill.CostNanodollars);
    }

    public void Add(Exchange exchange)
    {
        Interlocked.Increment(ref _requests[(int)exchange.End]);
        Duration.Add(EdgeClock.Us(exchange.StartedAt, exchange.EndedAt) / 1000);
        if (exchange.FirstByteAt != 0)
            Overhead.Add(exchange.OverheadUs);
        if (exchange is { Stream: true, FirstTokenAt: not 0 })
            FirstToken.Add(EdgeClock.Us(exchange.StartedAt, exchange.FirstTokenAt) / 1000);
        AddPerToken(exchange);
        var usage = exchange.Usage;
        AddCounts(exchange, usage);
        if (!usage.IsPresent)
        {
            if (exchange.Status == 200)
                Interlocked.Increment(ref _withoutUsage);
            return;
        }

        if (!usage.HasFurther)
            Input.Observe(usage.InputTokens);
        if (exchange.End == EndReason.Done && !usage.HasFurther)
            Learn(exchange, usage.OutputTokens / Math.Max(1, exchange.Choices));
        InputUsage.Add(usage.InputTokens);
        if (usage.OutputTokens > 0)
            OutputUsage.Add(usage.OutputTokens);
        if (usage.CachedInputTokens > 0)
            Interlocked.Add(ref _cachedTokens, usage.CachedInputTokens);
        if (usage.ReasoningTokens > 0)
            Interlocked.Add(ref _reasoningTokens, usage.ReasoningTokens);
    }

    /// <summary>
    /// Of a stream that ended whole or was cut: the time from its first token to its end for each token behind the first. Where several answers were asked
    /// for, each of them has its share of the tokens, and they came at the same time.
    /// </summary>
    private void AddPerToken(Exchange exchange)
    {
        if (exchange is not { Stream: true, Events: > 0, End: EndReason.Done or EndReason.Cut, FirstTokenAt: not 0, AnsweredAt: not 0 })
            return;
        var choices = Math.Max(1, exchange.Choices);
        if (StreamedTokens(exchange) is var tokens && tokens >= 2 * choices)
            PerToken.Add(Math.Max(0, EdgeClock.Us(exchange.FirstTokenAt, exchange.AnsweredAt)) * choices / (tokens - choices));
    }

    /// <summary>
    /// Tokens that came from the first one that was seen on: the provider's number, where the stream was whole and that number is of nothing else: thought
    /// that was not seen, sounds and pictures, other runs of a model. Else our own. -1 where there is neither.
    /// </summary>
    private static long StreamedTokens(Exchange exchange)
    {
        var usage = exchange.Usage;
        if (exchange.End == EndReason.Cut || !usage.IsPresent)
            return exchange.CountedOutputTokens;
        if (usage is { ReasoningTokens: 0, HidesThought: false, HasFurther: false, AudioOutputTokens: 0, ImageOutputTokens: 0 })
            return usage.OutputTokens;
        return exchange.VisibleTokens > 0 ? exchange.VisibleTokens : exchange.CountedOutputTokens;
    }

    private void AddCounts(Exchange exchange, in Usage usage)
    {
        if (exchange.Bill.IsEstimate)
            Interlocked.Increment(ref _estimatedBills);
        if (exchange.RanAway)
            Interlocked.Increment(ref exchange.CutBy is null ? ref _runawaysSeen : ref _runaways);
        if (exchange.VisibleTokens > 0)
        {
            Interlocked.Add(ref _counted, exchange.CountedOutputTokens);
            Interlocked.Add(ref _reportedOfCounted, exchange.VisibleTokens);
        }

        if (!usage.IsPresent || usage.HasFurther)
            return;
        var clamp = exchange.OutputClamp * exchange.Choices;
        if (clamp > 0 && usage.OutputTokens > clamp)
            Interlocked.Add(ref _hidden, usage.OutputTokens - clamp);
        var ms = EdgeClock.Us(exchange.SentAt, exchange.EndedAt) / 1000;
        if (exchange is { Stream: true, End: EndReason.Done } && usage.OutputTokens > 0 && ms > 0)
            LearnRate(usage.OutputTokens * 1_000_000 / ms);
    }

    /// <summary>An average of which each stream is an eighth; of two at the same time one may be lost.</summary>
    private void LearnRate(long tokensPerKilosecond)
    {
        var known = Volatile.Read(ref _tokensPerKilosecond);
        Volatile.Write(ref _tokensPerKilosecond, known == 0 ? tokensPerKilosecond : known + (tokensPerKilosecond - known) / 8);
    }
}
