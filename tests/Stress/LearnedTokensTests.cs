using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a learner's twin.</summary>
public enum LearningDefect
{
    None,

    /// <summary>What was computed is written, whatever stands there by then.</summary>
    PlainWrite,

    /// <summary>A step that came too late is added to what was found, and computed from what was there before.</summary>
    StaleStep,
}

/// <summary>However many threads tell it, a learner counts each observation once: after the same steps it stands where one thread alone would.</summary>
public sealed class LearnedTokensTests
{
    private const int Threads = 3;
    private const int Steps = 4;

    [Fact]
    public void Every_observation_counts_once()
    {
        Race.Passes(Find(
            () =>
            {
                var learned = new LearnedTokens();
                return (learned.Observe, () => learned.P95);
            },
            Race.Time));
    }

    [Theory]
    [InlineData(LearningDefect.PlainWrite)]
    [InlineData(LearningDefect.StaleStep)]
    public void A_broken_twin_is_caught(LearningDefect defect) => Race.Fails(Find(() => Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => Twin(LearningDefect.None), Race.Time));

    /// <summary>All go up, or all go down: then the order of their steps makes no difference.</summary>
    private static string? Find(Func<(Action<long> Observe, Func<long> P95)> make, TimeSpan time)
    {
        var (observe, p95) = make();
        long each = 0;
        return Race.Rounds(
            time,
            random =>
            {
                (observe, p95) = make();
                each = random.Next(2) == 0 ? LearnedTokens.TokensMax : 1;
                observe(20_000);
            },
            _ =>
            {
                var alone = new LearnedTokens();
                alone.Observe(20_000);
                for (var i = 0; i < Threads * Steps; i++)
                    alone.Observe(each);
                return p95() == alone.P95 ? null : $"{p95()} was learnt, and by one alone {alone.P95}";
            },
            [.. Enumerable.Repeat<Action<Random>>(
                _ =>
                {
                    for (var i = 0; i < Steps; i++)
                        observe(each);
                },
                Threads)]);
    }

    private static (Action<long>, Func<long>) Twin(LearningDefect defect)
    {
        long value = 0;
        return (Observe, () => (Volatile.Read(ref value) >> 16) + 1);

        void Observe(long tokens)
        {
            var seen = tokens << 16;
            var known = Volatile.Read(ref value);
            while (true)
            {
                var next = known == 0 ? 2 * seen : seen > known ? known + known / 5 : known - known / 95;
                next = Math.Clamp(next, 1L << 16, LearnedTokens.TokensMax << 16);
                Race.Gap();
                if (defect == LearningDefect.PlainWrite)
                {
                    Volatile.Write(ref value, next);
                    return;
                }

                var found = Interlocked.CompareExchange(ref value, next, known);
                if (found == known)
                    return;
                if (defect == LearningDefect.StaleStep)
                {
                    Interlocked.Add(ref value, next - known);
                    return;
                }

                known = found;
            }
        }
    }
}
