using System.Runtime.InteropServices;

namespace AiEdge.Limits;

/// <summary>
/// A bucket that many cores draw from at once: each core has a cell with a small slice of the parent's credit, so that draws do
/// not meet on one word. What a cell has not got is drawn from the parent; when the parent is dry, all cells are swept back into
/// it, and only then a draw is refused.
/// </summary>
/// <remarks>
/// <para>Requirements: (1) never more is admitted than the parent gave; (2) in a quiescent bucket nothing is refused while
/// credit lies in any cell; (3) a slice is used only in the window it was drawn in, of a rate within 67 ms; (4) no credit is lost: a
/// slice that is out of time goes back to the window it came from. So from the start on the parent's own bound holds, exactly;
/// within another span T a rate may admit what it earns in 67 ms more, and what slices drawn earlier give back within it, together
/// at most a quarter of the burst.</para>
/// <para>Memory order: a cell is one word, the low 28 bits of the parent's token and 36 bits of credit, changed only by
/// compare-and-swap on the word that the decision was made from. So credit leaves a cell once, either to a draw or to a sweep, and
/// a draw takes it only under the token that it has just read from the parent: (1), (3). Credit is added to a cell after the parent
/// gave it and to the parent after a cell gave it up, so on its way it is in nobody's hands twice; a draw that runs at the same time as a
/// sweep may miss what is on its way, one that runs alone finds all of it in the parent after its own sweep: (2), (4). A token's
/// low bits come again after 2^28 windows (8 years of one-second windows) or 208 days of an idle rate; a slice met again then had
/// been paid for and was never used, so (1) holds even so. Which cell a thread takes is a guess that costs only time.</para>
/// <para>Slices follow demand: they double while a cell is refilled within a millisecond, halve when it lasted longer than 16, and are
/// at most the parent's rest ÷ (4 × cells), so that near the limit there are none and the parent alone decides.</para>
/// </remarks>
public sealed class ShardedBucket : LimitBucket
{
    private const int AmountBits = 36;
    private const long CellMax = (1L << AmountBits) - 1;
    private const long TagMask = (1L << 28) - 1;
    private const long AheadMax = 1 << 20;
    private const long BusyNs = 1_000_000;
    private const long CalmNs = 16_000_000;

    private readonly LimitBucket _parent;
    private readonly Cell[] _cells;
    private readonly int _mask;

    /// <summary>Cells over <paramref name="parent"/>, which may also be drawn from directly.</summary>
    /// <param name="parent">A rate or a window.</param>
    /// <param name="cells">How many, made a power of two, 1 to 1024; 0 for one a core.</param>
    public ShardedBucket(LimitBucket parent, int cells = 0)
    {
        ArgumentNullException.ThrowIfNull(parent);
        if (parent is ShardedBucket)
            throw new ArgumentException("Cells over cells would keep credit where no sweep finds it.", nameof(parent));
        _parent = parent;
        var count = Math.Clamp(cells > 0 ? cells : Environment.ProcessorCount, 1, 1024);
        _cells = new Cell[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)];
        _mask = _cells.Length - 1;
    }

    /// <summary>The bucket that the slices come from.</summary>
    public LimitBucket Parent => _parent;

    /// <inheritdoc/>
    public override long Capacity => _parent.Capacity;

    /// <summary>Credit that lies in cells and has not run out of time.</summary>
    public long InCells(long nowNs)
    {
        var tag = _parent.EpochAt(nowNs) & TagMask;
        long sum = 0;
        foreach (ref readonly var cell in _cells.AsSpan())
        {
            var word = Volatile.Read(in cell.Word);
            if (Tag(word) == tag)
                sum += Amount(word);
        }

        return sum;
    }

    /// <inheritdoc/>
    public override SettleOutcome Settle(long delta, long token, long nowNs)
    {
        var outcome = _parent.Settle(delta, token, nowNs);

        // A parent in debt leaves no slice behind: its debt is paid from them first.
        if (delta > 0 && _parent.Remaining(nowNs) == 0)
            Sweep(nowNs);
        return outcome;
    }

    /// <inheritdoc/>
    public override long Used(long nowNs) => Math.Max(0, _parent.Used(nowNs) - InCells(nowNs));

    /// <inheritdoc/>
    public override long Remaining(long nowNs) => Math.Min(Capacity, _parent.Remaining(nowNs) + InCells(nowNs));

    /// <inheritdoc/>
    public override long ResetNs(long nowNs) => _parent.ResetNs(nowNs);

    /// <inheritdoc/>
    public override long ForecastNs(long ahead, long cost, long nowNs) => _parent.ForecastNs(Bounded(ahead) - InCells(nowNs), cost, nowNs);

    /// <inheritdoc/>
    public override BucketCheckpoint Checkpoint(long nowNs)
    {
        // In this order: a draw in between makes the use look larger, never smaller.
        var inCells = InCells(nowNs);
        var whole = _parent.Checkpoint(nowNs);
        return whole with { Used = Math.Max(0, whole.Used - inCells) };
    }

    /// <inheritdoc/>
    public override void Restore(BucketCheckpoint past, long nowNs) => _parent.Restore(past, nowNs);

    /// <summary>Puts all slices back into the parent; gives how much they were.</summary>
    public long Sweep(long nowNs)
    {
        var epoch = _parent.EpochAt(nowNs);
        long sum = 0;
        foreach (ref var cell in _cells.AsSpan())
        {
            // Most are empty near the limit; a look does not take the line from its core.
            if (Amount(Volatile.Read(in cell.Word)) == 0)
                continue;
            var word = Interlocked.Exchange(ref cell.Word, 0);
            if (Amount(word) == 0)
                continue;
            sum += Amount(word);
            _parent.Refund(Amount(word), Token(word, epoch), nowNs);
        }

        return sum;
    }

    internal override bool TryTake(long cost, long nowNs, out long token)
    {
        token = _parent.EpochAt(nowNs);
        ref var cell = ref _cells[Thread.GetCurrentProcessorId() & _mask];
        var word = Volatile.Read(in cell.Word);
        while (Tag(word) == (token & TagMask) && Amount(word) >= cost)
        {
            var found = Interlocked.CompareExchange(ref cell.Word, word - cost, word);
            if (found == word)
                return true;
            word = found;
        }

        return TryTakeFromParent(ref cell, cost, nowNs, out token);
    }

    internal override long Promised(long nowNs) => _parent.Promised(nowNs);

    internal override bool TryTakeBehind(long cost, long nowNs, out long token)
    {
        if (_parent.Promised(nowNs) == 0)
            return TryTake(cost, nowNs, out token);
        if (_parent.TryTakeBehind(cost, nowNs, out token))
            return true;
        return cost <= _parent.Capacity && Sweep(nowNs) > 0 && _parent.TryTakeBehind(cost, nowNs, out token);
    }

    internal override LimitDraw Probe(long cost, long nowNs)
    {
        Sweep(nowNs);
        return _parent.Probe(cost, nowNs);
    }

    internal override LimitDraw Refuse(long cost, long nowNs) => _parent.Refuse(cost, nowNs);

    internal override long EpochAt(long nowNs) => _parent.EpochAt(nowNs);

    private static long Tag(long word) => word >>> AmountBits;

    private static long Amount(long word) => word & CellMax;

    /// <summary>
    /// The whole token of a slice: the latest that has its low bits and is not after the epoch, or little after it: the epoch is of a moment ago, and
    /// another thread may have put a slice of a later one into the cell since.
    /// </summary>
    private static long Token(long word, long epoch)
    {
        var ahead = Tag(word) - epoch & TagMask;
        return ahead < AheadMax ? epoch + ahead : epoch - (epoch - Tag(word) & TagMask);
    }

    private bool TryTakeFromParent(ref Cell cell, long cost, long nowNs, out long token)
    {
        var slice = Slice(ref cell, cost, nowNs);
        if (slice > 0 && _parent.TryTake(cost + slice, nowNs, out token))
        {
            Deposit(ref cell, slice, token, nowNs);
            return true;
        }

        if (_parent.TryTake(cost, nowNs, out token))
            return true;
        return cost <= _parent.Capacity && Sweep(nowNs) > 0 && _parent.TryTake(cost, nowNs, out token);
    }

    private long Slice(ref Cell cell, long cost, long nowNs)
    {
        // Guesses: another thread of this core may write them too, and then the next slice has an odd size.
        var sinceNs = nowNs - Volatile.Read(in cell.FilledNs);
        var size = Volatile.Read(in cell.Size);
        size = sinceNs < BusyNs ? size * 2 : sinceNs > CalmNs ? size / 2 : size;
        size = Math.Min(Math.Max(size, cost), CellMax / 4);
        Volatile.Write(ref cell.Size, size);
        Volatile.Write(ref cell.FilledNs, nowNs);
        var sizeMax = _parent.Remaining(nowNs) / (4 * _cells.Length);
        return Math.Min(size, sizeMax) is var slice && slice >= cost ? slice : 0;
    }

    private void Deposit(ref Cell cell, long slice, long token, long nowNs)
    {
        var tag = token & TagMask;
        var word = Volatile.Read(in cell.Word);
        while (true)
        {
            var isSame = Tag(word) == tag;
            var amount = isSame ? Amount(word) + slice : slice;
            if (amount > CellMax)
            {
                _parent.Refund(slice, token, nowNs);
                return;
            }

            var found = Interlocked.CompareExchange(ref cell.Word, tag << AmountBits | amount, word);
            if (found == word)
            {
                if (!isSame && Amount(word) > 0)
                    _parent.Refund(Amount(word), Token(word, token), nowNs);
                return;
            }

            word = found;
        }
    }

    /// <summary>Two lines of 64 bytes, since processors fetch them in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Cell
    {
        [FieldOffset(0)]
        public long Word;

        [FieldOffset(8)]
        public long Size;

        [FieldOffset(16)]
        public long FilledNs;
    }
}
