using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>How <c>balance: latency</c> finds out how quick those are of whom nothing is known, and what it learns of those who do not answer.</summary>
public sealed class LatencyTests
{
    private const int Requests = 10_000;
    private const int Quick = 300_000;

    /// <summary>The other one hangs: it has what it was given to find out, and no more.</summary>
    [Fact]
    public void Who_is_not_known_does_not_win_over_who_is_and_is_tried_by_one_at_a_time()
    {
        var model = Model(1, 1, 1);
        model.Targets[0].Load.Observe(0, Quick, isWhole: true);
        model.Targets[1].Load.Observe(0, Quick, isWhole: true);
        for (var i = 0; i < 300; i++)
            model.Targets[Balancer.Choose(model, 0b111, 0, isWhole: true)].Load.Enter(isWhole: true);
        Assert.Equal(1, model.Targets[2].Load.Pending);

        // It has answered, and is one like the others with less to do.
        model.Targets[2].Load.Observe(0, Quick, isWhole: true);
        for (var i = 0; i < 150; i++)
            model.Targets[Balancer.Choose(model, 0b111, 0, isWhole: true)].Load.Enter(isWhole: true);
        Assert.InRange(model.Targets[2].Load.Pending, 80, 151);
    }

    /// <summary>One that refuses what the request is has no time either, however often it is asked.</summary>
    [Fact]
    public void Who_stays_unknown_has_its_part_by_weight_and_no_more()
    {
        var model = Model(9, 1);
        model.Targets[0].Load.Observe(0, Quick);
        var tried = 0;
        for (var i = 0; i < Requests; i++)
            tried += Balancer.Choose(model, 0b11, 0) == 1 ? 1 : 0;
        Assert.InRange(tried, 900, 1100);
    }

    [Fact]
    public void Where_nobody_is_known_it_is_who_has_less_under_way()
    {
        var model = Model(1, 1);
        for (var i = 0; i < 200; i++)
        {
            var one = Balancer.Choose(model, 0b11, 0);
            model.Targets[one].Load.Enter();
            if (one == 1)
                model.Targets[one].Load.Leave();
        }

        // The first one hangs, and the other ends at once whatever it is given: it has all but the first.
        Assert.Equal((1, 0), (model.Targets[0].Load.Pending, model.Targets[1].Load.Pending));
    }

    /// <summary>Whole answers are awaited much longer: they must not keep streams from being tried, nor the other way round.</summary>
    [Fact]
    public void What_waits_for_one_kind_is_no_reason_not_to_try_the_other()
    {
        var model = Model(1, 1);
        model.Targets[0].Load.Observe(0, Quick);
        model.Targets[0].Load.Observe(0, Quick, isWhole: true);
        model.Targets[1].Load.Observe(0, Quick);
        model.Targets[1].Load.Enter();
        Assert.Contains(1, Enumerable.Range(0, 100).Select(_ => Balancer.Choose(model, 0b11, 0, isWhole: true)));
        model.Targets[1].Load.Enter(isWhole: true);
        Assert.DoesNotContain(1, Enumerable.Range(0, 100).Select(_ => Balancer.Choose(model, 0b11, 0, isWhole: true)));
    }

    [Fact]
    public void Who_is_tried_already_as_the_request_is_sent_is_not_sent_another()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, weight: 1000 }, { provider: b, weight: 1 } ], balance: latency }");
        var targets = world.Model("m").Targets;
        targets[1].Load.Observe(0, Quick, isWhole: true);
        Assert.True(world.Begin("m"));
        Assert.Equal("a", world.Target);
        targets[0].Load.Enter(isWhole: true);
        Assert.True(world.Plan.TryEnter());
        Assert.Equal(("b", 1, 1), (world.Target, targets[0].Load.Pending, targets[1].Load.Pending));
        Assert.Equal(0, targets[0].Load.Full);
    }

    [Theory]
    [InlineData(0, 5, 5_000_000)]
    [InlineData(499, 5, 5_000_000)]
    [InlineData(503, 5, Quick)]
    [InlineData(0, 0, Quick)]
    public void Who_was_left_before_it_answered_took_so_long_at_least(int status, int seconds, long expected)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ], balance: latency }");
        var load = world.Model("m").Targets[0].Load;
        load.Observe(0, Quick, isWhole: true);
        Leave(world, status, seconds);
        Assert.InRange(load.SeenUs(isWhole: true), expected, expected + 2_000_000);
        Assert.Equal(0, load.SeenUs(isWhole: false));
    }

    /// <summary>A client that leaves soon says nothing of one that nobody knows: it would pass for quick.</summary>
    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(5, true, 5_000_000)]
    [InlineData(5, false, 0)]
    public void Who_is_not_known_was_late_only_by_what_others_take(int seconds, bool isOtherKnown, long expected)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, weight: 1000 }, { provider: b } ], balance: latency }");
        var targets = world.Model("m").Targets;
        if (isOtherKnown)
            targets[1].Load.Observe(0, Quick, isWhole: true);
        Leave(world, status: 0, seconds);
        Assert.InRange(targets[0].Load.SeenUs(isWhole: true), expected, expected == 0 ? 0 : expected + 2_000_000);
    }

    private static void Leave(RouteWorld world, int status, int seconds)
    {
        Assert.True(world.Begin("m"));
        Assert.True(world.Plan.TryEnter());
        Assert.Equal("a", world.Target);
        world.Exchange.SentAt = Stopwatch.GetTimestamp() - (seconds * Stopwatch.Frequency);
        world.Exchange.Status = status == 499 ? 200 : status;
        world.Plan.Leave(AttemptOutcome.Unknown);
        Assert.Equal(0, world.Exchange.Target!.Load.Pending);
    }

    /// <summary>It timed out until it was ejected: what it takes now says what it takes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_comes_back_is_as_quick_as_its_probe_was(bool headFirst)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ], balance: latency }");
        var target = world.Model("m").Targets[0];
        target.Load.Observe(0, 60_000_000, isWhole: true);
        target.Load.Observe(0, 60_000_000);
        target.Health.Eject(0, 0);
        world.Pass(TimeSpan.FromMilliseconds(TargetHealth.EjectedMs / 1000));
        Assert.True(world.Begin("m"));
        Assert.True(world.Plan.TryEnter());
        Assert.Equal(HealthPhase.Probing, target.Health.Phase);
        world.Exchange.SentAt = 1;
        world.Exchange.FirstTokenAt = 1 + (Stopwatch.Frequency / 1_000_000 * Quick);
        if (headFirst)
            world.Plan.OnAnswer();
        world.Plan.Leave(AttemptOutcome.Answered);
        Assert.Equal((HealthPhase.Closed, Quick, 0L), (target.Health.Phase, target.Load.SeenUs(isWhole: true), target.Load.SeenUs(isWhole: false)));
    }

    /// <summary>It has little to do and is quick for that: it gets its growing part all the same, neither all nor nothing.</summary>
    [Theory]
    [InlineData("latency", 1)]
    [InlineData("latency", 1_000_000)]
    [InlineData("latency", 0)]
    [InlineData("least-pending", 1)]
    public void Who_comes_back_gets_its_part_by_and_by(string balance, int us)
    {
        var model = Model(balance, 1, 1);
        var health = model.Targets[0].Health;
        for (var i = 0; i < TargetHealth.RowMax; i++)
            health.Report(0, isFailure: true, isProbe: false);
        Assert.True(health.TryEnter(6_000, out var isProbe));
        health.Report(6_000, isFailure: false, isProbe);
        if (us > 0)
            model.Targets[0].Load.Observe(6_000, us);
        model.Targets[1].Load.Observe(6_000, us == 1_000_000 ? us : Quick);
        model.Targets[1].Load.Enter();
        var early = Enumerable.Range(0, Requests).Count(_ => Balancer.Choose(model, 0b11, 6_000) == 0);
        var half = Enumerable.Range(0, Requests).Count(_ => Balancer.Choose(model, 0b11, 21_000) == 0);

        // Of one that stays unknown it is the part by its weight that grows.
        Assert.InRange(early, us == 0 ? 300 : 600, 1300);
        Assert.InRange(half, us == 0 ? 2300 : 4700, 5800);
    }

    [Fact]
    public void A_time_halves_each_ten_seconds_and_is_known_for_good()
    {
        var load = new TargetLoad();
        load.Observe(0, 8000);
        Assert.Equal((8000, 6000, 4000, 2000, 1000), (load.LatencyUs(0), load.LatencyUs(5_000), load.LatencyUs(10_000), load.LatencyUs(20_000), load.LatencyUs(30_000)));
        Assert.Equal((1, 1, 8000), (load.LatencyUs(1_000_000), load.LatencyUs(int.MaxValue), load.SeenUs(isWhole: false)));
        load.Forget();
        Assert.Equal(0, load.LatencyUs(0));
    }

    private static ModelModel Model(params int[] weights) => Model("latency", weights);

    private static ModelModel Model(string balance, params int[] weights)
    {
        var targets = weights.Select((weight, i) => $"{{ provider: {"abcd"[i]}, weight: {weight} }}");
        return RouteWorld.Compile($"  m: {{ targets: [ {string.Join(", ", targets)} ], balance: {balance} }}").Models.All[0];
    }
}
