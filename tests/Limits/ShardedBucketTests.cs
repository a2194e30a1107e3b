using FsCheck;
using FsCheck.Fluent;

namespace AiEdge.Limits.Tests;

public sealed class ShardedBucketTests
{
    private const long S = LimitClock.SecondNs;

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;

    public ShardedBucketTests() => _clock = new LimitClock(_time);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    public void All_credit_can_be_drawn_and_not_one_unit_more(int cells)
    {
        var bucket = new ShardedBucket(new RateBucket(1000, 60 * S, null, 0), cells);
        for (var i = 0; i < 1000; i++)
            Assert.True(bucket.TryDraw(1, 0, out _), $"draw {i}");
        Assert.False(bucket.TryDraw(1, 0, out var draw));
        Assert.Equal(60 * S / 1000, draw.WaitNs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void What_was_promised_to_one_who_was_refused_is_kept_from_newcomers_through_every_cell(int cells)
    {
        var bucket = new ShardedBucket(new RateBucket(100, S, 100, 0, used: 100, grainNs: 1_000_000), cells);
        Assert.False(bucket.TryDraw(1, 300_000, out var owner));
        Assert.Equal(10_000_000, owner.WaitNs);

        // Earned at 10 ms, promised for 10.3.
        Assert.False(bucket.TryDraw(1, 10_000_000, out _));
        Assert.True(bucket.TryDraw(1, 300_000 + owner.WaitNs, out _));
    }

    [Fact]
    public void A_slice_in_a_cell_is_not_counted_as_used_and_a_large_draw_finds_it()
    {
        var bucket = new ShardedBucket(new RateBucket(1000, 60 * S, null, 0), 4);
        Assert.True(bucket.TryDraw(5, 0, out _));
        Assert.True(bucket.InCells(0) > 0);
        Assert.Equal(5, bucket.Used(0));
        Assert.Equal(995, bucket.Remaining(0));
        Assert.Equal(5, bucket.Checkpoint(0).Used);
        Assert.True(bucket.TryDraw(995, 0, out _));
        Assert.Equal(0, bucket.InCells(0));
        Assert.False(bucket.TryDraw(1, 0, out _));
    }

    [Fact]
    public void Slices_of_a_rate_go_back_when_they_have_lain_for_long()
    {
        var rate = new RateBucket(1000, 60 * S, null, 0);
        var bucket = new ShardedBucket(rate, 1);
        Assert.True(bucket.TryDraw(5, 0, out _));
        Assert.True(bucket.InCells(0) > 0);
        Assert.Equal(0, bucket.InCells(120 * S));
        Assert.True(bucket.TryDraw(1000, 120 * S, out _));
        Assert.False(bucket.TryDraw(1, 120 * S, out _));
    }

    [Fact]
    public void A_parent_that_goes_into_debt_leaves_no_slice_behind()
    {
        var rate = new RateBucket(1000, 60 * S, null, 0);
        var bucket = new ShardedBucket(rate, 1);
        Assert.True(bucket.TryDraw(5, 0, out var draw));
        var inCells = bucket.InCells(0);
        Assert.True(inCells > 0);
        bucket.Settle(1000, draw.Token, 0);
        Assert.Equal(0, bucket.InCells(0));
        Assert.False(bucket.TryDraw(1, 0, out _));
        Assert.Equal(1005, bucket.Used(0));
    }

    [Fact]
    public void A_sweep_by_a_thread_whose_clock_is_behind_gives_back_newer_slices_too()
    {
        const long Epoch = 1L << 26;
        var rate = new RateBucket(1000, 60 * S, null, 0);
        var bucket = new ShardedBucket(rate, 1);
        Assert.True(bucket.TryDraw(5, 10 * Epoch, out _));
        var inCells = bucket.InCells(10 * Epoch);
        Assert.True(inCells > 0);
        Assert.Equal(inCells, bucket.Sweep((10 * Epoch) - 1));
        Assert.Equal(995, rate.Remaining(10 * Epoch));
    }

    [Fact]
    public void A_slice_that_a_late_thread_puts_in_place_of_a_newer_one_gives_it_back()
    {
        const long Epoch = 1L << 26;
        var rate = new RateBucket(1000, 60 * S, null, 0);
        var bucket = new ShardedBucket(rate, 1);
        Assert.True(bucket.TryDraw(5, 10 * Epoch, out _));
        Assert.True(bucket.TryDraw(5, (10 * Epoch) - 1, out _));
        Assert.Equal(990, rate.Remaining(10 * Epoch) + bucket.InCells((10 * Epoch) - 1));
    }

    [Fact]
    public void Slices_of_a_window_end_with_it()
    {
        var window = new WindowBucket(1000, WindowSchedule.Hourly(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, _clock.NowNs);
        var bucket = new ShardedBucket(window, 1);
        Assert.True(bucket.TryDraw(5, _clock.NowNs, out var draw));
        Assert.True(bucket.InCells(_clock.NowNs) > 0);
        Assert.Equal(window.WindowNumber(_clock.NowNs), draw.Token);
        _time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(0, bucket.InCells(_clock.NowNs));
        for (var i = 0; i < 1000; i++)
            Assert.True(bucket.TryDraw(1, _clock.NowNs, out draw), $"draw {i}");
        Assert.Equal(window.WindowNumber(_clock.NowNs), draw.Token);
        Assert.False(bucket.TryDraw(1, _clock.NowNs, out draw));
        Assert.Equal(TimeSpan.FromHours(1).Ticks * 100, draw.WaitNs);
    }

    [Fact]
    public void More_than_the_parent_can_hold_is_too_large()
    {
        var bucket = new ShardedBucket(new RateBucket(1000, 60 * S, null, 0));
        Assert.False(bucket.TryDraw(1001, 0, out var draw));
        Assert.Equal(DrawOutcome.TooLarge, draw.Outcome);
        Assert.Throws<ArgumentException>(() => new ShardedBucket(bucket));
    }

    [Fact]
    public void One_alone_is_refused_exactly_when_the_parent_and_all_cells_together_have_too_little()
    {
        var draws = Gen.ArrayOf(
            from pass in Gen.Frequency((5, Gen.Choose(0, 1000)), (1, Gen.Choose(0, 200_000_000)))
            from cost in Gen.Frequency((9, Gen.Choose(0, 9)), (1, Gen.Choose(0, 700)))
            select (pass, cost));
        Prop.ForAll(draws.ToArbitrary(), course =>
        {
            var bucket = new ShardedBucket(new RateBucket(600, 60 * S, null, 0), 8);
            long now = 0;
            long admitted = 0;
            foreach (var (pass, cost) in course)
            {
                now += pass;
                var remaining = bucket.Remaining(now);
                if (cost <= remaining && !bucket.TryDraw(cost, now, out _))
                    return false;
                admitted += cost <= remaining ? cost : 0;
                if (cost > remaining && bucket.TryDraw(cost, now, out _))
                    admitted += cost;
                if (admitted - 600 > now * 600 / (60 * S))
                    return false;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Within_any_span_a_rate_admits_little_more_than_its_burst_and_earnings()
    {
        const long Burst = 600;
        const long PerSecond = 1000;
        var random = new Random(3);
        for (var run = 0; run < 60; run++)
        {
            var bucket = new ShardedBucket(new RateBucket(PerSecond, S, Burst, 0), 1 << run % 4);
            var admitted = new List<(long At, long Cost)>();
            long now = 0;
            for (var i = 0; i < 600; i++)
            {
                now += random.Next(10) == 0 ? random.NextInt64(S) : random.NextInt64(S / 1000);
                long cost = random.Next(20) == 0 ? random.Next(600) : random.Next(9);
                if (bucket.TryDraw(cost, now, out _))
                    admitted.Add((now, cost));
            }

            for (var from = 0; from < admitted.Count; from++)
            {
                long sum = 0;
                for (var to = from; to < admitted.Count; to++)
                {
                    sum += admitted[to].Cost;
                    var max = Burst * 5 / 4 + 1 + (admitted[to].At - admitted[from].At + (1 << 26)) * PerSecond / S;
                    Assert.True(sum <= max, $"{sum} were admitted within a span, {max} may be");
                }
            }
        }
    }
}
