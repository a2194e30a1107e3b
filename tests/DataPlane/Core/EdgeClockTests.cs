using System.Diagnostics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

public sealed class EdgeClockTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3 * 3600)]
    [InlineData(20L * 365 * 86400)]
    public void Times_between_stamps_are_right_however_long_the_machine_has_been_up(long seconds)
    {
        var stamp = seconds * Stopwatch.Frequency;
        Assert.Equal(seconds * 1_000_000, EdgeClock.Us(0, stamp));
        Assert.Equal(-seconds * 1_000_000, EdgeClock.Us(stamp, 0));
    }
}
