namespace AiEdge.Limits;

/// <summary>Credit lent by the level above for a time: drawn down here, and what is left given back once.</summary>
/// <remarks>
/// <para>Requirements: (1) drawn − returned + what <see cref="Close"/> gives = the amount, exactly; (2) nothing is drawn or returned
/// after the close, and one close alone gives the rest; (3) nothing is drawn once the lease has expired.</para>
/// <para>Memory order: what is left and whether the lease is closed are one word; each change is a compare-and-swap on the value
/// that the decision was made from (or the one exchange that closes), so they have one order: (1), (2). Amount, epoch and expiry
/// never change. (3) holds by the <c>now</c> of the caller: who closes waits the margin that its clock readings may be old by.</para>
/// </remarks>
public sealed class CreditLease
{
    private const long Closed = -1;

    private long _left;

    /// <summary>A lease of <paramref name="amount"/> units, valid before <paramref name="expiryNs"/> on the monotonic clock.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The amount is below 0 or above <see cref="LimitBucket.AmountMax"/>.</exception>
    public CreditLease(long amount, long epoch, long expiryNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, LimitBucket.AmountMax);
        (Amount, Epoch, ExpiryNs, _left) = (amount, epoch, expiryNs, amount);
    }

    /// <summary>What was lent.</summary>
    public long Amount { get; }

    /// <summary>The lender's number of it; later leases of a bucket have later numbers.</summary>
    public long Epoch { get; }

    /// <summary>The first moment at which it is no longer valid.</summary>
    public long ExpiryNs { get; }

    /// <summary>What is left; 0 once it is closed.</summary>
    public long Left => Math.Max(0, Volatile.Read(ref _left));

    /// <summary>Whether the rest has been given back.</summary>
    public bool IsClosed => Volatile.Read(ref _left) == Closed;

    /// <summary>Draws <paramref name="cost"/> (below 0 counts as 0) or nothing.</summary>
    public bool TryDraw(long cost, long nowNs)
    {
        cost = Math.Max(0, cost);
        if (nowNs >= ExpiryNs)
            return false;
        var left = Volatile.Read(ref _left);
        while (left != Closed && left >= cost)
        {
            var found = Interlocked.CompareExchange(ref _left, left - cost, left);
            if (found == left)
                return true;
            left = found;
        }

        return false;
    }

    /// <summary>Puts back what was drawn and not used; false if the lease is closed, and the lender has to be told of it in its use.</summary>
    public bool TryReturn(long amount)
    {
        var left = Volatile.Read(ref _left);
        while (left != Closed)
        {
            var found = Interlocked.CompareExchange(ref _left, Math.Clamp(left + Math.Max(0, amount), 0, Amount), left);
            if (found == left)
                return true;
            left = found;
        }

        return false;
    }

    /// <summary>Ends the lease and gives what is left of it; 0 from the second time on.</summary>
    public long Close() => Math.Max(0, Interlocked.Exchange(ref _left, Closed));
}
