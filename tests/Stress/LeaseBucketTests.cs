using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a twin of the lease bucket.</summary>
public enum LeaseDefect
{
    None,

    /// <summary>Looks whether there is enough and draws later.</summary>
    CheckThenDraw,

    /// <summary>Gives back by reading and writing.</summary>
    PlainRefund,

    /// <summary>A refund goes back into a lease that was left behind.</summary>
    RefundAcross,
}

/// <summary>What was drawn, less what was given back, is what the leases and the adjustments say, and no lease says more than its amount.</summary>
public sealed class LeaseBucketTests
{
    private const long Amount = 300;
    private const int Leases = 8;

    [Fact]
    public void No_credit_of_a_lease_is_lost_or_used_twice()
    {
        var bucket = new Real();
        Race.Passes(Find(() => bucket = new Real(), () => bucket, Race.Time));
    }

    [Theory]
    [InlineData(LeaseDefect.CheckThenDraw)]
    [InlineData(LeaseDefect.PlainRefund)]
    [InlineData(LeaseDefect.RefundAcross)]
    public void A_broken_twin_is_caught(LeaseDefect defect)
    {
        var twin = new Twin(defect);
        Race.Fails(Find(() => twin = new Twin(defect), () => twin, Race.TwinTime));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var twin = new Twin(LeaseDefect.None);
        Race.Passes(Find(() => twin = new Twin(LeaseDefect.None), () => twin, Race.Time));
    }

    private static string? Find(Action make, Func<ILent> lent, TimeSpan time)
    {
        long account = 0;
        return Race.Rounds(
            time,
            _ =>
            {
                make();
                account = 0;
            },
            _ => lent().Judge(account),
            Turn, Turn, Turn, Asker);

        void Turn(Random random)
        {
            var bucket = lent();
            for (var i = 0; i < 40; i++)
            {
                long cost = random.Next(1, 60);
                if (!bucket.TryDraw(cost))
                    continue;
                var back = random.NextInt64(cost + 1);
                bucket.Refund(back);
                Interlocked.Add(ref account, cost - back);
            }
        }

        void Asker(Random random)
        {
            for (var i = 1; i <= Leases; i++)
            {
                lent().Ask((ulong)i);
                Thread.SpinWait(random.Next(500));
            }
        }
    }

    private interface ILent
    {
        bool TryDraw(long cost);

        void Refund(long amount);

        void Ask(ulong lease);

        string? Judge(long account);
    }

    private sealed class Real : ILent
    {
        private readonly LeaseBucket _bucket = Keeping(new(1_000_000, isRate: true, LeaseOutage.Refuse, 0));
        private readonly LeaseReport _report = new();
        private long _closed;
        private long _adjusted;
        private long _now;
        private string? _fault;

        public bool TryDraw(long cost) => _bucket.TryDraw(cost, Volatile.Read(ref _now), out _);

        public void Refund(long amount) => _bucket.Refund(amount, 0, Volatile.Read(ref _now));

        public void Ask(ulong lease)
        {
            _bucket.Report(_report, Volatile.Read(ref _now));
            Take();

            // Some leases end while they are drawn from.
            _bucket.Answer(_report, new LeaseGrant(lease, Amount, lease % 3 == 0 ? 2 : 1000, 0), _now);
            Volatile.Write(ref _now, _now + 1);
        }

        public string? Judge(long account)
        {
            long open = 0;
            _bucket.Report(_report, _now);
            Take(isAnswered: false);
            foreach (var lease in _report.Leases)
                open += lease.Used;
            var told = _closed + open + _adjusted;
            return _fault ?? (told == account ? null : $"{told} were told, {account} used");
        }

        private static LeaseBucket Keeping(LeaseBucket bucket)
        {
            bucket.Keep(Amount / 4, long.MaxValue, 0);
            bucket.OnCold = static _ => { };
            return bucket;
        }

        private void Take(bool isAnswered = true)
        {
            foreach (var lease in _report.Leases)
            {
                _closed += isAnswered && lease.IsClosed ? lease.Used : 0;
                if (lease.Used > lease.Amount)
                    _fault = $"{lease.Used} of {lease.Amount}";
            }

            // A total is told again only when it has changed.
            if (_report.Adjustments.Count > 0)
                _adjusted = _report.Adjustments[0].Total;
        }
    }

    /// <summary>Leases one behind the other on a line, and the place on it; what is given back too late is counted apart.</summary>
    private sealed class Twin(LeaseDefect defect) : ILent
    {
        private long _place;
        private long _end;
        private long _late;
        private long _closedLeases;
        private volatile bool _wasEntered;

        public bool TryDraw(long cost)
        {
            while (true)
            {
                var place = Volatile.Read(ref _place);
                if (place + cost > Volatile.Read(ref _end))
                    return false;
                if (defect == LeaseDefect.CheckThenDraw)
                {
                    Race.Gap();
                    Volatile.Write(ref _place, place + cost);
                    return true;
                }

                if (Interlocked.CompareExchange(ref _place, place + cost, place) == place)
                    return true;
            }
        }

        public void Refund(long amount)
        {
            while (true)
            {
                var place = Volatile.Read(ref _place);
                var start = defect == LeaseDefect.RefundAcross ? 0 : place / Amount * Amount;
                var next = Math.Max(start, place - amount);
                if (defect == LeaseDefect.PlainRefund)
                {
                    Race.Gap();
                    Volatile.Write(ref _place, next);
                }
                else if (Interlocked.CompareExchange(ref _place, next, place) != place)
                {
                    continue;
                }

                _wasEntered |= next < Volatile.Read(ref _closedLeases) * Amount;
                Interlocked.Add(ref _late, place - next - amount);
                return;
            }
        }

        public void Ask(ulong lease)
        {
            // The lease that is full is told and closed.
            var full = Volatile.Read(ref _place) / Amount;
            Volatile.Write(ref _closedLeases, Math.Max(full, _closedLeases));
            Volatile.Write(ref _end, _end + Amount);
        }

        public string? Judge(long account)
        {
            if (_wasEntered)
                return "a closed lease was entered again";
            var told = _place + _late;
            return told == account ? null : $"{told} were told, {account} used";
        }
    }
}
