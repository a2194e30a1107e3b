using FsCheck;
using FsCheck.Fluent;

namespace AiEdge.Limits.Tests;

/// <summary>What a rate admits, over any course of draws, refunds, charges, edits and stops, against the bound as it is stated.</summary>
public sealed class RateBoundTests
{
    private const long S = LimitClock.SecondNs;

    private static readonly Gen<(long Limit, long PeriodNs, long Burst)> Rates =
        from limit in Gen.Choose(1, 5_000)
        from seconds in Gen.Elements(1, 7, 60)
        from burst in Gen.Choose(1, 6_000)
        select ((long)limit, seconds * S, (long)burst);

    private static readonly Gen<(long PassNs, int Cost)[]> Courses =
        Gen.ArrayOf(
            from exponent in Gen.Choose(0, 35)
            from part in Gen.Choose(1, 1000)
            from cost in Gen.Frequency((8, Gen.Choose(0, 40)), (1, Gen.Choose(0, 7000)))
            select ((1L << exponent) * part / 1000, cost));

    private static readonly Gen<((long Limit, long PeriodNs, long Burst) Rate, (long PassNs, int Cost)[] Course, int Seed)> Cases =
        from rate in Rates
        from course in Courses
        from seed in Gen.Choose(0, 1_000_000)
        select (rate, course, seed);

    [Fact]
    public void Admitted_from_the_start_on_is_never_above_burst_plus_rate_times_time() => Check(c =>
    {
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0);
        long now = 0;
        long admitted = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            if (bucket.TryDraw(cost, now, out _))
                admitted += cost;
            if (admitted - c.Rate.Burst > (Int128)now * c.Rate.Limit / c.Rate.PeriodNs)
                return false;
        }

        return true;
    });

    [Fact]
    public void Admitted_in_any_span_is_less_than_one_unit_above_burst_plus_rate_times_time() => Check(c =>
    {
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0);
        var admitted = new List<(long At, long Cost)>();
        long now = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            if (bucket.TryDraw(cost, now, out _))
                admitted.Add((now, cost));
        }

        for (var from = 0; from < admitted.Count; from++)
        {
            long sum = 0;
            for (var to = from; to < admitted.Count; to++)
            {
                sum += admitted[to].Cost;
                var earned = (Int128)(admitted[to].At - admitted[from].At) * c.Rate.Limit;
                if ((sum - c.Rate.Burst - 1) * (Int128)c.Rate.PeriodNs >= earned)
                    return false;
            }
        }

        return true;
    });

    [Fact]
    public void With_settlements_what_was_used_from_the_start_on_keeps_the_bound_at_every_draw() => Check(c =>
    {
        var random = new Random(c.Seed);
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0);
        var open = new List<long>();
        long now = 0;
        long used = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            if (bucket.TryDraw(cost, now, out _))
            {
                used += cost;
                open.Add(cost);
                if (used - c.Rate.Burst > (Int128)now * c.Rate.Limit / c.Rate.PeriodNs)
                    return false;
            }

            if (open.Count == 0 || random.Next(3) != 0)
                continue;
            var at = random.Next(open.Count);
            var delta = random.Next(2) == 0 ? -random.NextInt64(open[at] + 1) : random.Next(50);
            open.RemoveAt(at);
            used += delta;
            bucket.Settle(delta, 0, now);
        }

        return true;
    });

    [Fact]
    public void A_wait_is_exact_when_nothing_else_is_admitted_meanwhile() => Check(c =>
    {
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0);
        long now = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            if (bucket.TryDraw(cost, now, out var draw))
                continue;
            if (draw.Outcome == DrawOutcome.TooLarge)
            {
                if (cost <= c.Rate.Burst || draw.WaitNs != 0)
                    return false;
                continue;
            }

            // One nanosecond early is too early; at the time it is admitted, always.
            if (bucket.TryTake(cost, now + draw.WaitNs - 1, out _) || !bucket.TryDraw(cost, now + draw.WaitNs, out _))
                return false;
            now += draw.WaitNs;
        }

        return true;
    });

    [Fact]
    public void Nothing_is_refused_while_there_is_credit() => Check(c =>
    {
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0);
        long now = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            var remaining = bucket.Remaining(now);
            if (bucket.TryDraw(cost, now, out _) != cost <= remaining)
                return false;
            if (bucket.Remaining(now) + bucket.Used(now) < c.Rate.Burst)
                return false;
        }

        return true;
    });

    [Fact]
    public void With_a_grain_waits_are_whole_and_what_was_promised_is_kept_for_less_than_a_grain() => Check(c =>
    {
        var random = new Random(c.Seed);
        var grain = random.NextInt64(2, 20_000_000);
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0, grainNs: grain);
        long now = 0;
        long admitted = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            var (remaining, before) = (bucket.Remaining(now), Math.Max(0, now - grain));
            if (bucket.TryDraw(cost, now, out var draw))
            {
                admitted += cost;
                if (cost > remaining || admitted - c.Rate.Burst > (Int128)now * c.Rate.Limit / c.Rate.PeriodNs)
                    return false;
                continue;
            }

            if (draw.Outcome == DrawOutcome.TooLarge)
                continue;

            // What is kept although it is there was not there a grain ago, and somebody is to come for it before another has passed. One in debt
            // refuses even nothing, and says that nothing remains.
            if (cost <= remaining && (bucket.Remaining(before) >= Math.Max(1, cost) || random.Next(2) == 0 && !bucket.TryTake(cost, now + grain, out _)))
                return false;
            if (draw.WaitNs % grain != 0 || draw.WaitNs <= 0)
                return false;
            if (random.Next(2) == 0)
                now += draw.WaitNs;
        }

        return true;
    });

    [Fact]
    public void A_lone_client_that_obeys_whole_waits_is_never_too_early() => Check(c =>
    {
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0, grainNs: 1_000_000);
        long now = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            if (bucket.TryDraw(cost, now, out var draw) || draw.Outcome == DrawOutcome.TooLarge)
                continue;
            now += draw.WaitNs;
            if (!bucket.TryDraw(cost, now, out _))
                return false;
        }

        return true;
    });

    [Fact]
    public void A_newcomer_does_not_take_what_was_promised_a_moment_ago()
    {
        var bucket = new RateBucket(100, S, 100, 0, used: 100, grainNs: 1_000_000);
        Assert.False(bucket.TryDraw(1, 300_000, out var owner));
        Assert.Equal(10_000_000, owner.WaitNs);

        // Earned at 10 ms, promised for 10.3.
        Assert.False(bucket.TryDraw(1, 10_000_000, out var newcomer));
        Assert.Equal(10_000_000, newcomer.WaitNs);
        Assert.False(bucket.TryDraw(1, 10_298_000, out _));
        Assert.True(bucket.TryDraw(1, 10_300_000, out _));

        // Whoever does not come loses it.
        Assert.True(bucket.TryDraw(1, 21_500_000, out _));
    }

    [Fact]
    public void Edits_keep_what_is_used_to_the_unit() => Check(c =>
    {
        var random = new Random(c.Seed);
        var bucket = new RateBucket(c.Rate.Limit, c.Rate.PeriodNs, c.Rate.Burst, 0);
        long now = 0;
        foreach (var (passNs, cost) in c.Course)
        {
            now += passNs;
            bucket.TryDraw(cost, now, out _);
            var used = bucket.Used(now);
            var burst = random.Next(1, 6000);
            bucket.Edit(random.Next(1, 5000), S * random.Next(1, 61), burst, now);
            if (bucket.Used(now) != used || bucket.Remaining(now) != Math.Max(0, burst - used))
                return false;
        }

        return true;
    });

    private static void Check(Func<((long Limit, long PeriodNs, long Burst) Rate, (long PassNs, int Cost)[] Course, int Seed), bool> holds) =>
        Prop.ForAll(Cases.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
}
