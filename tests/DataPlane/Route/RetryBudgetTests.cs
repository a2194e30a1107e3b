using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>How many requests may be sent again.</summary>
public sealed class RetryBudgetTests
{
    [Fact]
    public void A_share_of_the_last_ten_seconds_and_a_floor()
    {
        var budget = new RetryBudget();
        Assert.Equal(RetryBudget.Floor, Take(budget, 0));
        for (var i = 0; i < 100; i++)
            budget.OnRequest(500);
        Assert.Equal(20, Take(budget, 900));
        Assert.Equal(0, Take(budget, 9_999));
        Assert.Equal(RetryBudget.Floor + 20, budget.Granted);
        Assert.True(budget.Refused > 0);

        // Ten seconds later neither the requests nor the retries count any more.
        Assert.Equal(RetryBudget.Floor, Take(budget, 10_500));
    }

    [Fact]
    public void What_was_not_sent_after_all_is_given_back()
    {
        var budget = new RetryBudget();
        Assert.Equal(RetryBudget.Floor, Take(budget, 0));
        budget.GiveBack(0);
        Assert.Equal((RetryBudget.Floor - 1, 1), (budget.Granted, Take(budget, 0)));
    }

    [Fact]
    public void It_slides()
    {
        var budget = new RetryBudget();
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 100; i++)
                budget.OnRequest(second * 1000);
        }

        Assert.Equal(210, Take(budget, 59_000));
        for (var second = 60; second < 69; second++)
        {
            budget.OnRequest(second * 1000);
            Assert.Equal(0, Take(budget, second * 1000));
        }

        // Nine requests are left that count.
        Assert.Equal(RetryBudget.Floor + 1, Take(budget, 69_000));
    }

    [Fact]
    public void What_is_counted_without_being_asked_for_leaves_less_for_the_rest()
    {
        var budget = new RetryBudget();
        for (var i = 0; i < RetryBudget.Floor + 5; i++)
            Assert.True(budget.TryCount(0, 20));
        Assert.False(budget.TryTake(0, 20));
        Assert.False(budget.TryCount(0, 0));
        Assert.Equal((RetryBudget.Floor + 5, 2), (budget.Granted, budget.Refused));
    }

    [Fact]
    public void No_share_is_none_at_all()
    {
        var budget = new RetryBudget();
        Assert.False(budget.TryTake(0, 0));
    }

    [Fact]
    public void A_slot_counts_up_to_its_bound_and_a_clock_that_lags_does_no_harm()
    {
        var budget = new RetryBudget();
        budget.OnRequest(50_000);
        budget.OnRequest(6_000);
        Assert.False(budget.TryTake(6_000, 20));
        Assert.True(budget.TryTake(50_000, 20));
    }

    private static int Take(RetryBudget budget, long nowMs)
    {
        var taken = 0;
        while (budget.TryTake(nowMs, 20))
            taken++;
        return taken;
    }
}
