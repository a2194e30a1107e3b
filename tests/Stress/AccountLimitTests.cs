using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with the twin of an <see cref="AccountLimit"/>.</summary>
public enum AccountDefect
{
    None,

    /// <summary>What was learnt is written, whatever has been taken meanwhile.</summary>
    PlainLearn,

    /// <summary>What is taken is counted as unheard afterwards.</summary>
    CountedLate,

    /// <summary>What is taken is written, whatever stands there by then.</summary>
    PlainTake,
}

/// <summary>However many threads take while others learn, no more is let through than is left.</summary>
public sealed class AccountLimitTests
{
    private const int Limit = 20;

    [Fact]
    public void No_more_is_let_through_than_is_left()
    {
        Race.Passes(Find(
            () =>
            {
                var limit = new AccountLimit();
                return (() => limit.TryTake(0, 1, 0, out _), left => limit.Learn(0, new ProviderRate(true, Limit, left, 60_000), 1));
            },
            Race.Time));
    }

    [Theory]
    [InlineData(AccountDefect.PlainLearn)]
    [InlineData(AccountDefect.CountedLate)]
    [InlineData(AccountDefect.PlainTake)]
    public void A_broken_twin_is_caught(AccountDefect defect) => Race.Fails(Find(() => Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => Twin(AccountDefect.None), Race.Time));

    /// <summary>
    /// Two of the first requests are answered while two threads take: the answers had seen those two alone, so that what is let through, these
    /// included, is never more than the whole. When all are through one alone takes what is left.
    /// </summary>
    private static string? Find(Func<(Func<bool> TryTake, Action<long> Learn)> make, TimeSpan time)
    {
        var (tryTake, learn) = make();
        var through = 0;
        return Race.Rounds(
            time,
            _ =>
            {
                (tryTake, learn) = make();
                through = 0;
                for (var i = 0; i < 3; i++)
                    tryTake();
                learn(Limit - 1);
            },
            _ =>
            {
                var together = through;
                while (through <= Limit && tryTake())
                    through++;
                return through + 3 <= Limit ? null : $"{through + 3} of {Limit} were let through, {together} of them while threads competed";
            },
            Take,
            Take,
            random =>
            {
                learn(Limit - 2);
                Thread.SpinWait(random.Next(40));
                learn(Limit - 3);
            });

        void Take(Random random)
        {
            for (var i = 0; i < 4; i++)
            {
                if (tryTake())
                    Interlocked.Increment(ref through);
            }
        }
    }

    private static (Func<bool>, Action<long>) Twin(AccountDefect defect)
    {
        var twin = new TwinAccount(defect);
        return (twin.TryTake, twin.Learn);
    }

    /// <summary>A limit whose clock stands still: what is used is the word; with pauses between its steps and, if asked for, a defect.</summary>
    private sealed class TwinAccount(AccountDefect defect)
    {
        private long _used;
        private long _unheard;

        public bool TryTake()
        {
            if (defect != AccountDefect.CountedLate)
                Interlocked.Increment(ref _unheard);
            while (true)
            {
                var known = Volatile.Read(ref _used);
                Race.Gap();
                if (known >= Limit)
                {
                    if (defect != AccountDefect.CountedLate)
                        Interlocked.Decrement(ref _unheard);
                    return false;
                }

                if (defect == AccountDefect.PlainTake)
                    Volatile.Write(ref _used, known + 1);
                else if (Interlocked.CompareExchange(ref _used, known + 1, known) != known)
                    continue;
                if (defect == AccountDefect.CountedLate)
                {
                    Race.Gap();
                    Interlocked.Increment(ref _unheard);
                }

                return true;
            }
        }

        public void Learn(long left)
        {
            Interlocked.Decrement(ref _unheard);
            while (true)
            {
                var known = Volatile.Read(ref _used);
                Race.Gap();
                var next = Limit - left + Volatile.Read(ref _unheard);
                Race.Gap();
                if (defect == AccountDefect.PlainLearn)
                {
                    Volatile.Write(ref _used, next);
                    return;
                }

                if (Interlocked.CompareExchange(ref _used, next, known) == known)
                    return;
            }
        }
    }
}
