using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>How targets share requests.</summary>
public sealed class BalancerTests
{
    private const int Requests = 10_000;

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(90, 9, 1)]
    [InlineData(1000, 1)]
    [InlineData(7, 0, 13, 20)]
    public void Weights_hold_to_a_hundredth_over_ten_thousand(params int[] weights)
    {
        var counts = Count(Model(weights, "weighted"), weights.Length);
        var sum = weights.Sum();
        for (var i = 0; i < weights.Length; i++)
            Assert.InRange(counts[i] / (double)Requests, (weights[i] / (double)sum) - 0.01, (weights[i] / (double)sum) + 0.01);
    }

    [Fact]
    public void A_share_is_even_within_any_hundred()
    {
        var model = Model([3, 1], "weighted");
        for (var round = 0; round < 50; round++)
        {
            var counts = new int[2];
            for (var i = 0; i < 100; i++)
                counts[Balancer.Choose(model, 0b11, 0)]++;
            Assert.InRange(counts[1], 23, 27);
        }
    }

    [Fact]
    public void Those_who_are_left_share_what_an_ejected_one_had()
    {
        var counts = new int[3];
        var model = Model([2, 1, 1], "weighted");
        for (var i = 0; i < Requests; i++)
            counts[Balancer.Choose(model, 0b110, 0)]++;
        Assert.Equal(0, counts[0]);
        Assert.InRange(counts[1], 4900, 5100);
    }

    [Fact]
    public void Who_has_fewer_under_way_for_its_weight_is_asked()
    {
        var model = Model([1, 1], "least-pending");
        for (var i = 0; i < 100; i++)
            model.Targets[Balancer.Choose(model, 0b11, 0)].Load.Enter();
        Assert.InRange(model.Targets[0].Load.Pending, 49, 51);

        model = Model([3, 1], "least-pending");
        for (var i = 0; i < 100; i++)
            model.Targets[Balancer.Choose(model, 0b11, 0)].Load.Enter();
        Assert.InRange(model.Targets[0].Load.Pending, 74, 76);
    }

    [Fact]
    public void Requests_of_others_count_where_a_server_tells_of_them_and_own_ones_are_not_counted_twice()
    {
        var model = Model([1, 1], "least-pending");
        var (first, second) = (model.Targets[0], model.Targets[1]);
        (first.Signals, second.Signals) = (new TargetSignals(), new TargetSignals());
        for (var i = 0; i < 20; i++)
            first.Load.Enter();
        first.Signals.Report(new ReportedLoad(5, 15, 0), first.Load.Pending, untilMs: 1000);
        second.Signals.Report(new ReportedLoad(10, 20, 0), second.Load.Pending, untilMs: 1000);
        for (var i = 0; i < 10; i++)
        {
            var choice = Balancer.Choose(model, 0b11, 0);
            Assert.Equal(0, choice);
            model.Targets[choice].Load.Enter();
        }

        // Who tells of its queue alone has so many more; and what is too old is forgotten.
        second.Signals.Report(new ReportedLoad(40, ReportedLoad.Unknown, 0), 0, untilMs: 1000);
        Assert.Equal(0, Balancer.Choose(model, 0b11, 0));
        Assert.Equal(1, Balancer.Choose(model, 0b11, 1000));
    }

    [Fact]
    public void Who_is_quicker_is_asked_and_a_slow_one_again_once_its_slowness_has_faded()
    {
        var model = Model([1, 1], "latency");
        model.Targets[0].Load.Observe(0, 500_000);
        model.Targets[1].Load.Observe(0, 20_000);
        for (var i = 0; i < 100; i++)
            Assert.Equal(1, Balancer.Choose(model, 0b11, 0));

        // The quick one goes on being heard of, the slow one is not: after a while it is tried again.
        const long later = 600_000;
        model.Targets[1].Load.Observe(later, 20_000);
        Assert.Equal(0, Balancer.Choose(model, 0b11, later));
    }

    [Fact]
    public void Whole_answers_say_nothing_of_streams_and_are_told_apart_by_themselves()
    {
        var model = Model([1, 1], "latency");
        model.Targets[0].Load.Observe(0, 20_000_000, isWhole: true);
        model.Targets[1].Load.Observe(0, 5_000_000, isWhole: true);
        model.Targets[0].Load.Observe(0, 20_000);
        model.Targets[1].Load.Observe(0, 500_000);
        for (var i = 0; i < 100; i++)
            Assert.Equal((0, 1), (Balancer.Choose(model, 0b11, 0), Balancer.Choose(model, 0b11, 0, isWhole: true)));
        Assert.Equal(20_000, model.Targets[0].Load.LatencyUs(0));
    }

    [Fact]
    public void Who_is_much_slower_is_not_asked_for_having_little_to_do_and_tried_by_one_at_a_time()
    {
        var model = Model([1, 1], "latency");
        model.Targets[0].Load.Observe(0, 1_200_000);
        model.Targets[1].Load.Observe(0, 200_000);
        for (var i = 0; i < 100; i++)
            model.Targets[1].Load.Enter();
        for (var i = 0; i < 100; i++)
            Assert.Equal(1, Balancer.Choose(model, 0b11, 0));

        // Its slowness has faded to less than twice, and one waits for it by now.
        const long later = 25_000;
        model.Targets[1].Load.Observe(later, 200_000);
        Assert.Equal(0, Balancer.Choose(model, 0b11, later));
        model.Targets[0].Load.Enter();
        Assert.Equal(1, Balancer.Choose(model, 0b11, later));

        // It has begun, and goes on for long: others may try it again.
        model.Targets[0].Load.EndWait();
        Assert.Equal(0, Balancer.Choose(model, 0b11, later));
        model.Targets[0].Load.Leave(waits: false);
        Assert.Equal(0, model.Targets[0].Load.Pending);
    }

    [Fact]
    public void A_peak_counts_at_once_and_goes_slowly()
    {
        var load = new TargetLoad();
        load.Observe(0, 1000);
        load.Observe(0, 8000);
        Assert.Equal(8000, load.LatencyUs(0));
        load.Observe(0, 800);
        Assert.Equal(7100, load.LatencyUs(0));
        Assert.Equal(3550, load.LatencyUs(10_000));
    }

    [Fact]
    public void A_share_grows_back_after_an_ejection()
    {
        var model = Model([1, 1], "weighted");
        var health = model.Targets[0].Health;
        for (var i = 0; i < TargetHealth.RowMax; i++)
            health.Report(0, isFailure: true, isProbe: false);
        Assert.True(health.TryEnter(6_000, out var isProbe));
        health.Report(6_000, isFailure: false, isProbe);

        Assert.InRange(Count(model, 2, 6_000)[0], 700, 1000);
        Assert.InRange(Count(model, 2, 21_000)[0], 3400, 3700);
        Assert.InRange(Count(model, 2, 36_100)[0], 4950, 5050);
    }

    [Theory]
    [InlineData("{ provider: a, price: { input: 1, output: 1 } }, { provider: b, price: { input: 9, output: 9 } }", "balance: cost")]
    [InlineData("{ provider: a }, { provider: b, priority: 1 }", "balance: weighted")]
    public void A_share_grows_back_where_one_would_have_all(string targets, string more)
    {
        var world = new RouteWorld($"  m: {{ targets: [ {targets} ], {more} }}");
        Recover(world, 0);
        var early = Firsts(world);
        Assert.InRange(early, 600, 1300);
        world.Model("m").Targets[0].Health = new TargetHealth();
        Assert.Equal(Requests, Firsts(world));
    }

    /// <summary>Whoever is drawn back stays: a key does not go to and fro while its target comes back.</summary>
    [Fact]
    public void Keys_come_back_one_after_the_other_and_each_once()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b } ], sticky: key }");
        string[] Who(int ms)
        {
            var health = world.Model("m").Targets[0].Health = new TargetHealth();
            for (var i = 0; i < TargetHealth.RowMax; i++)
                health.Report(0, isFailure: true, isProbe: false);
            Assert.True(health.TryEnter(6_000, out var isProbe));
            health.Report(6_000, isFailure: false, isProbe);
            return [.. Enumerable.Range(0, 400).Select(i => Chosen(world, new KeyModel { Name = $"key-{i}", Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue }, ms))];
        }

        var (early, half, late) = (Who(6_500), Who(21_000), Who(40_000));
        Assert.InRange(early.Count(who => who == "a"), 5, 50);
        Assert.InRange(half.Count(who => who == "a"), 70, 150);
        Assert.InRange(late.Count(who => who == "a"), 160, 240);
        Assert.All(Enumerable.Range(0, 400).Where(i => early[i] == "a"), i => Assert.Equal(("a", "a"), (half[i], late[i])));
        Assert.All(Enumerable.Range(0, 400).Where(i => half[i] == "a"), i => Assert.Equal("a", late[i]));
    }

    private static string Chosen(RouteWorld world, KeyModel key, int ms)
    {
        world.Begin("m", key: key);
        return Balancer.Choose(world.Exchange.Model!, 0b11, ms, world.Exchange) == 0 ? "a" : "b";
    }

    private static int Firsts(RouteWorld world)
    {
        var firsts = 0;
        for (var i = 0; i < Requests; i++)
        {
            world.Begin("m");
            firsts += world.Target == "a" ? 1 : 0;
        }

        return firsts;
    }

    /// <summary>Now it has just come back from an ejection, by the clock that stands still.</summary>
    private static void Recover(RouteWorld world, int target)
    {
        var health = world.Model("m").Targets[target].Health;
        health.Eject(0, 0);
        health.Return(0);
    }

    [Fact]
    public void A_hedge_waits_for_what_is_learnt_of_the_target()
    {
        var (hedge, load) = (new HedgeModel(TimeSpan.Zero, 5, long.MaxValue), new TargetLoad());
        Assert.Equal(1024, hedge.AfterOf(load).TotalMilliseconds);
        for (var i = 0; i < 1000; i++)
            load.LearnFirstEvent(i % 20 == 0 ? 900_000 : 200_000);
        Assert.InRange(hedge.AfterOf(load).TotalMilliseconds, 190, 950);
        for (var i = 0; i < 1000; i++)
            load.LearnFirstEvent(1_000);
        Assert.Equal(50, hedge.AfterOf(load).TotalMilliseconds);
        Assert.Equal(800, new HedgeModel(TimeSpan.FromMilliseconds(800), 5, long.MaxValue).AfterOf(load).TotalMilliseconds);
    }

    [Theory]
    [InlineData(400, "b")]
    [InlineData(400_000, "a")]
    public void Cheapest_is_who_is_so_for_a_request_of_that_length(long bytes, string cheapest)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, price: { input: 1, output: 10 } }, { provider: b, price: { input: 5, output: 1 } } ], balance: cost }");
        world.Exchange.BytesIn = bytes;
        Assert.Equal(cheapest, Balancer.Choose(world.Model("m"), 0b11, 0, world.Exchange) == 0 ? "a" : "b");
    }

    [Fact]
    public void The_cheapest_is_asked_and_who_has_no_price_last()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a, model: x }, { provider: b, price: { input: 2, output: 8 } }, { provider: c, price: { input: 3, output: 6 } } ], balance: cost, retry: { attempts: 9 } }");
        Assert.True(world.Begin("m"));
        Assert.Equal("c", world.Target);
        Assert.True(world.Fail());
        Assert.Equal("b", world.Target);
        Assert.True(world.Fail());
        Assert.Equal("a/x", world.Target);
    }

    [Fact]
    public void A_key_stays_with_its_target_and_keys_are_shared_by_weights()
    {
        var world = new RouteWorld(Split(70, 20, 10));
        var counts = new Dictionary<string, int>();
        var before = new Dictionary<string, string>();
        for (var i = 0; i < Requests; i++)
        {
            var key = $"customer-{i}";
            before[key] = Asked(world, key);
            Assert.Equal(before[key], Asked(world, key));
            counts[before[key]] = counts.GetValueOrDefault(before[key]) + 1;
        }

        Assert.InRange(counts["a"], 6800, 7200);
        Assert.InRange(counts["b"], 1850, 2150);
        Assert.InRange(counts["c"], 850, 1150);

        // One goes: whom it had goes elsewhere, and nobody else moves.
        world.Reload(Split(70, 0, 10));
        Assert.All(before, pair => Assert.True(Asked(world, pair.Key) is var now && (pair.Value == "b" ? now != "b" : now == pair.Value)));

        // One gets more: who moves, moves there.
        world.Reload(Split(70, 40, 10));
        Assert.All(before, pair => Assert.True(Asked(world, pair.Key) is var now && (now == pair.Value || now == "b")));
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(5, 3, 1, 1)]
    public void A_prompt_stays_with_its_target_below_the_bound_and_no_target_is_above_it(params int[] weights)
    {
        var model = Model(weights, "cache-affinity");
        var home = new Dictionary<ulong, int>();
        var under = new Queue<int>();
        var (warm, random) = (0, new Random(1));
        for (var i = 0; i < Requests; i++)
        {
            var prompt = (ulong)random.Next(1, 2000);
            var one = Ask(model, prompt);
            warm += home.TryAdd(prompt, Alone(model, prompt)) || home[prompt] == one || IsFull(model, home[prompt]) ? 1 : 0;
            model.Targets[one].Load.Enter();
            under.Enqueue(one);
            AssertBound(model, weights);
            if (under.Count > 400)
                model.Targets[under.Dequeue()].Load.Leave();
        }

        Assert.Equal(Requests, warm);
    }

    [Fact]
    public void Of_prompts_in_number_nearly_all_are_asked_where_they_were_before()
    {
        var model = Model([1, 1, 1], "cache-affinity");
        var random = new Random(2);
        var under = new Queue<int>();
        var warm = 0;
        for (var i = 0; i < Requests; i++)
        {
            var prompt = (ulong)random.Next(1, 5000);
            var one = Ask(model, prompt);
            warm += one == Alone(model, prompt) ? 1 : 0;
            model.Targets[one].Load.Enter();
            under.Enqueue(one);
            if (under.Count > 1000)
                model.Targets[under.Dequeue()].Load.Leave();
        }

        Assert.InRange(warm, Requests * 95 / 100, Requests);
    }

    [Fact]
    public void A_prompt_that_all_ask_fills_one_target_after_the_other_up_to_the_bound()
    {
        var model = Model([1, 1, 1, 1], "cache-affinity");
        for (var i = 0; i < 400; i++)
        {
            model.Targets[Ask(model, 7)].Load.Enter();
            AssertBound(model, [1, 1, 1, 1]);
        }

        Assert.Equal([25L, 125, 125, 125], model.Targets.Select(target => target.Load.Pending).Order());
    }

    [Fact]
    public void Prompts_are_shared_by_weights_and_those_without_one_as_well()
    {
        var model = Model([3, 1], "cache-affinity");
        var (prompts, none) = (0, 0);
        for (var i = 0; i < Requests; i++)
        {
            prompts += Ask(model, StableHash.Mix((ulong)i + 1)) == 0 ? 1 : 0;
            none += Ask(model, 0) == 0 ? 1 : 0;
        }

        Assert.InRange(prompts, 7400, 7600);
        Assert.InRange(none, 7400, 7600);
    }

    private static int Ask(ModelModel model, ulong prompt) =>
        Balancer.Choose(model, (1UL << model.Targets.Length) - 1, 0, new Exchange { PrefixHash = prompt });

    /// <summary>Who is asked where nothing is under way.</summary>
    private static int Alone(ModelModel model, ulong prompt)
    {
        var idle = Model([.. model.Targets.Select(target => target.Weight)], "cache-affinity");
        return Ask(idle, prompt);
    }

    private static bool IsFull(ModelModel model, int target)
    {
        var (pending, weights) = (model.Targets.Sum(one => one.Load.Pending) + 1, model.Targets.Sum(one => one.Weight));
        return model.Targets[target].Load.Pending * weights >= 1.25 * pending * model.Targets[target].Weight;
    }

    private static void AssertBound(ModelModel model, int[] weights)
    {
        var pending = model.Targets.Sum(target => target.Load.Pending);
        for (var i = 0; i < weights.Length; i++)
            Assert.InRange(model.Targets[i].Load.Pending, 0, (long)Math.Ceiling(1.25 * pending * weights[i] / weights.Sum()));
    }

    [Fact]
    public void What_stays_by_a_tag_and_has_none_goes_by_weights()
    {
        var world = new RouteWorld(Split(1, 1, 1).Replace("sticky: key", "sticky: tag:customer", StringComparison.Ordinal));
        var one = new HashSet<string>();
        var none = new HashSet<string>();
        for (var i = 0; i < 30; i++)
        {
            one.Add(Asked(world, $"k{i}", "acme"));
            none.Add(Asked(world, $"k{i}"));
        }

        Assert.Single(one);
        Assert.Equal(3, none.Count);
    }

    /// <summary>What is decided once is decided for good, on every plane: a change of the hash would move everybody.</summary>
    [Fact]
    public void Who_gets_whom_never_changes()
    {
        var world = new RouteWorld(Split(1, 1, 1));
        Assert.Equal(Fixed, string.Concat(Enumerable.Range(0, 24).Select(i => Asked(world, $"key-{i}"))));
    }

    private const string Fixed = "bccbbbcabaccababbbbcbbaa";

    private static string Split(int a, int b, int c) =>
        $"  m: {{ targets: [ {{ provider: a, weight: {a} }}, {{ provider: b, weight: {b} }}, {{ provider: c, weight: {c} }} ], sticky: key, balance: latency }}";

    private static string Asked(RouteWorld world, string key, string? customer = null)
    {
        world.Exchange.Reset(world.Snapshot);
        world.Exchange.Key = new KeyModel { Name = key, Sha256 = [], ExpiresUnixMs = long.MaxValue };
        if (customer is not null)
            world.Exchange.TrySetTag("customer", customer);
        world.Exchange.Endpoint = DialectTable.Find("/v1/chat/completions"u8);
        world.Exchange.Model = world.Model("m");
        Assert.True(world.Plan.TryBegin(world.Exchange));
        return world.Target;
    }

    private static ModelModel Model(int[] weights, string balance)
    {
        var targets = weights.Select((weight, i) => $"{{ provider: {"abcd"[i]}, weight: {weight} }}");
        return RouteWorld.Compile($"  m: {{ targets: [ {string.Join(", ", targets)} ], balance: {balance} }}").Models.All[0];
    }

    private static int[] Count(ModelModel model, int targets, long nowMs = 0)
    {
        var counts = new int[targets];
        for (var i = 0; i < Requests; i++)
            counts[Balancer.Choose(model, (1UL << targets) - 1, nowMs)]++;
        return counts;
    }
}
