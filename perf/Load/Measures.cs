using System.Collections.Concurrent;
using System.Diagnostics;

namespace AiEdge.Load;

/// <summary>How one call went. Times are Stopwatch ticks.</summary>
/// <param name="Error">A short class such as `reset`, `status 502`, `content`; null if every check passed.</param>
/// <param name="Example">What the error looked like.</param>
/// <param name="Sent">When the request began to be sent.</param>
/// <param name="FirstEvent">When the first event, or else the head, arrived; 0 if nothing did.</param>
/// <param name="Ended">When the answer was whole, or the call failed.</param>
public readonly record struct CallResult(string? Error, string Example, long Sent, long FirstEvent, long Ended);

/// <summary>
/// Everything that a run counts. Calls and events count when they end inside the window, so that warming up and draining do not blur the
/// rates. Latencies of an open loop count for every call that was due inside the window, however late it ends: leaving out the late ones
/// would flatter a server that stalls at the window's end. Errors are counted always.
/// </summary>
public sealed class Measures
{
    private readonly ConcurrentDictionary<string, (long Count, string Example)> _errors = new();
    private readonly List<SecondOfRun> _seconds = [];
    private Histogram _second = new();
    private long _secondFailed;
    private long _secondEvents;
    private long _calls;
    private long _failed;
    private long _events;
    private long _inFlight;
    private long _latestStart;
    private (long From, long To)? _due;
    private volatile bool _inWindow;

    /// <summary>From the scheduled time to the answer's end, in nanoseconds.</summary>
    public Histogram Latency { get; } = new();

    /// <summary>From the actual send to the answer's end, in nanoseconds.</summary>
    public Histogram Service { get; } = new();

    /// <summary>From the scheduled time to the first event (or head), in nanoseconds.</summary>
    public Histogram FirstEvent { get; } = new();

    /// <summary>Between neighbouring events of a stream, in nanoseconds.</summary>
    public Histogram EventGap { get; } = new();

    /// <summary>From the upstream's stamp in an event to its arrival, in nanoseconds; only with a stamping upstream on this machine.</summary>
    public Histogram OneWayDelay { get; } = new();

    /// <summary>Calls that ended well inside the window.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Failed calls that belong to the window.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    public long Events => Interlocked.Read(ref _events);

    /// <summary>Calls begun and not ended.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    /// <summary>Largest delay between a call's due time and its start, in nanoseconds: how far the generator or its workers fell behind.</summary>
    public long LatestStart => Interlocked.Read(ref _latestStart);

    public double WindowSeconds { get; private set; }

    /// <summary>Errors by class, also those outside the window.</summary>
    public IReadOnlyList<(string Class, long Count, string Example)> Errors =>
        [.. _errors.Select(error => (error.Key, error.Value.Count, error.Value.Example)).OrderByDescending(error => error.Count)];

    public IReadOnlyList<SecondOfRun> Seconds => _seconds;

    /// <summary>Latencies are to count by due times from <paramref name="from"/> to before <paramref name="to"/> (Stopwatch ticks).</summary>
    public void CountByDueTime(long from, long to) => _due = (from, to);

    public void OpenWindow()
    {
        WindowSeconds = 0;
        _inWindow = true;
    }

    public void CloseWindow(TimeSpan length)
    {
        _inWindow = false;
        WindowSeconds = length.TotalSeconds;
    }

    public void Begin(long scheduled)
    {
        Interlocked.Increment(ref _inFlight);
        var late = Nanoseconds(Stopwatch.GetTimestamp() - scheduled);
        if (_inWindow && late > Interlocked.Read(ref _latestStart))
            Interlocked.Exchange(ref _latestStart, late);
    }

    public void End(long scheduled, in CallResult result)
    {
        Interlocked.Decrement(ref _inFlight);
        var counts = _due is { } due ? scheduled >= due.From && scheduled < due.To : _inWindow;
        if (result.Error is { } error)
        {
            var example = result.Example;
            _errors.AddOrUpdate(error, _ => (1, example), (_, old) => (old.Count + 1, old.Example));
            Interlocked.Increment(ref _secondFailed);
            if (counts)
                Interlocked.Increment(ref _failed);
            return;
        }

        _second.Record(Nanoseconds(result.Ended - scheduled));
        if (_inWindow)
            Interlocked.Increment(ref _calls);
        if (!counts)
            return;
        Latency.Record(Nanoseconds(result.Ended - scheduled));
        Service.Record(Nanoseconds(result.Ended - result.Sent));
        if (result.FirstEvent > 0)
            FirstEvent.Record(Nanoseconds(result.FirstEvent - scheduled));
    }

    /// <summary>One event, and the ticks since the one before it in its stream (-1: it is the first; 0: both came in one receive).</summary>
    public void Event(long gapTicks)
    {
        Interlocked.Increment(ref _secondEvents);
        if (!_inWindow)
            return;
        Interlocked.Increment(ref _events);
        if (gapTicks >= 0)
            EventGap.Record(Nanoseconds(gapTicks));
    }

    public void OneWay(long ticks)
    {
        if (_inWindow)
            OneWayDelay.Record(Nanoseconds(ticks));
    }

    /// <summary>Closes the running second of the timeline and begins the next.</summary>
    public SecondOfRun NextSecond(double at, double length)
    {
        var done = Interlocked.Exchange(ref _second, new Histogram());
        var second = new SecondOfRun(at, length, done.Count, Interlocked.Exchange(ref _secondFailed, 0), Interlocked.Exchange(ref _secondEvents, 0),
            done.Percentile(0.5), done.Percentile(0.99));
        _seconds.Add(second);
        return second;
    }

    private static long Nanoseconds(long ticks) => Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));
}

/// <summary>One second of the timeline. <paramref name="At"/> and <paramref name="Length"/> are seconds, the percentiles nanoseconds.</summary>
public sealed record SecondOfRun(double At, double Length, long Ok, long Failed, long Events, long P50, long P99);
