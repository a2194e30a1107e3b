using System.Collections.Concurrent;
using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>A rate never admits above its burst and earnings, loses no settlement over an edit, and gives each refusal its own slot.</summary>
public sealed class RateBucketTests
{
    private const long Burst = 1000;
    private const long Minute = 60 * LimitClock.SecondNs;
    private const int Threads = 3;

    [Fact]
    public void Nothing_is_admitted_above_the_burst_and_nothing_is_lost()
    {
        Race.Passes(FindLoss(
            () =>
            {
                var bucket = new RateBucket(Burst, Minute, Burst, 0);
                return (bucket, () => bucket.Edit(Burst * 2, Minute, Burst, 0));
            },
            Race.Time));
    }

    [Theory]
    [InlineData(RateDefect.PlainAdvance)]
    [InlineData(RateDefect.CheckThenAdd)]
    [InlineData(RateDefect.PlainSettle)]
    [InlineData(RateDefect.NoSeal)]
    public void A_broken_twin_is_caught(RateDefect defect) => Race.Fails(FindLoss(() => Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(FindLoss(() => Twin(RateDefect.None), Race.Time));

    [Fact]
    public void Refusals_at_one_time_get_a_slot_each() =>
        Race.Passes(FindSharedSlot(() => new RateBucket(Burst, Minute, Burst, 0, used: Burst), Race.Time));

    [Fact]
    public void A_twin_that_books_slots_carelessly_is_caught() =>
        Race.Fails(FindSharedSlot(() => new TwinRate(Burst, RateDefect.PlainTail), Race.TwinTime));

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void With_time_passing_the_bound_holds_to_the_unit(long grainNs)
    {
        // Each thread has the time of its own last look, so decisions are made on old readings too.
        long now = 0;
        long admitted = 0;
        var bucket = new RateBucket(50_000, LimitClock.SecondNs, 500, 0, grainNs: grainNs);
        Race.Passes(Race.Free(Race.Time, [.. Enumerable.Repeat<Func<Random, string?>>(
            random =>
            {
                var mine = Interlocked.Add(ref now, random.Next(20_000));
                var cost = random.Next(1, 9);
                if (bucket.TryDraw(cost, mine, out _))
                    Interlocked.Add(ref admitted, cost);
                return null;
            },
            Threads)]));
        Assert.InRange(admitted, 1, 500 + now / 20_000);
        Assert.InRange(bucket.Used(now), 0, 500);
    }

    private static (LimitBucket, Action) Twin(RateDefect defect)
    {
        var twin = new TwinRate(Burst, defect);
        return (twin, twin.Edit);
    }

    /// <summary>On a clock that stands still, what is used is to the unit what was drawn and settled, and never above the burst.</summary>
    private static string? FindLoss(Func<(LimitBucket Bucket, Action Edit)> make, TimeSpan time)
    {
        var (bucket, edit) = make();
        long shadow = 0;
        return Race.Rounds(
            time,
            _ => ((bucket, edit), shadow) = (make(), 0),
            _ => bucket.Used(0) == shadow ? null : $"{bucket.Used(0)} units count as used, {shadow} are",
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads), random => Edits(random)]);

        void Edits(Random random)
        {
            for (var i = 0; i < 3; i++)
            {
                edit();
                Thread.SpinWait(random.Next(200));
            }
        }

        void Turn(Random random)
        {
            for (var i = 0; i < 8; i++)
            {
                long cost = random.Next(1, 400);
                if (!bucket.TryDraw(cost, 0, out var draw))
                    continue;

                // Counted after the draw and uncounted before the refund: never more than is really drawn.
                if (Interlocked.Add(ref shadow, cost) is var sum and > Burst)
                    throw new InvalidOperationException($"{sum} units were admitted at a time");
                var back = random.NextInt64(cost + 1);
                Interlocked.Add(ref shadow, -back);
                bucket.Refund(back, draw.Token, 0);
            }
        }
    }

    private static string? FindSharedSlot(Func<LimitBucket> make, TimeSpan time)
    {
        var bucket = make();
        var waits = new ConcurrentBag<long>();
        return Race.Rounds(
            time,
            _ =>
            {
                bucket = make();
                if (bucket.Used(0) == 0)
                    bucket.TryDraw(Burst, 0, out var _);
                waits.Clear();
            },
            _ => waits.Distinct().Count() == waits.Count ? null : "two refusals got one slot",
            [.. Enumerable.Repeat<Action<Random>>(
                _ =>
                {
                    for (var i = 0; i < 10; i++)
                    {
                        if (bucket.TryDraw(1, 0, out var draw))
                            throw new InvalidOperationException("an empty bucket gave credit");
                        waits.Add(draw.WaitNs);
                    }
                },
                Threads)]);
    }
}
