using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>An account's limit, learnt from what answers say.</summary>
public sealed class AccountLimitTests
{
    private static ProviderRate Told(long limit, long remaining, long resetMs = 0) => new(true, limit, remaining, resetMs);

    [Fact]
    public void Nothing_is_refused_before_anything_is_known()
    {
        var limit = new AccountLimit();
        for (var i = 0; i < 1000; i++)
            Assert.True(limit.TryTake(0, 1_000_000, 0, out _));
        Assert.Equal((0, 0), (limit.Limit, limit.WaitMs(0, 5)));
    }

    [Fact]
    public void What_is_told_to_be_left_is_left_and_no_more()
    {
        var limit = Learnt(Told(100, 3, 60_000));
        for (var i = 0; i < 3; i++)
            Assert.True(limit.TryTake(0, 1, 0, out _));
        Assert.False(limit.TryTake(0, 1, 0, out var wait));

        // 97 come back in a minute: one each 618.6 ms.
        Assert.Equal(619, wait);
        Assert.True(limit.TryTake(619, 1, 0, out _));
        Assert.False(limit.TryTake(619, 1, 0, out _));
    }

    [Fact]
    public void What_is_under_way_is_not_forgotten_by_an_answer_that_had_not_seen_it()
    {
        var limit = new AccountLimit();
        for (var i = 0; i < 5; i++)
            Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Learn(0, Told(10, 9, 6_000), 1);
        Assert.Equal(5, limit.Left(0));
        limit.Learn(0, Told(10, 8, 12_000), 1);
        Assert.Equal(5, limit.Left(0));
    }

    [Fact]
    public void However_much_was_under_way_that_nobody_answered_it_comes_back_in_three_times_its_time()
    {
        var limit = new AccountLimit();
        Assert.True(limit.TryTake(0, 1, 0, out _));
        Assert.True(limit.TryTake(0, 1_000_000, 0, out _));
        limit.Learn(0, Told(100, 0, 60_000), 1);
        limit.Leave(1_000_000);
        Assert.False(limit.TryTake(60_000, 1, 0, out _));
        Assert.Equal(100, limit.Left(180_000));
        Assert.True(limit.TryTake(180_000, 100, 0, out _));
    }

    [Fact]
    public void Whoever_waits_has_his_turn()
    {
        var limit = Learnt(Told(10, 0, 10_000));
        Assert.True(limit.TryTake(0, 1, 5_000, out var first));
        Assert.True(limit.TryTake(0, 1, 5_000, out var second));
        Assert.Equal((1000, 2000), (first, second));
        Assert.True(limit.TryTake(0, 3, 5_000, out var third));
        Assert.Equal(5000, third);
        Assert.False(limit.TryTake(0, 1, 5_000, out _));
        Assert.Equal(6000, limit.WaitMs(0, 1));
    }

    [Fact]
    public void More_than_it_holds_goes_when_all_of_it_is_there()
    {
        var limit = Learnt(Told(10, 9, 1_000));
        Assert.True(limit.WaitMs(0, 50) > 0);
        Assert.True(limit.TryTake(6_000, 50, 0, out _));
        Assert.Equal(0, limit.Left(6_000));
    }

    [Fact]
    public void What_was_not_sent_is_given_back()
    {
        var limit = Learnt(Told(10, 1, 9_000));
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.GiveBack(1);
        Assert.Equal(1, limit.Left(0));
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Leave(1);
        Assert.False(limit.TryTake(0, 1, 0, out _));
    }

    [Fact]
    public void An_account_takes_of_all_its_limits_or_of_none()
    {
        var account = new AccountLimits();
        var cost = new AccountCost(10, 5);
        Assert.False(account.IsKnown);
        Assert.True(account.TryTake(0, cost, 0, out _));
        account.Learn(0, new ProviderRates { Requests = Told(100, 50, 60_000), Tokens = Told(100, 90, 60_000), OutputTokens = Told(20, 4, 16_000) }, cost);
        Assert.True(account.IsKnown);
        Assert.False(account.TryTake(0, cost, 0, out var wait));
        Assert.Equal(1000, wait);
        Assert.Equal((50, 90, 4), (account.Requests.Left(0), account.Tokens.Left(0), account.OutputTokens.Left(0)));
        Assert.True(account.TryTake(0, cost, 1000, out wait));
        Assert.Equal(1000, wait);
        Assert.Equal((49, 75, 0), (account.Requests.Left(0), account.Tokens.Left(0), account.OutputTokens.Left(0)));
    }

    [Theory]
    [InlineData(0, 40, 0)]
    [InlineData(0, 0, 1_000)]
    [InlineData(1_000_000_000_000, 0, 1_000_000_000_000)]
    [InlineData(1, 1_000_000_000_000, 1)]
    [InlineData(1_000_000_000, 1_000_000_000, 0)]
    public void Whatever_is_told_it_comes_back(long size, long remaining, long resetMs)
    {
        var limit = Learnt(Told(size, remaining, resetMs));
        Assert.InRange(limit.Left(0), 0, 1_000_000_000_000);
        Assert.True(limit.TryTake(25L * 60 * 60 * 1000, 1, 0, out _));
    }

    [Fact]
    public void Where_nobody_says_how_fast_it_comes_back_it_takes_a_minute()
    {
        var limit = Learnt(Told(60, 60));
        for (var i = 0; i < 60; i++)
            Assert.True(limit.TryTake(0, 1, 0, out _));
        Assert.Equal(1000, limit.WaitMs(0, 1));
    }

    [Fact]
    public void A_part_of_it_holds_and_gets_back_as_much_less()
    {
        var limit = Learnt(Told(100, 100, 60_000));
        limit.Share(250_000);
        Assert.Equal((25, 250_000), (limit.Left(0), limit.PartPpm));
        for (var i = 0; i < 25; i++)
            Assert.True(limit.TryTake(0, 1, 0, out _));
        Assert.False(limit.TryTake(0, 1, 0, out var wait));
        Assert.Equal(2400, wait);

        // It is a part of what is left that becomes larger, and all of it that is one plane's again.
        limit.Share(500_000);
        Assert.Equal(0, limit.Left(0));
        Assert.Equal(1200, limit.WaitMs(0, 1));
        limit.Share(AccountLimit.WholePpm);
        Assert.Equal(600, limit.WaitMs(0, 1));
    }

    [Fact]
    public void Of_a_part_no_more_is_left_than_of_the_whole_but_for_a_little_that_is_left_alone()
    {
        var limit = Learnt(Told(6400, 6400, 60_000));
        limit.Share(500_000);
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Learn(0, Told(6400, 1064, 50_025), 1);
        Assert.Equal(500, limit.Left(0));

        // What is there now others may hold: a part of it is only taken up where twice as much is there.
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Learn(0, Told(6400, 1864, 42_525), 1);
        Assert.InRange(limit.Left(0), 498, 500);
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Learn(0, Told(6400, 4064, 21_900), 1);
        Assert.InRange(limit.Left(0), 995, 1000);
    }

    [Fact]
    public void What_another_plane_was_told_holds_until_this_one_is_told_something()
    {
        var limit = new AccountLimit();
        Assert.False(limit.Hear(1000, new SharedRate(0, 0, 60_000, 0)));
        limit.Share(500_000);
        Assert.True(limit.Hear(10_000, new SharedRate(6400, 100, 60_000, 400)));
        Assert.Equal((6400, 39), (limit.Limit, limit.Left(10_000)));
        Assert.False(limit.TryTell(10_000, out _));
        Assert.True(limit.TryTake(10_000, 1, 0, out _));
        limit.Learn(10_100, Told(6400, 900, 51_563), 1);
        var left = limit.Left(10_100);
        limit.Hear(10_200, new SharedRate(6400, 0, 60_000, 150));
        Assert.InRange(limit.Left(10_100), left, left + 1);
        limit.Hear(10_200, new SharedRate(6400, 0, 60_000, 50));
        Assert.Equal(0, limit.Left(10_200));
        Assert.True(limit.TryTell(10_200, out var told));
        Assert.Equal((6400, 900, 50), (told.Limit, told.Remaining, told.AgeMs));
        Assert.False(limit.TryTell(10_200, out _));
    }

    [Fact]
    public void A_part_that_is_smaller_than_a_request_goes_when_it_is_full_and_is_held_up_for_its_price()
    {
        var limit = Learnt(Told(10, 10, 60_000));
        limit.Share(10_000);
        Assert.True(limit.TryTake(0, 1, 0, out _));
        Assert.Equal(600_000, limit.WaitMs(0, 1));
        Assert.True(limit.TryTake(600_000, 1, 0, out _));
    }

    [Fact]
    public void What_is_wanted_counts_whether_it_is_to_be_had_or_not_and_not_of_what_is_not_known()
    {
        var account = new AccountLimits();
        account.Want(0, new AccountCost(10, 5));
        account.Learn(0, new ProviderRates { Requests = Told(100, 0, 60_000), Tokens = Told(1000, 0, 60_000) });
        account.Want(0, new AccountCost(10, 5));
        account.Want(0, new AccountCost(20, 0));
        Assert.Equal((2, 35, 0, 0), (account.Requests.Wanted, account.Tokens.Wanted, account.InputTokens.Wanted, account.OutputTokens.Wanted));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(999_999)]
    [InlineData(2_000_000)]
    public void Whatever_part_is_told_it_comes_back(int partPpm)
    {
        foreach (var size in (long[])[1, 1000, 1_000_000_000])
        {
            var limit = Learnt(Told(size, 0, long.MaxValue));
            limit.Share(partPpm);
            Assert.True(limit.TryTake(0, long.MaxValue / 4, long.MaxValue, out var wait));
            Assert.True(wait >= 0, $"{wait}");
            limit.Learn(0, Told(size, 0, long.MaxValue), long.MaxValue / 4);
            Assert.True(limit.WaitMs(0, 1) >= 0);
            Assert.Equal(0, limit.WaitMs(4L * 24 * 60 * 60 * 1000 * 10_000, 1));
        }
    }

    private static AccountLimit Learnt(ProviderRate rate)
    {
        var limit = new AccountLimit();
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Learn(0, rate, 1);
        return limit;
    }
}
