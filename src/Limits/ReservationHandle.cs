namespace AiEdge.Limits;

/// <summary>
/// The owner's hold on a reservation of a <see cref="ReservationTable"/>; it does nothing any more once that was settled or has expired.
/// One thread uses it at a time; the table's <see cref="ReservationTable.Expire"/> may run beside it.
/// </summary>
public readonly struct ReservationHandle
{
    private readonly Reservation? _reservation;
    private readonly long _generation;

    internal ReservationHandle(Reservation reservation, long generation) => (_reservation, _generation) = (reservation, generation);

    /// <summary>
    /// Notes credit drawn from a bucket, and renews the deadline. False if the reservation is gone or holds credit of 64 other
    /// buckets: then the credit is still the caller's.
    /// </summary>
    public bool TryAdd(LimitBucket bucket, long amount, long token, long deadlineNs)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        if (!TryHold(out _))
            return false;
        var isAdded = _reservation!.TryAdd(bucket, Math.Max(0, amount), token);
        Volatile.Write(ref _reservation.Word, Reservation.Pack(_generation, Reservation.Open, deadlineNs));
        return isAdded;
    }

    /// <summary>
    /// Draws from a bucket, notes the credit and renews the deadline. False if the bucket refuses, or, with a draw that says drawn, if
    /// the credit could not be noted (<see cref="TryAdd"/>) and went back.
    /// </summary>
    public bool TryDraw(LimitBucket bucket, long cost, long nowNs, long deadlineNs, out LimitDraw draw)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        if (!bucket.TryDraw(cost, nowNs, out draw))
            return false;
        if (TryAdd(bucket, cost, draw.Token, deadlineNs))
            return true;
        bucket.Refund(Math.Max(0, cost), draw.Token, nowNs);
        return false;
    }

    /// <summary>What it holds of a bucket; 0 if it is gone.</summary>
    public long Held(LimitBucket bucket)
    {
        if (!TryHold(out var word))
            return 0;
        var held = _reservation!.Held(bucket);
        Volatile.Write(ref _reservation.Word, word);
        return held;
    }

    /// <summary>Gives back a part of what it holds of a bucket, which turned out to be needed less; says how much, 0 if it is gone.</summary>
    public long Return(LimitBucket bucket, long amount, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        if (!TryHold(out var word))
            return 0;
        var returned = _reservation!.Return(bucket, amount, nowNs);
        Volatile.Write(ref _reservation.Word, word);
        return returned;
    }

    /// <summary>
    /// Begins to settle: true once, for the caller that now calls <see cref="Charge"/> for each bucket, and <see cref="EndSettle"/>;
    /// false if it was settled before or has expired.
    /// </summary>
    public bool TryBeginSettle() => TryHold(out _);

    /// <summary>
    /// After <see cref="TryBeginSettle"/>: makes what was drawn from a bucket what was used, by refund or by debt. A second charge of
    /// the same bucket adds to the first.
    /// </summary>
    public SettleOutcome Charge(LimitBucket bucket, long used, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return _reservation!.Charge(bucket, Math.Max(0, used), nowNs);
    }

    /// <summary>After <see cref="TryBeginSettle"/>: gives back what was not charged and ends the reservation.</summary>
    public void EndSettle(long nowNs)
    {
        _reservation!.GiveBack(nowNs);
        _reservation.Table.Release(_reservation, _generation);
    }

    private bool TryHold(out long word)
    {
        word = 0;
        if (_reservation is null)
            return false;
        word = Volatile.Read(ref _reservation.Word);
        return Reservation.Generation(word) == _generation && Reservation.State(word) == Reservation.Open && _reservation.TryHold(word);
    }
}
