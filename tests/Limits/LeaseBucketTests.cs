namespace AiEdge.Limits.Tests;

public sealed class LeaseBucketTests
{
    private const long S = LimitClock.SecondNs;

    private readonly LeaseReport _report = new();

    [Fact]
    public void It_gives_what_it_holds_and_asks_at_once_where_that_is_too_little()
    {
        var bucket = Rate();
        var colds = 0;
        bucket.OnCold = _ => colds++;
        Assert.True(bucket.IsCold(0));
        Assert.False(bucket.TryDraw(5, 0, out var draw));
        Assert.Equal((DrawOutcome.RateRefused, 1), (draw.Outcome, colds));
        Grant(bucket, 0, lease: 1, amount: 20);
        Assert.Equal((5, 0), (_report.Least, _report.Leases.Count));
        Assert.False(bucket.IsCold(S));
        Assert.True(bucket.TryDraw(15, S, out _));
        Assert.False(bucket.TryDraw(6, S, out _));
        Assert.Equal(5, bucket.Remaining(S));
        Assert.Equal(DrawOutcome.TooLarge, Refused(bucket, 101, S).Outcome);
    }

    [Fact]
    public void A_lease_ends_its_length_after_it_was_asked_for_and_the_next_goes_on()
    {
        var bucket = Rate();
        Grant(bucket, 0, 1, 20, nowNs: 2 * S);
        Grant(bucket, S / 4, 2, 20, nowNs: 2 * S);
        Assert.True(bucket.TryDraw(25, 5 * S - 1, out _));
        Assert.True(bucket.TryDraw(10, 5 * S, out _));
        Assert.Equal(0, bucket.Remaining(6 * S));
        Assert.False(bucket.TryDraw(1, 6 * S, out _));
        bucket.Report(_report, 6 * S);
        bucket.Report(_report, 7 * S);
        Assert.Equal([new(1, 20, 20, true, 0), new(2, 20, 15, true, 0)], _report.Leases);
    }

    [Fact]
    public void An_expired_rest_is_not_drawn_over_into_the_next_lease()
    {
        var bucket = Rate();
        Grant(bucket, 0, 1, 20);
        Grant(bucket, S / 4, 2, 20);
        Assert.True(bucket.TryDraw(5, 4 * S, out _));
        Assert.False(bucket.TryDraw(21, 5 * S, out _));
        Assert.True(bucket.TryDraw(20, 5 * S, out _));
        Assert.False(bucket.TryDraw(1, 5 * S, out _));
    }

    [Fact]
    public void A_closed_lease_is_told_until_an_answer_has_come()
    {
        var bucket = Rate();
        Grant(bucket, 0, 1, 20);
        bucket.TryDraw(20, 0, out _);
        bucket.Report(_report, S);
        bucket.Report(_report, 2 * S);
        bucket.Report(_report, 3 * S);
        Assert.True(Assert.Single(_report.Leases).IsClosed);
        bucket.Answer(_report, default, 3 * S);
        bucket.Report(_report, 4 * S);
        Assert.Empty(_report.Leases);
    }

    [Fact]
    public void What_is_given_back_or_charged_beyond_a_lease_is_told_as_a_total()
    {
        var bucket = Rate();
        Grant(bucket, 0, 1, 20);
        bucket.TryDraw(10, 0, out var draw);
        bucket.Refund(4, draw.Token, S);
        Assert.Equal(14, bucket.Remaining(S));
        bucket.Settle(20, draw.Token, S);
        Assert.Equal(0, bucket.Remaining(S));
        bucket.Report(_report, S);
        Assert.Equal(new LeaseAdjustment(0, 6, 0), Assert.Single(_report.Adjustments));
        bucket.Answer(_report, default, S);
        bucket.Report(_report, S);
        Assert.Empty(_report.Adjustments);
        bucket.Refund(5, draw.Token, 9 * S);
        bucket.Report(_report, 9 * S);
        Assert.Equal(new LeaseAdjustment(0, 1, 6), Assert.Single(_report.Adjustments));
    }

    [Fact]
    public void A_window_ends_with_its_time_and_what_settles_late_is_told_of_it()
    {
        var bucket = new LeaseBucket(1000, isRate: false, LeaseOutage.Refuse, 0);
        Answer(bucket, 0, new LeaseGrant(1, 100, 900 * S, 0, Window: 7, WindowLeftNs: 10 * S), 0);
        Assert.True(bucket.TryDraw(40, 9 * S, out var draw));
        Assert.Equal(7, draw.Token);
        Assert.False(bucket.TryDraw(1, 10 * S, out _));
        Answer(bucket, 11 * S, new LeaseGrant(2, 50, 900 * S, 0, Window: 8, WindowLeftNs: 86_400 * S), 11 * S);
        Assert.True(bucket.TryDraw(10, 11 * S, out var next));
        Assert.Equal(8, next.Token);
        Assert.Equal(SettleOutcome.WindowClosed, bucket.Refund(30, draw.Token, 12 * S));
        bucket.Report(_report, 12 * S);
        Assert.Equal(new LeaseAdjustment(7, -30, 0), Assert.Single(_report.Adjustments));
        Assert.Equal(40, bucket.Remaining(12 * S));
    }

    [Fact]
    public void Idle_leases_are_given_up_whole()
    {
        var bucket = Rate();
        Grant(bucket, 0, 1, 20);
        for (var at = 1; at < 5; at++)
            bucket.Report(_report, at * S);
        Assert.Equal(new LeaseUsage(1, 20, 0, true, 0), Assert.Single(_report.Leases));
        Assert.False(bucket.TryDraw(1, 9 * S / 2, out _));
    }

    [Fact]
    public void A_stock_is_kept_where_nothing_is_used_and_renewed_before_it_ends()
    {
        var bucket = Rate();
        bucket.Keep(8, long.MaxValue, S / 10);
        Grant(bucket, 0, 1, 8);
        Assert.Equal((8, 8), (_report.Wanted, _report.Least));
        for (var at = S / 4; at < 3 * S; at += S / 4)
        {
            bucket.Report(_report, at);
            Assert.True(_report.IsKnown && _report.Wanted == 0, $"after {at / 1e9} s: {_report.Wanted}");
        }

        Grant(bucket, 13 * S / 4, 2, 8);
        Assert.Equal((8, 16), (_report.Wanted, _report.Least));
        bucket.Report(_report, 4 * S);
        Assert.Equal([false, false], _report.Leases.Select(static lease => lease.IsClosed));
        bucket.Report(_report, 5 * S);
        Assert.Equal(new LeaseUsage(1, 8, 0, true, 0), _report.Leases[0]);
        Assert.True(bucket.TryDraw(8, 8 * S, out _));
    }

    [Fact]
    public void A_stock_is_given_up_long_after_the_last_use()
    {
        var bucket = Rate();
        bucket.Keep(8, 10 * S, S / 10);
        Grant(bucket, 0, 1, 8);
        Assert.Equal(0, _report.Wanted);
        Assert.True(bucket.TryDraw(2, S, out _));
        Grant(bucket, 3 * S, 2, 8);
        Assert.Equal(8, _report.Wanted);
        for (var at = 4; at < 30; at++)
            Grant(bucket, at * S, (ulong)at, _report.Wanted > 0 ? 8 : 0);
        Assert.True(_report.IsEmpty && bucket.Used(30 * S) == 0);
    }

    [Fact]
    public void More_is_asked_for_once_when_half_is_drawn_and_not_sooner_than_the_pace_allows()
    {
        var bucket = Rate();
        var asks = 0;
        bucket.OnCold = _ => asks++;
        bucket.Keep(0, 0, S / 10);
        Grant(bucket, 0, 1, 20);
        Assert.True(bucket.TryDraw(9, S, out _));
        Assert.Equal(0, asks);
        Assert.True(bucket.TryDraw(1, S, out _));
        Assert.True(bucket.TryDraw(1, S, out _));
        Assert.Equal(1, asks);
        Grant(bucket, S, 2, 20);
        Assert.True(bucket.TryDraw(20, S + S / 10 - 1, out _));
        Assert.Equal(1, asks);
        Assert.True(bucket.TryDraw(1, S + S / 10, out _));
        Assert.Equal(2, asks);
    }

    [Fact]
    public void An_answer_for_the_stock_does_not_make_it_warm_for_those_who_come()
    {
        var bucket = Rate();
        bucket.Keep(8, long.MaxValue, S / 10);
        Grant(bucket, 0, 1, 8);
        Assert.True(bucket.TryDraw(8, S / 100, out _));
        Assert.False(bucket.TryDraw(1, S / 100, out _));
        Assert.True(bucket.IsCold(S / 100));
        Grant(bucket, S / 50, 2, 80);
        Assert.False(bucket.IsCold(S / 50));
        Assert.True(bucket.IsRising(S / 50));
    }

    [Theory]
    [InlineData(LeaseOutage.Refuse, 0)]
    [InlineData(LeaseOutage.Share, 20)]
    [InlineData(LeaseOutage.Allow, 1000)]
    public void While_cut_off_the_policy_speaks_once_the_lease_is_spent(LeaseOutage policy, int admitted)
    {
        var bucket = new LeaseBucket(100, isRate: true, policy, 0);
        Answer(bucket, 0, new LeaseGrant(1, 10, 5 * S, Share: 10), 0);
        Assert.True(bucket.TryDraw(10, 0, out _));
        bucket.CutOff(20, 0);
        var sum = 0;
        for (var i = 1; i <= 1000; i++)
            sum += bucket.TryDraw(1, i * S / 100, out _) ? 1 : 0;
        Assert.Equal(admitted, sum);
        bucket.Report(_report, 10 * S);
        Assert.Equal((admitted, 0), (_report.OutageTotal, _report.OutageAcknowledged));
        bucket.Answer(_report, default, 10 * S);
        Assert.False(bucket.IsCutOff || bucket.TryDraw(1, 10 * S, out _));
        Assert.True(_report.OutageTotal == admitted && bucket.OutageTotal == admitted);
    }

    [Theory]
    [InlineData(long.MaxValue, 0)]
    [InlineData(3 * S, 4)]
    [InlineData(-100 * S, 20)]
    public void What_came_to_a_share_since_the_level_above_fell_silent_is_there_at_once(long sinceNs, int admitted)
    {
        var bucket = new LeaseBucket(100, isRate: true, LeaseOutage.Share, 0);
        Answer(bucket, 0, new LeaseGrant(1, 10, 5 * S, Share: 10), 0);
        bucket.CutOff(20, 5 * S, share: 0, sinceNs);
        Assert.Equal(admitted, Enumerable.Range(0, 100).Count(i => bucket.TryDraw(1, 5 * S, out _)));
    }

    [Fact]
    public void A_windows_share_does_not_refill()
    {
        var bucket = new LeaseBucket(100, isRate: false, LeaseOutage.Share, 0);
        Answer(bucket, 0, new LeaseGrant(1, 10, 900 * S, Share: 15, Window: 1, WindowLeftNs: 3600 * S), 0);
        bucket.CutOff(1, 0);
        Assert.Equal(25, Enumerable.Range(0, 1000).Count(i => bucket.TryDraw(1, i * S, out _)));
    }

    [Fact]
    public void A_window_s_end_is_told_only_where_nothing_comes_before_it()
    {
        var bucket = new LeaseBucket(100, isRate: false, LeaseOutage.Share, 0);
        Answer(new LeaseGrant(1, 5, 900 * S, 0, Window: 7, WindowLeftNs: 3600 * S));
        Assert.True(bucket.TryDraw(5, 0, out _));
        Assert.True(bucket.IsRising(0));
        Assert.Equal(S, Refused(bucket, 1, 0).WaitNs);
        Answer(new LeaseGrant(0, 0, 900 * S, 0, Window: 7, WindowLeftNs: 3600 * S, RetryNs: S));
        Assert.False(bucket.IsRising(0));
        Assert.Equal(S, Refused(bucket, 1, 0).WaitNs);
        Answer(new LeaseGrant(0, 0, 900 * S, 0, Window: 7, WindowLeftNs: 3600 * S, RetryNs: S, IsSpent: true));
        Assert.Equal(3600 * S, Refused(bucket, 1, 0).WaitNs);
        Answer(new LeaseGrant(2, 5, 900 * S, 0, Window: 7, WindowLeftNs: 3600 * S));
        Assert.Equal(S, Refused(bucket, 6, 0).WaitNs);

        void Answer(LeaseGrant grant)
        {
            bucket.Report(_report, 0);
            bucket.Answer(_report, grant, 0);
        }
    }

    [Theory]
    [InlineData(2, 30)]
    [InlineData(3, 0)]
    public void A_window_s_share_goes_by_no_old_figure(int saidAgo, int admitted)
    {
        var bucket = new LeaseBucket(100, isRate: false, LeaseOutage.Share, 0);
        bucket.Report(_report, 0);
        bucket.Answer(_report, new LeaseGrant(0, 0, 900 * S, 30, Window: 7, WindowLeftNs: 3600 * S), 0);
        bucket.CutOff(30, (saidAgo + 1) * S, sinceNs: saidAgo * S);
        Assert.Equal(admitted, Enumerable.Range(0, 100).Count(_ => bucket.TryDraw(1, (saidAgo + 1) * S, out var _)));
    }

    [Fact]
    public void What_several_limits_refuse_is_demand_of_each_once()
    {
        LimitBucket[] buckets = [new LeaseBucket(1000, isRate: true, LeaseOutage.Refuse, 0), new LeaseBucket(1000, isRate: true, LeaseOutage.Refuse, 0)];
        for (var i = 0; i < 10; i++)
        {
            Assert.False(LimitChain.TryDrawAll(buckets, [10, 10], new long[2], S, out var draw, booksSlot: false));
            LimitChain.Book(buckets[draw.Index], 10, S);
        }

        foreach (var bucket in buckets)
        {
            // A hundred in a second, for five.
            ((LeaseBucket)bucket).Report(_report, S);
            Assert.Equal(500, _report.Wanted);
        }
    }

    [Fact]
    public void A_recalled_lease_is_given_up()
    {
        var bucket = Rate();
        Grant(bucket, 0, 1, 20);
        bucket.TryDraw(5, 0, out _);
        bucket.Recall(1, 8, 0);
        Assert.False(bucket.TryDraw(1, 0, out _));
        bucket.Report(_report, S / 10);
        bucket.Report(_report, S / 5);
        Assert.Equal(new LeaseUsage(1, 20, 5, true, 0), Assert.Single(_report.Leases));
    }

    [Fact]
    public void What_all_have_used_is_what_was_said_and_what_was_used_here_since_less_what_refilled()
    {
        var bucket = Rate();
        Assert.Equal(0, bucket.UsedOfAll(10, 2, 0));
        Grant(bucket, 0, 1, 20);
        Assert.Equal(0, bucket.UsedOfAll(10, 2, 0));
        bucket.TryDraw(5, 0, out var draw);
        bucket.Report(_report, S);
        bucket.TryDraw(4, S, out _);

        // The 5 are in the figure, the 4 are not.
        bucket.Answer(_report, new LeaseGrant(0, 0, 5 * S, Share: 10, UsedOfAll: 60), S);
        Assert.Equal((64, 59), (bucket.UsedOfAll(10, 2, S), bucket.UsedOfAll(10, 2, 3 * S / 2)));
        bucket.Refund(2, draw.Token, S);
        bucket.Settle(20, draw.Token, S);
        Assert.Equal(82, bucket.UsedOfAll(0, 2, S));

        // What is void is not used, and an answer without a figure leaves the one before.
        Assert.False(bucket.TryDraw(1, 5 * S, out _));
        Grant(bucket, 6 * S, 2, 20);
        Assert.Equal(82, bucket.UsedOfAll(0, 2, 6 * S));
    }

    [Fact]
    public void While_the_level_above_is_gone_the_others_are_taken_to_use_as_much()
    {
        var bucket = new LeaseBucket(1000, isRate: false, LeaseOutage.Share, 0);
        Answer(bucket, 0, new LeaseGrant(1, 10, 900 * S, Share: 100, Window: 7, WindowLeftNs: 100 * S, UsedOfAll: 600), 0);
        bucket.CutOff(0, S);
        Assert.True(bucket.TryDraw(10, S, out _) && bucket.TryDraw(90, S, out _));
        Assert.Equal((700, 1000), (bucket.UsedOfAll(0, 1, S), bucket.UsedOfAll(0, 4, S)));
        Assert.Equal(0, bucket.UsedOfAll(0, 4, 100 * S));
    }

    private static LeaseBucket Rate() => new(100, isRate: true, LeaseOutage.Refuse, 0);

    private static LimitDraw Refused(LeaseBucket bucket, long cost, long nowNs)
    {
        Assert.False(bucket.TryDraw(cost, nowNs, out var draw));
        return draw;
    }

    private void Grant(LeaseBucket bucket, long askedNs, ulong lease, long amount, long? nowNs = null) =>
        Answer(bucket, askedNs, new LeaseGrant(lease, amount, 5 * S, 0), nowNs ?? askedNs);

    private void Answer(LeaseBucket bucket, long askedNs, in LeaseGrant grant, long nowNs)
    {
        bucket.Report(_report, askedNs);
        bucket.Answer(_report, grant, nowNs);
    }
}
