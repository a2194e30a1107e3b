namespace AiEdge.Limits.Tests;

/// <summary>What is guaranteed is there when it is asked for, what is not used is lent, and all together never get more than the limit.</summary>
public sealed class SharedBucketTests
{
    private const long S = LimitClock.SecondNs;
    private const string Unfair = "a share was refused what it is guaranteed";
    private const string TooMuch = "more than the bound was drawn";

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;

    public SharedBucketTests() => _clock = new LimitClock(_time);

    [Fact]
    public void A_share_gets_its_part_at_once_whatever_another_has_taken()
    {
        var bucket = SharedBucket.OfRate(1600, S, 1600, [80, 20], 0);
        var (prod, dev) = (bucket.Of(0), bucket.Of(1));
        Assert.Equal(300, dev.ForecastNs(0, 300, 0) + 300);
        Assert.Equal(1300, DrawAll(prod, 0));
        Assert.Equal(0, DrawAll(bucket.Common, 0));
        Assert.Equal(300, DrawAll(dev, 0));
        Assert.Equal(0, bucket.Parent.Remaining(0));
    }

    [Fact]
    public void One_share_alone_gets_the_whole_rate_in_the_long_run()
    {
        foreach (var share in new[] { 0, 1, 2 })
        {
            var bucket = SharedBucket.OfRate(1000, S, 1000, [80, 20], 0, used: 1000);
            long sum = 0;
            for (var now = 0L; now < 100 * S; now += S / 50)
                sum += DrawAll(share < 2 ? bucket.Of(share) : bucket.Common, now);
            Assert.InRange(sum, 97_000, 100_000);
        }
    }

    [Fact]
    public void A_refund_fills_the_own_part_and_a_wait_is_the_sooner_of_own_and_borrowed()
    {
        var bucket = SharedBucket.OfRate(160, S, 160, [50, 50], 0, used: 160);
        var one = bucket.Of(0);
        Assert.False(one.TryDraw(8, 0, out var draw));
        Assert.Equal(DrawOutcome.RateRefused, draw.Outcome);
        Assert.False(one.TryDraw(8, draw.WaitNs - 1, out _));
        Assert.True(one.TryDraw(8, draw.WaitNs, out var drawn));
        one.Refund(5, drawn.Token, draw.WaitNs);
        Assert.True(one.TryDraw(5, draw.WaitNs, out _));
        Assert.False(one.TryDraw(1, draw.WaitNs, out _));
        Assert.False(one.TryDraw(100, draw.WaitNs, out draw));
        Assert.Equal(DrawOutcome.TooLarge, draw.Outcome);
    }

    [Fact]
    public void Debt_of_one_share_leaves_the_other_its_part()
    {
        var bucket = SharedBucket.OfRate(160, S, 160, [50, 50], 0);
        Assert.True(bucket.Of(0).TryDraw(80, 0, out var draw));
        bucket.Of(0).Settle(500, draw.Token, 0);
        Assert.True(bucket.Of(1).TryDraw(75, 0, out _));
        Assert.False(bucket.Of(1).TryDraw(1, 0, out _));
        Assert.False(bucket.Of(0).TryDraw(1, 2 * S, out _));
        Assert.True(bucket.Of(1).TryDraw(75, 2 * S, out _));
    }

    [Fact]
    public void A_window_lends_what_nobody_is_guaranteed_and_goes_on_after_a_restart()
    {
        var bucket = SharedBucket.OfWindow(1000, WindowSchedule.Daily(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, [60, 30], _clock.NowNs);
        Assert.Equal(700, DrawAll(bucket.Of(0), _clock.NowNs));
        Assert.Equal(0, DrawAll(bucket.Common, _clock.NowNs));
        Assert.True(bucket.Of(1).TryDraw(100, _clock.NowNs, out var draw));
        var again = SharedBucket.OfWindow(1000, WindowSchedule.Daily(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, [60, 30], _clock.NowNs);
        again.Of(0).Restore(new BucketCheckpoint(700, draw.Token), _clock.NowNs);
        again.Of(1).Restore(new BucketCheckpoint(100, draw.Token), _clock.NowNs);
        Assert.Equal(200, DrawAll(again.Of(1), _clock.NowNs));
        Assert.Equal(0, DrawAll(again.Of(0), _clock.NowNs));
        _time.Pass(TimeSpan.FromDays(1));
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Of(1).Refund(50, draw.Token, _clock.NowNs));
        Assert.Equal(700, DrawAll(bucket.Of(0), _clock.NowNs));
        Assert.Equal(300, DrawAll(bucket.Of(1), _clock.NowNs));
    }

    [Fact]
    public void By_pace_a_windows_part_is_kept_as_far_as_the_window_is_still_to_come()
    {
        var bucket = SharedBucket.OfWindow(2400, WindowSchedule.Daily(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, [50, 25], _clock.NowNs, isByPace: true);
        var (prod, dev) = (bucket.Of(0), bucket.Of(1));
        Assert.Equal(2400, dev.Capacity);
        Assert.InRange(dev.CapacityAt(_clock.NowNs) - dev.Remaining(_clock.NowNs), 0, 1);
        _time.PassNs(dev.ResetNs(_clock.NowNs));
        _time.PassNs(dev.ResetNs(_clock.NowNs) / 2);
        Assert.Equal((1800, 1800), (dev.Remaining(_clock.NowNs), dev.CapacityAt(_clock.NowNs)));
        Assert.Equal(1800, DrawAll(dev, _clock.NowNs));
        Assert.Equal(0, DrawAll(bucket.Common, _clock.NowNs));

        // A refusal says when what is kept will have shrunk enough, to the nanosecond.
        var now = _clock.NowNs;
        Assert.False(dev.TryDraw(100, now, out var draw));
        Assert.Equal((DrawOutcome.WindowRefused, draw.WaitNs), (draw.Outcome, dev.ForecastNs(0, 100, now)));
        Assert.InRange(draw.WaitNs, 7120 * S, 7200 * S);
        Assert.False(dev.TryDraw(100, now + draw.WaitNs - 1, out _));
        Assert.True(dev.TryDraw(100, now + draw.WaitNs, out _));

        // Who has used none of his part has the rest of it, and the next window begins with whole parts.
        Assert.Equal(500, DrawAll(prod, now + draw.WaitNs));
        _time.PassNs(dev.ResetNs(now));
        Assert.Equal(1800, DrawAll(prod, _clock.NowNs));
        Assert.Equal(600, DrawAll(dev, _clock.NowNs));
        bucket.EditWindow(2400, WindowSchedule.Daily(TimeZoneInfo.Utc), DebtPolicy.Carry, [50, 25], _clock.NowNs);
        Assert.Equal(1200, dev.Capacity);
    }

    [Fact]
    public void By_pace_who_overruns_what_is_lent_owes_what_is_kept_for_others()
    {
        var bucket = SharedBucket.OfWindow(100, WindowSchedule.Daily(TimeZoneInfo.Utc), DebtPolicy.Carry, _clock, [50, 50], _clock.NowNs, isByPace: true);
        var (one, other) = (bucket.Of(0), bucket.Of(1));
        _time.PassNs(one.ResetNs(_clock.NowNs));
        _time.PassNs(one.ResetNs(_clock.NowNs) / 2);
        Assert.True(one.TryDraw(50, _clock.NowNs, out var draw));
        one.Settle(40, draw.Token, _clock.NowNs);

        // Half of the other's part was lent; what goes beyond it is owed, and the whole is not exceeded by what is left of it.
        Assert.Equal((10, 25), (bucket.Parent.Remaining(_clock.NowNs), other.Remaining(_clock.NowNs)));
        _time.PassNs(one.ResetNs(_clock.NowNs));
        Assert.Equal(65, DrawAll(other, _clock.NowNs));
    }

    [Fact]
    public void An_edit_of_the_percentages_claims_no_more_than_there_is()
    {
        var bucket = SharedBucket.OfRate(1600, S, 1600, [80, 20], 0);
        Assert.Equal(1300, DrawAll(bucket.Of(0), 0));
        bucket.EditRate(1600, S, 1600, [20, 80], 0);
        Assert.InRange(DrawAll(bucket.Of(1), 0), 290, 300);
        Assert.Equal(0, DrawAll(bucket.Of(0), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.EditRate(1600, S, 1600, [60, 60], 0));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Over_any_course_guarantees_hold_and_the_whole_keeps_its_bound(bool isWindow, bool isByPace)
    {
        for (var seed = 0; seed < 150; seed++)
            Assert.Null(RunCourse(new Random(seed), isWindow, isByPace: isByPace));
    }

    [Fact]
    public void Where_parts_are_lent_by_pace_one_that_counts_on_its_whole_part_is_disappointed() =>
        Assert.Contains(Enumerable.Range(0, 150), seed => RunCourse(new Random(seed), isWindow: true, isByPace: true, isWholeOwed: true) == Unfair);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Buckets_that_guarantee_nothing_or_have_no_whole_between_them_are_found_out(bool isWindow)
    {
        LimitBucket Make(long limit, long burst) => isWindow
            ? new WindowBucket(limit, WindowSchedule.Fixed(10 * S), DebtPolicy.Carry, _clock, _clock.NowNs)
            : new RateBucket(limit, S, burst, _clock.NowNs);
        var (isUnfair, isTooMuch) = (false, false);
        for (var seed = 0; seed < 150; seed++)
        {
            isUnfair |= RunCourse(new Random(seed), isWindow, (limit, burst) =>
            {
                var whole = Make(limit, burst);
                return _ => whole;
            }) == Unfair;
            isTooMuch |= RunCourse(new Random(seed), isWindow, (limit, burst) =>
            {
                var each = Enumerable.Range(0, 4).Select(_ => Make(limit, burst)).ToArray();
                return share => each[share];
            }) == TooMuch;
        }

        Assert.True(isUnfair && isTooMuch);
    }

    [Fact]
    public void Shares_are_drawn_in_a_chain_held_in_a_reservation_and_sliced_for_cores()
    {
        var bucket = SharedBucket.OfRate(1600, S, 1600, [50], 0);
        var cells = new ShardedBucket(bucket.Of(0), 4);
        var tokens = new long[2];
        Assert.True(LimitChain.TryDrawAll([cells, bucket.Common], [10, 20], tokens, 0, out _));
        var table = new ReservationTable(4);
        Assert.True(table.TryOpen(S, out var handle));
        handle.TryAdd(cells, 10, tokens[0], S);
        handle.TryAdd(bucket.Common, 20, tokens[1], S);
        Assert.True(handle.TryBeginSettle());
        handle.Charge(cells, 5, 0);
        handle.EndSettle(0);
        cells.Sweep(0);
        Assert.Equal(5, bucket.Parent.Used(0));
        Assert.Equal(750 + 850 - 5, DrawAll(bucket.Common, 0) + DrawAll(bucket.Of(0), 0));
    }

    private static long DrawAll(LimitBucket bucket, long now)
    {
        long sum = 0;
        for (var part = 1L << 12; part > 0; part /= 2)
        {
            for (; bucket.TryDraw(part, now, out _); sum += part)
                ;
        }

        return sum;
    }

    /// <summary>What is wrong, or null. Judges a shared bucket, or what <paramref name="make"/> makes in its place: a bucket for each share, and one for the rest.</summary>
    private string? RunCourse(
        Random random, bool isWindow, Func<long, long, Func<int, LimitBucket>>? make = null, bool isByPace = false, bool isWholeOwed = false)
    {
        int[] percents = random.Next(2) == 0 ? [80, 20] : [50, 20, 10];
        var limit = random.Next(100, 2000);
        var burst = isWindow ? limit : random.Next(100, 2000);
        var start = _clock.NowNs;
        var schedule = WindowSchedule.Fixed(10 * S);
        var bucket = isWindow
            ? SharedBucket.OfWindow(limit, schedule, DebtPolicy.Carry, _clock, percents, start, isByPace)
            : SharedBucket.OfRate(limit, S, burst, percents, start);

        // What each share may claim, by a bucket of its own that only sees what it drew itself within its part.
        var own = percents.Select(p => isWindow
            ? (LimitBucket)new WindowBucket(Math.Max(1, limit * p / 100), schedule, DebtPolicy.Carry, _clock, start)
            : new RateBucket(limit * p, 100 * S, Math.Max(1, (burst - Math.Max(1, burst / 16)) * p / 100), start)).ToArray();
        var views = make?.Invoke(limit, burst) ?? (share => share < percents.Length ? bucket.Of(share) : bucket.Common);
        long drawn = 0;
        var perWindow = new Dictionary<long, long>();
        for (var i = 0; i < 400; i++)
        {
            if (random.Next(3) == 0)
                _time.PassNs(random.NextInt64(isWindow ? 2 * S : S / 5));
            var now = _clock.NowNs;
            var share = random.Next(percents.Length + 1);
            var cost = random.Next(1, random.Next(2) == 0 ? 40 : 400);
            var isOwed = share < own.Length && own[share].Remaining(now) >= cost;
            if (isOwed && isByPace && !isWholeOwed)
            {
                // As much as of the window is to come; what he had and used counts for nothing here, so it is never more than is promised.
                var toComeNs = bucket.Parent.ResetNs(now);
                isOwed = cost <= own[share].Capacity * toComeNs / (10 * S) - (own[share].Capacity - own[share].Remaining(now));
            }

            var view = views(share);
            var isDrawn = view.TryDraw(cost, now, out var draw);
            if (!isDrawn && isOwed)
                return Unfair;
            if (!isDrawn)
                continue;
            if (share < own.Length)
                own[share].TakeUpTo(cost, now, out _);
            drawn += cost;
            if (isWindow ? (perWindow[draw.Token] = perWindow.GetValueOrDefault(draw.Token) + cost) > limit : drawn - burst > (Int128)(now - start) * limit / S)
                return TooMuch;
            if (random.Next(4) != 0)
                continue;
            var back = random.Next(cost + 1);
            view.Refund(back, draw.Token, now);
            drawn -= back;
            if (isWindow)
                perWindow[draw.Token] -= back;
            if (share < own.Length)
                own[share].Refund(back, draw.Token, now);
        }

        return null;
    }
}
