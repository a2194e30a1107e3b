using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace AiEdge.FakeUpstream;

/// <summary>
/// Wakes waiters at a due time (Stopwatch ticks) from one thread of its own. Timers of the runtime tick in milliseconds; on Linux this
/// thread sleeps in ppoll with the kernel's slack turned down, so that a pace of some hundred microseconds holds.
/// A due waiter continues on the clock's thread: whoever waits must neither block nor run long.
/// </summary>
internal sealed class PacingClock
{
    private readonly PriorityQueue<(PaceWaiter Waiter, short Version), long> _queue = new();
    private readonly Lock _gate = new();
    private readonly IPaceSleeper _sleeper = OperatingSystem.IsLinux() ? new PollSleeper() : new EventSleeper();
    private long _sleepingUntil = long.MaxValue;

    private PacingClock()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "pacing clock" };
        thread.Start();
    }

    public static PacingClock Shared { get; } = new();

    public static long TicksOfMicroseconds(long microseconds) => microseconds * Stopwatch.Frequency / 1_000_000;

    internal void Add(PaceWaiter waiter, short version, long due)
    {
        bool wake;
        lock (_gate)
        {
            _queue.Enqueue((waiter, version), due);
            wake = due < _sleepingUntil;
        }

        if (wake)
            _sleeper.Wake();
    }

    private void Run()
    {
        _sleeper.Prepare();
        while (true)
        {
            (PaceWaiter Waiter, short Version) next = default;
            long wait;
            lock (_gate)
            {
                wait = _queue.TryPeek(out next, out var due) ? due - Stopwatch.GetTimestamp() : long.MaxValue;
                if (wait <= 0)
                    _queue.Dequeue();
                _sleepingUntil = wait <= 0 ? long.MinValue : wait == long.MaxValue ? long.MaxValue : due;
            }

            if (wait <= 0)
                next.Waiter.Complete(next.Version, due: true);
            else
                _sleeper.Sleep(wait);
        }
    }

    private interface IPaceSleeper
    {
        void Prepare();

        void Sleep(long ticks);

        void Wake();
    }

    private sealed class EventSleeper : IPaceSleeper
    {
        private readonly object _gate = new();
        private bool _woken;

        public void Prepare()
        {
        }

        public void Sleep(long ticks)
        {
            lock (_gate)
            {
                if (!_woken)
                    Monitor.Wait(_gate, ticks == long.MaxValue ? Timeout.Infinite : (int)Math.Clamp(ticks * 1000 / Stopwatch.Frequency, 1, 60_000));
                _woken = false;
            }
        }

        public void Wake()
        {
            lock (_gate)
            {
                _woken = true;
                Monitor.Pulse(_gate);
            }
        }
    }

    private sealed unsafe class PollSleeper : IPaceSleeper
    {
        private const int SetTimerSlack = 29;
        private readonly int _eventFd = eventfd(0, 0x800);

        public void Prepare() => _ = prctl(SetTimerSlack, 1, 0, 0, 0);

        public void Sleep(long ticks)
        {
            var poll = new PollFd { Fd = _eventFd, Events = 1 };
            var time = new TimeSpec { Seconds = ticks / Stopwatch.Frequency, Nanoseconds = ticks % Stopwatch.Frequency * 1_000_000_000 / Stopwatch.Frequency };
            if (ppoll(&poll, 1, ticks == long.MaxValue ? null : &time, null) > 0)
            {
                ulong count;
                _ = read(_eventFd, &count, sizeof(ulong));
            }
        }

        public void Wake()
        {
            ulong one = 1;
            _ = write(_eventFd, &one, sizeof(ulong));
        }

        [DllImport("libc")]
        private static extern int eventfd(uint initial, int flags);

        [DllImport("libc")]
        private static extern int prctl(int option, nuint a, nuint b, nuint c, nuint d);

        [DllImport("libc")]
        private static extern int ppoll(PollFd* fds, nuint count, TimeSpec* timeout, void* mask);

        [DllImport("libc")]
        private static extern nint read(int fd, void* buffer, nuint count);

        [DllImport("libc")]
        private static extern nint write(int fd, void* buffer, nuint count);

        private struct PollFd
        {
            public int Fd;
            public short Events;
            public short Returned;
        }

        private struct TimeSpec
        {
            public long Seconds;
            public long Nanoseconds;
        }
    }
}

/// <summary>One reusable wait of one connection. Ends true when its time has come, false when it was called off.</summary>
internal sealed class PaceWaiter : IValueTaskSource<bool>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _waiting;
    private bool _calledOff;

    public ValueTask<bool> UntilAsync(long dueTicks)
    {
        short version;
        lock (_gate)
        {
            if (_calledOff)
                return new ValueTask<bool>(false);
            _core.Reset();
            _waiting = true;
            version = _core.Version;
        }

        PacingClock.Shared.Add(this, version, dueTicks);
        return new ValueTask<bool>(this, version);
    }

    /// <summary>Ends the present wait and all later ones at once, on a pool thread.</summary>
    public void CallOff()
    {
        short version;
        lock (_gate)
        {
            _calledOff = true;
            if (!_waiting)
                return;
            version = _core.Version;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static state => state.Item1.Complete(state.Item2, due: false), (this, version), preferLocal: false);
    }

    internal void Complete(short version, bool due)
    {
        lock (_gate)
        {
            if (!_waiting || version != _core.Version)
                return;
            _waiting = false;
        }

        _core.SetResult(due);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
