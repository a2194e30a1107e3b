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

    private static AccountLimit Learnt(ProviderRate rate)
    {
        var limit = new AccountLimit();
        Assert.True(limit.TryTake(0, 1, 0, out _));
        limit.Learn(0, rate, 1);
        return limit;
    }
}
