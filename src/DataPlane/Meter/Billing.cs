using System.Diagnostics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// What an exchange is charged with. What the provider reported counts, if it came; else what was delivered, by our own count, and what
/// came for a client that had left, and the prompt; the prompt alone of what was cancelled from here before its answer began. Nothing is charged
/// for what was never sent, nor for a provider's refusal or fault before its answer began. docs/billing.md says the same.
/// </summary>
internal static class Billing
{
    private const long Million = 1_000_000;

    /// <summary>How fast a model thinks of whom nobody knows it: about the slowest of those that do it unseen.</summary>
    private const int ThoughtTokensPerSecond = 50;

    /// <summary>Of a text, about; what is known of a prompt before it is counted is a bound, of a byte a token or less.</summary>
    private const int BytesPerToken = 4;

    /// <summary>The bill of an exchange that is over; <paramref name="error"/> is what it ended with.</summary>
    public static Bill Of(Exchange exchange, EdgeError error)
    {
        var bill = default(Bill);
        if (!MayCost(exchange, error))
            return bill;
        bool isWhole = exchange.Stream ? exchange.StreamIsWhole : !error.IsError;
        if (exchange.Usage.IsPresent)
            TakeReported(exchange, isWhole, ref bill);
        else
            TakeCounted(exchange, isWhole, ref bill);
        SetPrice(exchange, ref bill);
        return bill;
    }

    /// <summary>What an answer that is whole, and whose provider tells no usage, is charged with: our own count, as far as somebody counts.</summary>
    /// <param name="exchange">The exchange, with what was counted.</param>
    /// <param name="reasoningTokens">Tokens of the output that are thought.</param>
    public static Usage Own(Exchange exchange, long reasoningTokens = 0)
    {
        long output = Math.Max(0, exchange.CountedOutputTokens);
        return new Usage
        {
            InputTokens = exchange.PromptIsCounted ? exchange.PromptTokens : 0,
            OutputTokens = output,
            ReasoningTokens = Math.Min(reasoningTokens, output),
        };
    }

    /// <summary>
    /// Whether the provider may charge for an attempt that ends with <paramref name="error"/>: its answer began, or it had the whole request and was
    /// cancelled from here. What it refuses or fails at before its answer it does not charge for.
    /// </summary>
    public static bool MayCost(Exchange exchange, EdgeError error) =>
        exchange.SentAt != 0 && exchange.Endpoint is not { IsCount: true } && exchange.Status switch
        {
            >= 200 and < 300 => true,
            0 => error.Kind == ErrorKind.ClientClosed
                || (exchange.IsSentWhole && error.Kind is ErrorKind.UpstreamTimeout or ErrorKind.Draining or ErrorKind.Revoked),
            _ => false,
        };

    /// <summary>
    /// What a crash at this moment would be billed with: what the provider has reported by now, else what was counted; of a prompt that
    /// nobody has counted yet an estimate by its length.
    /// </summary>
    public static Bill SoFar(Exchange exchange)
    {
        if (exchange.Endpoint is { IsCount: true })
            return default;
        Usage usage = exchange.Usage;
        var bill = new Bill
        {
            InputTokens = usage.IsPresent ? usage.InputTokens
                : exchange.PromptIsCounted ? exchange.PromptTokens
                : Math.Min(exchange.PromptTokens, (exchange.BytesIn + BytesPerToken - 1) / BytesPerToken),
            CachedInputTokens = usage.CachedInputTokens,
            OutputTokens = Math.Max(usage.OutputTokens, Math.Max(0, exchange.CountedOutputTokens)),
            IsEstimate = !usage.IsPresent,
        };
        SetPrice(exchange, ref bill);
        return bill;
    }

    /// <summary>Nanodollars, rounded up once: tokens times nanodollars for a million of them, class by class.</summary>
    /// <param name="price">The prices.</param>
    /// <param name="factor">What all of it is multiplied by, in millionths.</param>
    /// <param name="usage">The classes that the provider told apart.</param>
    /// <param name="bill">Input and output as they are charged.</param>
    /// <param name="requests">How often the price of a request is to be paid: once for each image of one that asks for several.</param>
    public static long Cost(PriceModel price, long factor, in Usage usage, in Bill bill, int requests = 1)
    {
        // Classes are parts of input and output; what they leave is text. Together they cannot be more than the whole.
        long rest = bill.InputTokens;
        Int128 sum = (Int128)price.CachedInput * Part(bill.CachedInputTokens, ref rest);
        long written = Part(usage.CacheWriteTokens, ref rest);
        sum += (Int128)price.CacheWriteHour * Part(usage.CacheWriteHourTokens, ref written);
        sum += (Int128)price.CacheWrite * written;
        sum += (Int128)price.AudioInput * Part(usage.AudioInputTokens, ref rest);
        sum += (Int128)price.ImageInput * Part(usage.ImageInputTokens, ref rest);
        sum += (Int128)price.Input * rest;
        rest = bill.OutputTokens;
        sum += (Int128)price.Reasoning * Part(usage.ReasoningTokens, ref rest);
        sum += (Int128)price.AudioOutput * Part(usage.AudioOutputTokens, ref rest);
        sum += (Int128)price.ImageOutput * Part(usage.ImageOutputTokens, ref rest);
        sum += (Int128)price.Output * rest;
        sum += (Int128)price.Request * Million * requests;
        if (factor == Million && sum <= long.MaxValue - Million)
            return ((long)sum + Million - 1) / Million;
        if (factor > 0 && sum > Int128.MaxValue / factor)
            return long.MaxValue;
        sum *= factor;
        Int128 divisor = (Int128)Million * Million;
        Int128 cost = (sum + divisor - 1) / divisor;
        return cost > long.MaxValue ? long.MaxValue : (long)cost;
    }

    private static void SetPrice(Exchange exchange, ref Bill bill)
    {
        if (exchange.Target?.PriceOf(exchange.PassedModel) is not { } listed)
            return;
        Usage usage = exchange.Usage;
        PriceModel price = listed.At(Math.Max(0, bill.InputTokens - usage.FurtherInputTokens));
        bill.PriceVersion = price.Version;
        bill.CostNanodollars = Cost(price, FactorOf(listed, exchange, usage), usage, bill, PricedRequests.Of(exchange));
    }

    private static long Part(long tokens, ref long rest)
    {
        long part = Math.Min(tokens, rest);
        rest -= part;
        return part;
    }

    /// <summary>
    /// The provider knows which tier served; what was asked for holds where it does not say. A speed and a place have factors of their own, each on top of
    /// the others.
    /// </summary>
    private static long FactorOf(PriceModel price, Exchange exchange, in Usage usage)
    {
        long factor = price.FactorOf(exchange.ServedTier.IsEmpty ? exchange.ServiceTier : exchange.ServedTier);
        return Times(Times(factor, price, usage.Speed), price, usage.Place);
    }

    /// <summary>Two factors in millionths, which are a thousand millions at most each: the product of three is far from what a number holds.</summary>
    private static long Times(long factor, PriceModel price, in TierName name) =>
        name.Utf8.IsEmpty ? factor : (long)((Int128)factor * price.FactorOf(name.Utf8) / Million);

    private static void TakeReported(Exchange exchange, bool isWhole, ref Bill bill)
    {
        Usage usage = exchange.Usage;
        bill.OutputTokens = usage.OutputTokens;
        // Embeddings may come with nothing but their total.
        bill.InputTokens = usage.InputTokens > 0 ? usage.InputTokens : Math.Max(0, usage.TotalTokens - usage.OutputTokens);
        bill.CachedInputTokens = Math.Min(usage.CachedInputTokens, bill.InputTokens);

        // A provider that reports as it goes has not reported all of a stream that broke off.
        if (!isWhole && !usage.IsFinal && exchange.Stream && Counted(exchange) is var counted && counted > bill.OutputTokens)
        {
            bill.OutputTokens = counted;
            bill.IsEstimate = exchange.OutputIsEstimate;
        }
    }

    private static void TakeCounted(Exchange exchange, bool isWhole, ref Bill bill)
    {
        bill.InputTokens = exchange.PromptIsCounted ? exchange.PromptTokens : 0;
        bill.OutputTokens = Counted(exchange);
        bill.IsEstimate = !exchange.PromptIsCounted || exchange.PromptIsEstimate || exchange.OutputIsEstimate || exchange.CountedOutputTokens < 0;

        // A model that reasons has thought for as long as nobody stopped it, and says nothing of it in a stream that is cancelled.
        if (isWhole || !HasOutput(exchange))
            return;
        long thought = exchange.Target?.State is { ReasoningTokens: > 0 } state
            ? state.OutputTokensIn(Stopwatch.GetElapsedTime(exchange.SentAt))
            : UnlearntThought(exchange);
        if (thought <= bill.OutputTokens)
            return;
        bill.OutputTokens = thought;
        bill.IsEstimate = true;
    }

    /// <summary>
    /// What a model that is known to think unasked is taken to have thought before the first that was seen of it, where none of its answers has told yet:
    /// whole seconds, so that one who answers at once has thought nothing.
    /// </summary>
    private static long UnlearntThought(Exchange exchange)
    {
        TimeSpan time = exchange.FirstTokenAt != 0
            ? Stopwatch.GetElapsedTime(exchange.SentAt, exchange.FirstTokenAt)
            : Stopwatch.GetElapsedTime(exchange.SentAt);
        return time < TimeSpan.FromSeconds(1) || !ModelAbilities.Of(exchange).ThinksUnasked ? 0 : (long)time.TotalSeconds * ThoughtTokensPerSecond;
    }

    private static long Counted(Exchange exchange) => Math.Max(0, exchange.CountedOutputTokens) + exchange.UndeliveredTokens;

    private static bool HasOutput(Exchange exchange) =>
        exchange.Endpoint is { } endpoint && ShapeTraits.Of(endpoint.Shape).HasOutput;
}
