using AiEdge.Limits;

namespace AiEdge.Micro;

/// <summary>Drawing credit and giving it back.</summary>
internal static class LimitStages
{
    private static readonly LimitClock Clock = new();

    public static Action Rate() => One(NewRate());

    /// <summary>A rate so high that what it earns takes 128 bits to compute.</summary>
    public static Action WideRate() => One(NewRate(59_000_000_000));

    public static Action Window() => One(NewWindow());

    public static Action Cells() => One(new ShardedBucket(NewRate()));

    /// <summary>Admission by six limits, with the clock read once.</summary>
    public static Action Six()
    {
        var (buckets, costs, tokens) = Chain();
        return () => HttpStages.Expect(LimitChain.TryDrawAll(buckets, costs, tokens, Clock.NowNs, out _));
    }

    /// <summary>The same, noted in a reservation, and settled for less.</summary>
    public static Action SixSettled()
    {
        var (buckets, costs, tokens) = Chain();
        var table = new ReservationTable(16);
        return () =>
        {
            var now = Clock.NowNs;
            HttpStages.Expect(LimitChain.TryDrawAll(buckets, costs, tokens, now, out _) && table.TryOpen(now + LimitClock.SecondNs, out var handle)
                && Settle(handle, buckets, costs, tokens, now));
        };
    }

    /// <summary>Six limits, the last of which refuses.</summary>
    public static Action SixRefused()
    {
        var (buckets, costs, tokens) = Chain();
        var dry = NewWindow();
        dry.TryDraw(dry.Capacity, Clock.NowNs, out _);
        buckets[5] = dry;
        return () => HttpStages.Expect(!LimitChain.TryDrawAll(buckets, costs, tokens, Clock.NowNs, out var draw) && draw.Index == 5);
    }

    public static Action Gate()
    {
        var gate = new ConcurrencyGate(100);
        return () => HttpStages.Expect(gate.TryEnter() && gate.TryLeave());
    }

    /// <summary>A share's draw from its own part.</summary>
    public static Action Shared()
    {
        var shared = SharedBucket.OfRate(200_000, 60 * LimitClock.SecondNs, LimitBucket.AmountMax / 2, [50, 30], Clock.NowNs);
        return One(shared.Of(0));
    }

    /// <summary>One that joins a queue, is granted a place, is told so on another thread and leaves again.</summary>
    public static Action Queued()
    {
        var gate = new ConcurrencyGate(1);
        var queue = new FairQueue(Clock, 16);
        var draw = new Place(gate);
        return () =>
        {
            var request = new QueuedRequest(draw, "key", 1, WaitClass.Normal, null, 1, Clock.NowNs + LimitClock.SecondNs);
            HttpStages.Expect(queue.TryJoin(request, out var ticket, out _));
            var outcome = ticket.Outcome;
            while (!outcome.IsCompleted)
                Thread.SpinWait(10);
            HttpStages.Expect(outcome.GetAwaiter().GetResult() == WaitOutcome.Granted && gate.TryLeave());
            queue.Signal();
        };
    }

    private static bool Settle(ReservationHandle handle, LimitBucket[] buckets, long[] costs, long[] tokens, long now)
    {
        for (var i = 0; i < buckets.Length; i++)
            handle.TryAdd(buckets[i], costs[i], tokens[i], now + LimitClock.SecondNs);
        if (!handle.TryBeginSettle())
            return false;
        for (var i = 0; i < buckets.Length; i++)
            handle.Charge(buckets[i], 0, now);
        handle.EndSettle(now);
        return true;
    }

    private static Action One(LimitBucket bucket) => () => HttpStages.Expect(bucket.TryDraw(1, Clock.NowNs, out _));

    // Requests and tokens of the key and of all, money of the team and of all: so wide that none of them is ever dry.
    private static (LimitBucket[] Buckets, long[] Costs, long[] Tokens) Chain() =>
    (
        [NewRate(), NewRate(), NewWindow(), new ShardedBucket(NewRate()), new ShardedBucket(NewRate()), new ShardedBucket(NewWindow())],
        [1, 800, 1_000_000, 1, 800, 1_000_000],
        new long[6]);

    private static RateBucket NewRate(long limit = 200_000) => new(limit, 60 * LimitClock.SecondNs, LimitBucket.AmountMax / 2, Clock.NowNs);

    private sealed class Place(ConcurrencyGate gate) : IQueuedDraw
    {
        public QueuedAnswer TryDraw(long nowNs) => gate.TryEnter() ? QueuedAnswer.Drawn : QueuedAnswer.UntilSignal;
    }

    private static WindowBucket NewWindow() =>
        new(LimitBucket.AmountMax, WindowSchedule.Monthly(TimeZoneInfo.Utc), DebtPolicy.Carry, Clock, Clock.NowNs);
}
