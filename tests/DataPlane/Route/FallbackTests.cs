using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>Who rests is left alone for other models, which no retry at the same target takes the place of, and who answers is asked again at once.</summary>
public sealed class FallbackTests
{
    /// <summary>With attempts left for it: another model is never given up for the same target.</summary>
    [Theory]
    [InlineData(2, "a,c")]
    [InlineData(3, "a,a,c")]
    [InlineData(4, "a,a,c,c")]
    public void The_same_target_is_asked_again_once_where_there_is_another_model(int attempts, string asked)
    {
        var world = new RouteWorld($"  m: {{ targets: [ {{ provider: a }} ], fallback: [ n ], retry: {{ attempts: {attempts}, sameTarget: true, budget: 100% }} }}\n"
            + "  n: { targets: [ { provider: c } ] }");
        Assert.Equal(asked, string.Join(',', Asked(world)));
    }

    [Fact]
    public void Who_is_told_to_rest_is_not_asked_and_whoever_else_is_left_is()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, model: x } ], fallback: [ n, o ] }\n"
            + "  n: { targets: [ { provider: b } ] }\n  o: { targets: [ { provider: c } ] }\n  p: { targets: [ { provider: a, model: y } ] }");
        Rest(world.Model("m").Targets[0]);
        Assert.True(world.Begin("m"));
        Assert.Equal(("b", true), (world.Target, world.Exchange.IsFallback));
        Rest(world.Model("n").Targets[0]);
        world.Begin("m");
        Assert.Equal("c", world.Target);
        Rest(world.Model("o").Targets[0]);
        world.Begin("m");
        Assert.Equal("a/x", world.Target);
        Assert.True(world.Plan.TryEnter());
        Assert.False(world.Plan.TryTakeAccount(mayWait: true, out var wait));
        Assert.InRange(wait.TotalSeconds, 1, 9);
        world.Plan.Leave(AttemptOutcome.Unknown);

        // Of another model of the account nothing was said.
        world.Begin("p");
        Assert.True(world.Plan.TryEnter());
        Assert.True(world.Plan.TryTakeAccount(mayWait: true, out _));

        static void Rest(TargetModel target)
        {
            target.Provider.Accounts[0].State.Pause(0, TimeSpan.FromSeconds(9));
            target.Limits[0].Rest(0, TimeSpan.FromSeconds(9));
        }
    }

    /// <summary>The clock is behind by as much as a tick.</summary>
    [Theory]
    [InlineData(DeadlineWheel.TickMs, true)]
    [InlineData(DeadlineWheel.TickMs + 1, false)]
    public void Who_comes_when_he_was_told_to_is_not_sent_away(int leftMs, bool isAsked)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, model: x } ] }");
        var target = world.Model("m").Targets[0];
        target.Provider.Accounts[0].State.Pause(0, TimeSpan.FromMilliseconds(leftMs));
        target.Limits[0].Rest(0, TimeSpan.FromMilliseconds(leftMs));
        world.Begin("m");
        Assert.True(world.Plan.TryEnter());
        Assert.Equal(isAsked, world.Plan.TryTakeAccount(mayWait: true, out _));
        world.Plan.Leave(AttemptOutcome.Unknown);
    }

    [Fact]
    public void What_a_provider_said_of_a_long_rest_holds_until_it_says_otherwise()
    {
        var limits = new AccountLimits();
        limits.Rest(0, TimeSpan.FromSeconds(30));
        limits.Rest(0, TimeSpan.FromSeconds(10));
        Assert.Equal(30_000, limits.RestMs(0));
        limits.Rest(0, TimeSpan.FromHours(1));
        limits.Rest(60_000, TimeSpan.FromSeconds(5));
        Assert.Equal(5_000, limits.RestMs(60_000));
        limits.EndRest();
        Assert.Equal(0, limits.RestMs(60_000));
    }

    /// <summary>Once it has answered: until then nobody knows, and what it has failed before does not tell.</summary>
    [Fact]
    public void A_good_answer_of_who_was_asked_for_want_of_others_ends_its_ejection()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ] }");
        foreach (var target in world.Model("m").Targets)
            target.Health.Eject(0, 300_000);
        var health = world.Model("m").Targets[0].Health;
        health.Report(0, isFailure: false, isProbe: false);
        Assert.Equal(HealthPhase.Ejected, health.Phase);
        Ask(AttemptOutcome.Failed);
        Assert.Equal(HealthPhase.Ejected, health.Phase);
        Ask(AttemptOutcome.Answered);
        Assert.Equal(HealthPhase.Closed, health.Phase);
        Assert.True(health.Share(0) < TargetHealth.ShareMax);

        void Ask(AttemptOutcome outcome)
        {
            Assert.True(world.Begin("m"));
            Assert.True(world.Plan.TryEnter());
            Assert.Equal("a", world.Target);
            world.Plan.Leave(outcome);
        }
    }

    /// <summary>It restrains what makes an outage worse, and not the first step away from it.</summary>
    [Fact]
    public void The_budget_is_not_asked_for_the_first_step_to_who_answers()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b, priority: 1 }, { provider: c, priority: 2 } ], retry: { attempts: 3, budget: 1% } }");
        var budget = world.Model("m").Retries;
        while (budget.TryTake(0, 1))
        {
        }

        var granted = budget.Granted;
        world.Begin("m");
        Assert.True(world.Fail());
        Assert.Equal(granted + 1, budget.Granted);
        Assert.False(world.Fail());

        // Who has failed last has given a reason to doubt it.
        world.Begin("m");
        Assert.False(world.Fail());
    }

    private static string[] Asked(RouteWorld world)
    {
        var asked = new List<string>();
        Assert.True(world.Begin("m"));
        do
            asked.Add(world.Target);
        while (world.Attempt(AttemptOutcome.Unknown) && asked.Count < 20);
        return [.. asked];
    }
}
