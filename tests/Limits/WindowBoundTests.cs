using FsCheck;
using FsCheck.Fluent;

namespace AiEdge.Limits.Tests;

/// <summary>What windows admit, against a plain account of each window.</summary>
public sealed class WindowBoundTests
{
    private static readonly Gen<(int PassS, int Cost, int Choice)[]> Courses =
        Gen.ArrayOf(
            from pass in Gen.Frequency((6, Gen.Choose(0, 5)), (1, Gen.Choose(0, 40)))
            from cost in Gen.Choose(0, 120)
            from choice in Gen.Choose(0, 99)
            select (pass, cost, choice));

    private static readonly Gen<(int Limit, bool Carries, (int PassS, int Cost, int Choice)[] Course)> Cases =
        from limit in Gen.Choose(1, 200)
        from carries in Gen.Elements(true, false)
        from course in Courses
        select (limit, carries, course);

    [Fact]
    public void Windows_never_admit_above_the_limit_and_their_use_is_what_a_plain_account_says() => Check(c =>
    {
        var (time, clock, bucket) = New(c.Limit, c.Carries);
        var account = new Account(c.Limit, c.Carries);
        var open = new List<(long Token, long Cost)>();
        foreach (var (pass, cost, choice) in c.Course)
        {
            time.Pass(TimeSpan.FromSeconds(pass));
            var now = clock.NowNs;
            account.Advance(bucket.WindowNumber(now));
            if (bucket.TryDraw(cost, now, out var draw) != account.TryDraw(cost))
                return false;
            if (draw.IsDrawn)
                open.Add((draw.Token, cost));
            if (choice < 30 && open.Count > 0)
            {
                var (token, held) = open[choice % open.Count];
                open.RemoveAt(choice % open.Count);

                // A refund no larger than the draw, or a charge into debt.
                var delta = choice < 15 ? -Math.Min(held, choice * 5) : choice * 4;
                var isClosed = bucket.Settle(delta, token, now) == SettleOutcome.WindowClosed;
                if (isClosed != (token != account.Number))
                    return false;
                account.Settle(token, delta);
            }

            if (bucket.Used(now) != account.Used)
                return false;
        }

        return true;
    });

    [Fact]
    public void A_wait_is_exact_when_nothing_else_is_admitted_meanwhile() => Check(c =>
    {
        var (time, clock, bucket) = New(c.Limit, c.Carries);
        foreach (var (pass, cost, choice) in c.Course)
        {
            time.Pass(TimeSpan.FromSeconds(pass));
            if (bucket.TryDraw(cost, clock.NowNs, out var draw))
            {
                if (choice < 20)
                    bucket.Settle(choice * 20, draw.Token, clock.NowNs);
                continue;
            }

            if (draw.Outcome == DrawOutcome.TooLarge)
            {
                if (cost <= c.Limit)
                    return false;
                continue;
            }

            time.Pass(TimeSpan.FromTicks(draw.WaitNs / 100 - 1));
            if (bucket.TryDraw(cost, clock.NowNs, out _))
                return false;
            time.Pass(TimeSpan.FromTicks(1));
            if (!bucket.TryDraw(cost, clock.NowNs, out _))
                return false;
        }

        return true;
    });

    private static (FakeTime Time, LimitClock Clock, WindowBucket Bucket) New(int limit, bool carries)
    {
        var time = new FakeTime();
        var clock = new LimitClock(time);
        var schedule = WindowSchedule.Fixed(10 * LimitClock.SecondNs);
        return (time, clock, new WindowBucket(limit, schedule, carries ? DebtPolicy.Carry : DebtPolicy.Forgive, clock, clock.NowNs));
    }

    private static void Check(Func<(int Limit, bool Carries, (int PassS, int Cost, int Choice)[] Course), bool> holds) =>
        Prop.ForAll(Cases.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    /// <summary>The same by simple means: the present window's use and the one before it.</summary>
    private sealed class Account(long limit, bool carries)
    {
        private long _before;
        private long _beforeNumber = long.MinValue;

        public long Number { get; private set; } = long.MinValue;

        public long Used { get; private set; }

        public void Advance(long number)
        {
            if (number == Number)
                return;
            if (Number != long.MinValue)
            {
                (_before, _beforeNumber) = (Used, Number);
                Used = Debt(number);
            }

            Number = number;
        }

        public bool TryDraw(long cost)
        {
            if (Used + cost > limit)
                return false;
            Used += cost;
            return true;
        }

        public void Settle(long token, long delta)
        {
            if (token == Number)
            {
                Used = Math.Max(0, Used + delta);
            }
            else if (token == _beforeNumber)
            {
                var debt = Debt(Number);
                _before = Math.Max(0, _before + delta);
                Used = Math.Max(0, Used + Debt(Number) - debt);
            }
            else if (carries)
            {
                Used += Math.Max(0, delta);
            }
        }

        private long Debt(long number) => carries ? Math.Max(0, _before - limit * (number - _beforeNumber)) : 0;
    }
}
