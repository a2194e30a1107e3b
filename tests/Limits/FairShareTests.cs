namespace AiEdge.Limits.Tests;

/// <summary>What flows and classes get of a bucket that many wait for, on a clock that jumps from timer to timer.</summary>
public sealed class FairShareTests
{
    private const long S = LimitClock.SecondNs;

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;

    public FairShareTests() => _clock = new LimitClock(_time);

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 2, 4, 1)]
    [InlineData(7, 3, 2, 400)]
    [InlineData(100, 1, 10, 50)]
    public void Flows_that_always_wait_get_what_their_weights_say_whatever_their_costs_are(int a, int b, int c, int costMax)
    {
        var got = Run(120, costMax, (a, WaitClass.Normal), (b, WaitClass.Normal), (c, WaitClass.Normal));
        double sum = got.Sum();
        Assert.All([(a, got[0]), (b, got[1]), (c, got[2])], flow =>
            Assert.InRange(flow.Item2 / sum, 0.95 * flow.Item1 / (a + b + c), 1.05 * flow.Item1 / (a + b + c)));
    }

    [Fact]
    public void Lower_classes_get_a_twentieth_each_while_the_highest_would_take_all()
    {
        var got = Run(120, 20, (1, WaitClass.High), (1, WaitClass.Normal), (5, WaitClass.Low));
        double sum = got.Sum();
        Assert.InRange(got[0] / sum, 0.88, 0.92);
        Assert.InRange(got[1] / sum, 0.045, 0.055);
        Assert.InRange(got[2] / sum, 0.045, 0.055);
    }

    [Fact]
    public void The_highest_class_that_waits_gets_all_but_the_twentieth_of_the_one_below()
    {
        var got = Run(120, 20, (1, WaitClass.Normal), (1, WaitClass.Low));
        Assert.InRange(got[1] / (double)got.Sum(), 0.045, 0.055);
    }

    [Fact]
    public void One_that_waits_behind_new_names_without_end_is_served_all_the_same()
    {
        var bucket = new RateBucket(100, S, 100, 0, used: 100);
        var queue = new FairQueue(_clock, 100);
        var patient = Enumerable.Range(0, 10).Select(_ => Join(queue, bucket, 1, "patient", 1, WaitClass.Normal)).ToArray();
        var names = 0;
        for (var i = 0; i < 2000; i++)
        {
            while (queue.Count < 60)
                Join(queue, bucket, 1, "new" + names++, 1, WaitClass.Normal);
            _time.PassNs(S / 100);
        }

        Assert.All(patient, one => Assert.NotNull(one.GrantedNs));
    }

    [Fact]
    public async Task Over_any_course_waits_end_once_in_time_within_the_bound_and_no_credit_lies_idle()
    {
        for (var seed = 0; seed < 40; seed++)
            await RunCourse(new Random(seed));
    }

    /// <summary>Flows that keep five waiting each, with costs of their own; what each got in the seconds.</summary>
    private long[] Run(int seconds, int costMax, params (int Weight, WaitClass Class)[] flows)
    {
        var bucket = new RateBucket(1000, S, 1000, 0, used: 1000);
        using var queue = new FairQueue(_clock, 100);
        var random = new Random(costMax);
        var got = new long[flows.Length];
        var waiting = new int[flows.Length];
        for (var end = _clock.NowNs + seconds * S; _clock.NowNs < end;)
        {
            for (var i = 0; i < flows.Length; i++)
            {
                for (; waiting[i] < 5; waiting[i]++)
                {
                    // The first flow's are large, the second's small: it must not matter.
                    var cost = i == 0 ? costMax : i == 1 ? 1 : random.Next(1, costMax + 1);
                    var flow = i;
                    var one = new QueuedCost(_clock, bucket, cost, "f" + i, flows[i].Weight, flows[i].Class, 1000 * S)
                    {
                        OnDrawn = self =>
                        {
                            got[flow] += self.Request.Cost;
                            waiting[flow]--;
                        },
                    };
                    Assert.True(one.TryJoin(queue));
                }
            }

            _time.PassNs(S / 1000);
        }

        Assert.InRange(got.Sum(), 0.995 * 1000 * seconds - costMax, 1000 * seconds);
        return got;
    }

    private async Task RunCourse(Random random)
    {
        var burst = random.Next(20, 200);
        var rate = random.Next(10, 400);
        var start = _clock.NowNs;
        var bucket = new RateBucket(rate, S, burst, start);
        using var queue = new FairQueue(_clock, random.Next(1, 30));
        var all = new List<QueuedCost>();
        var refused = 0;
        long granted = 0;
        for (var i = 0; i < 300; i++)
        {
            var priority = (WaitClass)random.Next(3);
            var one = new QueuedCost(
                _clock, bucket, random.Next(0, 30), "f" + random.Next(5), random.Next(1, 4), priority, random.NextInt64(3 * S))
            {
                OnDrawn = self =>
                {
                    granted += self.Request.Cost;
                    Assert.True(granted - burst <= (Int128)(self.GrantedNs!.Value - start) * rate / S, "more than the bound");
                    Assert.True(self.GrantedNs <= self.Request.DeadlineNs, "granted after its deadline");
                },
            };
            if (one.TryJoin(queue))
                all.Add(one);
            else
                refused++;
            if (random.Next(10) == 0 && all.Count > 0)
                all[random.Next(all.Count)].Ticket.Cancel();
            Assert.True(queue.Count <= queue.Max);
            _time.PassNs(random.NextInt64(S / 20));
        }

        _time.PassNs(4 * S);
        Assert.Equal(0, queue.Count);
        Assert.True(refused < 300 && all.Count > 0);
        foreach (var one in all)
        {
            var outcome = await one.Ticket.Outcome.AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(one.GrantedNs is not null, outcome == WaitOutcome.Granted);
        }
    }

    private QueuedCost Join(FairQueue queue, LimitBucket bucket, long cost, string flow, int weight, WaitClass priority)
    {
        var one = new QueuedCost(_clock, bucket, cost, flow, weight, priority, 1000 * S);
        Assert.True(one.TryJoin(queue));
        return one;
    }
}
