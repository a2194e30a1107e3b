namespace AiEdge.Limits.Tests;

public sealed class ReservationTests
{
    private const long S = LimitClock.SecondNs;

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;
    private readonly ReservationTable _table = new(4);
    private readonly RateBucket _rate = new(100, 60 * S, null, 0);
    private readonly WindowBucket _window;

    public ReservationTests()
    {
        _clock = new LimitClock(_time);
        _window = new WindowBucket(1000, WindowSchedule.Hourly(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, _clock.NowNs);
    }

    [Fact]
    public void Settling_makes_of_what_was_held_what_was_used()
    {
        Assert.True(_table.TryOpen(S, out var handle));
        Assert.True(handle.TryDraw(_rate, 30, 0, S, out _));
        Assert.True(handle.TryDraw(_rate, 20, 0, S, out _));
        Assert.True(handle.TryDraw(_window, 500, 0, S, out _));
        Assert.Equal(50, handle.Held(_rate));
        Assert.True(handle.TryBeginSettle());
        Assert.Equal(SettleOutcome.Applied, handle.Charge(_rate, 42, 0));
        Assert.Equal(SettleOutcome.Applied, handle.Charge(_window, 700, 0));
        handle.EndSettle(0);
        Assert.Equal(42, _rate.Used(0));
        Assert.Equal(700, _window.Used(0));
        Assert.False(handle.TryBeginSettle());
        Assert.Equal(0, _table.Count);
        Assert.Equal(0, _table.Expired);
    }

    [Fact]
    public void What_is_not_charged_goes_back()
    {
        _table.TryOpen(S, out var handle);
        handle.TryDraw(_rate, 30, 0, S, out _);
        Assert.True(handle.TryBeginSettle());
        handle.EndSettle(0);
        Assert.Equal(0, _rate.Used(0));
    }

    [Fact]
    public void One_that_never_settles_returns_by_itself_and_is_counted()
    {
        _table.TryOpen(S, out var handle);
        handle.TryDraw(_window, 300, 0, S, out _);
        Assert.Equal(0, _table.Expire(S - 1_000_000));
        Assert.Equal(1, _table.Expire(S));
        Assert.Equal(0, _table.Expire(S));
        Assert.Equal(1, _table.Expired);
        Assert.Equal(0, _window.Used(0));
        Assert.False(handle.TryBeginSettle());
        Assert.False(handle.TryDraw(_window, 10, 0, 9 * S, out var draw));
        Assert.True(draw.IsDrawn);
        Assert.Equal(0, _window.Used(0));
    }

    [Fact]
    public void Each_draw_renews_the_deadline()
    {
        _table.TryOpen(S, out var handle);
        for (var i = 1; i < 10; i++)
        {
            Assert.True(handle.TryDraw(_window, 10, 0, (i + 1) * S, out _));
            Assert.Equal(0, _table.Expire(i * S));
        }

        Assert.Equal(1, _table.Expire(10 * S));
    }

    [Fact]
    public void One_that_is_being_settled_does_not_expire()
    {
        _table.TryOpen(S, out var handle);
        handle.TryDraw(_window, 10, 0, S, out _);
        Assert.True(handle.TryBeginSettle());
        Assert.Equal(0, _table.Expire(100 * S));
        handle.Charge(_window, 10, 0);
        handle.EndSettle(0);
        Assert.Equal(10, _window.Used(0));
    }

    [Fact]
    public void The_table_is_bounded_and_its_places_come_back()
    {
        var handles = new ReservationHandle[4];
        for (var i = 0; i < 4; i++)
            Assert.True(_table.TryOpen(S, out handles[i]));
        Assert.False(_table.TryOpen(S, out _));
        Assert.Equal(4, _table.Count);
        Assert.True(handles[2].TryBeginSettle());
        handles[2].EndSettle(0);
        Assert.True(_table.TryOpen(S, out var again));
        Assert.False(handles[2].TryAdd(_rate, 5, 0, S));
        Assert.True(again.TryAdd(_rate, 5, 0, S));
        Assert.False(_table.TryOpen(S, out _));
    }

    [Fact]
    public void Credit_of_two_windows_goes_back_to_each()
    {
        _table.TryOpen(S, out var handle);
        handle.TryDraw(_window, 100, _clock.NowNs, S, out _);
        _time.Pass(TimeSpan.FromHours(1));
        handle.TryDraw(_window, 100, _clock.NowNs, S, out _);
        Assert.True(handle.TryBeginSettle());
        Assert.Equal(SettleOutcome.WindowClosed, handle.Charge(_window, 60, _clock.NowNs));
        handle.EndSettle(_clock.NowNs);
        Assert.Equal(0, _window.Used(_clock.NowNs));
    }

    [Fact]
    public void A_second_charge_of_a_bucket_adds_to_the_first()
    {
        _table.TryOpen(S, out var handle);
        handle.TryDraw(_window, 100, 0, S, out _);
        Assert.True(handle.TryBeginSettle());
        handle.Charge(_window, 60, 0);
        handle.Charge(_window, 30, 0);
        handle.EndSettle(0);
        Assert.Equal(90, _window.Used(0));
    }

    [Fact]
    public void A_long_stream_draws_a_thousand_times_and_settles_to_the_unit()
    {
        var rate = new RateBucket(60_000, 60 * S, null, 0);
        var cells = new ShardedBucket(new RateBucket(60_000, 60 * S, null, 0));
        _table.TryOpen(S, out var handle);
        for (var i = 0; i < 1000; i++)
        {
            _time.Pass(TimeSpan.FromMilliseconds(50));
            var now = _clock.NowNs;
            foreach (var bucket in new LimitBucket[] { rate, cells, _window })
                Assert.True(handle.TryDraw(bucket, bucket == _window ? 1 : 64, now, now + S, out _));
        }

        Assert.Equal(64_000, handle.Held(rate));
        Assert.True(handle.TryBeginSettle());
        handle.Charge(rate, 63_990, _clock.NowNs);
        handle.Charge(cells, 63_990, _clock.NowNs);
        handle.Charge(_window, 900, _clock.NowNs);
        handle.EndSettle(_clock.NowNs);

        // The first draw found the bucket full, 50 ms after its beginning.
        Assert.Equal(63_990 - 50_000 + 50, rate.Used(_clock.NowNs));
        Assert.Equal(63_990 - 50_000 + 50, cells.Used(_clock.NowNs));
        Assert.Equal(900, _window.Used(_clock.NowNs));
    }

    [Fact]
    public void A_reservation_holds_credit_of_sixty_four_buckets_and_refuses_one_more()
    {
        _table.TryOpen(S, out var handle);
        var buckets = Enumerable.Range(0, 64).Select(_ => new RateBucket(10, S, null, 0)).ToArray();
        foreach (var bucket in buckets)
        {
            bucket.TryDraw(3, 0, out var draw);
            Assert.True(handle.TryAdd(bucket, 3, draw.Token, S));
        }

        Assert.False(handle.TryAdd(_rate, 1, 0, S));
        Assert.Equal(0, handle.Held(_rate));
        Assert.True(handle.TryBeginSettle());
        foreach (var bucket in buckets[32..])
            handle.Charge(bucket, 2, 0);
        handle.EndSettle(0);
        Assert.All(buckets[..32], bucket => Assert.Equal(0, bucket.Used(0)));
        Assert.All(buckets[32..], bucket => Assert.Equal(2, bucket.Used(0)));
    }

    [Fact]
    public void Credit_of_three_windows_is_charged_to_the_last_and_refunded_from_the_last_back()
    {
        _table.TryOpen(S, out var handle);
        for (var i = 0; i < 3; i++)
        {
            handle.TryDraw(_window, 100, _clock.NowNs, S, out _);
            _time.Pass(TimeSpan.FromMinutes(i == 2 ? 0 : 60));
        }

        Assert.Equal(300, handle.Held(_window));
        Assert.True(handle.TryBeginSettle());
        Assert.Equal(SettleOutcome.Applied, handle.Charge(_window, 250, _clock.NowNs));
        handle.EndSettle(_clock.NowNs);
        Assert.Equal(50, _window.Used(_clock.NowNs));
    }

    [Fact]
    public void An_empty_handle_does_nothing()
    {
        var none = default(ReservationHandle);
        Assert.False(none.TryAdd(_rate, 1, 0, S));
        Assert.False(none.TryBeginSettle());
        Assert.Equal(0, none.Held(_rate));
    }

    [Fact]
    public void A_part_goes_back_before_the_end_and_the_rest_is_settled()
    {
        _table.TryOpen(S, out var handle);
        Assert.True(handle.TryDraw(_window, 40, 0, S, out _));
        Assert.Equal(30, handle.Return(_window, 30, 0));
        Assert.Equal((10, 10), (handle.Held(_window), _window.Used(0)));
        Assert.Equal(10, handle.Return(_window, 99, 0));
        Assert.Equal(0, handle.Return(_rate, 5, 0));
        Assert.True(handle.TryBeginSettle());
        handle.Charge(_window, 7, 0);
        handle.EndSettle(0);
        Assert.Equal((7, 0), (_window.Used(0), handle.Return(_window, 1, 0)));
    }
}
