using System.Diagnostics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

public sealed class RetryMannersTests
{
    private const long WaitNs = 100_000_000;

    private static readonly long Ms = Stopwatch.Frequency / 1000;

    [Fact]
    public void Who_waited_once_and_was_served_just_now_comes_with_something_new()
    {
        var manners = Waited();
        Assert.True(manners.IsNewcomer("k", 201 * Ms));
        Assert.False(manners.IsNewcomer("other", 201 * Ms));
        Assert.False(manners.IsNewcomer("k", 200 * Ms + RetryManners.RestMs * Ms));
    }

    [Fact]
    public void A_connection_that_nobody_has_been_refused_on_says_nothing()
    {
        var manners = default(RetryManners);
        manners.OnBegin(0);
        manners.OnEnd("k", 0, Ms, 0);
        Assert.False(manners.IsNewcomer("k", Ms));
    }

    [Fact]
    public void Who_was_refused_just_now_comes_again()
    {
        var manners = Waited();
        manners.OnBegin(201 * Ms);
        manners.OnEnd("k", 201 * Ms, 202 * Ms, WaitNs);
        Assert.False(manners.IsNewcomer("k", 203 * Ms));
    }

    [Fact]
    public void Where_somebody_came_before_his_time_it_may_be_anybody()
    {
        var manners = Waited();
        manners.OnBegin(201 * Ms);
        manners.OnEnd("k", 201 * Ms, 202 * Ms, WaitNs);
        manners.OnBegin(300 * Ms);
        manners.OnEnd("k", 300 * Ms, 301 * Ms, 0);
        Assert.False(manners.IsNewcomer("k", 302 * Ms));
        manners.OnEnd("k", 302 * Ms, 303 * Ms, WaitNs);
        manners.OnBegin(500 * Ms);
        manners.OnEnd("k", 500 * Ms, 501 * Ms, 0);
        Assert.False(manners.IsNewcomer("k", 502 * Ms));
    }

    private static RetryManners Waited()
    {
        var manners = default(RetryManners);
        manners.OnBegin(1);
        manners.OnEnd("k", 1, Ms, WaitNs);
        manners.OnBegin(1 + 100 * Ms);
        manners.OnEnd("k", 1 + 100 * Ms, 200 * Ms, 0);
        return manners;
    }
}
