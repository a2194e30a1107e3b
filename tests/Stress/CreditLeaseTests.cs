using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a twin of the lease.</summary>
public enum LeaseDefect
{
    None,

    /// <summary>Looks whether there is enough and draws later.</summary>
    CheckThenDraw,

    /// <summary>Returns by reading and writing.</summary>
    PlainReturn,

    /// <summary>A close reads what is left and closes later.</summary>
    CopyingClose,
}

/// <summary>Drawn, less what returned, and what the close gives are the amount, whatever comes between.</summary>
public sealed class CreditLeaseTests
{
    private const long Amount = 1000;
    private const int Threads = 3;

    [Fact]
    public void No_credit_of_a_lease_is_lost_or_given_twice()
    {
        var lease = new CreditLease(Amount, 1, 1);
        Race.Passes(Find(() => lease = new CreditLease(Amount, 1, 1), c => lease.TryDraw(c, 0), c => lease.TryReturn(c), () => lease.Close(), Race.Time));
    }

    [Theory]
    [InlineData(LeaseDefect.CheckThenDraw)]
    [InlineData(LeaseDefect.PlainReturn)]
    [InlineData(LeaseDefect.CopyingClose)]
    public void A_broken_twin_is_caught(LeaseDefect defect) => Race.Fails(Find(defect, Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(LeaseDefect.None, Race.Time));

    private static string? Find(LeaseDefect defect, TimeSpan time)
    {
        var lease = new Twin(defect);
        return Find(() => lease = new Twin(defect), c => lease.TryDraw(c), c => lease.TryReturn(c), () => lease.Close(), time);
    }

    private static string? Find(Action make, Func<long, bool> draw, Func<long, bool> giveBack, Func<long> close, TimeSpan time)
    {
        long account = 0;
        return Race.Rounds(
            time,
            _ =>
            {
                make();
                account = 0;
            },
            _ =>
            {
                account += close();
                return account == Amount ? null : $"{account} came out of {Amount}";
            },
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads), Closer, Closer]);

        void Turn(Random random)
        {
            for (var i = 0; i < 10; i++)
            {
                long cost = random.Next(1, 300);
                if (!draw(cost))
                    continue;
                var back = random.NextInt64(cost + 1);
                Interlocked.Add(ref account, giveBack(back) ? cost - back : cost);
            }
        }

        void Closer(Random random)
        {
            Thread.SpinWait(random.Next(2000));
            if (random.Next(3) == 0)
                Interlocked.Add(ref account, close());
        }
    }

    private sealed class Twin(LeaseDefect defect)
    {
        private long _left = Amount;

        public bool TryDraw(long cost)
        {
            while (true)
            {
                var left = Volatile.Read(ref _left);
                if (left < cost)
                    return false;
                Race.Gap();
                if (defect == LeaseDefect.CheckThenDraw)
                    Interlocked.Add(ref _left, -cost);
                else if (Interlocked.CompareExchange(ref _left, left - cost, left) != left)
                    continue;
                return true;
            }
        }

        public bool TryReturn(long amount)
        {
            while (true)
            {
                var left = Volatile.Read(ref _left);
                if (left < 0)
                    return false;
                Race.Gap();
                if (defect == LeaseDefect.PlainReturn)
                    Volatile.Write(ref _left, left + amount);
                else if (Interlocked.CompareExchange(ref _left, left + amount, left) != left)
                    continue;
                return true;
            }
        }

        public long Close()
        {
            if (defect != LeaseDefect.CopyingClose)
                return Math.Max(0, Interlocked.Exchange(ref _left, -1));
            var left = Volatile.Read(ref _left);
            Race.Gap();
            Volatile.Write(ref _left, -1);
            return Math.Max(0, left);
        }
    }
}
