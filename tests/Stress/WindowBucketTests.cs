using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>While a window ends, each draw is in one of the two, neither admits above its limit, and the debt is carried exactly once.</summary>
public sealed class WindowBucketTests
{
    private const long Limit = 1000;
    private const long Before = LimitClock.SecondNs - 1;
    private const long After = LimitClock.SecondNs;
    private const int Threads = 4;

    [Fact]
    public void Use_and_debt_are_exact_while_a_window_ends()
    {
        var clock = new LimitClock(new UnixEpoch());
        Race.Passes(Find(() => new WindowBucket(Limit, WindowSchedule.Fixed(LimitClock.SecondNs), DebtPolicy.Carry, clock, 0), Race.Time));
    }

    [Fact]
    public void Nothing_is_lost_while_the_schedule_is_edited()
    {
        // Windows of one, two and four seconds: an edit puts another in the place of the present one, and the use goes over whole.
        var clock = new LimitClock(new UnixEpoch());
        var schedules = new[] { 1, 2, 4 }.Select(s => WindowSchedule.Fixed(s * LimitClock.SecondNs)).ToArray();
        var bucket = new WindowBucket(Limit, schedules[0], DebtPolicy.Carry, clock, 0);
        long used = 0;
        Race.Passes(Race.Rounds(
            Race.Time,
            _ => (bucket, used) = (new WindowBucket(Limit, schedules[0], DebtPolicy.Carry, clock, 0), 0),
            _ => bucket.Used(0) == used ? null : $"{bucket.Used(0)} count as used, {used} are",
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads - 1), Edits]));

        void Edits(Random random)
        {
            for (var i = 0; i < 6; i++)
                bucket.Edit(Limit, schedules[random.Next(3)], DebtPolicy.Carry, 0);
        }

        void Turn(Random random)
        {
            for (var i = 0; i < 8; i++)
            {
                long cost = random.Next(1, 300);
                if (!bucket.TryDraw(cost, 0, out var draw))
                    continue;
                if (Interlocked.Add(ref used, cost) > Limit)
                    throw new InvalidOperationException("more was admitted than the limit");
                var back = random.NextInt64(cost + 1);
                Interlocked.Add(ref used, -back);
                if (bucket.Refund(back, draw.Token, 0) != SettleOutcome.Applied)
                    throw new InvalidOperationException("a refund of the present window came too late for it");
            }
        }
    }

    [Theory]
    [InlineData(WindowDefect.NumberApart)]
    [InlineData(WindowDefect.PlainUse)]
    [InlineData(WindowDefect.NoSeal)]
    [InlineData(WindowDefect.TwoSuccessors)]
    public void A_broken_twin_is_caught(WindowDefect defect) => Race.Fails(Find(() => new TwinWindow(Limit, defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinWindow(Limit, WindowDefect.None), Race.Time));

    private static string? Find(Func<LimitBucket> make, TimeSpan time)
    {
        var bucket = make();
        var drawn = new long[2];
        var used = new long[2];
        return Race.Rounds(
            time,
            _ =>
            {
                bucket = make();
                Array.Clear(drawn);
                Array.Clear(used);
            },
            _ => Judge(),
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

        void Turn(Random random)
        {
            for (var i = 0; i < 12; i++)
            {
                var now = i < 4 ? Before : random.Next(i) < 6 ? Before : After;
                long cost = random.Next(1, 300);
                if (!bucket.TryDraw(cost, now, out var draw))
                    continue;
                Interlocked.Add(ref drawn[draw.Token], cost);
                Interlocked.Add(ref used[draw.Token], cost);

                // Charges only: what was refunded could be drawn once more, and the plain sum would say nothing.
                var more = random.Next(2) == 0 ? random.Next(1, 200) : 0;
                Interlocked.Add(ref used[draw.Token], more);
                bucket.Settle(more, draw.Token, random.Next(2) == 0 ? now : After);
            }
        }

        string? Judge()
        {
            if (drawn[0] > Limit || drawn[1] > Limit)
                return $"{drawn[0]} and {drawn[1]} were drawn of {Limit}";
            var expected = used[1] + Math.Max(0, used[0] - Limit);
            var found = bucket.Used(After);
            return found == expected ? null : $"{found} count as used, {expected} are ({used[0]} in the window before)";
        }
    }
}
