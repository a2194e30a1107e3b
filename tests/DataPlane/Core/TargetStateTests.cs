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

    [Fact]
    public void What_was_not_reported_is_not_learnt()
    {
        var state = new TargetState("m", "p");
        state.Add(new Exchange { Status = 200, CountedOutputTokens = 50, PromptTokens = 60 });
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

    private static Exchange Ended(long input, long output, int choices = 1, EndReason end = EndReason.Done) => new()
    {
        Status = 200,
        End = end,
        Choices = choices,
        Usage = new Usage { IsPresent = true, InputTokens = input, OutputTokens = output, TotalTokens = input + output },
    };
}
