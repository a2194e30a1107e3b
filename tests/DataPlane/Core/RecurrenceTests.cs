using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

public sealed class RecurrenceTests
{
    [Fact]
    public void It_is_done_by_one_at_a_time_and_again_about_an_interval_after_it_ended()
    {
        var turns = new Recurrence(100);
        Assert.False(turns.TryBegin(99));
        Assert.True(turns.TryBegin(100));
        Assert.False(turns.TryBegin(5_000));
        turns.End(5_000, TimeSpan.FromSeconds(1));
        Assert.False(turns.TryBegin(5_899));
        Assert.True(turns.TryBegin(6_100));
    }
}
