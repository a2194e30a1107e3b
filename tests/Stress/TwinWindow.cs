using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinWindow"/>.</summary>
public enum WindowDefect
{
    None,

    /// <summary>Number and use lie apart: a draw decides by one window and is counted in another.</summary>
    NumberApart,

    /// <summary>Decides on one value and writes over another.</summary>
    PlainUse,

    /// <summary>The debt is read and the window left open: what is charged in between is in no window's debt.</summary>
    NoSeal,

    /// <summary>Whoever finds the window over opens one, also when another has.</summary>
    TwoSuccessors,
}

/// <summary>The windows of one-second length once more, with pauses at their racy points and, if asked for, a defect.</summary>
internal sealed class TwinWindow(long limit, WindowDefect defect) : TwinBucket
{
    private Window _window = new(0, null);
    private long _used;
    private long _number;

    public override long Capacity => limit;

    public override long Used(long nowNs) => defect == WindowDefect.NumberApart ? Apart(nowNs) : Current(nowNs).Word >> 1;

    public override SettleOutcome Settle(long delta, long token, long nowNs)
    {
        if (defect == WindowDefect.NumberApart)
        {
            if (token != Volatile.Read(ref _number))
                return SettleOutcome.WindowClosed;
            Interlocked.Add(ref _used, delta);
            return SettleOutcome.Applied;
        }

        while (true)
        {
            var window = Current(nowNs);
            var target = token >= window.Number ? window : window.Previous!;
            var word = Volatile.Read(ref target.Word);
            if (target == window && (word & 1) != 0)
                continue;
            Race.Gap();
            if (Interlocked.CompareExchange(ref target.Word, word + delta * 2, word) != word)
                continue;
            if (target == window)
                return SettleOutcome.Applied;
            delta = Debt((word >> 1) + delta) - Debt(word >> 1);
            if (delta == 0)
                return SettleOutcome.WindowClosed;
            token = window.Number;
        }
    }

    internal override long EpochAt(long nowNs) => nowNs / LimitClock.SecondNs;

    internal override bool TryTake(long cost, long nowNs, out long token)
    {
        while (true)
        {
            if (defect == WindowDefect.NumberApart)
            {
                var used = Apart(nowNs);
                token = Volatile.Read(ref _number);
                Race.Gap();
                if (used + cost > limit)
                    return false;
                if (Interlocked.CompareExchange(ref _used, used + cost, used) == used)
                    return true;
                continue;
            }

            var window = Current(nowNs);
            token = window.Number;
            var word = Volatile.Read(ref window.Word);
            if ((word & 1) != 0)
                continue;
            if ((word >> 1) + cost > limit)
                return false;
            Race.Gap();
            if (defect == WindowDefect.PlainUse)
                Volatile.Write(ref window.Word, word + cost * 2);
            else if (Interlocked.CompareExchange(ref window.Word, word + cost * 2, word) != word)
                continue;
            return true;
        }
    }

    private long Apart(long nowNs)
    {
        var number = EpochAt(nowNs);
        if (number > Volatile.Read(ref _number))
        {
            Volatile.Write(ref _number, number);
            Race.Gap();
            Volatile.Write(ref _used, Debt(Volatile.Read(ref _used)));
        }

        return Volatile.Read(ref _used);
    }

    private long Debt(long used) => Math.Max(0, used - limit);

    private Window Current(long nowNs)
    {
        while (true)
        {
            var window = Volatile.Read(ref _window);
            if (EpochAt(nowNs) <= window.Number)
            {
                if ((Volatile.Read(ref window.Word) & 1) == 0)
                    return window;
                Thread.Yield();
                continue;
            }

            if (defect != WindowDefect.NoSeal)
                Interlocked.Or(ref window.Word, 1);
            var next = new Window(EpochAt(nowNs), window) { Word = Debt(Volatile.Read(ref window.Word) >> 1) << 1 };
            Race.Gap();
            if (defect == WindowDefect.TwoSuccessors)
                Volatile.Write(ref _window, next);
            else
                Interlocked.CompareExchange(ref _window, next, window);
        }
    }

    private sealed class Window(long number, Window? previous)
    {
        public readonly long Number = number;
        public readonly Window? Previous = previous;
        public long Word;
    }
}
