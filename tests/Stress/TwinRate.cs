using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinRate"/>.</summary>
public enum RateDefect
{
    None,

    /// <summary>Decides on one value and writes over another.</summary>
    PlainAdvance,

    /// <summary>Looks whether there is enough and adds later.</summary>
    CheckThenAdd,

    /// <summary>Settles by reading and writing.</summary>
    PlainSettle,

    /// <summary>An edit copies what is used and does not seal where it was.</summary>
    NoSeal,

    /// <summary>Books slots by reading and writing.</summary>
    PlainTail,
}

/// <summary>The rate's words once more on a clock that stands still, with pauses at their racy points and, if asked for, a defect.</summary>
internal sealed class TwinRate(long burst, RateDefect defect) : TwinBucket
{
    private readonly Lock _editing = new();
    private Cell _cell = new();
    private long _tail;

    public override long Capacity => burst;

    public void Edit()
    {
        lock (_editing)
        {
            var cell = Volatile.Read(ref _cell);
            if (defect != RateDefect.NoSeal)
                Interlocked.Or(ref cell.Word, 1);
            var next = new Cell { Word = Volatile.Read(ref cell.Word) & ~1L };
            Race.Gap();
            Volatile.Write(ref _cell, next);
        }
    }

    public override SettleOutcome Settle(long delta, long token, long nowNs)
    {
        while (true)
        {
            var (cell, word) = Read();
            Race.Gap();
            if (defect == RateDefect.PlainSettle)
                Volatile.Write(ref cell.Word, word + delta * 2);
            else if (Interlocked.CompareExchange(ref cell.Word, word + delta * 2, word) != word)
                continue;
            return SettleOutcome.Applied;
        }
    }

    public override long Used(long nowNs) => Read().Word >> 1;

    internal override bool TryTake(long cost, long nowNs, out long token)
    {
        token = 0;
        while (true)
        {
            var (cell, word) = Read();
            if ((word >> 1) + cost > burst)
                return false;
            Race.Gap();
            if (defect == RateDefect.CheckThenAdd)
                Interlocked.Add(ref cell.Word, cost * 2);
            else if (defect == RateDefect.PlainAdvance)
                Volatile.Write(ref cell.Word, word + cost * 2);
            else if (Interlocked.CompareExchange(ref cell.Word, word + cost * 2, word) != word)
                continue;
            return true;
        }
    }

    internal override LimitDraw Refuse(long cost, long nowNs)
    {
        while (true)
        {
            var tail = Volatile.Read(ref _tail);
            var front = Math.Max(tail, Math.Max(burst, Used(nowNs)));
            Race.Gap();
            if (defect == RateDefect.PlainTail)
                Volatile.Write(ref _tail, front + cost);
            else if (Interlocked.CompareExchange(ref _tail, front + cost, tail) != tail)
                continue;
            return new LimitDraw(DrawOutcome.RateRefused, front + cost - burst);
        }
    }

    private (Cell Cell, long Word) Read()
    {
        while (true)
        {
            var cell = Volatile.Read(ref _cell);
            var word = Volatile.Read(ref cell.Word);
            if ((word & 1) == 0)
                return (cell, word);
            Thread.Yield();
        }
    }

    private sealed class Cell
    {
        public long Word;
    }
}
