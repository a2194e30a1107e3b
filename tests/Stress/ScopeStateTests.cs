namespace AiEdge.Stress.Tests;

/// <summary>A limit's bucket is given up only while nobody holds it and it has no use, and whoever is refused it is right to forget it.</summary>
public sealed class ScopeStateTests
{
    [Fact]
    public void A_bucket_is_never_given_up_under_anybody() => Race.Passes(Find(() => new RacedScope(), Race.Time));

    [Theory]
    [InlineData(ScopeDefect.PlainRetire)]
    [InlineData(ScopeDefect.PlainHold)]
    [InlineData(ScopeDefect.NoSecondLook)]
    [InlineData(ScopeDefect.TakenBack)]
    public void A_broken_twin_is_caught(ScopeDefect defect) => Race.Fails(Find(() => new TwinScope(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinScope(ScopeDefect.None), Race.Time));

    private static string? Find(Func<IRacedScope> make, TimeSpan time)
    {
        var scope = make();
        var (holders, used, retired, refused) = (0, 0, 0, 0);
        return Race.Rounds(
            time,
            _ =>
            {
                scope = make();
                holders = used = retired = refused = 0;
            },
            _ => refused > 0 && retired == 0 ? "a hold was refused, and it is not retired" : null,
            Hold,
            Hold,
            Retire);

        void Hold(Random random)
        {
            for (var i = 0; i < 4; i++)
            {
                var wasRetired = Volatile.Read(ref retired) > 0;
                if (!scope.TryHold())
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }

                Interlocked.Increment(ref holders);
                if (wasRetired)
                    throw new InvalidOperationException("it was held though it had been retired");
                if (random.Next(4) == 0)
                {
                    Interlocked.Increment(ref used);
                    scope.Use();
                }

                Thread.SpinWait(random.Next(40));
                Interlocked.Decrement(ref holders);
                scope.Release();
                Thread.SpinWait(random.Next(40));
            }
        }

        void Retire(Random random)
        {
            for (var i = 0; i < 6; i++)
            {
                Thread.SpinWait(random.Next(40));
                if (!scope.TryRetire())
                    continue;
                if (Volatile.Read(ref holders) > 0)
                    throw new InvalidOperationException("it was retired under a holder");
                if (Volatile.Read(ref used) > 0)
                    throw new InvalidOperationException("it was retired in use");
                if (Interlocked.Increment(ref retired) > 1)
                    throw new InvalidOperationException("it was retired twice");
            }
        }
    }
}
