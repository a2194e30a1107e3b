using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>A clock that stands until a test moves it; timers fire on the thread that moves it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate)
            _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves the clock on, stopping at each timer that comes due on the way.</summary>
    public void Advance(TimeSpan span)
    {
        var end = GetTimestamp() + span.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
                next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (next is null)
                break;
            Interlocked.Exchange(ref _now, Math.Max(GetTimestamp(), next.Due));
            next.Fire();
        }

        Interlocked.Exchange(ref _now, end);
    }

    /// <summary>
    /// Lets a <see cref="ConfigWatcher"/> look and what changed come to rest. Twice the settling time: the system's notice comes on a
    /// thread of its own, and may have seen the file half written, so that the first look after that finds it changed once more.
    /// </summary>
    public void Settle()
    {
        Advance(ConfigWatcher.PollInterval);
        Advance(ConfigWatcher.SettleTime);
        Advance(ConfigWatcher.SettleTime);
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private long _due = long.MaxValue;
        private long _period;

        public long Due => Interlocked.Read(ref _due);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
            Interlocked.Exchange(ref _due, dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks);
            return true;
        }

        public void Fire()
        {
            Interlocked.Exchange(ref _due, _period == 0 ? long.MaxValue : Due + _period);
            callback(state);
        }

        public void Dispose() => Interlocked.Exchange(ref _due, long.MaxValue);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
