using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Estimation;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Counts one exchange: its prompt when somebody wants to know, its output as it passes. One for each pipeline, and reused. It does
/// nothing and costs nothing unless it is begun.
/// </summary>
internal sealed class ExchangeMeter(TokenMeter process)
{
    private const ulong ScopeMask = 0xFFFF_FFFF_FFFF;

    private readonly OutputCounter _output = new();
    private KnownTokenizer _known;
    private ModelTokenizer _model;
    private TokenFeatures _prompt;
    private bool _promptIsEstimate;

    /// <summary>Whether the output is counted.</summary>
    public bool IsOn { get; private set; }

    /// <summary>The output so far; of meaning while <see cref="IsOn"/>.</summary>
    public OutputCounter Output => _output;

    /// <summary>A new exchange, of which nothing is counted.</summary>
    public void Begin()
    {
        IsOn = false;
        _prompt = default;
        _promptIsEstimate = false;
        _output.End();
    }

    /// <summary>From now on the answer's texts are counted, for the target that the exchange has.</summary>
    public void BeginOutput(Exchange exchange)
    {
        _model = _known.Of(exchange);
        _output.Begin(
            _model.Tokenizer,
            process.CountersOf(_model.Tokenizer.Vocabulary),
            Estimator(exchange, TokenDirection.Output),
            exchange.Model?.Runaway?.RepeatMax ?? 0);
        IsOn = true;
    }

    /// <summary>A bound of the prompt from above that costs nothing; 0 where its texts were not noted.</summary>
    public long PromptBound(Exchange exchange, PromptText? prompt)
    {
        if (prompt is null)
            return 0;
        ModelTokenizer model = _known.Of(exchange);
        long bound = PromptEstimates.UpperBound(prompt, model.Encoding, exchange.Endpoint!.Shape);
        // No estimator says more than three tokens for one of ours, and none of ours is less than a byte.
        return model.IsExact ? bound : 3 * bound;
    }

    /// <summary>
    /// Counts the prompt and puts the number into the exchange. What is returned is the number for a limit: where the count is an estimate,
    /// what it stays under nineteen times of twenty.
    /// </summary>
    public long CountPrompt(Exchange exchange, PromptText prompt, in ReadOnlySequence<byte> body)
    {
        _model = _known.Of(exchange);
        RequestShape shape = exchange.Endpoint!.Shape;
        PromptCount count = process.Prompts.Count(prompt, body, shape, _model.Encoding, _model.Tokenizer, Scope(exchange));
        long limited = count.Tokens;
        exchange.PromptTokens = count.Tokens;
        if (Estimator(exchange, TokenDirection.Input) is { } estimator)
        {
            _prompt = PromptCounter.Features(prompt, body, count);
            _promptIsEstimate = true;
            TokenEstimate estimate = estimator.Estimate(_prompt);
            (exchange.PromptTokens, limited) = (estimate.P50, estimate.P95);
        }

        exchange.PromptIsCounted = true;
        exchange.PromptIsEstimate = !count.IsExact;
        return limited;
    }

    /// <summary>How far the output is, for whoever asks while it goes on.</summary>
    public void Note(Exchange exchange)
    {
        if (IsOn)
            Note(exchange, _output.Count);
    }

    /// <summary>As above, where the number is known and not all that was counted was delivered.</summary>
    public void Note(Exchange exchange, long delivered)
    {
        exchange.CountedOutputTokens = delivered;
        exchange.OutputIsEstimate = _output.IsEstimate;
    }

    /// <summary>Counts the texts of an unstreamed answer whose provider reported no usage.</summary>
    public void CountAnswer(Exchange exchange, AnswerTexts texts)
    {
        _model = _known.Of(exchange);
        TokenFeatures features = texts.Count(_model.Tokenizer);
        TokenEstimator? estimator = Estimator(exchange, TokenDirection.Output);
        exchange.CountedOutputTokens = estimator is null ? features.Tokens : estimator.Estimate(features).P50;
        exchange.OutputIsEstimate = estimator is not null || texts.IsFolded;
    }

    /// <summary>The stream is over: what estimates its output learns from what was reported, and the counters go back.</summary>
    public void EndOutput(Exchange exchange, bool isWhole)
    {
        if (!IsOn)
            return;
        Usage usage = exchange.Usage;
        if (isWhole && usage.IsPresent && Visible(usage) is var visible and > 0 && _output.Features.Tokens > 0)
            Estimator(exchange, TokenDirection.Output)?.Observe(_output.Features, visible);
        exchange.VisibleTokens = isWhole && usage.IsPresent ? Visible(usage) : 0;
        IsOn = false;
        _output.End();
    }

    /// <summary>The exchange is over: what estimated its prompt learns from what was reported.</summary>
    public void EndPrompt(Exchange exchange)
    {
        if (_promptIsEstimate && exchange.Usage is { IsPresent: true, InputTokens: > 0, HasFurther: false })
            Estimator(exchange, TokenDirection.Input)?.Observe(_prompt, exchange.Usage.InputTokens);
        _promptIsEstimate = false;
    }

    /// <summary>What the provider reports of what was to be seen; 0 where that cannot be told.</summary>
    private long Visible(in Usage usage)
    {
        if (usage.AudioOutputTokens > 0 || usage.ImageOutputTokens > 0 || usage.HidesThought || usage.HasFurther)
            return 0;
        if (usage.ReasoningTokens == 0)
            return usage.OutputTokens;
        return _output.Reasoning == 0 ? usage.OutputTokens - usage.ReasoningTokens : 0;
    }

    private TokenEstimator? Estimator(Exchange exchange, TokenDirection direction)
    {
        if (_model.IsExact)
            return null;
        Span<byte> provider = stackalloc byte[128];
        string name = exchange.Target!.Provider.Name;
        int length = Encoding.UTF8.TryGetBytes(name, provider, out int written) ? written : 0;
        double prior = Math.Clamp(_model.Encoding.PriorRatio, TokenEstimator.PriorRatioMin, TokenEstimator.PriorRatioMax);
        return process.Estimators.Of(provider[..length], exchange.Target.UpstreamModel ?? exchange.PassedModel, direction, prior);
    }

    /// <summary>Nobody learns from the time it takes what another key has sent.</summary>
    private static ulong Scope(Exchange exchange) =>
        exchange.Key is { } key ? BinaryPrimitives.ReadUInt64LittleEndian(key.Sha256) & ScopeMask : 0;
}
