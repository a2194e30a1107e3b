namespace AiEdge.DataPlane.Core;

/// <summary>Something with deadlines. Its due time is written by its own exchange and read by the wheel.</summary>
internal interface IDeadlineOwner
{
    /// <summary>Earliest due time in <see cref="EdgeClock.CoarseMs"/>; <see cref="long.MaxValue"/> for none. Read from the wheel's thread.</summary>
    long DueMs { get; }

    /// <summary>The due time has passed. Must be short and must not run exchange code: it queues work.</summary>
    void OnDue(long nowMs);
}

/// <summary>
/// All deadlines of the process on one timer. Setting a deadline is one write; each tick looks at every owner, which at ten
/// thousand connections costs some tens of microseconds, ten times a second: less than a timer each would.
/// </summary>
internal sealed class DeadlineWheel : IDisposable
{
    /// <summary>A deadline fires at most this much late.</summary>
    public const int TickMs = 100;

    private readonly EdgeClock _clock;
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private IDeadlineOwner?[] _owners = new IDeadlineOwner?[64];
    private int[] _free = [];
    private int _freeCount;
    private int _count;

    public DeadlineWheel(EdgeClock clock)
    {
        _clock = clock;
        _timer = new Timer(static wheel => ((DeadlineWheel)wheel!).Tick(), this, TickMs, TickMs);
    }

    /// <summary>Called once a tick, after the deadlines.</summary>
    public event Action? Ticked;

    /// <summary>Takes part until <see cref="Remove"/>; returns the place to give back.</summary>
    public int Add(IDeadlineOwner owner)
    {
        lock (_lock)
        {
            var place = _freeCount > 0 ? _free[--_freeCount] : _count++;
            if (place == _owners.Length)
                Array.Resize(ref _owners, place * 2);
            _owners[place] = owner;
            return place;
        }
    }

    public void Remove(int place)
    {
        lock (_lock)
        {
            _owners[place] = null;
            if (_freeCount == _free.Length)
                Array.Resize(ref _free, Math.Max(64, _freeCount * 2));
            _free[_freeCount++] = place;
        }
    }

    public void Dispose() => _timer.Dispose();

    internal void Tick()
    {
        _clock.Tick();
        var now = _clock.CoarseMs;
        var owners = Volatile.Read(ref _owners);
        var count = Math.Min(Volatile.Read(ref _count), owners.Length);
        for (var i = 0; i < count; i++)
        {
            var owner = Volatile.Read(ref owners[i]);
            if (owner is not null && owner.DueMs <= now)
                owner.OnDue(now);
        }

        Ticked?.Invoke();
    }
}
