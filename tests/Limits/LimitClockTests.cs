namespace AiEdge.Limits.Tests;

public sealed class LimitClockTests
{
    [Fact]
    public void The_clock_begins_at_zero_and_counts_nanoseconds()
    {
        var time = new FakeTime();
        var clock = new LimitClock(time);
        Assert.Equal(0, clock.NowNs);
        time.Pass(TimeSpan.FromMilliseconds(3));
        Assert.Equal(3_000_000, clock.NowNs);
    }

    [Theory]
    [InlineData(3_000_000L)]
    [InlineData(10_000_000L)]
    [InlineData(24_000_000L)]
    public void A_coarser_frequency_is_converted_without_overflow(long frequency)
    {
        var time = new Ticking(frequency);
        var clock = new LimitClock(time);
        time.Ticks += frequency * 86_400 * 365 * 20 + frequency / 2;
        Assert.Equal(86_400L * 365 * 20 * LimitClock.SecondNs + LimitClock.SecondNs / 2, clock.NowNs);
    }

    [Fact]
    public void A_step_of_the_wall_clock_is_seen_only_after_a_new_anchor()
    {
        var time = new FakeTime();
        var clock = new LimitClock(time);
        var before = clock.UnixNs(clock.NowNs);
        time.StepWall(TimeSpan.FromHours(1));
        Assert.Equal(0, clock.NowNs);
        Assert.Equal(before, clock.UnixNs(clock.NowNs));
        clock.Reanchor();
        Assert.Equal(before + 3600 * LimitClock.SecondNs, clock.UnixNs(clock.NowNs));
        Assert.Equal(0, clock.NowNs);
    }

    [Fact]
    public void The_anchor_is_the_wall_clock()
    {
        var time = new FakeTime();
        var clock = new LimitClock(time);
        time.Pass(TimeSpan.FromSeconds(7));
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000, clock.UnixNs(clock.NowNs));
    }

    private sealed class Ticking(long frequency) : TimeProvider
    {
        public long Ticks { get; set; } = 12_345;

        public override long TimestampFrequency => frequency;

        public override long GetTimestamp() => Ticks;
    }
}
