using System.Collections.Concurrent;
using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>Each wait ends once, a place is taken exactly for those that are granted, and none that is left is forgotten.</summary>
public sealed class FairQueueTests
{
    private const int Places = 1;
    private const int Threads = 3;

    private IRacedQueue _queue = null!;
    private ConcurrencyGate _gate = null!;
    private ConcurrentBag<(Place Place, Func<WaitOutcome?> Outcome)> _waits = [];

    [Fact]
    public void Waits_end_once_and_no_wakeup_is_lost() => Race.Passes(Find(() => new RacedQueue(16), Race.Time));

    [Theory]
    [InlineData(QueueDefect.NoTryAfterJoin)]
    [InlineData(QueueDefect.EndsWhileTrying)]
    [InlineData(QueueDefect.DropsWish)]
    public void A_broken_twin_is_caught(QueueDefect defect) => Race.Fails(Find(() => new TwinQueue(16, defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinQueue(16, QueueDefect.None), Race.Time));

    private string? Find(Func<IRacedQueue> make, TimeSpan time) => Race.Rounds(
        time,
        _ =>
        {
            (_queue as IDisposable)?.Dispose();
            (_queue, _gate, _waits) = (make(), new ConcurrencyGate(Places), []);
        },
        _ => Judge(),
        [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

    private void Turn(Random random)
    {
        var mine = new List<(Place Place, Action Cancel)>();
        for (var i = random.Next(1, 7); i > 0; i--)
        {
            if (_queue.Count == 0 && _gate.TryEnter())
            {
                Race.Gap();
                Leave();
            }
            else if (new Place(_gate) is var place && _queue.Join(place) is { } wait)
            {
                _waits.Add((place, wait.Outcome));
                mine.Add((place, wait.Cancel));
            }

            // One that was granted leaves again.
            Race.Gap();
            if (mine.Count > 0 && random.Next(3) == 0)
                mine[random.Next(mine.Count)].Cancel();
            foreach (var (granted, _) in mine)
            {
                if (granted.TryOwn())
                    Leave();
            }
        }
    }

    private void Leave()
    {
        _gate.TryLeave();
        _queue.Signal();
    }

    private string? Judge()
    {
        if (_queue.Count > 0 && _gate.Count < Places)
            return $"{_queue.Count} wait though only {_gate.Count} of {Places} are inside";

        // All that are inside leave, one after the other, and each time the next must come in by itself.
        for (var turn = 0; turn < _waits.Count; turn++)
        {
            foreach (var (place, _) in _waits)
            {
                if (place.TryOwn())
                    Leave();
            }
        }

        if (_queue.Count != 0 || _gate.Count != 0)
            return $"{_queue.Count} wait and {_gate.Count} of {Places} are inside though all have left";
        foreach (var (place, outcome) in _waits)
        {
            if (outcome() is not { } ended)
                return "a wait has not ended";
            if (ended is not (WaitOutcome.Granted or WaitOutcome.Cancelled or WaitOutcome.Displaced))
                return $"a wait ended as {ended}";
            if ((ended == WaitOutcome.Granted) != place.IsDrawn)
                return $"a wait ended as {ended}, its place was {(place.IsDrawn ? "taken" : "not taken")}";
        }

        return null;
    }

    private sealed class Place(ConcurrencyGate gate) : IQueuedDraw
    {
        private int _state;

        public bool IsDrawn => Volatile.Read(ref _state) > 0;

        public bool TryOwn() => Interlocked.CompareExchange(ref _state, 2, 1) == 1;

        public QueuedAnswer TryDraw(long nowNs)
        {
            if (!gate.TryEnter())
                return QueuedAnswer.UntilSignal;
            return Interlocked.Exchange(ref _state, 1) == 0
                ? QueuedAnswer.Drawn : throw new InvalidOperationException("drawn twice for one wait");
        }
    }
}
