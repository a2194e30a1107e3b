namespace AiEdge.Limits.Tests;

public sealed class WindowBucketTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;

    public WindowBucketTests() => _clock = new LimitClock(_time);

    private long Now => _clock.NowNs;

    [Fact]
    public void A_window_gives_its_limit_once_and_the_wait_is_to_its_end()
    {
        var bucket = Hourly(100);
        Assert.True(bucket.TryDraw(60, Now, out _));
        _time.Pass(TimeSpan.FromMinutes(20));
        Assert.True(bucket.TryDraw(40, Now, out _));
        Assert.False(bucket.TryDraw(1, Now, out var draw));
        Assert.Equal(DrawOutcome.WindowRefused, draw.Outcome);
        Assert.Equal(TimeSpan.FromMinutes(40).Ticks * 100, draw.WaitNs);
        _time.Pass(TimeSpan.FromMinutes(40));
        Assert.True(bucket.TryDraw(100, Now, out _));
        Assert.False(bucket.TryDraw(1, Now, out _));
    }

    [Fact]
    public void More_than_the_limit_is_too_large()
    {
        Assert.False(Hourly(100).TryDraw(101, Now, out var draw));
        Assert.Equal(DrawOutcome.TooLarge, draw.Outcome);
    }

    [Fact]
    public void A_monthly_budget_of_millions_is_exact_to_the_nanodollar()
    {
        const long Budget = 5_000_000L * 1_000_000_000;
        var bucket = new WindowBucket(Budget, WindowSchedule.Monthly(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, Now);
        Assert.True(bucket.TryDraw(Budget - 1, Now, out _));
        Assert.Equal(1, bucket.Remaining(Now));
        Assert.False(bucket.TryDraw(2, Now, out _));
        Assert.True(bucket.TryDraw(1, Now, out _));
        Assert.False(bucket.TryDraw(1, Now, out _));
    }

    [Fact]
    public void Credit_given_back_in_its_window_can_be_drawn_again_and_in_a_later_one_not()
    {
        var bucket = Hourly(100);
        Assert.True(bucket.TryDraw(100, Now, out var draw));
        Assert.Equal(SettleOutcome.Applied, bucket.Refund(30, draw.Token, Now));
        Assert.Equal(30, bucket.Remaining(Now));
        _time.Pass(Hour);
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Refund(30, draw.Token, Now));
        Assert.Equal(100, bucket.Remaining(Now));
        _time.Pass(Hour * 3);
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Refund(30, draw.Token, Now));
        Assert.Equal(0, bucket.Used(Now));
    }

    [Theory]
    [InlineData(DebtPolicy.Carry, 150)]
    [InlineData(DebtPolicy.Forgive, 0)]
    public void Debt_is_carried_or_forgiven_when_the_window_ends(DebtPolicy debt, long carried)
    {
        var bucket = Hourly(200, debt);
        Assert.True(bucket.TryDraw(200, Now, out var draw));
        Assert.Equal(SettleOutcome.Applied, bucket.Settle(150, draw.Token, Now));
        Assert.Equal(350, bucket.Used(Now));
        _time.Pass(Hour);
        Assert.Equal(carried, bucket.Used(Now));
        _time.Pass(Hour);
        Assert.Equal(0, bucket.Used(Now));
    }

    [Fact]
    public void The_wait_of_one_in_debt_is_to_the_window_that_has_room_again()
    {
        var bucket = Hourly(100);
        Assert.True(bucket.TryDraw(100, Now, out var draw));
        bucket.Settle(250, draw.Token, Now);
        Assert.False(bucket.TryDraw(40, Now, out draw));
        Assert.Equal(3 * Hour.Ticks * 100, draw.WaitNs);
        Assert.False(bucket.TryDraw(60, Now, out draw));
        Assert.Equal(4 * Hour.Ticks * 100, draw.WaitNs);
        _time.Pass(Hour * 3 - TimeSpan.FromTicks(1));
        Assert.False(bucket.TryDraw(40, Now, out _));
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.False(bucket.TryDraw(60, Now, out _));
        Assert.True(bucket.TryDraw(40, Now, out _));
    }

    [Fact]
    public void A_late_charge_to_the_window_before_becomes_debt_only_beyond_its_limit()
    {
        var bucket = Hourly(100);
        Assert.True(bucket.TryDraw(70, Now, out var draw));
        _time.Pass(Hour);
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Settle(20, draw.Token, Now));
        Assert.Equal(0, bucket.Used(Now));
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Settle(50, draw.Token, Now));
        Assert.Equal(40, bucket.Used(Now));
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Settle(-60, draw.Token, Now));
        Assert.Equal(0, bucket.Used(Now));
    }

    [Fact]
    public void A_late_charge_to_a_window_long_gone_is_debt_whole_or_forgiven()
    {
        foreach (var debt in new[] { DebtPolicy.Carry, DebtPolicy.Forgive })
        {
            var bucket = Hourly(100, debt);
            Assert.True(bucket.TryDraw(10, Now, out var draw));
            _time.Pass(Hour);
            Assert.Equal(0, bucket.Used(Now));
            _time.Pass(Hour);
            Assert.Equal(SettleOutcome.WindowClosed, bucket.Settle(30, draw.Token, Now));
            Assert.Equal(debt == DebtPolicy.Carry ? 30 : 0, bucket.Used(Now));
        }
    }

    [Fact]
    public void A_step_of_the_wall_clock_without_a_reload_changes_nothing()
    {
        var bucket = Hourly(100);
        bucket.TryDraw(100, Now, out _);
        foreach (var hours in new[] { 1, -2, 3 })
        {
            _time.StepWall(TimeSpan.FromHours(hours));
            Assert.False(bucket.TryDraw(1, Now, out var draw));
            Assert.Equal(Hour.Ticks * 100, draw.WaitNs);
        }
    }

    [Fact]
    public void A_clock_put_back_before_a_reload_lengthens_the_window_and_opens_none_twice()
    {
        var bucket = Hourly(100);
        bucket.TryDraw(100, Now, out _);
        var number = bucket.WindowNumber(Now);
        _time.StepWall(-Hour);
        _clock.Reanchor();
        bucket.Edit(100, DebtPolicy.Carry, Now);
        Assert.False(bucket.TryDraw(1, Now, out var draw));
        Assert.Equal(2 * Hour.Ticks * 100, draw.WaitNs);
        _time.Pass(2 * Hour - TimeSpan.FromTicks(1));
        Assert.False(bucket.TryDraw(1, Now, out _));
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.True(bucket.TryDraw(100, Now, out _));
        Assert.Equal(number + 1, bucket.WindowNumber(Now));
    }

    [Fact]
    public void A_clock_put_back_without_an_edit_lengthens_the_window_when_its_end_comes()
    {
        var bucket = Hourly(100);
        bucket.TryDraw(100, Now, out _);
        _time.StepWall(-Hour);
        _clock.Reanchor();
        _time.Pass(Hour);
        Assert.False(bucket.TryDraw(1, Now, out var draw));
        Assert.Equal(Hour.Ticks * 100, draw.WaitNs);
    }

    [Fact]
    public void Each_window_gives_its_limit_once_however_the_clock_is_put()
    {
        var random = new Random(7);
        var bucket = Hourly(100);
        var given = new Dictionary<long, long>();
        var last = long.MinValue;
        for (var i = 0; i < 2000; i++)
        {
            _time.StepWall(TimeSpan.FromHours(random.Next(-1, 2)));
            if (random.Next(2) == 0)
                _clock.Reanchor();
            if (random.Next(2) == 0)
                bucket.Edit(100, DebtPolicy.Carry, Now);
            _time.Pass(TimeSpan.FromMinutes(random.Next(30)));
            if (random.Next(20) == 0)
                bucket = new WindowBucket(100, WindowSchedule.Hourly(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, Now, bucket.Checkpoint(Now));
            if (bucket.TryDraw(random.Next(1, 60), Now, out var draw))
                given[draw.Token] = given.GetValueOrDefault(draw.Token) + bucket.Used(Now) - given.GetValueOrDefault(draw.Token);
            Assert.True(bucket.WindowNumber(Now) >= last, "a window came again");
            last = bucket.WindowNumber(Now);
        }

        Assert.All(given.Values, used => Assert.InRange(used, 1, 100));
        Assert.True(given.Count > 20, "the test saw few windows");
    }

    [Fact]
    public void A_restart_continues_the_window_and_a_wrong_clock_reopens_none()
    {
        var bucket = Hourly(100);
        bucket.TryDraw(80, Now, out _);
        var checkpoint = bucket.Checkpoint(Now);
        Assert.Equal(20, Restored(checkpoint).Remaining(Now));

        _time.StepWall(-3 * Hour);
        var late = Restored(checkpoint);
        Assert.Equal(20, late.Remaining(Now));
        Assert.Equal(checkpoint.Window, late.WindowNumber(Now));
        Assert.True(late.ResetNs(Now) > 3 * Hour.Ticks * 100);

        _time.StepWall(4 * Hour);
        Assert.Equal(100, Restored(checkpoint).Remaining(Now));
        Assert.Equal(70, Restored(checkpoint with { Used = 130 }).Remaining(Now));

        WindowBucket Restored(BucketCheckpoint past) =>
            new(100, WindowSchedule.Hourly(TimeZoneInfo.Utc), DebtPolicy.Carry, new LimitClock(_time), 0, past);
    }

    [Fact]
    public void An_edit_keeps_what_is_used()
    {
        var bucket = Hourly(100);
        bucket.TryDraw(80, Now, out _);
        bucket.Edit(200, DebtPolicy.Carry, Now);
        Assert.Equal(120, bucket.Remaining(Now));
        bucket.Edit(50, DebtPolicy.Forgive, Now);
        Assert.Equal(0, bucket.Remaining(Now));
        Assert.Equal(80, bucket.Used(Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.Edit(0, DebtPolicy.Carry, Now));
    }

    [Fact]
    public void A_budget_of_a_day_gives_one_limit_on_a_long_day()
    {
        var time = new FakeTime(DateTimeOffset.Parse("2026-10-24T22:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
        var clock = new LimitClock(time);
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var bucket = new WindowBucket(24, WindowSchedule.Daily(zone), DebtPolicy.Carry, clock, clock.NowNs);
        var admitted = 0;
        for (var minute = 0; minute < 25 * 60; minute++)
        {
            admitted += bucket.TryDraw(1, clock.NowNs, out _) ? 1 : 0;
            time.Pass(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(24, admitted);
        Assert.True(bucket.TryDraw(24, clock.NowNs, out _));
    }

    private WindowBucket Hourly(long limit, DebtPolicy debt = DebtPolicy.Carry) =>
        new(limit, WindowSchedule.Hourly(TimeZoneInfo.Utc), debt, _clock, Now);
}
