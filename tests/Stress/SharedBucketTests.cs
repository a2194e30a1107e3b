namespace AiEdge.Stress.Tests;

/// <summary>While others borrow all they can, what is guaranteed is never refused, and all together never get more than the whole.</summary>
public sealed class SharedBucketTests
{
    private const long Whole = 1000;

    /// <summary>Two owners keep to half of the guaranteed part each.</summary>
    private const long OwnedMax = 150;
    private const long OwnedByPaceMax = 75;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guarantees_hold_and_the_whole_is_never_exceeded(bool isByPace) =>
        Race.Passes(Find(() => new RacedShares(isByPace), isByPace, Race.Time));

    [Theory]
    [InlineData(SharesDefect.NoMoving, false)]
    [InlineData(SharesDefect.PlainBorrow, false)]
    [InlineData(SharesDefect.TakeThenLook, false)]
    [InlineData(SharesDefect.NoMovingRefund, false)]
    [InlineData(SharesDefect.PlainBorrow, true)]
    [InlineData(SharesDefect.ReleaseByDifference, true)]
    public void A_broken_twin_is_caught(SharesDefect defect, bool isByPace) =>
        Race.Fails(Find(() => new TwinShares(defect, isByPace), isByPace, Race.TwinTime));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_twin_without_a_defect_is_not_blamed(bool isByPace) =>
        Race.Passes(Find(() => new TwinShares(SharesDefect.None, isByPace), isByPace, Race.Time));

    private static string? Find(Func<IRacedShares> make, bool isByPace, TimeSpan time)
    {
        var ownedMax = isByPace ? OwnedByPaceMax : OwnedMax;
        var shares = make();
        long shadow = 0;
        return Race.Rounds(
            time,
            _ => (shares, shadow) = (make(), 0),
            _ => shares.Used == shadow ? null : $"{shares.Used} units count as used, {shadow} are",
            Owner,
            Owner,
            Borrower,
            Borrower);

        void Owner(Random random)
        {
            long owned = 0;
            for (var i = 0; i < 20; i++)
            {
                var cost = random.NextInt64(1, ownedMax + 1 - owned + 1);
                if (owned + cost <= ownedMax)
                {
                    if (!shares.TryDraw(true, cost, out var _))
                        throw new InvalidOperationException($"{cost} were refused to an owner that had {owned}");
                    owned += cost;
                    Count(cost);
                }

                var back = random.NextInt64(owned + 1);
                Interlocked.Add(ref shadow, -back);
                shares.Refund(true, back, 0);
                owned -= back;
            }
        }

        void Borrower(Random random)
        {
            for (var i = 0; i < 20; i++)
            {
                var cost = random.NextInt64(1, 500);
                if (!shares.TryDraw(false, cost, out var token))
                    continue;
                Count(cost);
                Thread.SpinWait(random.Next(60));
                if (random.Next(8) == 0)
                    continue;
                Interlocked.Add(ref shadow, -cost);
                shares.Refund(false, cost, token);
            }
        }

        void Count(long cost)
        {
            // Counted after the draw and uncounted before the refund: never more than is really drawn.
            if (Interlocked.Add(ref shadow, cost) is var sum and > Whole)
                throw new InvalidOperationException($"{sum} of {Whole} were drawn");
        }
    }
}
