using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a twin of the sharded bucket.</summary>
public enum ShardDefect
{
    None,

    /// <summary>A sweep reads a cell and empties it later.</summary>
    CopyingSweep,

    /// <summary>A draw looks into a cell and takes from it later.</summary>
    CheckThenTake,

    /// <summary>A cell does not say which window its slice is of.</summary>
    NoTag,

    /// <summary>Refuses when the parent is dry.</summary>
    NoSweep,
}

/// <summary>Cells never give more than the parent gave, and in the end all that was not used can be drawn at once.</summary>
public sealed class ShardedBucketTests
{
    private const long Limit = 4000;
    private const long Before = LimitClock.SecondNs - 1;
    private const long After = LimitClock.SecondNs;
    private const int Threads = 4;

    [Fact]
    public void No_window_gives_more_than_its_limit_and_none_of_it_is_out_of_reach()
    {
        var clock = new LimitClock(new UnixEpoch());
        Race.Passes(Find(() => new ShardedBucket(Parent(clock), 4), Race.Time));
    }

    [Theory]
    [InlineData(ShardDefect.CopyingSweep)]
    [InlineData(ShardDefect.CheckThenTake)]
    [InlineData(ShardDefect.NoTag)]
    [InlineData(ShardDefect.NoSweep)]
    public void A_broken_twin_is_caught(ShardDefect defect)
    {
        var clock = new LimitClock(new UnixEpoch());
        Race.Fails(Find(() => new Twin(Parent(clock), defect), Race.TwinTime));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var clock = new LimitClock(new UnixEpoch());
        Race.Passes(Find(() => new Twin(Parent(clock), ShardDefect.None), Race.Time));
    }

    private static WindowBucket Parent(LimitClock clock) =>
        new(Limit, WindowSchedule.Fixed(LimitClock.SecondNs), DebtPolicy.Carry, clock, 0);

    private static string? Find(Func<LimitBucket> make, TimeSpan time)
    {
        var bucket = make();
        var used = new long[2];
        return Race.Rounds(
            time,
            _ =>
            {
                bucket = make();
                Array.Clear(used);
            },
            _ => Judge(),
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

        void Turn(Random random)
        {
            for (var i = 0; i < 60; i++)
            {
                var now = i < 20 + random.Next(20) ? Before : After;
                long cost = random.Next(20) == 0 ? random.Next(1, 600) : random.Next(1, 12);
                if (!bucket.TryDraw(cost, now, out var draw))
                    continue;
                Interlocked.Add(ref used[draw.Token], cost);
                if (random.Next(8) != 0)
                    continue;
                Interlocked.Add(ref used[draw.Token], -cost);
                bucket.Refund(cost, draw.Token, now);
            }
        }

        string? Judge()
        {
            if (used[0] > Limit || used[1] > Limit)
                return $"{used[0]} and {used[1]} were drawn of {Limit}";
            if (used[1] < Limit && !bucket.TryDraw(Limit - used[1], After, out _))
                return $"{Limit - used[1]} of {Limit} were not used and cannot be drawn";
            return bucket.TryDraw(1, After, out _) ? "there is more than the limit" : null;
        }
    }

    /// <summary>Cells over a window once more, with pauses at their racy points.</summary>
    private sealed class Twin(WindowBucket parent, ShardDefect defect) : TwinBucket
    {
        private const int Shift = 36;
        private const long Mask = (1L << Shift) - 1;

        private readonly long[] _cells = new long[64];

        public override long Capacity => parent.Capacity;

        public override long Used(long nowNs) => parent.Used(nowNs);

        public override SettleOutcome Settle(long delta, long token, long nowNs) => parent.Settle(delta, token, nowNs);

        internal override long EpochAt(long nowNs) => parent.WindowNumber(nowNs);

        internal override bool TryTake(long cost, long nowNs, out long token)
        {
            token = EpochAt(nowNs);
            ref var cell = ref _cells[Environment.CurrentManagedThreadId % 4 * 16];
            while (true)
            {
                var word = Volatile.Read(ref cell);
                if ((defect != ShardDefect.NoTag && word >> Shift != token) || (word & Mask) < cost)
                    break;
                Race.Gap();
                if (defect == ShardDefect.CheckThenTake)
                    Volatile.Write(ref cell, word - cost);
                else if (Interlocked.CompareExchange(ref cell, word - cost, word) != word)
                    continue;
                return true;
            }

            var slice = parent.Remaining(nowNs) / 16;
            if (slice > 0 && Draw(cost + slice, nowNs, out token))
            {
                Deposit(ref cell, token, slice, nowNs);
                return true;
            }

            if (Draw(cost, nowNs, out token))
                return true;
            if (defect == ShardDefect.NoSweep)
                return false;
            Sweep(nowNs);
            return Draw(cost, nowNs, out token);
        }

        private bool Draw(long cost, long nowNs, out long token)
        {
            var isDrawn = parent.TryDraw(cost, nowNs, out var draw);
            token = draw.Token;
            return isDrawn;
        }

        private void Deposit(ref long cell, long token, long slice, long nowNs)
        {
            while (true)
            {
                var word = Volatile.Read(ref cell);
                var isSame = word >> Shift == token;
                Race.Gap();
                if (Interlocked.CompareExchange(ref cell, token << Shift | (isSame ? word & Mask : 0) + slice, word) != word)
                    continue;
                if (!isSame)
                    parent.Refund(word & Mask, word >> Shift, nowNs);
                return;
            }
        }

        private void Sweep(long nowNs)
        {
            for (var i = 0; i < _cells.Length; i += 16)
            {
                var word = Volatile.Read(ref _cells[i]);
                Race.Gap();
                if (defect == ShardDefect.CopyingSweep)
                    Volatile.Write(ref _cells[i], 0);
                else
                    word = Interlocked.Exchange(ref _cells[i], 0);
                parent.Refund(word & Mask, word >> Shift, nowNs);
            }
        }
    }
}
