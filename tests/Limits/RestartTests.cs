namespace AiEdge.Limits.Tests;

/// <summary>What a restart, a crash loop, a stopped process or a stepped clock grants beyond the limit: nothing.</summary>
public sealed class RestartTests
{
    private const long S = LimitClock.SecondNs;

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;

    public RestartTests() => _clock = new LimitClock(_time);

    private long Now => _clock.NowNs;

    [Fact]
    public void A_restored_rate_begins_without_its_burst_and_keeps_a_debt_that_is_larger()
    {
        var bucket = new RateBucket(10, S, 20, 0);
        bucket.Restore(new BucketCheckpoint(3, 0), 0);
        Assert.Equal(20, bucket.Used(0));
        bucket.Restore(new BucketCheckpoint(3, 0), 0);
        Assert.Equal(20, bucket.Used(0));
        Assert.True(bucket.TryDraw(10, S, out _));
        Assert.False(bucket.TryDraw(1, S, out _));
        bucket.Restore(new BucketCheckpoint(50, 0), S);
        Assert.Equal(50, bucket.Used(S));
    }

    [Fact]
    public void A_restored_window_counts_what_was_used_before_beside_what_is_used_already()
    {
        var bucket = Hourly(100);
        Assert.True(bucket.TryDraw(10, Now, out var draw));
        bucket.Restore(new BucketCheckpoint(60, bucket.WindowNumber(Now)), Now);
        Assert.Equal(70, bucket.Used(Now));
        bucket.Refund(10, draw.Token, Now);
        Assert.Equal(60, bucket.Used(Now));
    }

    [Theory]
    [InlineData(130, DebtPolicy.Carry, 30)]
    [InlineData(130, DebtPolicy.Forgive, 0)]
    [InlineData(70, DebtPolicy.Carry, 0)]
    public void Of_a_window_that_has_ended_the_debt_is_restored(long used, DebtPolicy debt, long left)
    {
        var bucket = Hourly(100, debt);
        bucket.Restore(new BucketCheckpoint(used, bucket.WindowNumber(Now) - 1), Now);
        Assert.Equal(left, bucket.Used(Now));
    }

    [Fact]
    public void A_restored_window_of_a_later_number_stays_until_it_ends_and_settles_what_was_drawn_before()
    {
        var bucket = Hourly(100);
        Assert.True(bucket.TryDraw(10, Now, out var draw));
        var number = bucket.WindowNumber(Now);
        bucket.Restore(new BucketCheckpoint(60, number + 3), Now);
        Assert.Equal(number + 3, bucket.WindowNumber(Now));
        Assert.Equal(70, bucket.Used(Now));
        Assert.Equal(SettleOutcome.Applied, bucket.Refund(10, draw.Token, Now));
        Assert.Equal(60, bucket.Used(Now));
        _time.Pass(TimeSpan.FromHours(4) - TimeSpan.FromTicks(1));
        Assert.Equal(60, bucket.Used(Now));
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.Equal(0, bucket.Used(Now));
    }

    [Fact]
    public void Cells_restore_the_bucket_that_their_slices_come_from()
    {
        var window = Hourly(1000);
        var bucket = new ShardedBucket(window, 4);
        bucket.Restore(new BucketCheckpoint(999, window.WindowNumber(Now)), Now);
        Assert.True(bucket.TryDraw(1, Now, out _));
        Assert.False(bucket.TryDraw(1, Now, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    public void A_crash_loop_gets_no_more_than_the_rate_and_the_window_allow(int livesMs)
    {
        // Each life draws all it can, from buckets made late in it, and leaves nothing but the ledger's account of the window.
        var past = default(BucketCheckpoint?);
        long requests = 0;
        var perWindow = new Dictionary<long, long>();
        for (var life = 0; life < 400; life++)
        {
            var clock = new LimitClock(_time);
            _time.Pass(TimeSpan.FromMilliseconds(livesMs));
            var rate = new RateBucket(100, S, 100, 0, used: 100);
            var window = new WindowBucket(40, WindowSchedule.Fixed(S), DebtPolicy.Carry, clock, clock.NowNs);
            if (past is { } before)
                window.Restore(before, clock.NowNs);
            while (rate.TryDraw(1, clock.NowNs, out _))
                requests++;
            while (window.TryDraw(1, clock.NowNs, out var draw))
                perWindow[draw.Token] = perWindow.GetValueOrDefault(draw.Token) + 1;
            past = window.Checkpoint(clock.NowNs);
        }

        Assert.InRange(requests, 0, 100L * livesMs * 400 / 1000);
        Assert.All(perWindow.Values, used => Assert.Equal(40, used));
        Assert.InRange(perWindow.Count, 1, livesMs * 400 / 1000 + 1);
    }

    [Fact]
    public void A_crash_loop_under_a_clock_that_is_put_back_and_forth_opens_no_window_twice()
    {
        var random = new Random(21);
        var past = default(BucketCheckpoint?);
        var perWindow = new Dictionary<long, long>();
        var last = long.MinValue;
        for (var life = 0; life < 1000; life++)
        {
            _time.StepWall(TimeSpan.FromHours(random.Next(-1, 2)));
            var clock = new LimitClock(_time);
            var window = new WindowBucket(40, WindowSchedule.Hourly(TimeZoneInfo.Utc), DebtPolicy.Carry, clock, clock.NowNs);
            if (past is { } before)
                window.Restore(before, clock.NowNs);
            if (window.TryDraw(random.Next(1, 41), clock.NowNs, out var draw))
                perWindow[draw.Token] = window.Used(clock.NowNs);
            _time.Pass(TimeSpan.FromMinutes(random.Next(40)));
            past = window.Checkpoint(clock.NowNs);
            Assert.True(past.Value.Window >= last, "a window came again");
            last = past.Value.Window;
        }

        Assert.All(perWindow.Values, used => Assert.InRange(used, 1, 40));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_clock_stepped_by_an_hour_grants_a_rate_nothing(int hours)
    {
        var bucket = new RateBucket(10, S, 10, Now);
        Assert.True(bucket.TryDraw(10, Now, out _));
        _time.StepWall(TimeSpan.FromHours(hours));
        _clock.Reanchor();
        Assert.False(bucket.TryDraw(1, Now, out _));
        bucket.Edit(10, S, 10, Now);
        Assert.False(bucket.TryDraw(1, Now, out _));
    }

    [Fact]
    public void A_clock_put_an_hour_on_ends_a_window_early_and_put_back_gives_it_no_second_time()
    {
        var bucket = Hourly(100);
        long admitted = 0;
        foreach (var hours in new[] { 0, 1, -1, 1, -1, 1, -1 })
        {
            _time.StepWall(TimeSpan.FromHours(hours));
            _clock.Reanchor();
            bucket.Edit(100, DebtPolicy.Carry, Now);
            for (; bucket.TryDraw(1, Now, out _); admitted++)
                ;
        }

        // The present hour and the one that was begun too early; the clock comes back and forth over them for nothing.
        Assert.Equal(200, admitted);
        _time.Pass(TimeSpan.FromHours(1));
        Assert.False(bucket.TryDraw(1, Now, out _));
        _time.Pass(TimeSpan.FromHours(1));
        Assert.True(bucket.TryDraw(100, Now, out _));
    }

    [Fact]
    public void A_process_that_was_stopped_for_thirty_seconds_gets_one_burst_and_one_window_however_many_have_gone_by()
    {
        var rate = new RateBucket(10, S, 15, Now);
        var cells = new ShardedBucket(new RateBucket(10, S, 15, Now), 4);
        var window = new WindowBucket(10, WindowSchedule.Fixed(S), DebtPolicy.Carry, _clock, Now);
        foreach (var bucket in new LimitBucket[] { rate, cells, window })
        {
            Assert.Equal(bucket.Capacity, DrawAll(bucket));
            var early = Now;
            _time.Pass(TimeSpan.FromSeconds(30));
            Assert.Equal(bucket.Capacity, DrawAll(bucket));

            // A thread that was stopped with a reading of the clock in its hand.
            Assert.False(bucket.TryDraw(1, early, out _));
            Assert.False(bucket.TryDraw(1, Now, out _));
        }
    }

    private long DrawAll(LimitBucket bucket)
    {
        long sum = 0;
        for (; bucket.TryDraw(1, Now, out _); sum++)
            ;
        return sum;
    }

    private WindowBucket Hourly(long limit, DebtPolicy debt = DebtPolicy.Carry) =>
        new(limit, WindowSchedule.Hourly(TimeZoneInfo.Utc), debt, _clock, Now);
}
