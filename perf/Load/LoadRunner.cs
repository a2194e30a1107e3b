using System.Diagnostics;
using AiEdge.FakeUpstream;

namespace AiEdge.Load;

/// <summary>
/// Runs a scenario by a plan. In the open loop every worker takes the next due time of one common schedule, waits for it, and calls; when all
/// are busy the due times that they take lie in the past, so the waiting is part of the latency and nothing is left out.
/// </summary>
public sealed class LoadRunner(IScenario scenario, LoadPlan plan)
{
    private readonly List<IScenarioWorker> _workers = [];
    private readonly List<PaceWaiter> _waiters = [];
    private long _next;
    private long _start;
    private long _stop = long.MaxValue;
    private volatile bool _isOver;

    public Measures Measures { get; } = new();

    /// <summary>Called once a second with what that second brought.</summary>
    public Action<SecondOfRun>? OnSecond { get; init; }

    /// <summary>Called when the measured time begins and when it ends.</summary>
    public Action<bool>? OnWindow { get; init; }

    /// <summary>Runs to the plan's end, or until <paramref name="stop"/>; then what was measured so far stands.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        _start = Stopwatch.GetTimestamp();
        var end = _start + Ticks(plan.Warmup + plan.Duration);
        Volatile.Write(ref _stop, end);
        if (plan.Rate > 0)
            Measures.CountByDueTime(_start + Ticks(plan.Warmup), end);
        var running = new List<Task>();
        for (var i = 0; i < plan.Workers; i++)
        {
            var worker = scenario.Open(Measures);
            _workers.Add(worker);
            running.Add(plan.Rate > 0 ? RunOpenAsync(worker) : RunClosedAsync(worker, i));
        }

        using var onStop = stop.Register(() => Volatile.Write(ref _stop, 0));
        var everyone = Task.WhenAll(running);
        await WatchAsync(end, stop);
        foreach (var waiter in _waiters)
            waiter.CallOff();
        var drained = await Task.WhenAny(everyone, Task.Delay(stop.IsCancellationRequested ? TimeSpan.FromSeconds(1) : plan.Drain, CancellationToken.None)) == everyone;
        _isOver = true;
        if (!drained)
        {
            foreach (var worker in _workers)
                worker.AbortIfOlder(long.MaxValue);
            await everyone;
        }

        foreach (var worker in _workers)
            await worker.DisposeAsync();
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private async Task RunOpenAsync(IScenarioWorker worker)
    {
        var waiter = new PaceWaiter();
        _waiters.Add(waiter);
        var period = Stopwatch.Frequency / plan.Rate;
        while (true)
        {
            var due = _start + (long)((Interlocked.Increment(ref _next) - 1) * period);
            if (due >= Volatile.Read(ref _stop))
                return;
            if (Stopwatch.GetTimestamp() < due && !await waiter.UntilAsync(due))
                return;
            if (Volatile.Read(ref _stop) == 0)
                return;
            await CallAsync(worker, due);
        }
    }

    private async Task RunClosedAsync(IScenarioWorker worker, int index)
    {
        var waiter = new PaceWaiter();
        _waiters.Add(waiter);
        if (!await waiter.UntilAsync(_start + Ticks(plan.Ramp) * index / plan.Workers))
            return;
        while (Stopwatch.GetTimestamp() is var now && now < Volatile.Read(ref _stop))
        {
            if (!await CallAsync(worker, now))
                await Task.Delay(10); // a server that refuses at once must not be hammered by a tight loop
        }
    }

    private async ValueTask<bool> CallAsync(IScenarioWorker worker, long due)
    {
        Measures.Begin(due);
        var result = await worker.CallAsync();
        if (_isOver && result.Error is not null)
            result = result with { Error = "unfinished" };
        Measures.End(due, result);
        return result.Error is null;
    }

    /// <summary>Opens and closes the window, tells each second, and breaks off calls that take too long.</summary>
    private async Task WatchAsync(long end, CancellationToken stop)
    {
        var waiter = new PaceWaiter();
        using var called = stop.Register(waiter.CallOff);
        var windowStart = _start + Ticks(plan.Warmup);
        long opened = 0;
        var nextSecond = _start + Stopwatch.Frequency;
        var lastSecond = _start;
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            if (opened == 0 && now >= windowStart)
            {
                OnWindow?.Invoke(true);
                Measures.OpenWindow();
                opened = Stopwatch.GetTimestamp();
            }

            if (now >= nextSecond || now >= end)
            {
                OnSecond?.Invoke(Measures.NextSecond((double)(now - _start) / Stopwatch.Frequency, (double)(now - lastSecond) / Stopwatch.Frequency));
                (lastSecond, nextSecond) = (now, nextSecond + Stopwatch.Frequency);
                foreach (var worker in _workers)
                    worker.AbortIfOlder(now - Ticks(plan.CallTimeout));
            }

            if (now >= end || stop.IsCancellationRequested)
                break;
            if (await waiter.UntilAsync(Math.Min(end, opened == 0 ? Math.Min(windowStart, nextSecond) : nextSecond)))
                await Task.Yield(); // reports are written on a pool thread, not on the clock's
        }

        Measures.CloseWindow(opened == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(opened));
        OnWindow?.Invoke(false);
    }
}
