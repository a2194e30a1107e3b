using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

public sealed class RetryMannersTests
{
    private const long Ms = 1_000_000;
    private const long WaitNs = 100 * Ms;

    [Fact]
    public void Who_waited_once_and_was_served_just_now_comes_with_something_new()
    {
        Assert.True(Waited().OnAsked("k", 200 * Ms + RetryManners.RestNs - 1));
        Assert.False(Waited().OnAsked("k", 200 * Ms + RetryManners.RestNs));
        Assert.False(Waited().OnAsked("other", 201 * Ms));
    }

    [Fact]
    public void A_connection_that_nobody_has_been_refused_on_says_nothing()
    {
        var manners = default(RetryManners);
        Assert.False(Ask(ref manners, 1, 2, 0));
        Assert.False(manners.OnAsked("k", 2));
    }

    [Fact]
    public void Who_was_refused_just_now_comes_again()
    {
        var manners = Waited();
        Ask(ref manners, 201 * Ms, 202 * Ms, WaitNs);
        Assert.False(manners.OnAsked("k", 301 * Ms));
    }

    [Fact]
    public void Where_somebody_came_before_his_time_it_may_be_anybody_ever_after()
    {
        var manners = Waited();
        Ask(ref manners, 201 * Ms, 202 * Ms, WaitNs);
        Ask(ref manners, 290 * Ms, 301 * Ms, 0);
        Assert.False(Ask(ref manners, 302 * Ms, 303 * Ms, WaitNs));
        Ask(ref manners, 500 * Ms, 501 * Ms, 0);
        Assert.False(manners.OnAsked("k", 502 * Ms));
    }

    [Fact]
    public void Who_comes_a_little_early_has_waited()
    {
        var manners = default(RetryManners);
        Ask(ref manners, 1, Ms, WaitNs);
        Ask(ref manners, 1 + WaitNs - RetryManners.EarlyNs, WaitNs, 0);
        Assert.True(manners.OnAsked("k", WaitNs + 1));
    }

    private static RetryManners Waited()
    {
        var manners = default(RetryManners);
        Assert.False(Ask(ref manners, 1, Ms, WaitNs));
        Assert.False(Ask(ref manners, 1 + WaitNs, 200 * Ms, 0));
        return manners;
    }

    private static bool Ask(ref RetryManners manners, long askedNs, long endedNs, long toldNs)
    {
        var isNewcomer = manners.OnAsked("k", askedNs);
        manners.OnEnded("k", endedNs, toldNs);
        return isNewcomer;
    }
}
