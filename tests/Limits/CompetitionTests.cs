namespace AiEdge.Limits.Tests;

/// <summary>Many clients at one rate, on a clock that jumps from event to event: who obeys a wait gets in, and none come in a herd.</summary>
public sealed class CompetitionTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const long S = LimitClock.SecondNs;

    [Theory]
    [InlineData(64, 600, 1, 99)]
    [InlineData(8, 600, 5, 99)]
    [InlineData(256, 600, 1, 99)]
    [InlineData(64, 200_000, 2000, 95)]
    [InlineData(64, 6000, 1, 97)]
    public void Clients_that_obey_their_waits_are_admitted_at_the_next_try_and_use_the_allowance(int clients, long perMinute, int cost, int keptPercent)
    {
        var bucket = new RateBucket(perMinute, 60 * S, null, 0, used: 0, grainNs: S / 1000);
        var events = new PriorityQueue<(int Client, bool IsRetry), long>();
        var random = new Random(clients);
        for (var i = 0; i < clients; i++)
            events.Enqueue((i, false), random.NextInt64(S));
        long admitted = 0;
        var retries = 0;
        var kept = 0;
        var last = 0L;
        var sameMoment = 0;
        const long End = 120 * S;
        while (events.TryDequeue(out var client, out var now) && now < End)
        {
            var isIn = bucket.TryDraw(cost, now, out var draw);
            admitted += isIn ? cost : 0;
            if (client.IsRetry)
            {
                retries++;
                kept += isIn ? 1 : 0;
                sameMoment += now - last < S / 100_000 ? 1 : 0;
                last = now;
            }

            // An answer takes up to 200 ms; a wait is of whole milliseconds and the network adds some.
            var late = random.NextInt64(S / 1000);
            var next = isIn ? now + random.NextInt64(S / 5) : now + draw.WaitNs + late / 4;
            events.Enqueue((client.Client, !isIn), next);
        }

        output.WriteLine($"{clients} clients at {perMinute}/min: {kept} of {retries} ({100.0 * kept / retries:F1} %) were admitted at their next try");
        var allowance = bucket.Capacity + perMinute * 2;
        Assert.InRange(admitted, allowance * 98 / 100, allowance);
        Assert.True(kept >= retries * keptPercent / 100, $"{kept} of {retries} were admitted at their next try");
        Assert.True(sameMoment <= retries / 10, $"{sameMoment} of {retries} came within 10 us of another");
    }

    /// <summary>
    /// Clients that are late, by up to so many milliseconds, or because they wait whole seconds (0), and newcomers that leave alone what
    /// was promised.
    /// </summary>
    [Theory]
    [InlineData(64, 6000, 1, 5)]
    [InlineData(64, 6000, 1, 50)]
    [InlineData(64, 6000, 1, 0)]
    [InlineData(256, 600, 1, 100)]
    [InlineData(256, 600, 1, 0)]
    [InlineData(64, 200_000, 2000, 0)]
    public void Who_is_late_finds_what_he_was_promised_where_newcomers_leave_it_alone(int clients, long perMinute, int cost, int lateMs)
    {
        LimitBucket[] bucket = [new ShardedBucket(new RateBucket(perMinute, 60 * S, null, 0, used: 0, grainNs: S / 1000), 4)];
        var events = new PriorityQueue<(int Client, bool IsRetry), long>();
        var random = new Random(clients);
        var tokens = new long[1];
        for (var i = 0; i < clients; i++)
            events.Enqueue((i, false), random.NextInt64(S));
        var (admitted, retries, kept) = (0L, 0, 0);
        while (events.TryDequeue(out var client, out var now) && now < 120 * S)
        {
            var isIn = LimitChain.TryDrawAll(bucket, [cost], tokens, now, out var draw, yields: !client.IsRetry);
            admitted += isIn ? cost : 0;
            retries += client.IsRetry ? 1 : 0;
            kept += client.IsRetry && isIn ? 1 : 0;
            var waitNs = lateMs > 0 ? draw.WaitNs + random.NextInt64(lateMs * S / 1000) : (draw.WaitNs + S - 1) / S * S;
            events.Enqueue((client.Client, !isIn), now + (isIn ? random.NextInt64(S / 5) : waitNs));
        }

        output.WriteLine($"{clients} clients at {perMinute}/min, {lateMs} ms late: {kept} of {retries} ({100.0 * kept / retries:F1} %) at their next try");
        var allowance = bucket[0].Capacity + perMinute * 2;
        Assert.InRange(admitted, allowance * 98 / 100, allowance);
        Assert.True(kept >= retries * 98 / 100, $"{kept} of {retries} were admitted at their next try");
    }

    [Fact]
    public void What_nobody_claims_is_kept_for_a_second_and_no_longer()
    {
        var bucket = new RateBucket(600, 60 * S, null, 0, used: 600, grainNs: S / 1000);
        LimitBucket[] buckets = [bucket];
        var tokens = new long[1];
        Assert.False(LimitChain.TryDrawAll(buckets, [1], tokens, 0, out var promised));
        Assert.False(LimitChain.TryDrawAll(buckets, [1], tokens, promised.WaitNs, out var newcomer, yields: true));
        Assert.Equal(S / 10, newcomer.WaitNs);
        Assert.True(LimitChain.TryDrawAll(buckets, [9], tokens, promised.WaitNs + S, out _, yields: true));
        Assert.False(LimitChain.TryDrawAll(buckets, [1], tokens, promised.WaitNs + S, out _, yields: true));
        Assert.True(LimitChain.TryDrawAll(buckets, [22], tokens, promised.WaitNs + 3 * S, out _, yields: true));
    }

    [Fact]
    public void A_lone_client_that_obeys_its_wait_is_always_admitted_at_its_next_try()
    {
        var random = new Random(5);
        for (var run = 0; run < 200; run++)
        {
            var bucket = new RateBucket(random.Next(1, 2000), S * random.Next(1, 61), random.Next(50, 500), 0);
            long now = 0;
            for (var i = 0; i < 100; i++)
            {
                var cost = random.Next(1, 50);
                if (!bucket.TryDraw(cost, now, out var draw))
                {
                    now += draw.WaitNs;
                    Assert.True(bucket.TryDraw(cost, now, out _), "refused though it had waited");
                }

                now += random.Next(1000);
            }
        }
    }

    [Fact]
    public void A_lone_client_under_several_limits_is_admitted_at_its_next_try_too()
    {
        var random = new Random(11);
        var tokens = new long[4];
        var costs = new long[4];
        for (var run = 0; run < 100; run++)
        {
            var clock = new LimitClock(new FakeTime());
            LimitBucket[] buckets =
            [
                new RateBucket(random.Next(1, 600), 60 * S, 60, 0),
                new ShardedBucket(new RateBucket(random.Next(1, 3000), S, 60, 0), 1 << random.Next(4)),
                new WindowBucket(random.Next(60, 1000), WindowSchedule.Fixed(random.Next(1, 90) * S), DebtPolicy.Carry, clock, 0),
                new ShardedBucket(
                    new WindowBucket(random.Next(60, 1000), WindowSchedule.Hourly(TimeZoneInfo.Utc), DebtPolicy.Carry, clock, 0), 4),
            ];
            random.Shuffle(buckets);
            long now = 0;
            for (var i = 0; i < 200; i++)
            {
                for (var b = 0; b < costs.Length; b++)
                    costs[b] = random.Next(50);
                if (!LimitChain.TryDrawAll(buckets, costs, tokens, now, out var draw))
                {
                    now += draw.WaitNs;
                    Assert.True(LimitChain.TryDrawAll(buckets, costs, tokens, now, out _), "refused though it had waited");
                }

                // What it used is settled now and then: less, or more, into debt.
                var at = random.Next(4);
                if (random.Next(3) == 0)
                    buckets[at].Settle(random.NextInt64(-costs[at], 40), tokens[at], now);
                now += random.NextInt64(S);
            }
        }
    }
}
