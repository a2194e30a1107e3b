namespace AiEdge.Limits.Tests;

public sealed class RateBucketTests
{
    private const long S = LimitClock.SecondNs;
    private const long Minute = 60 * S;

    [Theory]
    [InlineData(7)]
    [InlineData(600)]
    [InlineData(601)]
    [InlineData(199_999)]
    public void A_full_bucket_gives_exactly_its_burst_at_once_at_any_limit(long limit)
    {
        var bucket = new RateBucket(limit, Minute, null, 0);
        for (var i = 0; i < limit; i++)
            Assert.True(bucket.TryDraw(1, 0, out _), $"draw {i} of {limit}");
        Assert.False(bucket.TryDraw(1, 0, out var draw));
        Assert.Equal(DrawOutcome.RateRefused, draw.Outcome);
        Assert.Equal((Minute + limit - 1) / limit, draw.WaitNs);
    }

    [Theory]
    [InlineData(100, S, 100)]
    [InlineData(600, Minute, 600)]
    [InlineData(3600, 3600 * S, 60)]
    [InlineData(5, 3600 * S, 1)]
    public void The_burst_is_what_the_limit_gives_in_the_period_or_a_minute(long limit, long periodNs, long burst)
    {
        Assert.Equal(burst, RateBucket.DefaultBurst(limit, periodNs));
        Assert.Equal(burst, new RateBucket(limit, periodNs, null, 0).Capacity);
    }

    [Fact]
    public void One_that_starts_without_burst_gives_only_what_it_earns()
    {
        var bucket = new RateBucket(10, S, null, 1000, used: 10);
        Assert.False(bucket.TryDraw(1, 1000, out var draw));
        Assert.Equal(S / 10, draw.WaitNs);
        Assert.False(bucket.TryDraw(1, 1000 + S / 10 - 1, out _));
        Assert.True(bucket.TryDraw(1, 1000 + S / 10, out _));
        Assert.False(bucket.TryDraw(1, 1000 + S / 10, out _));
    }

    [Fact]
    public void More_than_the_burst_is_too_large_and_never_a_wait()
    {
        var bucket = new RateBucket(10, S, 5, 0);
        Assert.False(bucket.TryDraw(6, 0, out var draw));
        Assert.Equal(DrawOutcome.TooLarge, draw.Outcome);
        Assert.Equal(0, draw.WaitNs);
        Assert.True(bucket.TryDraw(5, 0, out _));
        Assert.False(bucket.TryDraw(long.MaxValue, 0, out draw));
        Assert.Equal(DrawOutcome.TooLarge, draw.Outcome);
    }

    [Fact]
    public void Debt_is_paid_by_the_rate_before_anything_is_given()
    {
        var bucket = new RateBucket(10, S, null, 0);
        Assert.True(bucket.TryDraw(10, 0, out var draw));
        bucket.Settle(20, draw.Token, 0);
        Assert.Equal(30, bucket.Used(0));
        Assert.Equal(0, bucket.Remaining(0));
        Assert.False(bucket.TryDraw(1, 2 * S, out draw));
        Assert.Equal(S / 10, draw.WaitNs);
        Assert.True(bucket.TryDraw(1, 2 * S + S / 10, out _));
        Assert.Equal((30 + 1) * S / 10 - (2 * S + S / 10), bucket.ResetNs(2 * S + S / 10));
    }

    [Fact]
    public void A_refund_restores_what_was_drawn_and_never_more_than_the_burst()
    {
        var bucket = new RateBucket(10, S, null, 0);
        Assert.True(bucket.TryDraw(8, 0, out var draw));
        bucket.Refund(8, draw.Token, 0);
        Assert.Equal(10, bucket.Remaining(0));
        Assert.True(bucket.TryDraw(10, 0, out draw));
        bucket.Refund(10, draw.Token, 5 * S);
        Assert.Equal(10, bucket.Remaining(5 * S));
        Assert.True(bucket.TryDraw(10, 5 * S, out _));
        Assert.False(bucket.TryDraw(1, 5 * S, out _));
    }

    [Fact]
    public void A_refund_of_what_was_drawn_before_the_bucket_was_full_again_adds_nothing_to_a_later_burst()
    {
        var bucket = new RateBucket(10, S, null, 0);
        Assert.True(bucket.TryDraw(8, 0, out var early));
        Assert.True(bucket.TryDraw(10, 5 * S, out var draw));
        bucket.Refund(8, early.Token, 5 * S);
        Assert.False(bucket.TryDraw(1, 5 * S, out _));
        bucket.Refund(3, draw.Token, 5 * S);
        Assert.True(bucket.TryDraw(3, 5 * S, out _));
        Assert.False(bucket.TryDraw(1, 5 * S, out _));
    }

    [Fact]
    public void An_edit_keeps_what_is_used_in_units()
    {
        var bucket = new RateBucket(100, Minute, null, 0);
        Assert.True(bucket.TryDraw(60, 0, out _));
        bucket.Edit(200, Minute, null, 0);
        Assert.Equal(60, bucket.Used(0));
        Assert.Equal(140, bucket.Remaining(0));
        bucket.Edit(50, Minute, null, 0);
        Assert.Equal(60, bucket.Used(0));
        Assert.False(bucket.TryDraw(1, 0, out var draw));
        Assert.Equal(Minute * 11 / 50, draw.WaitNs);
        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.Edit(0, Minute, null, 0));
        Assert.Equal(50, bucket.Limit);
    }

    [Fact]
    public void An_old_reading_of_the_clock_gives_nothing_extra()
    {
        var bucket = new RateBucket(10, S, null, 0);
        Assert.True(bucket.TryDraw(10, 5 * S, out _));
        Assert.False(bucket.TryDraw(1, 4 * S, out _));
        Assert.False(bucket.TryDraw(1, 5 * S, out _));
    }

    [Fact]
    public void A_pause_of_thirty_seconds_gives_one_burst_and_no_more()
    {
        var bucket = new RateBucket(10, S, null, 0);
        Assert.True(bucket.TryDraw(10, 0, out _));
        Assert.True(bucket.TryDraw(10, 30 * S, out _));
        Assert.False(bucket.TryDraw(1, 30 * S, out _));
    }

    [Fact]
    public void Successive_refusals_get_successive_slots()
    {
        var bucket = new RateBucket(10, S, null, 0, used: 10);
        for (var i = 1; i <= 8; i++)
        {
            Assert.False(bucket.TryDraw(1, 0, out var draw));
            Assert.Equal(i * S / 10, draw.WaitNs);
        }
    }

    [Fact]
    public void Slots_whose_time_has_come_are_forgotten_and_waits_do_not_grow_without_bound()
    {
        var bucket = new RateBucket(10, S, null, 0, used: 10);
        for (var i = 0; i < 5; i++)
            bucket.TryDraw(1, 0, out _);
        Assert.True(bucket.TryDraw(6, 6 * S / 10, out _));
        Assert.False(bucket.TryDraw(1, 6 * S / 10, out var draw));
        Assert.Equal(S / 10, draw.WaitNs);
        long longest = 0;
        for (var i = 0; i < 10_000; i++)
        {
            bucket.TryDraw(1, 6 * S / 10, out draw);
            longest = Math.Max(longest, draw.WaitNs);
        }

        // 60 s of the rate, and the one slot that begins at their end.
        Assert.InRange(longest, 30 * S, 61 * S);
    }

    [Theory]
    [InlineData(0, S, 1L)]
    [InlineData(1, 0, 1L)]
    [InlineData(2 * S, S, 1L)]
    [InlineData(1, RateBucket.PeriodNsMax + 1, 1L)]
    [InlineData(1, S, 0L)]
    public void Figures_out_of_bounds_are_told(long limit, long periodNs, long burst) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateBucket(limit, periodNs, burst, 0));

    [Fact]
    public void One_unit_a_nanosecond_is_exact_for_decades()
    {
        var bucket = new RateBucket(Minute, Minute, 1000, 0);
        var now = 40L * 365 * 86_400 * S + 17;
        Assert.True(bucket.TryDraw(1000, now, out _));
        Assert.False(bucket.TryDraw(1, now, out var draw));
        Assert.Equal(1, draw.WaitNs);
        Assert.True(bucket.TryDraw(7, now + 7, out _));
        Assert.False(bucket.TryDraw(1, now + 7, out _));
    }

    [Fact]
    public void What_is_earned_is_the_whole_part_of_the_quotient_at_any_rate_and_time()
    {
        var random = new Random(20261129);
        for (var i = 0; i < 200_000; i++)
        {
            // Sizes of all orders, and ratios at both ends: one unit a nanosecond, and one in a month.
            var periodNs = 1 + random.NextInt64(1L << random.Next(1, 52)) % RateBucket.PeriodNsMax;
            var limit = random.Next(4) == 0 ? Math.Max(1, periodNs - random.Next(3)) : 1 + random.NextInt64(1L << random.Next(1, 52)) % periodNs;
            var elapsedNs = random.NextInt64(1L << random.Next(1, 62));
            // Close to a unit's end, where rounding shows.
            if (random.Next(2) == 0)
                elapsedNs = (long)Int128.Min(long.MaxValue / 2, (((Int128)elapsedNs * limit / periodNs * periodNs) + limit - 1) / limit) - random.Next(2);
            var earned = (Int128)Math.Max(0, elapsedNs) * limit / periodNs;
            var bucket = new RateBucket(limit, periodNs, 1, nowNs: 0, used: LimitBucket.AmountMax);

            Assert.Equal((long)Int128.Max(0, LimitBucket.AmountMax - earned), bucket.Used(elapsedNs));
        }
    }

    [Fact]
    public void The_checkpoint_says_what_is_used()
    {
        var bucket = new RateBucket(10, S, null, 0);
        bucket.TryDraw(4, 0, out _);
        Assert.Equal(new BucketCheckpoint(4, 0), bucket.Checkpoint(0));
        Assert.Equal(new BucketCheckpoint(2, 0), bucket.Checkpoint(S / 5));
    }
}
