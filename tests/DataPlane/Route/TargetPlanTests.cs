using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>Whom an exchange turns to: other targets before the same one, other models last, and never without end.</summary>
public sealed class TargetPlanTests
{
    private const string Three = "  m: { targets: [ { provider: a }, { provider: b, priority: 1 }, { provider: c, priority: 2 } ] }";

    [Fact]
    public void Targets_are_asked_by_their_priority_each_once()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: c, priority: 2 }, { provider: a }, { provider: b, priority: 1 } ], retry: { attempts: 9 } }");
        Assert.Equal(["a", "b", "c"], Asked(world));
    }

    [Fact]
    public void No_more_attempts_are_made_than_the_model_says() => Assert.Equal(["a", "b", "c"], Asked(new RouteWorld(Three.Replace("] }", "], retry: { sameTarget: true } }", StringComparison.Ordinal))));

    [Fact]
    public void The_same_target_comes_after_the_others_and_other_models_last()
    {
        var world = new RouteWorld(
            "  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ], fallback: [ n ], retry: { attempts: 9, sameTarget: true, waitMax: 60s } }\n"
            + "  n: { targets: [ { provider: c } ], health: { keep: 0% } }");
        Assert.Equal(["a", "b", "a", "b", "c"], Asked(world)[..5]);
        Assert.InRange(world.Wait.TotalMilliseconds, 0, 9_000);
        world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ], fallback: [ n, o ], retry: { attempts: 9 } }\n"
            + "  n: { targets: [ { provider: c, model: x } ], fallback: [ o ] }\n  o: { targets: [ { provider: d } ] }");
        Assert.Equal(["a", "b", "c/x", "d"], Asked(world));
        Assert.True(world.Exchange.IsFallback);
        Assert.Equal("o", world.Exchange.Model!.Name);
    }

    [Fact]
    public void A_model_with_one_target_is_asked_once() => Assert.Equal(["a"], Asked(new RouteWorld("  m: { targets: [ { provider: a } ] }")));

    [Theory]
    [InlineData(0, 50, 100)]
    [InlineData(3000, 3000, 3050)]
    public void The_same_target_is_waited_for(int retryAfterMs, int leastMs, int mostMs)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ], retry: { sameTarget: true } }");
        world.Begin("m");
        Assert.True(world.Fail(TimeSpan.FromMilliseconds(retryAfterMs)));
        Assert.InRange(world.Wait.TotalMilliseconds, leastMs, mostMs);
    }

    [Fact]
    public void Nobody_waits_longer_than_the_model_says()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ], retry: { sameTarget: true, waitMax: 2s } }");
        world.Begin("m");
        Assert.False(world.Fail(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void An_account_that_is_to_be_left_alone_is_left_alone_by_all_of_its_targets()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, model: x }, { provider: b, priority: 1 } ] }\n  n: { targets: [ { provider: a, model: y }, { provider: c, priority: 1 } ] }");
        world.Snapshot.Providers[0].Accounts[0].State.Pause(0, TimeSpan.FromSeconds(9));
        world.Begin("m");
        Assert.Equal("b", world.Target);
        world.Begin("n");
        Assert.Equal("c", world.Target);

        // Whoever has no other is asked all the same.
        world.Snapshot.Providers[2].Accounts[0].State.Pause(0, TimeSpan.FromSeconds(9));
        Assert.True(world.Begin("n"));
    }

    [Fact]
    public void A_target_that_has_no_more_is_left_alone_for_itself_and_tried_by_one()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, model: x }, { provider: b, priority: 1 } ] }\n"
            + "  n: { targets: [ { provider: a, model: y }, { provider: c, priority: 1 } ] }\n  o: { targets: [ { provider: a, model: x } ] }");
        var pause = world.Model("m").Targets[0].Pause;
        pause.Ask(0, TimeSpan.FromSeconds(9));
        world.Begin("m");
        Assert.Equal("b", world.Target);
        world.Begin("n");
        Assert.Equal("a/y", world.Target);
        Assert.True(world.Begin("o"));
        Assert.Same(pause, world.Exchange.Target!.Pause);
        world.Reload("  m: { targets: [ { provider: a, model: x }, { provider: b, priority: 1 } ] }");
        world.Begin("m");
        Assert.Equal("b", world.Target);
    }

    [Fact]
    public void When_the_moment_is_over_one_tries_it_and_its_answer_ends_it()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ] }");
        var pause = world.Model("m").Targets[0].Pause;
        pause.Ask(0, TimeSpan.FromMilliseconds(1));
        world.Pass(TimeSpan.FromMilliseconds(5));
        world.Begin("m");
        Assert.True(world.Plan.TryEnter());
        Assert.NotEqual(0, pause.LeftMs(5));
        world.Plan.OnAnswer();
        Assert.Equal(0, pause.LeftMs(0));
        world.Plan.Leave(AttemptOutcome.Answered);
    }

    [Fact]
    public void Who_only_has_no_room_for_now_goes_before_who_fails()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b } ] }");
        for (var i = 0; i < TargetHealth.RowMax; i++)
            world.Model("m").Targets[0].Health.Report(0, isFailure: true, isProbe: false);
        world.Snapshot.Providers[1].Accounts[0].State.Pause(0, TimeSpan.FromSeconds(9));
        for (var i = 0; i < 4; i++)
        {
            Assert.True(world.Begin("m"));
            Assert.Equal("b", world.Target);
        }
    }

    [Fact]
    public void After_a_pause_one_request_tries_the_account_and_the_others_wait_for_what_it_finds()
    {
        var account = new AccountState();
        account.Pause(0, TimeSpan.FromSeconds(1));
        Assert.Equal(0, account.Use(999));
        var trial = account.Use(1000);
        Assert.NotEqual(0, trial);
        Assert.Equal((0L, 1000L), (account.Use(1000), account.PauseLeftMs(1000)));

        // It is not answered in time: another one tries.
        var next = account.Use(2000);
        Assert.NotEqual(0, next);
        account.EndTrial(trial);
        Assert.NotEqual(0, account.PauseLeftMs(2000));
        account.EndTrial(next);
        Assert.Equal((0L, 0L), (account.PauseLeftMs(2000), account.Use(2000)));

        // Who is told to wait again waits, whoever is answered.
        account.Pause(2000, TimeSpan.FromSeconds(1));
        var last = account.Use(3000);
        account.Pause(3000, TimeSpan.FromSeconds(9));
        account.EndTrial(last);
        Assert.Equal(9000, account.PauseLeftMs(3000));
    }

    [Fact]
    public void An_ejected_target_is_passed_over_and_asked_last()
    {
        var world = new RouteWorld(Three);
        for (var i = 0; i < TargetHealth.RowMax; i++)
            world.Model("m").Targets[0].Health.Report(0, isFailure: true, isProbe: false);
        Assert.Equal(["b", "c", "a"], Asked(world));
    }

    /// <summary>Those who are left would have to do what all did, and fail for that.</summary>
    [Theory]
    [InlineData("health: { keep: 50% }", 4, 3)]
    [InlineData("health: { keep: 50% }", 2, 3)]
    [InlineData("health: { keep: 0% }", 4, 1)]
    [InlineData("retry: { attempts: 2 }", 4, 2)]
    [InlineData("retry: { attempts: 2 }", 3, 2)]
    [InlineData("health: { keep: 100% }", 1, 5)]
    public void Of_those_who_fail_so_many_are_kept_as_the_model_says(string more, int dead, int offered)
    {
        var targets = string.Join(", ", Enumerable.Range(0, 5).Select(i => $"{{ provider: a, model: m{i} }}"));
        var world = new RouteWorld($"  m: {{ targets: [ {targets}, {{ provider: b, priority: 1 }} ], {more} }}");
        for (var i = 0; i < dead; i++)
            world.Model("m").Targets[i].Health.Eject(0, 9_000 - (i * 1000));
        var asked = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            Assert.True(world.Begin("m"));
            Assert.True(world.Plan.TryEnter());
            asked.Add(world.Target);
            world.Plan.Leave(AttemptOutcome.Answered);
        }

        // Whoever returns soonest is kept.
        Assert.Equal(Enumerable.Range(5 - offered, offered).Select(i => $"a/m{i}"), asked.Order());
        Assert.All(world.Model("m").Targets[..dead], target => Assert.Equal(HealthPhase.Ejected, target.Health.Phase));
    }

    /// <summary>It fails at once, so that it never has anything to do and has no latency; it may be the cheapest, and the only one of the client's dialect.</summary>
    [Theory]
    [InlineData("least-pending")]
    [InlineData("latency")]
    [InlineData("cost")]
    [InlineData("weighted")]
    public void Who_is_kept_is_asked_as_often_as_its_weight_says_however_the_model_balances(string balance)
    {
        var world = new RouteWorld(
            $"  m: {{ targets: [ {{ provider: a, model: m0, weight: 25 }}, {{ provider: a, model: m1 }}, {{ provider: a, model: m2, weight: 75 }} ], health: {{ keep: 60% }}, balance: {balance} }}");
        var model = world.Model("m");
        model.Targets[0].Health.Eject(0, 9_000);
        model.Targets[1].Health.Eject(0, 10_000);
        model.Targets[2].Load.Observe(0, 5_000);
        for (var i = 0; i < 5; i++)
            Assert.True(model.Targets[2].Load.TryEnter(0));
        var asked = 0;
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(world.Begin("m"));
            Assert.True(world.Plan.TryEnter());
            asked += world.Target == "a/m0" ? 1 : 0;
            world.Plan.Leave(AttemptOutcome.Unknown);
        }

        Assert.InRange(asked, 180, 320);
    }

    [Fact]
    public void Where_none_answers_any_more_nobody_is_kept()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b }, { provider: c, priority: 1 } ], health: { keep: 100% } }");
        foreach (var target in world.Model("m").Targets[..2])
            target.Health.Eject(0, 9_000);
        Assert.True(world.Begin("m"));
        Assert.Equal("c", world.Target);
    }

    [Fact]
    public void A_target_without_a_weight_a_disabled_provider_or_another_dialect_is_nobodys()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, weight: 0 }, { provider: z }, { provider: b, priority: 3 } ] }\n  n: { targets: [ { provider: z } ] }");
        Assert.Equal(["b"], Asked(world));
        Assert.False(world.Begin("n"));
    }

    [Fact]
    public void Where_a_probe_is_under_way_others_go_elsewhere()
    {
        var world = new RouteWorld(Three);
        var health = world.Model("m").Targets[0].Health;
        for (var i = 0; i < TargetHealth.RowMax; i++)
            health.Report(0, isFailure: true, isProbe: false);
        health.TryEnter(TargetHealth.EjectedMs, out _);
        health.Abandon(0);
        world.Begin("m");
        Assert.Equal("a", world.Target);
        Assert.True(health.TryEnter(0, out var isProbe));
        Assert.True(isProbe);

        Assert.True(world.Plan.TryEnter());
        Assert.Equal("b", world.Target);
        world.Plan.Leave(AttemptOutcome.Answered);
    }

    [Fact]
    public void What_is_under_way_is_counted_until_it_is_over()
    {
        var world = new RouteWorld(Three);
        world.Begin("m");
        Assert.True(world.Plan.TryEnter());
        Assert.Equal(1, world.Model("m").Targets[0].Load.Pending);
        world.Plan.Leave(AttemptOutcome.Unknown);
        Assert.Equal(0, world.Model("m").Targets[0].Load.Pending);
    }

    [Fact]
    public void A_model_whose_targets_are_all_ejected_gives_way_to_one_that_can_be_asked()
    {
        var world = new RouteWorld("""
              m: { targets: [ { provider: a }, { provider: b } ], fallback: [ n, o ] }
              n: { targets: [ { provider: c } ] }
              o: { targets: [ { provider: d } ] }
            """);
        Eject("m", 0);
        world.Begin("m");
        Assert.Equal("b", world.Target);
        Eject("m", 1);
        world.Begin("m");
        Assert.Equal(("c", true), (world.Target, world.Exchange.IsFallback));
        Eject("n", 0);
        world.Begin("m");
        Assert.Equal("d", world.Target);
        Eject("o", 0);
        world.Begin("m");
        Assert.Contains(world.Target, new[] { "a", "b" });

        // One whose time is over is asked again, rather than another model.
        world.Model("m").Targets[1].Health.Return(0);
        world.Begin("m");
        Assert.Equal("b", world.Target);

        void Eject(string model, int target) => world.Model(model).Targets[target].Health.Eject(0, 5000);
    }

    [Fact]
    public void A_full_target_is_passed_over_and_where_all_are_full_another_model_is_asked_or_nobody()
    {
        var world = new RouteWorld("""
              m: { targets: [ { provider: a, concurrent: 2 }, { provider: b, priority: 1, concurrent: 1 } ], fallback: [ n ] }
              n: { targets: [ { provider: c, concurrent: 1 } ] }
            """);
        string[] asked = ["a", "a", "b", "c"];
        foreach (var target in asked)
        {
            Assert.True(world.Begin("m"));
            Assert.True(world.Plan.TryEnter());
            Assert.Equal(target, world.Target);
        }

        Assert.False(world.Begin("m"));
        Assert.Equal(TargetLack.Room, world.Plan.Lack);
        world.Model("m").Targets[1].Load.Leave();
        Assert.True(world.Begin("m"));
        Assert.Equal("b", world.Target);
    }

    [Fact]
    public void A_target_that_has_become_full_since_it_was_chosen_is_not_entered()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, concurrent: 1 }, { provider: b, concurrent: 1, priority: 1 } ] }");
        var (first, second) = (world.Model("m").Targets[0].Load, world.Model("m").Targets[1].Load);
        world.Begin("m");
        first.Enter();
        Assert.True(world.Plan.TryEnter());
        Assert.Equal(("b", 1), (world.Target, second.Pending));
        world.Plan.Leave(AttemptOutcome.Answered);

        first.Leave();
        world.Begin("m");
        Assert.Equal("a", world.Target);
        first.Enter();
        second.Enter();
        Assert.False(world.Plan.TryEnter());
        Assert.Equal((1, 1), (first.Pending, second.Pending));
    }

    [Theory]
    [InlineData(3, 0.899, "a")]
    [InlineData(4, 0, "b")]
    [InlineData(0, 0.9, "b")]
    [InlineData(ReportedLoad.Unknown, 0.95, "b")]
    public void A_target_whose_server_says_that_it_has_enough_to_do_is_passed_over(long waiting, double cache, string asked)
    {
        var world = new RouteWorld(RouteWorld.Capacity + "  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ] }");
        var (first, second) = (world.Model("m").Targets[0], world.Model("m").Targets[1]);
        world.Report(first, waiting, cache: cache);
        Assert.True(world.Begin("m"));
        Assert.Equal(asked, world.Target);
        Assert.Equal(asked == "a" ? 0 : 1, first.Load.Full);

        // Where the other one is full, too, nobody is asked; what is no longer known keeps nobody away.
        world.Report(first, waiting: 9);
        world.Report(second, waiting: 9);
        Assert.False(world.Begin("m"));
        Assert.Equal(TargetLack.Room, world.Plan.Lack);
        first.Signals!.Report(new ReportedLoad(9, 9, 0), 0, untilMs: 0);
        Assert.True(world.Begin("m"));
        Assert.Equal("a", world.Target);
    }

    [Fact]
    public void Where_some_wait_at_a_server_what_is_sent_on_top_waits_and_what_ends_makes_room()
    {
        var world = new RouteWorld(RouteWorld.Capacity + "  m: { targets: [ { provider: a } ], fallback: [ n ] }\n  n: { targets: [ { provider: c } ] }");
        var target = world.Model("m").Targets[0];
        target.Load.Enter();
        world.Report(target, waiting: 2, running: 8);
        for (var i = 0; i < 2; i++)
        {
            Assert.True(world.Begin("m"));
            Assert.Equal("a", world.Target);
            target.Load.Enter();
        }

        Assert.True(world.Begin("m"));
        Assert.Equal("c", world.Target);
        target.Load.Leave();
        Assert.True(world.Begin("m"));
        Assert.Equal("a", world.Target);

        // At a server where nobody waits there is room, for how many nobody knows.
        target.Load.Enter();
        world.Report(target, waiting: 0, running: 8);
        for (var i = 0; i < 9; i++)
            target.Load.Enter();
        Assert.True(world.Begin("m"));
        Assert.Equal("a", world.Target);
    }

    [Fact]
    public void What_is_used_of_a_model_is_what_is_used_of_the_target_with_most_room()
    {
        var world = new RouteWorld(RouteWorld.Capacity + """
              m: { targets: [ { provider: a, concurrent: 4, region: eu }, { provider: b, concurrent: 10, priority: 1 }, { provider: c, weight: 0 }, { provider: z } ] }
              free: { targets: [ { provider: a }, { provider: c } ] }
            """);
        var (first, second) = (world.Model("m").Targets[0], world.Model("m").Targets[1]);
        Assert.Equal(0, Used());
        for (var i = 0; i < 3; i++)
            first.Load.Enter();
        Assert.Equal(0, Used());
        second.Load.Enter();
        Assert.Equal(10, Used());

        // Each target by what of it is nearest to its end: of a queue of 4, 2; of 90 % of a cache, 45; of 90 %, 81.
        world.Report(second, waiting: 2, cache: 0.45);
        Assert.Equal(50, Used());
        world.Report(second, waiting: 2, cache: 0.81);
        Assert.Equal(75, Used());
        world.Report(first, waiting: 9);
        Assert.Equal(90, Used());
        world.Report(first, waiting: 3);
        Assert.Equal(75, Used());

        // Where the request may not go nothing is free for it, nor at who is ejected; whom nothing bounds has always room.
        Assert.Equal(75, Used(RouteWorld.BoundTo(["eu"])));
        world.Report(second, waiting: 0);
        Assert.Equal(10, Used());
        Assert.Equal(75, Used(RouteWorld.BoundTo(["eu"])));
        second.Health.Eject(0, 60_000);
        Assert.Equal(75, Used());
        first.Health.Eject(0, 60_000);
        Assert.Equal(0, Used());
        Assert.Equal(0, Used(model: "free"));

        int Used(KeyModel? key = null, string model = "m")
        {
            world.Begin(model, key: key);
            return world.Plan.UsedPercent(world.Exchange);
        }
    }

    [Fact]
    public void What_a_provider_has_said_of_its_accounts_is_part_of_what_is_used()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ] }");
        world.Begin("m");
        Assert.Equal(0, world.Plan.UsedPercent(world.Exchange));
        var (limits, account) = (world.Model("m").Targets[0].Limits[0], world.Model("m").Targets[0].Provider.Accounts[0].State);
        limits.Learn(0, new ProviderRates { Requests = new(true, 100, 75, 60_000), Tokens = new(true, 1000, 90, 60_000) });
        Assert.InRange(world.Plan.UsedPercent(world.Exchange), 90, 91);
        limits.Learn(0, new ProviderRates { Requests = new(true, 100, 100, 0), Tokens = new(true, 1000, 1000, 0) });
        Assert.Equal(0, world.Plan.UsedPercent(world.Exchange));
        limits.Hold(0, TimeSpan.FromSeconds(9));
        Assert.Equal(100, world.Plan.UsedPercent(world.Exchange));
        Assert.Equal(0, account.PauseLeftMs(0));
    }

    [Fact]
    public void What_a_server_says_of_itself_outlives_a_reload_and_goes_with_its_capacity()
    {
        const string Models = "  m: { targets: [ { provider: a }, { provider: c } ] }";
        var world = new RouteWorld(RouteWorld.Capacity + Models);
        var signals = world.Model("m").Targets[0].Signals;
        Assert.NotNull(signals);
        Assert.Null(world.Model("m").Targets[1].Signals);
        world.Reload(RouteWorld.Capacity + Models);
        Assert.Same(signals, world.Model("m").Targets[0].Signals);
        world.Reload(Models);
        Assert.Null(world.Model("m").Targets[0].Signals);
    }

    [Fact]
    public void A_probe_that_finds_its_target_full_is_left_to_another()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, concurrent: 1 } ] }");
        var target = world.Model("m").Targets[0];
        for (var i = 0; i < TargetHealth.RowMax; i++)
            target.Health.Report(-TargetHealth.EjectedMs, isFailure: true, isProbe: false);
        world.Begin("m");
        target.Load.Enter();
        Assert.False(world.Plan.TryEnter());
        target.Load.Leave();
        Assert.NotEqual(HealthPhase.Probing, target.Health.Phase);
    }

    [Fact]
    public void What_is_known_outlives_a_reload_and_is_the_same_for_every_rule()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, model: x } ] }\n  n: { targets: [ { provider: a, model: x } ] }");
        var (health, budget) = (world.Model("m").Targets[0].Health, world.Model("m").Retries);
        Assert.Same(health, world.Model("n").Targets[0].Health);
        world.Reload("  m: { targets: [ { provider: b }, { provider: a, model: x, weight: 7 } ] }");
        Assert.Same(health, world.Model("m").Targets[1].Health);
        Assert.Same(budget, world.Model("m").Retries);
        world.Reload("  m: { targets: [ { provider: b } ] }");
        world.Reload("  m: { targets: [ { provider: a, model: x } ] }");
        Assert.NotSame(health, world.Model("m").Targets[0].Health);
    }

    /// <summary>Everybody who is asked if all fail.</summary>
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
