using System.Collections.Concurrent;
using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>Each wait ends once, a place is taken exactly for those that are granted, and none that is left is forgotten.</summary>
public sealed class FairQueueTests
{
    private const int Places = 2;
    private const int Threads = 3;

    [Fact]
    public void Waits_end_once_and_no_wakeup_is_lost() => Race.Passes(Find(() => new RacedQueue(16), Race.Time));

    [Theory]
    [InlineData(QueueDefect.NoTryAfterJoin)]
    [InlineData(QueueDefect.EndsWhileTrying)]
    [InlineData(QueueDefect.DropsWish)]
    public void A_broken_twin_is_caught(QueueDefect defect) => Race.Fails(Find(() => new TwinQueue(16, defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinQueue(16, QueueDefect.None), Race.Time));

    private static string? Find(Func<IRacedQueue> make, TimeSpan time)
    {
        var queue = make();
        var gate = new ConcurrencyGate(Places);
        var waits = new ConcurrentBag<(Place Place, Func<WaitOutcome?> Outcome)>();
        return Race.Rounds(
            time,
            _ =>
            {
                (queue as IDisposable)?.Dispose();
                (queue, gate, waits) = (make(), new ConcurrencyGate(Places), []);
            },
            _ => Judge(),
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

        void Turn(Random random)
        {
            for (var i = 0; i < 6; i++)
            {
                var isInside = queue.Count == 0 && gate.TryEnter();
                if (isInside)
                    Thread.SpinWait(random.Next(60));
                else if (new Place(gate) is var place && queue.Join(place) is { } wait)
                {
                    waits.Add((place, wait.Outcome));
                    Thread.SpinWait(random.Next(60));
                    if (random.Next(3) == 0)
                        wait.Cancel();

                    // One that was granted is left again, by whoever sees it first.
                    isInside = place.TryOwn();
                }

                if (!isInside)
                    continue;
                gate.TryLeave();
                queue.Signal();
            }
        }

        string? Judge()
        {
            // All that are inside leave, one after the other, and each time the next must come in by itself.
            var left = 0;
            for (var turn = 0; turn < waits.Count; turn++)
            {
                foreach (var (place, _) in waits)
                {
                    if (!place.TryOwn())
                        continue;
                    gate.TryLeave();
                    queue.Signal();
                    left++;
                }
            }

            if (queue.Count != 0)
                return $"{queue.Count} wait though {left} have left and {gate.Count} of {Places} are inside";
            if (gate.Count != 0)
                return $"{gate.Count} places are taken by nobody";
            foreach (var (place, outcome) in waits)
            {
                if (outcome() is not { } ended)
                    return "a wait has not ended";
                if (ended is not (WaitOutcome.Granted or WaitOutcome.Cancelled or WaitOutcome.Displaced))
                    return $"a wait ended as {ended}";
                if (ended == WaitOutcome.Granted != place.IsDrawn)
                    return $"a wait ended as {ended}, its place was {(place.IsDrawn ? "taken" : "not taken")}";
            }

            return null;
        }
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
