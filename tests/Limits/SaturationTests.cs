namespace AiEdge.Limits.Tests;

/// <summary>Sixty-four clients for ten seconds with any mixture of costs: what they get is the allowance, never more and hardly less.</summary>
public sealed class SaturationTests
{
    private const long S = LimitClock.SecondNs;
    private const int Clients = 64;

    [Theory]
    [InlineData(6_000, new[] { 1 })]
    [InlineData(6_000, new[] { 1, 1, 1, 5, 20 })]
    [InlineData(200_000, new[] { 1, 30, 400, 800 })]
    [InlineData(2_000_000, new[] { 1, 70, 2_000, 9_000 })]
    [InlineData(90_000_000, new[] { 50, 1_000, 100_000, 400_000 })]
    public void A_rate_is_used_whole_and_kept_to_the_unit(long perMinute, int[] costs)
    {
        foreach (var cells in new[] { 0, 4 })
        {
            var rate = new RateBucket(perMinute, 60 * S, null, 0);
            LimitBucket bucket = cells == 0 ? rate : new ShardedBucket(rate, cells);
            var random = new Random(costs.Length);
            var events = new PriorityQueue<int, long>();
            for (var i = 0; i < Clients; i++)
                events.Enqueue(i, random.NextInt64(S / 100));
            long admitted = 0;
            while (events.TryDequeue(out var client, out var now) && now < 10 * S)
            {
                var cost = costs[random.Next(costs.Length)];
                if (bucket.TryDraw(cost, now, out _))
                    admitted += cost;
                Assert.True(admitted - rate.Capacity <= (Int128)now * perMinute / (60 * S), "more than the bound");
                events.Enqueue(client, now + S / 1000 + random.NextInt64(S / 500));
            }

            var allowance = rate.Capacity + perMinute * 10 / 60;
            Assert.InRange(admitted, allowance * 995 / 1000, allowance);
        }
    }

    [Theory]
    [InlineData(1_000, new[] { 1 })]
    [InlineData(100_000, new[] { 1, 7, 90, 400 })]
    [InlineData(5_000_000_000, new[] { 1_000, 2_500_000, 17_000_000 })]
    public void A_window_is_used_whole_and_kept_to_the_unit(long limit, int[] costs)
    {
        var time = new FakeTime();
        var clock = new LimitClock(time);
        foreach (var cells in new[] { 0, 4 })
        {
            var window = new WindowBucket(limit, WindowSchedule.Fixed(S), DebtPolicy.Carry, clock, clock.NowNs);
            LimitBucket bucket = cells == 0 ? window : new ShardedBucket(window, cells);
            var random = new Random(costs.Length);
            var perWindow = new Dictionary<long, long>();
            for (var turn = 0; turn < 10_000; turn++)
            {
                for (var client = 0; client < Clients; client++)
                {
                    var cost = costs[random.Next(costs.Length)];
                    if (bucket.TryDraw(cost, clock.NowNs, out var draw))
                        perWindow[draw.Token] = perWindow.GetValueOrDefault(draw.Token) + cost;
                }

                time.PassNs(S / 1000);
            }

            Assert.Equal(10, perWindow.Count);
            Assert.All(perWindow.Values, used => Assert.InRange(used, limit * 995 / 1000, limit));
        }
    }
}
