namespace AiEdge.Functional.Tests.Rig;

/// <summary>Time that stands still at 2026-03-10T12:00:00Z until it is moved.</summary>
internal sealed class StillTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).AddTicks(GetTimestamp());

    public void Pass(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
