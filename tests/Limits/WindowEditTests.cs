namespace AiEdge.Limits.Tests;

/// <summary>A budget whose days begin elsewhere after an edit: what is used stays used, and no day comes twice.</summary>
public sealed class WindowEditTests
{
    private static readonly WindowSchedule Utc = WindowSchedule.Daily(TimeZoneInfo.Utc);
    private static readonly WindowSchedule East = WindowSchedule.Daily(Zone(9));
    private static readonly WindowSchedule West = WindowSchedule.Daily(Zone(-8));

    // Noon in UTC.
    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;

    public WindowEditTests() => _clock = new LimitClock(_time);

    private long Now => _clock.NowNs;

    [Fact]
    public void A_new_time_zone_keeps_what_is_used_and_the_day_ends_there()
    {
        var bucket = new WindowBucket(100, Utc, DebtPolicy.Carry, _clock, Now);
        Assert.True(bucket.TryDraw(80, Now, out var draw));
        bucket.Edit(120, East, DebtPolicy.Carry, Now);
        Assert.Equal(80, bucket.Used(Now));
        Assert.Equal(3 * 3600 * LimitClock.SecondNs, bucket.ResetNs(Now));
        Assert.Equal(SettleOutcome.Applied, bucket.Refund(30, draw.Token, Now));
        Assert.Equal(70, bucket.Remaining(Now));
        _time.Pass(TimeSpan.FromHours(3));
        Assert.True(bucket.TryDraw(120, Now, out _));
    }

    [Fact]
    public void A_day_that_has_begun_by_the_old_zone_stays_until_the_new_zone_ends_it()
    {
        _time.Pass(TimeSpan.FromHours(4));
        var bucket = new WindowBucket(100, East, DebtPolicy.Carry, _clock, Now);
        Assert.True(bucket.TryDraw(100, Now, out var draw));
        var number = bucket.WindowNumber(Now);
        bucket.Edit(100, West, DebtPolicy.Carry, Now);
        Assert.Equal(number, bucket.WindowNumber(Now));
        Assert.Equal(SettleOutcome.Applied, bucket.Settle(7, draw.Token, Now));
        Assert.Equal(107, bucket.Used(Now));
        _time.Pass(TimeSpan.FromHours(40) - TimeSpan.FromTicks(1));
        Assert.Equal(107, bucket.Used(Now));
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.Equal(7, bucket.Used(Now));
    }

    [Fact]
    public void A_draw_of_the_day_before_a_new_zone_counted_one_more_is_settled_whole()
    {
        _time.Pass(TimeSpan.FromHours(4));
        var bucket = new WindowBucket(100, West, DebtPolicy.Carry, _clock, Now);
        Assert.True(bucket.TryDraw(60, Now, out var draw));
        bucket.Edit(100, East, DebtPolicy.Carry, Now);
        Assert.True(bucket.WindowNumber(Now) > draw.Token);
        Assert.Equal(60, bucket.Used(Now));
        Assert.Equal(SettleOutcome.Applied, bucket.Refund(20, draw.Token, Now));
        Assert.Equal(SettleOutcome.Applied, bucket.Settle(5, draw.Token, Now));
        Assert.Equal(45, bucket.Used(Now));
        var later = bucket.Checkpoint(Now);
        var restored = new WindowBucket(100, East, DebtPolicy.Carry, new LimitClock(_time), 0, later);
        Assert.Equal(45, restored.Used(0));
    }

    [Fact]
    public void The_same_schedule_again_changes_nothing()
    {
        var bucket = new WindowBucket(100, East, DebtPolicy.Carry, _clock, Now);
        bucket.TryDraw(60, Now, out _);
        var (number, reset) = (bucket.WindowNumber(Now), bucket.ResetNs(Now));
        bucket.Edit(100, WindowSchedule.Daily(Zone(9)), DebtPolicy.Carry, Now);
        Assert.Equal((number, reset, 60), (bucket.WindowNumber(Now), bucket.ResetNs(Now), bucket.Used(Now)));
        Assert.Equal(East, WindowSchedule.Daily(Zone(9)));
        Assert.NotEqual(East, West);
        Assert.NotEqual(East, WindowSchedule.Monthly(Zone(9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.Edit(0, West, DebtPolicy.Carry, Now));
        Assert.Equal(reset, bucket.ResetNs(Now));
    }

    [Fact]
    public void However_zones_are_edited_each_number_gives_its_limit_once_and_a_day_at_most()
    {
        var random = new Random(17);
        var schedules = new[] { Utc, East, West };
        var bucket = new WindowBucket(100, Utc, DebtPolicy.Carry, _clock, Now);
        long admitted = 0;
        var last = long.MinValue;
        const int Steps = 3000;
        for (var i = 0; i < Steps; i++)
        {
            if (random.Next(3) == 0)
                bucket.Edit(100, schedules[random.Next(3)], DebtPolicy.Carry, Now);
            var used = bucket.Used(Now);
            if (bucket.TryDraw(random.Next(1, 60), Now, out _))
                admitted += bucket.Used(Now) - used;
            Assert.InRange(bucket.Used(Now), 0, 100);
            Assert.True(bucket.WindowNumber(Now) >= last, "a day came again");
            last = bucket.WindowNumber(Now);
            _time.Pass(TimeSpan.FromHours(random.Next(3)));
        }

        var days = _clock.NowNs / (86_400 * LimitClock.SecondNs);
        Assert.InRange(admitted, 1, 100 * (days + 2));
    }

    private static TimeZoneInfo Zone(int hours) => TimeZoneInfo.CreateCustomTimeZone("UTC" + hours, TimeSpan.FromHours(hours), null, null);
}
