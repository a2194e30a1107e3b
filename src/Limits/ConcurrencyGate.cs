namespace AiEdge.Limits;

/// <summary>So many at a time: entered at admission, left when the last byte has gone.</summary>
/// <remarks>
/// <para>Requirements: (1) no entry takes the count above the limit in force when it decides; (2) the count is the number of entries
/// less the number of leaves, exactly, and never negative; (3) an entry fails only if at some moment during it the gate was full.</para>
/// <para>Memory order: the count is one word, changed by compare-and-swap on the value that the decision was made from, a full fence:
/// all decisions have one order, which is (1)–(3). The limit is a word that each decision reads once, after the count that it
/// decides on; an edit is seen by the decisions that begin after it, and what was entered under a higher limit stays.</para>
/// </remarks>
public sealed class ConcurrencyGate : Gate
{
    private int _limit;
    private int _count;
    private long _refused;

    /// <summary>A gate for <paramref name="limit"/> at a time (0 lets nobody in).</summary>
    public ConcurrencyGate(int limit) => Limit = limit;

    /// <summary>How many may be inside; below the present count, nobody enters until enough have left.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public int Limit
    {
        get => Volatile.Read(ref _limit);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Volatile.Write(ref _limit, value);
        }
    }

    /// <inheritdoc/>
    public override int Capacity => Limit;

    /// <inheritdoc/>
    public override int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public override long Refused => Volatile.Read(ref _refused);

    /// <inheritdoc/>
    public override int Remaining(long nowNs) => Math.Max(0, Limit - Count);

    /// <inheritdoc/>
    public override bool TryEnter(long nowNs) => TryEnter();

    /// <summary>Enters unless the gate is full.</summary>
    public bool TryEnter()
    {
        var count = Volatile.Read(ref _count);
        while (count < Volatile.Read(ref _limit))
        {
            var found = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (found == count)
                return true;
            count = found;
        }

        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <inheritdoc/>
    public override bool TryLeave()
    {
        var count = Volatile.Read(ref _count);
        while (count > 0)
        {
            var found = Interlocked.CompareExchange(ref _count, count - 1, count);
            if (found == count)
                return true;
            count = found;
        }

        return false;
    }
}
