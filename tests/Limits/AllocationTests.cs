namespace AiEdge.Limits.Tests;

public sealed class AllocationTests
{
    private const long S = LimitClock.SecondNs;

    [Fact]
    public void Drawing_refusing_and_settling_allocate_nothing()
    {
        var clock = new LimitClock(new FakeTime());
        var rate = new RateBucket(1_000_000, S, null, 0);
        var window = new WindowBucket(1L << 50, WindowSchedule.Monthly(TimeZoneInfo.Utc), DebtPolicy.Carry, clock, 0);
        var cells = new ShardedBucket(new RateBucket(1_000_000, S, null, 0));
        var dry = new WindowBucket(5, WindowSchedule.Daily(TimeZoneInfo.Utc), DebtPolicy.Carry, clock, 0);
        Assert.True(dry.TryDraw(5, 0, out _));
        LimitBucket[] buckets = [rate, window, cells];
        LimitBucket[] refusing = [rate, window, cells, dry];
        long[] costs = [3, 70, 2, 1];
        var tokens = new long[4];
        var table = new ReservationTable(8);
        var admitted = 0;
        for (var i = 0; i < 100; i++)
            Turn();

        // What allocates does so in each round; a collection that other tests cause in the middle of one is counted to this thread, too.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 2000; i++)
                Turn();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(10_100, admitted);

        void Turn()
        {
            var now = 1000L * admitted;
            admitted += LimitChain.TryDrawAll(buckets, costs, tokens, now, out _) ? 1 : 0;
            LimitChain.TryDrawAll(refusing, costs, tokens, now, out _);
            table.TryOpen(now + S, out var handle);
            for (var b = 0; b < buckets.Length; b++)
                handle.TryAdd(buckets[b], costs[b], tokens[b], now + S);
            if (!handle.TryBeginSettle())
                admitted = int.MinValue;
            for (var b = 0; b < buckets.Length; b++)
                handle.Charge(buckets[b], costs[b] - 1, now);
            handle.EndSettle(now);
        }
    }
}
