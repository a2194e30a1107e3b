using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>What a target is known for by the exchanges that it answered.</summary>
public sealed class TargetStateTests
{
    [Fact]
    public void It_learns_how_long_its_answers_are_for_each_choice_and_its_prompts()
    {
        var state = new TargetState("m", "p");
        Assert.Equal((LearnedTokens.Unknown, LearnedTokens.Unknown), (state.OutputP95(new()), state.Input.P95));

        state.Add(Ended(input: 500, output: 400, choices: 4));

        Assert.Equal((201, 1001), (state.OutputP95(new()), state.Input.P95));
    }

    [Theory]
    [InlineData(EndReason.Cut)]
    [InlineData(EndReason.ClientClosed)]
    [InlineData(EndReason.UpstreamFault)]
    public void An_answer_that_is_not_whole_tells_nothing_of_its_length_and_all_of_its_prompt(object end)
    {
        var state = new TargetState("m", "p");
        state.Add(Ended(input: 500, output: 7, end: (EndReason)end));
        Assert.Equal((LearnedTokens.Unknown, 1001), (state.OutputP95(new()), state.Input.P95));
    }

    /// <summary>OpenTelemetry's buckets: each holds four times as many as the one before.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(67_108_864, 13)]
    [InlineData(67_108_865, 14)]
    public void The_tokens_that_it_reported_are_counted_by_how_many_each_request_and_answer_had(int tokens, int bucket)
    {
        var state = new TargetState("m", "p");
        state.Add(Ended(input: tokens, output: tokens));
        state.Add(Ended(input: tokens, output: 0));
        Assert.Equal((2, 2L * tokens), (state.InputUsage.Count(bucket), state.InputUsage.Sum));
        Assert.Equal((1, tokens), (state.OutputUsage.Count(bucket), state.OutputUsage.Sum));
        Assert.Equal(14, state.InputUsage.Bounds.Length);
    }

    [Fact]
    public void What_was_not_reported_is_not_learnt()
    {
        var state = new TargetState("m", "p");
        state.Add(new Exchange { Status = 200, CountedOutputTokens = 50, PromptTokens = 60 });
        Assert.Equal((LearnedTokens.Unknown, LearnedTokens.Unknown), (state.OutputP95(new()), state.Input.P95));
    }

    [Fact]
    public void What_several_runs_have_taken_is_neither_the_length_of_an_answer_nor_of_a_prompt()
    {
        var state = new TargetState("m", "p");
        var exchange = Ended(input: 500, output: 400);
        exchange.Usage = exchange.Usage with { HasFurther = true };
        state.Add(exchange);
        Assert.Equal((LearnedTokens.Unknown, LearnedTokens.Unknown), (state.OutputP95(new()), state.Input.P95));
    }

    [Fact]
    public void Of_a_rule_that_stands_for_many_models_each_model_s_answers_are_known()
    {
        var state = new TargetState("gpt-*", "p");
        var (small, large) = (Ended(input: 5, output: 10), Ended(input: 5, output: 4000));
        small.SetAskedModel("gpt-4o-mini"u8);
        large.SetAskedModel("gpt-5"u8);
        state.Add(small);
        state.Add(large);
        Assert.Equal((21, 8001, LearnedTokens.Unknown), (state.OutputP95(small), state.OutputP95(large), state.OutputP95(new())));
    }

    [Fact]
    public void Nineteen_of_twenty_stay_under_what_was_learnt_and_it_follows_a_change()
    {
        var random = new Random(11);
        var learned = new LearnedTokens();
        foreach (var most in (int[])[2000, 300, 40_000])
        {
            for (var i = 0; i < 1000; i++)
                learned.Observe(random.Next(1, most));
            var under = 0;
            for (var i = 0; i < 4000; i++)
            {
                var tokens = random.Next(1, most);
                under += tokens <= learned.P95 ? 1 : 0;
                learned.Observe(tokens);
            }

            Assert.InRange(under, 3600, 3960);
        }
    }

    [Theory]
    [InlineData(11, 1, 100_000)]
    [InlineData(2, 1, 1_000_000)]
    [InlineData(22, 2, 100_000)]
    [InlineData(4, 2, 1_000_000)]
    public void The_time_from_one_token_to_the_next_is_of_each_choice(int tokens, int choices, long us)
    {
        var state = new TargetState("m", "p");
        state.Add(Streamed(tokens, choices));
        Assert.Equal((1, us), (Count(state.PerToken), state.PerToken.Sum));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 1)]
    [InlineData(3, 2)]
    public void Of_one_token_there_is_no_next(int tokens, int choices)
    {
        var state = new TargetState("m", "p");
        state.Add(Streamed(tokens, choices));
        Assert.Equal(0, Count(state.PerToken));
    }

    [Fact]
    public void Only_of_a_stream_that_was_whole_or_cut_it_is_known()
    {
        foreach (var end in Enum.GetValues<EndReason>())
        {
            var (state, exchange) = (new TargetState("m", "p"), Streamed(11));
            exchange.End = end;
            exchange.CountedOutputTokens = 6;
            state.Add(exchange);

            // Of one that was cut, what has gone out counts, whatever was reported.
            Assert.Equal((end, end switch { EndReason.Done => 100_000, EndReason.Cut => 200_000, _ => 0 }), (end, state.PerToken.Sum));
        }

        foreach (var change in (Action<Exchange>[])[static e => e.Stream = false, static e => e.Events = 0, static e => e.FirstTokenAt = 0, static e => e.AnsweredAt = 0])
        {
            var (state, exchange) = (new TargetState("m", "p"), Streamed(11));
            change(exchange);
            state.Add(exchange);
            Assert.Equal(0, Count(state.PerToken));
        }
    }

    [Theory]
    [InlineData(false, 0, false, 0, 6, 200_000)]
    [InlineData(false, 0, false, 0, -1, 0)]
    [InlineData(true, 0, false, 0, -1, 100_000)]
    [InlineData(true, 0, false, 9, 6, 100_000)]
    [InlineData(true, 5, false, 5, 6, 250_000)]
    [InlineData(true, 5, false, 0, 6, 200_000)]
    [InlineData(true, 5, false, 0, -1, 0)]
    [InlineData(true, 0, true, 0, 6, 200_000)]
    [InlineData(true, 0, true, 0, -1, 0)]
    public void Thought_that_came_before_the_first_token_or_was_not_seen_is_not_counted(
        bool isReported, int reasoning, bool hides, int visible, int counted, long us)
    {
        var (state, exchange) = (new TargetState("m", "p"), Streamed(11));
        exchange.Usage = exchange.Usage with { IsPresent = isReported, ReasoningTokens = reasoning, HidesThought = hides };
        (exchange.VisibleTokens, exchange.CountedOutputTokens) = (visible, counted);
        state.Add(exchange);
        Assert.Equal(us, state.PerToken.Sum);
    }

    [Fact]
    public void Bills_add_up()
    {
        var state = new TargetState("m", "p");
        state.OnBill(new Bill { CostNanodollars = 3_000_000_001 });
        state.OnBill(default);
        state.OnBill(new Bill { CostNanodollars = 41 });
        Assert.Equal(3_000_000_042, state.CostNanodollars);
    }

    /// <summary>A stream that took a second from its first token to its end.</summary>
    private static Exchange Streamed(long tokens, int choices = 1)
    {
        var exchange = Ended(5, tokens, choices);
        exchange.Stream = true;
        exchange.Events = 3;
        exchange.FirstTokenAt = 7;
        exchange.AnsweredAt = 7 + System.Diagnostics.Stopwatch.Frequency;
        return exchange;
    }

    private static long Count(Histogram histogram) => Enumerable.Range(0, histogram.Bounds.Length + 1).Sum(histogram.Count);

    private static Exchange Ended(long input, long output, int choices = 1, EndReason end = EndReason.Done) => new()
    {
        Status = 200,
        End = end,
        Choices = choices,
        Usage = new Usage { IsPresent = true, InputTokens = input, OutputTokens = output, TotalTokens = input + output },
    };
}
