namespace AiEdge.DataPlane.Tests.Route;

/// <summary>What is learnt of a target that was left for another that began sooner.</summary>
public sealed class OutrunTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(60, true)]
    public void Who_is_left_for_another_was_so_slow_at_least_and_not_so_quick(int seconds, bool isSlower)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ], hedge: { budget: 5% } }");
        world.Begin("m");
        var load = world.Exchange.Target!.Load;
        var before = load.FirstEventP95Ms;
        world.Exchange.Stream = true;
        for (var i = 0; i < 1000; i++)
        {
            world.Exchange.SentAt = System.Diagnostics.Stopwatch.GetTimestamp() - (seconds * System.Diagnostics.Stopwatch.Frequency);
            world.Plan.OnOutrun(openedAt: 0);
        }

        Assert.Equal(isSlower, load.FirstEventP95Ms > before);
        Assert.True(isSlower || load.FirstEventP95Ms == before);
    }
}
