namespace AiEdge.Limits;

/// <summary>
/// The reservations of all open exchanges, so that credit whose exchange never settles comes back by itself: each has a deadline
/// that every draw renews, and <see cref="Expire"/>, called now and then, gives back what is over it, and counts it.
/// </summary>
/// <remarks>
/// <para>Requirements: (1) of settling and expiring exactly one gets a reservation; (2) whoever holds it sees all credit noted in it;
/// (3) a handle whose reservation has gone does nothing, also when its place is used again; (4) never more than the
/// capacity are open.</para>
/// <para>Memory order: generation, state and deadline are one word. Open → Busy, by compare-and-swap, is the only way to the entries,
/// for the owner and for the sweeper alike, and the one who did it writes Open or Free when through (a release, which the next
/// compare-and-swap acquires): (1), (2). Credit that is noted before the first Open is written by whoever has taken the free place,
/// which nobody else has. A renewal changes the deadline in the same word, so a sweeper that decided by an older deadline fails. Each
/// opening counts the generation up and each use compares it: (3), up to 262,144 reuses under one handle's eyes. Free places are a
/// stack of indexes whose head carries a tag that every change counts up, so a head that went away and came back is not taken for
/// untouched: (4). Busy lasts for a few draws and never over an await; the sweeper passes over it.</para>
/// </remarks>
public sealed class ReservationTable
{
    /// <summary>Buckets that one reservation holds credit of, at most.</summary>
    public const int BucketsMax = Reservation.EntriesMax;

    private readonly Reservation?[] _all;
    private readonly int[] _nextFree;
    private long _free;
    private int _made;
    private int _open;
    private long _expired;

    /// <summary>A table for at most <paramref name="capacity"/> open reservations; places are made when first needed.</summary>
    public ReservationTable(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _all = new Reservation?[capacity];
        _nextFree = new int[capacity];
    }

    /// <summary>Reservations open now.</summary>
    public int Count => Volatile.Read(ref _open);

    /// <summary>Reservations that were never settled and have been given back.</summary>
    public long Expired => Volatile.Read(ref _expired);

    /// <summary>
    /// Opens an empty reservation that lasts until <paramref name="deadlineNs"/>, to be settled by its handle; false if the table is full.
    /// </summary>
    public bool TryOpen(long deadlineNs, out ReservationHandle handle)
    {
        handle = default;
        if (Take() is not { } reservation)
            return false;
        handle = Open(reservation, deadlineNs);
        return true;
    }

    /// <summary>
    /// Opens a reservation that holds what was drawn of each bucket; false if the table is full or there are more than
    /// <see cref="BucketsMax"/>: then the credit is still the caller's.
    /// </summary>
    /// <param name="buckets">The buckets.</param>
    /// <param name="amounts">What was drawn, of each.</param>
    /// <param name="tokens">The tokens of the draws.</param>
    /// <param name="deadlineNs">Until when it lasts.</param>
    /// <param name="handle">To settle it by.</param>
    public bool TryOpen(
        ReadOnlySpan<LimitBucket> buckets, ReadOnlySpan<long> amounts, ReadOnlySpan<long> tokens, long deadlineNs, out ReservationHandle handle)
    {
        handle = default;
        if (buckets.Length > BucketsMax || Take() is not { } reservation)
            return false;

        // Nobody else looks at one that is free, so all is noted before it is open, by one write rather than one for each bucket.
        for (var i = 0; i < buckets.Length; i++)
            reservation.TryAdd(buckets[i], Math.Max(0, amounts[i]), tokens[i]);
        handle = Open(reservation, deadlineNs);
        return true;
    }

    /// <summary>Gives back the reservations whose deadline is over; says how many. One caller at a time is enough, more do no harm.</summary>
    public int Expire(long nowNs)
    {
        var count = 0;
        var made = Math.Min(Volatile.Read(ref _made), _all.Length);
        for (var i = 0; i < made; i++)
        {
            if (Volatile.Read(ref _all[i]) is not { } reservation)
                continue;
            var word = Volatile.Read(ref reservation.Word);
            if (Reservation.State(word) != Reservation.Open || !Reservation.IsOver(word, nowNs) || !reservation.TryHold(word))
                continue;
            reservation.GiveBack(nowNs);
            Interlocked.Increment(ref _expired);
            Release(reservation, Reservation.Generation(word));
            count++;
        }

        return count;
    }

    /// <summary>Ends a reservation that the caller holds.</summary>
    internal void Release(Reservation reservation, long generation)
    {
        Volatile.Write(ref reservation.Word, Reservation.Pack(generation, Reservation.Free, 0));
        Interlocked.Decrement(ref _open);
        var free = Volatile.Read(ref _free);
        while (true)
        {
            Volatile.Write(ref _nextFree[reservation.Index], (int)free);
            var found = Interlocked.CompareExchange(ref _free, Head(free, reservation.Index + 1), free);
            if (found == free)
                return;
            free = found;
        }
    }

    private ReservationHandle Open(Reservation reservation, long deadlineNs)
    {
        var generation = Reservation.Generation(Reservation.Pack(Reservation.Generation(reservation.Word) + 1, 0, 0));
        Interlocked.Increment(ref _open);
        Volatile.Write(ref reservation.Word, Reservation.Pack(generation, Reservation.Open, deadlineNs));
        return new ReservationHandle(reservation, generation);
    }

    private Reservation? Take()
    {
        var free = Volatile.Read(ref _free);
        while ((int)free != 0)
        {
            var index = (int)free - 1;
            var found = Interlocked.CompareExchange(ref _free, Head(free, Volatile.Read(ref _nextFree[index])), free);
            if (found == free)
                return _all[index];
            free = found;
        }

        // None has come back yet: a new place, up to the capacity.
        if (Volatile.Read(ref _made) >= _all.Length || Interlocked.Increment(ref _made) - 1 is var place && place >= _all.Length)
            return null;
        var made = new Reservation(this, place);
        Volatile.Write(ref _all[place], made);
        return made;
    }

    /// <summary>A head of the stack: index + 1 (0: empty) below, a tag above that each change counts up.</summary>
    private static long Head(long before, int index) => ((before >>> 32) + 1 << 32) | (uint)index;
}
