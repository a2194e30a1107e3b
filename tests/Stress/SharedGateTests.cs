using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a twin of the shared gate.</summary>
public enum SharedGateDefect
{
    None,

    /// <summary>A place that is left is put where it goes before it is taken from where it was.</summary>
    PutBeforeTaken,

    /// <summary>A common place is looked for and taken later.</summary>
    CheckThenTake,

    /// <summary>A place that an owner leaves is anybody's.</summary>
    NotKept,
}

/// <summary>While others take all that they can, an owner who keeps to his part is never refused, and no place is lost or twice.</summary>
public sealed class SharedGateTests
{
    private const int Limit = 3;
    private const int Part = 2;

    private interface IRacedGate
    {
        bool TryEnter(bool isOwner);

        bool TryLeave(bool isOwner);
    }

    [Fact]
    public void Guarantees_hold_and_every_place_is_somewhere_once() => Race.Passes(Find(() => new Real(), Race.Time));

    [Fact]
    public void Shares_that_fall_idle_and_come_back_lose_no_place() => Race.Passes(FindIdle(Race.Time));

    [Theory]
    [InlineData(SharedGateDefect.PutBeforeTaken)]
    [InlineData(SharedGateDefect.CheckThenTake)]
    [InlineData(SharedGateDefect.NotKept)]
    public void A_broken_twin_is_caught(SharedGateDefect defect) => Race.Fails(Find(() => new Twin(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new Twin(SharedGateDefect.None), Race.Time));

    private static string? Find(Func<IRacedGate> make, TimeSpan time)
    {
        var gate = make();
        var inside = 0;
        return Race.Rounds(time, _ => (gate, inside) = (make(), 0), _ => Judge(), Owner, Owner, Borrower, Borrower, Borrower);

        // Two owners with one place each are the part; each has it when it comes.
        void Owner(Random random)
        {
            for (var i = 0; i < 20; i++)
            {
                if (!gate.TryEnter(true))
                    throw new InvalidOperationException("an owner was refused within its part");
                Pass(true);
            }
        }

        void Borrower(Random random)
        {
            for (var i = 0; i < 40; i++)
            {
                if (gate.TryEnter(false))
                    Pass(false);
            }
        }

        void Pass(bool isOwner)
        {
            // Owners are never more than their part, so it is the others who may not be more than the rest.
            if (!isOwner && Interlocked.Increment(ref inside) is var now and > Limit - Part)
                throw new InvalidOperationException($"{now} others were inside");
            Race.Gap();
            if (!isOwner)
                Interlocked.Decrement(ref inside);
            if (!gate.TryLeave(isOwner))
                throw new InvalidOperationException("one who was inside could not leave");
        }

        string? Judge()
        {
            var (owners, others) = (0, 0);
            while (gate.TryEnter(false))
                others++;
            while (gate.TryEnter(true))
                owners++;
            return (owners, others) == (Part, Limit - Part) ? null : $"an empty gate let {owners} owners and {others} others in";
        }
    }

    /// <summary>The clock runs so fast that a share is idle every few entries: all that is lent comes back, and no more.</summary>
    private static string? FindIdle(TimeSpan time)
    {
        var gate = new SharedGate(Limit, [34], 0);
        long nowNs = 0;
        var inside = 0;
        return Race.Rounds(time, static _ => { }, _ => Judge(), Turn, Turn, Turn, Turn);

        void Turn(Random random)
        {
            for (var i = 0; i < 20; i++)
            {
                var now = Interlocked.Add(ref nowNs, random.NextInt64(SharedGate.IdleNs));
                var share = random.Next(2) == 0 ? gate.Of(0) : gate.Common;
                if (!share.TryEnter(now))
                    continue;
                if (Interlocked.Increment(ref inside) is var count and > Limit)
                    throw new InvalidOperationException($"{count} were inside");
                Thread.SpinWait(random.Next(60));
                Interlocked.Decrement(ref inside);
                if (!share.TryLeave())
                    throw new InvalidOperationException("one who was inside could not leave");
            }
        }

        string? Judge()
        {
            if (gate.Common.Count != 0)
                return $"{gate.Common.Count} are inside of an empty gate";
            var now = Interlocked.Add(ref nowNs, 2 * SharedGate.IdleNs);
            var entered = 0;
            while (gate.Common.TryEnter(now))
                entered++;
            for (var i = 0; i < entered; i++)
                gate.Common.TryLeave();
            return entered == Limit ? null : $"an empty gate let {entered} in";
        }
    }

    private sealed class Real : IRacedGate
    {
        private readonly SharedGate _gate = new(Limit, [(100 * Part + Limit - 1) / Limit], 0);

        public bool TryEnter(bool isOwner) => Of(isOwner).TryEnter(0);

        public bool TryLeave(bool isOwner) => Of(isOwner).TryLeave();

        private Gate Of(bool isOwner) => isOwner ? _gate.Of(0) : _gate.Common;
    }

    /// <summary>The protocol once more, of one share that is never idle, with pauses at its racy points and, if asked for, a defect.</summary>
    private sealed class Twin(SharedGateDefect defect) : IRacedGate
    {
        private long _owner = (long)Part << 32;
        private int _others;
        private int _free = Limit - Part;

        public bool TryEnter(bool isOwner) => isOwner && TryKept() || TryCommon(isOwner);

        public bool TryLeave(bool isOwner)
        {
            var isPut = defect == SharedGateDefect.PutBeforeTaken && isOwner && Put(isOwner);
            Race.Gap();
            if (isOwner)
                Interlocked.Decrement(ref _owner);
            else
                Interlocked.Decrement(ref _others);
            Race.Gap();
            if (!isPut)
                Put(isOwner);
            return true;
        }

        private bool TryKept()
        {
            while (Volatile.Read(ref _owner) is var word && word >> 32 > 0)
            {
                Race.Gap();
                if (Interlocked.CompareExchange(ref _owner, word - (1L << 32) + 1, word) == word)
                    return true;
            }

            return false;
        }

        private bool TryCommon(bool isOwner)
        {
            while (Volatile.Read(ref _free) is var free and > 0)
            {
                Race.Gap();
                if (defect == SharedGateDefect.CheckThenTake)
                    Interlocked.Decrement(ref _free);
                else if (Interlocked.CompareExchange(ref _free, free - 1, free) != free)
                    continue;
                if (isOwner)
                    Interlocked.Increment(ref _owner);
                else
                    Interlocked.Increment(ref _others);
                return true;
            }

            return false;
        }

        private bool Put(bool isOwner)
        {
            while (Volatile.Read(ref _owner) is var word && (defect == SharedGateDefect.PutBeforeTaken || (int)word + (int)(word >> 32) < Part))
            {
                if (defect == SharedGateDefect.NotKept && isOwner)
                    break;
                Race.Gap();
                if (Interlocked.CompareExchange(ref _owner, word + (1L << 32), word) == word)
                    return true;
            }

            Interlocked.Increment(ref _free);
            return true;
        }
    }
}
