using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Tests.Meter;

public class BillingTests
{
    private static readonly PriceModel Price = new()
    {
        Version = 7,
        Input = 2_500_000_000,
        CachedInput = 1_250_000_000,
        CacheWrite = 3_000_000_000,
        CacheWriteHour = 4_000_000_000,
        Output = 10_000_000_000,
        Reasoning = 11_000_000_000,
        AudioInput = 40_000_000_000,
        AudioOutput = 80_000_000_000,
        ImageInput = 5_000_000_000,
        ImageOutput = 90_000_000_000,
        Request = 100,
        Factors = [new PriceFactor("flex"u8.ToArray(), 500_000)],
    };

    [Fact]
    public void What_the_provider_reported_is_charged_class_by_class()
    {
        Exchange exchange = Answered();
        exchange.CountedOutputTokens = 5;
        exchange.Usage = new Usage
        {
            IsPresent = true,
            InputTokens = 1000,
            CachedInputTokens = 400,
            CacheWriteTokens = 100,
            CacheWriteHourTokens = 30,
            AudioInputTokens = 10,
            ImageInputTokens = 20,
            OutputTokens = 200,
            ReasoningTokens = 50,
            AudioOutputTokens = 30,
            ImageOutputTokens = 7,
        };
        Bill bill = Billing.Of(exchange, default);
        Assert.Equal((1000, 400, 200, false, 7), (bill.InputTokens, bill.CachedInputTokens, bill.OutputTokens, bill.IsEstimate, bill.PriceVersion));
        long expected = (400 * 1250) + (70 * 3000) + (30 * 4000) + (10 * 40_000) + (20 * 5000) + (470 * 2500) + (50 * 11_000) + (30 * 80_000) + (7 * 90_000) + (113 * 10_000) + 100;
        Assert.Equal(expected, bill.CostNanodollars);
        exchange.SetServiceTier("flex"u8);
        Assert.Equal((expected + 1) / 2, Billing.Of(exchange, default).CostNanodollars);
    }

    [Theory]
    [InlineData("", "", 1_000_000)]
    [InlineData("fast", "", 2_000_000)]
    [InlineData("", "us", 1_100_000)]
    [InlineData("fast", "us", 2_200_000)]
    [InlineData("slow", "eu", 1_000_000)]
    public void A_speed_and_a_place_have_factors_on_top_of_the_tier_s(string speed, string place, long cost)
    {
        var exchange = Answered();
        (string, long)[] factors = [("flex", 500_000), ("fast", 2_000_000), ("us", 1_100_000)];
        var price = Price with { Request = 0, Factors = [.. factors.Select(one => new PriceFactor(System.Text.Encoding.UTF8.GetBytes(one.Item1), one.Item2))] };
        exchange.Target = new TargetModel { Provider = null!, Timeouts = exchange.Target!.Timeouts, Price = price };
        var (fast, at) = (default(TierName), default(TierName));
        fast.Set(System.Text.Encoding.UTF8.GetBytes(speed));
        at.Set(System.Text.Encoding.UTF8.GetBytes(place));
        var usage = new Usage { IsPresent = true, InputTokens = 400, Speed = fast, Place = at };
        exchange.SetReported(usage, "standard"u8);
        Assert.Equal(cost, Billing.Of(exchange, default).CostNanodollars);
        exchange.SetReported(usage, "flex"u8);
        Assert.Equal(cost / 2, Billing.Of(exchange, default).CostNanodollars);
    }

    /// <summary>What it took to compact the conversation is paid for, and makes no prompt of the answer's longer.</summary>
    [Theory]
    [InlineData(150, "", 1000, 150_000)]
    [InlineData(150, "{\"type\":\"compaction\",\"input_tokens\":20,\"cache_read_input_tokens\":30,\"cache_creation_input_tokens\":50,\"output_tokens\":0}", 1000, 250_000)]
    [InlineData(201, "{\"type\":\"advisor_message\",\"input_tokens\":9,\"output_tokens\":0}", 2000, 420_000)]
    [InlineData(201, "{\"type\":\"message\",\"input_tokens\":201,\"output_tokens\":0}", 2000, 402_000)]
    public void The_answer_s_own_prompt_chooses_the_prices_of_a_long_one(long own, string iteration, long each, long cost)
    {
        var price = Price with { Input = 1_000_000_000, CachedInput = 1_000_000_000, CacheWrite = 1_000_000_000, Request = 0 };
        var longer = price with { Input = 2_000_000_000, CachedInput = 2_000_000_000, CacheWrite = 2_000_000_000 };
        var exchange = Answered();
        exchange.Target = new TargetModel { Provider = null!, Timeouts = exchange.Target!.Timeouts, Price = price with { LongContextAbove = 200, LongContext = longer } };
        var reader = new JsonAnswerReader();
        reader.Reset(AnthropicAnswerWords.Shared);
        reader.Feed(System.Text.Encoding.UTF8.GetBytes($$$"""{"type":"message","content":[],"usage":{"input_tokens":{{{own}}},"output_tokens":0,"iterations":[{{{iteration}}}]}}"""));
        exchange.Usage = reader.Usage;
        Bill bill = Billing.Of(exchange, default);
        Assert.Equal((cost, cost / each), (bill.CostNanodollars, bill.InputTokens));
        Assert.Equal(cost, Billing.SoFar(exchange).CostNanodollars);
    }

    [Theory]
    [InlineData("", "", 1000)]
    [InlineData("flex", "", 500)]
    [InlineData("flex", "default", 1000)]
    [InlineData("auto", "flex", 500)]
    [InlineData("", "flex", 500)]
    [InlineData("default", "flex", 500)]
    public void The_tier_that_served_has_its_factor_and_the_asked_one_where_nobody_says_which(string asked, string served, long cost)
    {
        Exchange exchange = Answered();
        exchange.SetServiceTier(System.Text.Encoding.UTF8.GetBytes(asked));
        exchange.SetReported(new Usage { IsPresent = true, OutputTokens = 9, InputTokens = 324 }, System.Text.Encoding.UTF8.GetBytes(served));
        Assert.Equal(((9 * 10_000) + (324 * 2500) + 100) * cost / 1000, Billing.Of(exchange, default).CostNanodollars);
        Assert.Equal(Billing.Of(exchange, default).CostNanodollars, Billing.SoFar(exchange).CostNanodollars);

        // What an attempt in vain has said is nothing that the next one says.
        exchange.ForgetAnswer(0);
        Assert.True(exchange.ServedTier.IsEmpty);
        Assert.Equal(asked, System.Text.Encoding.UTF8.GetString(exchange.ServiceTier));
    }

    [Fact]
    public void A_crash_is_billed_by_the_prompt_s_length_until_it_is_counted()
    {
        Exchange exchange = Answered();
        exchange.Usage = default;
        (exchange.PromptIsCounted, exchange.PromptTokens, exchange.BytesIn) = (false, 120_000, 40_001);
        Assert.Equal((10_001, true), (Billing.SoFar(exchange).InputTokens, Billing.SoFar(exchange).IsEstimate));
        exchange.PromptTokens = 900;
        Assert.Equal(900, Billing.SoFar(exchange).InputTokens);
        (exchange.PromptIsCounted, exchange.PromptTokens) = (true, 12_345);
        Assert.Equal(12_345, Billing.SoFar(exchange).InputTokens);
    }

    [Theory]
    [InlineData("/v1/images/generations", 400)]
    [InlineData("/v1/chat/completions", 100)]
    public void Each_image_costs_what_a_request_does(string path, long cost)
    {
        Exchange exchange = Answered();
        (exchange.Endpoint, exchange.Choices, exchange.Usage) = (DialectTable.Find(System.Text.Encoding.ASCII.GetBytes(path)), 4, new Usage { IsPresent = true });
        Assert.Equal(cost, Billing.Of(exchange, default).CostNanodollars);
    }

    [Fact]
    public void Money_is_rounded_up_once_and_never_overflows()
    {
        PriceModel price = Price with { Input = 1, Output = 1, Request = 0 };
        Assert.Equal(1, Billing.Cost(price, PriceFactor.One, default, new Bill { InputTokens = 1, OutputTokens = 1 }));
        Assert.Equal(0, Billing.Cost(price, 0, default, new Bill { InputTokens = 1 }));
        Assert.Equal(2, Billing.Cost(price, PriceFactor.One, default, new Bill { InputTokens = 1_000_000, OutputTokens = 1 }));
        PriceModel dear = price with { Input = long.MaxValue };
        Assert.Equal(long.MaxValue, Billing.Cost(dear, 1_000_000_000, default, new Bill { InputTokens = long.MaxValue }));
    }

    [Fact]
    public void Classes_that_are_more_than_the_whole_cost_no_more_than_it()
    {
        var usage = new Usage { CacheWriteTokens = 900, AudioInputTokens = 900, ReasoningTokens = 900 };
        var bill = new Bill { InputTokens = 10, CachedInputTokens = 4, OutputTokens = 2 };
        Assert.Equal((4 * 1250) + (6 * 3000) + (2 * 11_000) + 100, Billing.Cost(Price, PriceFactor.One, usage, bill));
        usage.CacheWriteHourTokens = 5;
        Assert.Equal((4 * 1250) + (1 * 3000) + (5 * 4000) + (2 * 11_000) + 100, Billing.Cost(Price, PriceFactor.One, usage, bill));
        usage.CacheWriteHourTokens = 5000;
        Assert.Equal((4 * 1250) + (6 * 4000) + (2 * 11_000) + 100, Billing.Cost(Price, PriceFactor.One, usage, bill));
    }

    [Fact]
    public void Without_a_report_what_was_delivered_and_the_counted_prompt_are_charged()
    {
        Exchange exchange = Answered();
        (exchange.PromptTokens, exchange.PromptIsCounted, exchange.CountedOutputTokens) = (30, true, 12);
        Bill bill = Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed));
        Assert.Equal((30, 12, false), (bill.InputTokens, bill.OutputTokens, bill.IsEstimate));
        exchange.UndeliveredTokens = 8;
        Assert.Equal(20, Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed)).OutputTokens);
        exchange.OutputIsEstimate = true;
        Assert.True(Billing.Of(exchange, default).IsEstimate);
    }

    [Fact]
    public void A_prompt_that_nobody_counted_is_not_charged_by_its_bound()
    {
        Exchange exchange = Answered();
        (exchange.PromptTokens, exchange.CountedOutputTokens) = (3000, 12);
        Bill bill = Billing.Of(exchange, default);
        Assert.Equal((0, 12, true), (bill.InputTokens, bill.OutputTokens, bill.IsEstimate));
    }

    [Theory]
    [InlineData(0, ErrorKind.UpstreamUnreachable)]
    [InlineData(0, ErrorKind.UpstreamTimeout)]
    [InlineData(429, ErrorKind.None)]
    [InlineData(500, ErrorKind.None)]
    [InlineData(302, ErrorKind.UpstreamBadAnswer)]
    internal void A_refusal_or_a_fault_before_the_answer_costs_nothing(int status, ErrorKind kind)
    {
        Exchange exchange = Answered();
        (exchange.Status, exchange.PromptTokens, exchange.PromptIsCounted) = (status, 30, true);
        Assert.Equal(default, Billing.Of(exchange, new EdgeError(kind, ErrorSource.Upstream)));
    }

    [Fact]
    public void What_was_never_sent_costs_nothing_and_what_was_costs_its_prompt_if_the_client_left()
    {
        Exchange exchange = Answered();
        (exchange.Status, exchange.PromptTokens, exchange.PromptIsCounted) = (0, 30, true);
        Assert.Equal(30, Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed)).InputTokens);
        exchange.SentAt = 0;
        Assert.Equal(default, Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed)));
    }

    [Theory]
    [InlineData(ErrorKind.UpstreamTimeout)]
    [InlineData(ErrorKind.Draining)]
    [InlineData(ErrorKind.Revoked)]
    internal void What_was_sent_whole_and_cancelled_from_here_costs_its_prompt(ErrorKind kind)
    {
        Exchange exchange = Answered();
        (exchange.Status, exchange.PromptTokens, exchange.PromptIsCounted, exchange.IsSentWhole) = (0, 30, true, true);
        var error = new EdgeError(kind, ErrorSource.Edge);
        Assert.Equal((30, 0), (Billing.Of(exchange, error).InputTokens, Billing.Of(exchange, error).OutputTokens));
        exchange.IsSentWhole = false;
        Assert.Equal(default, Billing.Of(exchange, error));
        (exchange.Status, exchange.IsSentWhole) = (504, true);
        Assert.Equal(default, Billing.Of(exchange, error));
    }

    [Fact]
    public void A_report_that_goes_along_with_a_stream_does_not_hide_what_came_behind_it()
    {
        Exchange exchange = Answered();
        exchange.CountedOutputTokens = 50;
        exchange.Usage = new Usage { IsPresent = true, InputTokens = 10, OutputTokens = 20 };
        Assert.Equal(50, Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed)).OutputTokens);
        exchange.Usage = exchange.Usage with { IsFinal = true };
        Assert.Equal(20, Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed)).OutputTokens);
        exchange.Usage = exchange.Usage with { IsFinal = false };
        exchange.StreamIsWhole = true;
        Assert.Equal(20, Billing.Of(exchange, default).OutputTokens);
        Assert.Equal(20, Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed)).OutputTokens);
    }

    [Fact]
    public void A_model_that_thinks_unseen_is_charged_for_the_time_it_thought_and_flagged()
    {
        Exchange exchange = Answered();
        var state = new TargetState("m", "p");
        exchange.Target!.State = state;
        (exchange.PromptTokens, exchange.PromptIsCounted, exchange.CountedOutputTokens) = (30, true, 2);
        Exchange earlier = Answered();
        earlier.SentAt = Stopwatch.GetTimestamp() - (10 * Stopwatch.Frequency);
        earlier.EndedAt = Stopwatch.GetTimestamp();
        earlier.Usage = new Usage { IsPresent = true, OutputTokens = 1000, ReasoningTokens = 900 };
        state.Add(earlier);
        exchange.SentAt = Stopwatch.GetTimestamp() - (3 * Stopwatch.Frequency);

        Bill bill = Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed));

        Assert.InRange(bill.OutputTokens, 290, 400);
        Assert.True(bill.IsEstimate);
        exchange.StreamIsWhole = true;
        Assert.Equal(2, Billing.Of(exchange, default).OutputTokens);
    }

    [Theory]
    [InlineData("o3", 60, 0, 3000)]
    [InlineData("o3", 60, 10, 500)]
    [InlineData("o3", 0, 0, 2)]
    [InlineData("gpt-4o", 60, 0, 2)]
    public void One_that_is_known_to_think_is_charged_for_it_before_any_of_its_answers_has_told(string model, int seconds, int firstAfter, long output)
    {
        Exchange exchange = Answered();
        exchange.Target = new TargetModel { Provider = null!, Timeouts = exchange.Target!.Timeouts, Price = Price, UpstreamModel = System.Text.Encoding.UTF8.GetBytes(model), State = new TargetState("m", "p") };
        (exchange.PromptTokens, exchange.PromptIsCounted, exchange.CountedOutputTokens) = (30, true, 2);
        exchange.SentAt = Stopwatch.GetTimestamp() - (seconds * Stopwatch.Frequency);
        exchange.FirstTokenAt = firstAfter == 0 ? 0 : exchange.SentAt + (firstAfter * Stopwatch.Frequency);
        Bill bill = Billing.Of(exchange, EdgeError.Client(ErrorKind.ClientClosed));
        Assert.InRange(bill.OutputTokens, output, output + (firstAfter == 0 && output > 2 ? 500 : 0));
        Assert.Equal(output > 2, bill.IsEstimate);
        exchange.StreamIsWhole = true;
        Assert.Equal(2, Billing.Of(exchange, default).OutputTokens);
    }

    [Fact]
    public void Hidden_tokens_drift_and_runaways_are_counted_for_the_target()
    {
        Exchange exchange = Answered();
        (exchange.OutputClamp, exchange.Choices, exchange.CountedOutputTokens, exchange.VisibleTokens) = (100, 2, 95, 97);
        exchange.Usage = new Usage { IsPresent = true, OutputTokens = 250 };
        (exchange.RanAway, exchange.EndedAt) = (true, exchange.SentAt + Stopwatch.Frequency);
        var state = new TargetState("m", "p");
        state.Add(exchange);
        exchange.CutBy = "runaway";
        state.Add(exchange);
        Assert.Equal((100, 190, 194, 1, 1), (state.HiddenTokens, state.CountedTokens, state.ReportedOfCounted, state.Runaways, state.RunawaysSeen));
    }

    private static Exchange Answered()
    {
        var exchange = new Exchange();
        exchange.Reset(null!);
        var timeouts = new TimeoutsModel(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        exchange.Target = new TargetModel { Provider = null!, Timeouts = timeouts, Price = Price };
        exchange.Endpoint = DialectTable.Find("/v1/chat/completions"u8);
        (exchange.Stream, exchange.Status, exchange.SentAt) = (true, 200, Stopwatch.GetTimestamp());
        return exchange;
    }
}
