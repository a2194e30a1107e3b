using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>Chains over the same buckets in any order: each bucket's use is what the admitted took, whoever was refused in between.</summary>
public sealed class LimitChainTests
{
    private const long Burst = 300;
    private const int Threads = 4;

    private delegate bool DrawAll(LimitBucket[] buckets, long[] costs, long[] tokens);

    [Fact]
    public void All_or_nothing_is_taken_in_any_order() =>
        Race.Passes(Find((buckets, costs, tokens) => LimitChain.TryDrawAll(buckets, costs, tokens, 0, out _), Race.Time));

    [Fact]
    public void A_twin_that_keeps_part_of_what_was_refused_is_caught() => Race.Fails(Find(Keeping, Race.TwinTime));

    [Fact]
    public void A_twin_that_looks_first_and_draws_later_is_caught() => Race.Fails(Find(LookingFirst, Race.TwinTime));

    private static bool Keeping(LimitBucket[] buckets, long[] costs, long[] tokens)
    {
        for (var i = 0; i < buckets.Length; i++)
        {
            if (buckets[i].TryTake(costs[i], 0, out tokens[i]))
                continue;

            // The first one is forgotten.
            for (var back = i - 1; back > 0; back--)
                buckets[back].Refund(costs[back], tokens[back], 0);
            return false;
        }

        return true;
    }

    private static bool LookingFirst(LimitBucket[] buckets, long[] costs, long[] tokens)
    {
        for (var i = 0; i < buckets.Length; i++)
        {
            if (buckets[i].Remaining(0) < costs[i])
                return false;
        }

        Race.Gap();
        for (var i = 0; i < buckets.Length; i++)
            buckets[i].Settle(costs[i], 0, 0);
        return true;
    }

    private static string? Find(DrawAll draw, TimeSpan time)
    {
        var buckets = new LimitBucket[4];
        var used = new long[4];
        return Race.Rounds(
            time,
            _ =>
            {
                for (var i = 0; i < 4; i++)
                    buckets[i] = new RateBucket(Burst, LimitClock.SecondNs, Burst, 0);
                Array.Clear(used);
            },
            _ =>
            {
                for (var i = 0; i < 4; i++)
                {
                    if (buckets[i].Used(0) != used[i] || used[i] > Burst)
                        return $"of bucket {i} {buckets[i].Used(0)} count as used, {used[i]} are";
                }

                return null;
            },
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

        void Turn(Random random)
        {
            for (var turn = 0; turn < 10; turn++)
            {
                var order = new[] { 0, 1, 2, 3 };
                random.Shuffle(order);
                var costs = order.Select(_ => (long)random.Next(1, 60)).ToArray();
                if (!draw([.. order.Select(i => buckets[i])], costs, new long[4]))
                    continue;
                for (var i = 0; i < 4; i++)
                    Interlocked.Add(ref used[order[i]], costs[i]);
            }
        }
    }
}
