using AiEdge.DataPlane.Link;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Tests.Link;

/// <summary>How often planes ask, and how they come back.</summary>
public sealed class QuotaPaceTests
{
    [Theory]
    [InlineData(0, 1, 1000)]
    [InlineData(4, 1, 250)]
    [InlineData(100, 100, 400)]
    [InlineData(1000, 100, 1000)]
    [InlineData(1_000_000, 1_000_000, 1000)]
    public void Planes_ask_as_often_as_the_control_plane_can_bear(int planes, int buckets, int ms) =>
        Assert.Equal(ms * (LimitClock.SecondNs / 1000), QuotaPace.TurnNs(planes, buckets));

    [Fact]
    public void Planes_of_a_small_fleet_come_back_soon_and_those_of_a_large_one_spread()
    {
        var max = TimeSpan.FromSeconds(10);
        Assert.Equal((140.0, 10_000.0), (QuotaPace.Spread(4, max).TotalMilliseconds, QuotaPace.Spread(1000, max).TotalMilliseconds));
        Assert.Equal((540.0, 10_000.0, 10_000.0), (Last(4), Last(1000), Last(0)));

        double Last(int planes)
        {
            var wait = TimeSpan.Zero;
            for (var i = 0; i < 20; i++)
                wait = QuotaPace.Next(wait, planes, max);
            return wait.TotalMilliseconds;
        }
    }

    [Fact]
    public void Where_answers_come_at_once_a_silence_is_known_for_one_soon_and_a_slow_answer_is_not_forgotten_at_once()
    {
        long slowest = QuotaPace.PatienceNsMax;
        Assert.Equal(LimitClock.SecondNs, QuotaPace.PatienceNs(slowest));
        for (var i = 0; i < 40; i++)
            slowest = QuotaPace.Slowest(slowest, 2_000_000);
        Assert.Equal(LimitClock.SecondNs * 2 / 5, QuotaPace.PatienceNs(slowest));
        slowest = QuotaPace.Slowest(slowest, 300_000_000);
        for (var i = 0; i < 8; i++)
            slowest = QuotaPace.Slowest(slowest, 2_000_000);
        Assert.Equal(LimitClock.SecondNs, QuotaPace.PatienceNs(slowest));
    }
}
