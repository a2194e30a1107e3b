using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>Sixty-four clients on all cores and the real clock: what they get is the allowance, never more and hardly less.</summary>
public sealed class SaturationTests
{
    private const int Clients = 64;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clients_that_never_rest_use_the_whole_rate_and_no_unit_more(bool isSharded)
    {
        var clock = new LimitClock();
        var start = clock.NowNs;
        const long PerSecond = 500_000;
        const long Burst = 100_000;
        var rate = new RateBucket(PerSecond, LimitClock.SecondNs, Burst, start);
        LimitBucket bucket = isSharded ? new ShardedBucket(rate) : rate;
        long admitted = 0;
        long last = 0;
        var clients = new Func<Random, string?>[Clients];
        Array.Fill(clients, random =>
        {
            // Counted after the draw, at a time that is not before it: what is counted by then was earned by then.
            var cost = random.Next(4) switch { 0 => 1, 1 => 9, 2 => 120, _ => random.Next(1, 300) };
            if (!bucket.TryDraw(cost, clock.NowNs, out _))
            {
                Thread.Yield();
                return null;
            }

            var sum = Interlocked.Add(ref admitted, cost);
            var now = clock.NowNs;
            Interlocked.Exchange(ref last, now);
            return sum - Burst <= (Int128)(now - start) * PerSecond / LimitClock.SecondNs ? null : $"{sum} were admitted by {now - start} ns";
        });
        Race.Passes(Race.Free(Race.Time, clients));
        var allowance = Burst + (long)((Int128)(last - start) * PerSecond / LimitClock.SecondNs);
        Assert.InRange(admitted, allowance * 995 / 1000, allowance);
    }
}
