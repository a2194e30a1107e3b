namespace AiEdge.Limits;

/// <summary>
/// A limit for each window of a schedule: so many units from its start to its end, whenever in it they are drawn. All money is
/// limited so (in nanodollars), and what counts by the hour, day or month.
/// </summary>
/// <remarks>
/// <para>Number and use must change together, and both must be wide: a monthly budget of a million dollars is 2^50 nanodollars,
/// which leaves no room for a number beside it that is never met twice. So the number is not a part of the word but what the word
/// lies in: each window is an object of its own, with its number and its end, and the word in it counts the use of that window
/// alone, 62 bits wide. A compare-and-swap on a window's word can never touch another window's use, and as the object lives as
/// long as somebody holds it, none is mistaken for another. One object is made when a window begins, none when credit is drawn.</para>
/// <para>Requirements: (1) draws from one window, less what was given back, never exceed the limit that was in force; (2) numbers only
/// grow, also over restarts and whatever the wall clock does, so no window is opened twice; (3) a settlement reaches the window
/// that it was drawn in, and no debt is lost or carried twice when a window ends meanwhile; (4) a draw fails only if at some
/// moment during it there was too little; (5) no draw does calendar arithmetic but the one that opens a window.</para>
/// <para>Memory order: use changes by compare-and-swap on the value that the decision was made from, so there is one order: (1), (4).
/// Whoever finds the window's time over writes a successor by compare-and-swap (one wins), seals the word, opens the successor's
/// word with the debt of the sealed one, and publishes it; whoever meets the seal does the same steps with the same values, so
/// nobody waits for the one who began. Up to the publication a sealed word changes no more: all compute the same debt. After it, a
/// late settlement changes the sealed word (by compare-and-swap, seal kept) and adds to the successor exactly the difference
/// between the debts before and after, so the sum of all differences is the debt: (3). Number and boundaries are written before
/// the publication and read after a volatile read of it: (2), (5). The limit is a word that each decision reads once.</para>
/// <para>The end on the monotonic line is fixed when the window opens. A wall clock that was put back before <see cref="Edit(long, DebtPolicy, long)"/>
/// lengthens the window, one put forward may end it early; since numbers only grow, neither gives a window twice.</para>
/// <para>An edit of the schedule, and a restored window that is later than the present one, are successions too, with a successor
/// that takes over the use whole rather than the debt alone; what is settled late then reaches it whole as well. Its number is the
/// larger of the present window's and of the one that the new schedule counts now. So another time zone never frees what is used:
/// it goes when a window of the new zone ends, which may make the present one longer by up to a day. A successor made by the old
/// schedule is not left standing: the new schedule is written first, and then the edit's own successor stands before any other.</para>
/// </remarks>
public sealed class WindowBucket : LimitBucket
{
    private readonly Lock _editing = new();
    private readonly LimitClock _clock;
    private WindowSchedule _schedule;
    private long _limit;
    private int _debt;
    private Window _window;

    /// <summary>A bucket in the window of <paramref name="nowNs"/>.</summary>
    /// <param name="limit">Units a window, 1 to <see cref="LimitBucket.AmountMax"/>.</param>
    /// <param name="schedule">The windows.</param>
    /// <param name="debt">What becomes of use beyond the limit.</param>
    /// <param name="clock">Its anchor places the windows.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="restored">
    /// What was used before a restart. A window later than the present one stays open until it ends; of an earlier one the debt is left.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds.</exception>
    public WindowBucket(
        long limit, WindowSchedule schedule, DebtPolicy debt, LimitClock clock, long nowNs, BucketCheckpoint? restored = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(clock);
        CheckLimit(limit);
        (_schedule, _clock, _limit, _debt) = (schedule, clock, limit, (int)debt);
        var unixNs = clock.UnixNs(nowNs);
        var span = schedule.At(unixNs);
        long used = 0;
        if (restored is { } past)
        {
            if (past.Window > span.Number)
                span = schedule.Of(past.Window);
            used = Owed(Math.Clamp(past.Used, 0, AmountMax), span.Number - past.Window, limit, debt);
        }

        _window = new Window(span, nowNs + (span.EndUnixNs - unixNs), null, limit, debt, 0, 0);
        _window.Word.Open(used);
    }

    /// <summary>Units a window.</summary>
    public override long Capacity => Volatile.Read(ref _limit);

    /// <summary>The number of the window that draws come from.</summary>
    public long WindowNumber(long nowNs) => Current(nowNs).Number;

    /// <summary>
    /// Changes the limit and the debt policy; what is used stays used. The window's end is placed anew by the clock's present anchor.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds; nothing is changed.</exception>
    public void Edit(long limit, DebtPolicy debt, long nowNs)
    {
        CheckLimit(limit);
        lock (_editing)
        {
            var window = Current(nowNs);
            Volatile.Write(ref _debt, (int)debt);
            Volatile.Write(ref _limit, limit);
            Volatile.Write(ref window.EndNs, nowNs + (window.EndUnixNs - _clock.UnixNs(nowNs)));
        }
    }

    /// <summary>
    /// Changes the schedule too, for one with windows of the same kind (days in another time zone): what is used stays used until a
    /// window of the new schedule ends.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds; nothing is changed.</exception>
    public void Edit(long limit, WindowSchedule schedule, DebtPolicy debt, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Edit(limit, debt, nowNs);
        lock (_editing)
        {
            if (schedule.Equals(_schedule))
                return;
            Volatile.Write(ref _schedule, schedule);
            Replace(long.MinValue, 0, nowNs);
        }
    }

    /// <inheritdoc/>
    public override SettleOutcome Settle(long delta, long token, long nowNs)
    {
        delta = Bounded(delta);
        var outcome = SettleOutcome.Applied;
        while (true)
        {
            var window = Current(nowNs);
            if (token >= window.Number)
            {
                var word = window.Word.Read();
                while (!SealWord.IsSealed(word))
                {
                    var found = window.Word.Advance(Math.Clamp(SealWord.Value(word) + delta, 0, AmountMax), word);
                    if (found == word)
                        return outcome;
                    word = found;
                }

                continue;
            }

            // A window that was replaced before its time goes on in its successor.
            if (window.Passed > 0 || window.Previous?.Number != token)
                outcome = SettleOutcome.WindowClosed;
            delta = SettleClosed(window, token, delta);
            if (delta == 0)
                return outcome;

            // What is left is debt of the window that was open just now; it may have ended by the next turn.
            token = window.Number;
        }
    }

    /// <inheritdoc/>
    public override long Used(long nowNs) => SealWord.Value(Current(nowNs).Word.Read());

    /// <inheritdoc/>
    public override long Remaining(long nowNs) => Math.Max(0, Capacity - Used(nowNs));

    /// <inheritdoc/>
    public override long ResetNs(long nowNs) => Math.Max(0, Volatile.Read(ref Current(nowNs).EndNs) - nowNs);

    /// <inheritdoc/>
    public override long ForecastNs(long ahead, long cost, long nowNs) =>
        Bounded(ahead) + Math.Clamp(cost, 0, AmountMax) <= Capacity - Used(nowNs) ? 0 : long.MaxValue;

    /// <inheritdoc/>
    public override BucketCheckpoint Checkpoint(long nowNs)
    {
        var window = Current(nowNs);
        return new BucketCheckpoint(SealWord.Value(window.Word.Read()), window.Number);
    }

    /// <inheritdoc/>
    public override void Restore(BucketCheckpoint past, long nowNs)
    {
        var used = Math.Clamp(past.Used, 0, AmountMax);
        lock (_editing)
        {
            if (Current(nowNs).Number is var number && number < past.Window)
                Replace(past.Window, used, nowNs);
            else
                Settle(Owed(used, number - past.Window, Capacity, (DebtPolicy)Volatile.Read(ref _debt)), number, nowNs);
        }
    }

    internal override bool TryTake(long cost, long nowNs, out long token)
    {
        while (true)
        {
            var window = Current(nowNs);
            token = window.Number;
            var limit = Volatile.Read(ref _limit);
            var word = window.Word.Read();
            while (!SealWord.IsSealed(word))
            {
                var used = SealWord.Value(word);
                if (cost > limit - used)
                    return false;
                var found = window.Word.Advance(used + cost, word);
                if (found == word)
                    return true;
                word = found;
            }
        }
    }

    internal override long TakeUpTo(long cost, long nowNs, out long token)
    {
        while (true)
        {
            var window = Current(nowNs);
            token = window.Number;
            var word = window.Word.Read();
            if (SealWord.IsSealed(word))
                continue;
            var used = SealWord.Value(word);
            var taken = Math.Clamp(Volatile.Read(ref _limit) - used, 0, cost);
            if (taken == 0 || window.Word.Advance(used + taken, word) == word)
                return taken;
        }
    }

    internal override bool TryTakeKeeping(long cost, SharedBucket shares, int share, long mine, long nowNs, out long token)
    {
        while (true)
        {
            var window = Current(nowNs);
            token = window.Number;
            var word = window.Word.Read();
            if (SealWord.IsSealed(word))
                continue;
            var used = SealWord.Value(word);
            if (cost > Volatile.Read(ref _limit) - used - shares.Claims(share, mine, nowNs))
                return false;
            if (window.Word.Advance(used + cost, word) == word)
                return true;
        }
    }

    /// <summary>
    /// What an even pace leaves for the rest of the present window, <paramref name="aheadNs"/> later: of the limit as much as of the window is
    /// still to come, rounded down.
    /// </summary>
    internal long Pace(long nowNs, long aheadNs) => Pace(Current(nowNs), nowNs + aheadNs);

    /// <summary>Takes what is there beyond an even <see cref="Pace(long, long)"/>; any number at once take it once.</summary>
    internal void TakeBeyondPace(long nowNs)
    {
        while (true)
        {
            var window = Current(nowNs);
            var least = Capacity - Pace(window, nowNs);
            var word = window.Word.Read();
            if (SealWord.IsSealed(word))
                continue;
            if (SealWord.Value(word) >= least || window.Word.Advance(least, word) == word)
                return;
        }
    }

    internal override bool TryForce(long cost, long token, long nowNs)
    {
        while (true)
        {
            var window = Current(nowNs);
            if (window.Number != token)
                return false;
            var word = window.Word.Read();
            if (!SealWord.IsSealed(word)
                && window.Word.Advance(Math.Min(SealWord.Value(word) + cost, AmountMax), word) == word)
                return true;
        }
    }

    internal override long Restored(long amount, long token, long nowNs)
    {
        while (true)
        {
            var window = Current(nowNs);
            if (token < window.Number)
            {
                Settle(-amount, token, nowNs);
                return 0;
            }

            var word = window.Word.Read();
            var used = SealWord.Value(word);
            var next = Math.Max(0, used - amount);
            if (!SealWord.IsSealed(word) && window.Word.Advance(next, word) == word)
                return used - next;
        }
    }

    internal override LimitDraw Probe(long cost, long nowNs)
    {
        var window = Current(nowNs);
        var limit = Capacity;
        if (cost > limit)
            return new LimitDraw(DrawOutcome.TooLarge, 0);
        var waitNs = Volatile.Read(ref window.EndNs) - nowNs;
        if ((DebtPolicy)Volatile.Read(ref _debt) == DebtPolicy.Carry)
        {
            // Each window pays off one limit; the first that has room for the cost is the one to wait for.
            var owed = SealWord.Value(window.Word.Read()) - (limit - cost);
            var windows = owed <= 0 ? 1 : (owed - 1) / limit + 1;
            if (windows > 1)
                waitNs += Volatile.Read(ref _schedule).Of(window.Number + Math.Min(windows, 1000) - 1).EndUnixNs - window.EndUnixNs;
        }

        return new LimitDraw(DrawOutcome.WindowRefused, Math.Max(1, waitNs));
    }

    internal override LimitDraw Refuse(long cost, long nowNs) => Probe(cost, nowNs);

    internal override long EpochAt(long nowNs) => Current(nowNs).Number;

    private static void CheckLimit(long limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, AmountMax);
    }

    /// <summary>What is left of a window's use when so many windows have gone by since it began.</summary>
    private static long Owed(long used, long windows, long limit, DebtPolicy debt)
    {
        if (windows <= 0)
            return used;
        return debt == DebtPolicy.Forgive ? 0 : (long)Int128.Max(0, used - (Int128)limit * windows);
    }

    /// <summary>Settles a window that has ended; gives the change of the debt that <paramref name="window"/> was opened with.</summary>
    private static long SettleClosed(Window window, long token, long delta)
    {
        var closed = Volatile.Read(ref window.Previous);
        if (closed is null || closed.Number != token)
        {
            // Nobody knows any more how full that window was: a charge counts as debt, a refund is for the ledger.
            return window.OpeningDebt == DebtPolicy.Carry ? Math.Max(0, delta) : 0;
        }

        var word = closed.Word.Read();
        while (true)
        {
            var used = SealWord.Value(word);
            var next = Math.Clamp(used + delta, 0, AmountMax);
            var found = closed.Word.Advance(next, word);
            if (found == word)
            {
                return window.Owes(next) - window.Owes(used);
            }

            word = found;
        }
    }

    private Window Current(long nowNs)
    {
        while (true)
        {
            var window = Volatile.Read(ref _window);
            if (SealWord.IsSealed(window.Word.Read()))
                Move(window);
            else if (nowNs >= Volatile.Read(ref window.EndNs))
                End(window, nowNs);
            else
                return window;
        }
    }

    private long Pace(Window window, long atNs)
    {
        var leftNs = Math.Clamp(Volatile.Read(ref window.EndNs) - atNs, 0, window.LengthNs);
        return (long)((Int128)Capacity * leftNs / window.LengthNs);
    }

    private void End(Window window, long nowNs)
    {
        var unixNs = _clock.UnixNs(nowNs);
        if (unixNs < window.EndUnixNs)
        {
            // The wall clock was put back: this window is the present one for so much longer.
            Volatile.Write(ref window.EndNs, nowNs + (window.EndUnixNs - unixNs));
            return;
        }

        TrySucceed(window, Volatile.Read(ref _schedule).At(unixNs), unixNs, nowNs, replaces: false, 0);
    }

    /// <summary>
    /// Puts another in place of the present window before that has ended, of the number given or a larger one; the use goes over.
    /// </summary>
    private void Replace(long number, long added, long nowNs)
    {
        WindowSpan span;
        Window window;
        long unixNs;
        do
        {
            window = Current(nowNs);
            unixNs = _clock.UnixNs(nowNs);
            span = _schedule.At(unixNs);
            if (Math.Max(number, window.Number) is var least && least > span.Number)
                span = _schedule.Of(least);
        }
        while (!TrySucceed(window, span, unixNs, nowNs, replaces: true, added));
    }

    private bool TrySucceed(Window window, WindowSpan span, long unixNs, long nowNs, bool replaces, long added)
    {
        var next = new Window(
            span,
            nowNs + (span.EndUnixNs - unixNs),
            window,
            Volatile.Read(ref _limit),
            (DebtPolicy)Volatile.Read(ref _debt),
            replaces ? 0 : span.Number - window.Number,
            added);
        var isFirst = Interlocked.CompareExchange(ref window.Next, next, null) is null;
        window.Word.Seal();
        Move(window);
        return isFirst;
    }

    private void Move(Window window)
    {
        var next = Volatile.Read(ref window.Next)!;
        next.Word.Open(Math.Min(AmountMax, next.Owes(SealWord.Value(window.Word.Read())) + next.Added));
        if (Interlocked.CompareExchange(ref _window, next, window) == window)
            Volatile.Write(ref window.Previous, null);
    }

    private sealed class Window(
        WindowSpan span, long endNs, Window? previous, long limit, DebtPolicy debt, long passed, long added)
    {
        public readonly long Number = span.Number;
        public readonly long EndUnixNs = span.EndUnixNs;
        public readonly long LengthNs = span.EndUnixNs - span.StartUnixNs;
        public readonly DebtPolicy OpeningDebt = debt;

        /// <summary>How many windows later it is than the one before it; 0 for one that has taken over the use whole.</summary>
        public readonly long Passed = passed;

        /// <summary>Use that was there at its beginning beside what the one before it left.</summary>
        public readonly long Added = added;
        public long EndNs = endNs;
        public SealWord Word = SealWord.Closed;
        public Window? Previous = previous;
        public Window? Next;

        /// <summary>What is left of the use of the one before it.</summary>
        public long Owes(long used) => Owed(used, Passed, limit, OpeningDebt);
    }
}
