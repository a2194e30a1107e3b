namespace AiEdge.Limits.Tests;

/// <summary>Time that stands still until it is moved; the wall clock can be stepped apart from it.</summary>
internal sealed class FakeTime(DateTimeOffset wall) : TimeProvider
{
    private long _ns = 5_000;
    private DateTimeOffset _wall = wall;

    public FakeTime()
        : this(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => LimitClock.SecondNs;

    public override long GetTimestamp() => _ns;

    public override DateTimeOffset GetUtcNow() => _wall;

    public void Pass(TimeSpan time)
    {
        _ns += time.Ticks * 100;
        _wall += time;
    }

    public void StepWall(TimeSpan step) => _wall += step;
}
