namespace AiEdge.DataPlane.Core;

/// <summary>Counters of one (model rule, provider): a bounded set, for both names are the configuration's. Never reset by an edit.</summary>
internal sealed class TargetState(string model, string provider)
{
    /// <summary>Milliseconds, for whole requests and the time to the first token.</summary>
    private static readonly long[] DurationMs = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 180_000, 600_000];

    /// <summary>Microseconds, for what the data plane itself adds.</summary>
    private static readonly long[] OverheadUs = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000];

    private static readonly int Ends = Enum.GetValues<EndReason>().Length;

    private readonly long[] _requests = new long[Ends];
    private long _attempts;
    private long _inputTokens;
    private long _outputTokens;
    private long _cachedTokens;
    private long _reasoningTokens;
    private long _withoutUsage;

    public string Model { get; } = model;

    public string Provider { get; } = provider;

    public Histogram Duration { get; } = new(DurationMs);

    public Histogram FirstToken { get; } = new(DurationMs);

    public Histogram Overhead { get; } = new(OverheadUs);

    /// <summary>How long its answers are, for each choice.</summary>
    public LearnedTokens Output { get; } = new();

    /// <summary>How long prompts are of which a part lies at the provider.</summary>
    public LearnedTokens StoredInput { get; } = new();

    public long Attempts => Volatile.Read(ref _attempts);

    public long InputTokens => Volatile.Read(ref _inputTokens);

    public long OutputTokens => Volatile.Read(ref _outputTokens);

    public long CachedTokens => Volatile.Read(ref _cachedTokens);

    public long ReasoningTokens => Volatile.Read(ref _reasoningTokens);

    /// <summary>Answers with status 200 whose provider reported no usage.</summary>
    public long WithoutUsage => Volatile.Read(ref _withoutUsage);

    public long Requests(EndReason end) => Volatile.Read(ref _requests[(int)end]);

    public void Add(Exchange exchange)
    {
        Interlocked.Increment(ref _requests[(int)exchange.End]);
        Interlocked.Add(ref _attempts, exchange.Attempts);
        Duration.Add(EdgeClock.Us(exchange.StartedAt, exchange.EndedAt) / 1000);
        if (exchange.FirstByteAt != 0)
            Overhead.Add(exchange.OverheadUs);
        if (exchange.FirstTokenAt != 0)
            FirstToken.Add(EdgeClock.Us(exchange.StartedAt, exchange.FirstTokenAt) / 1000);
        var usage = exchange.Usage;
        if (!usage.IsPresent)
        {
            if (exchange.Status == 200)
                Interlocked.Increment(ref _withoutUsage);
            return;
        }

        Interlocked.Add(ref _inputTokens, usage.InputTokens);
        Interlocked.Add(ref _outputTokens, usage.OutputTokens);
        if (usage.CachedInputTokens > 0)
            Interlocked.Add(ref _cachedTokens, usage.CachedInputTokens);
        if (usage.ReasoningTokens > 0)
            Interlocked.Add(ref _reasoningTokens, usage.ReasoningTokens);
    }
}
