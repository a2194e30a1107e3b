namespace AiEdge.Limits.Tests;

/// <summary>Time that stands still until it is moved, and its timers; the wall clock can be stepped apart from it.</summary>
internal sealed class FakeTime(DateTimeOffset wall) : TimeProvider
{
    private readonly List<FakeTimer> _timers = [];
    private long _ns = 5_000;
    private DateTimeOffset _wall = wall;

    public FakeTime()
        : this(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => LimitClock.SecondNs;

    public override long GetTimestamp() => _ns;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Pass(TimeSpan time) => PassNs(time.Ticks * 100);

    /// <summary>Moves on, from timer to timer.</summary>
    public void PassNs(long ns)
    {
        var end = _ns + ns;
        while (_timers.MinBy(t => t.DueNs) is { } first && first.DueNs <= end)
        {
            Move(Math.Max(_ns, first.DueNs));
            first.Fire();
        }

        Move(end);
    }

    public void StepWall(TimeSpan step) => _wall += step;

    private void Move(long ns)
    {
        _wall += TimeSpan.FromTicks(ns / 100 - _ns / 100);
        _ns = ns;
    }

    private sealed class FakeTimer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        public long DueNs { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            DueNs = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time._ns + dueTime.Ticks * 100;
            return true;
        }

        public void Fire()
        {
            DueNs = long.MaxValue;
            callback(state);
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
