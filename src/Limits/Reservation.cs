namespace AiEdge.Limits;

/// <summary>
/// Credit held by one exchange, of up to <see cref="EntriesMax"/> buckets: of each what was drawn under the latest token, and what under
/// all tokens before it, which count as one, since what they name is past. Reused by its table, with the room it has grown to.
/// </summary>
internal sealed class Reservation(ReservationTable table, int index)
{
    /// <summary>How many limits may bind one exchange.</summary>
    public const int EntriesMax = 64;

    private const int EntriesAtFirst = 8;

    public const long Free = 0;
    public const long Open = 1;
    public const long Busy = 2;

    private const int DeadlineBits = 44;
    private const long DeadlineMask = (1L << DeadlineBits) - 1;
    private const long GenerationMask = (1L << 18) - 1;

    public readonly ReservationTable Table = table;
    public readonly int Index = index;

    /// <summary>Generation (18 bits), state (2), deadline in milliseconds (44).</summary>
    public long Word;

    private Entry[] _entries = new Entry[EntriesAtFirst];
    private int _count;

    public static long Pack(long generation, long state, long deadlineNs) =>
        (generation & GenerationMask) << DeadlineBits + 2 | state << DeadlineBits
        | Math.Clamp((deadlineNs + 999_999) / 1_000_000, 0, DeadlineMask);

    public static long Generation(long word) => word >>> DeadlineBits + 2;

    public static long State(long word) => word >> DeadlineBits & 3;

    public static bool IsOver(long word, long nowNs) => nowNs / 1_000_000 >= (word & DeadlineMask);

    /// <summary>Open → Busy, if the word is still the one that was read.</summary>
    public bool TryHold(long word) => Interlocked.CompareExchange(ref Word, Pack(Generation(word), Busy, 0), word) == word;

    /// <summary>Notes credit; false if there is no room for another bucket.</summary>
    public bool TryAdd(LimitBucket bucket, long amount, long token)
    {
        var at = Find(bucket);
        if (at < 0)
        {
            if (_count == EntriesMax)
                return false;
            if (_count == _entries.Length)
                Array.Resize(ref _entries, Math.Min(EntriesMax, 2 * _count));
            _entries[_count++] = new Entry { Bucket = bucket, Amount = amount, Token = token, EarlierToken = token };
            return true;
        }

        ref var entry = ref _entries[at];
        if (token > entry.Token)
        {
            entry.Earlier += entry.Amount;
            entry.EarlierToken = entry.Token;
            entry.Amount = 0;
            entry.Token = token;
        }

        if (token == entry.Token)
            entry.Amount += amount;
        else
            entry.Earlier += amount;
        return true;
    }

    /// <summary>What is held of a bucket.</summary>
    public long Held(LimitBucket bucket) => Find(bucket) is var at && at < 0 ? 0 : _entries[at].Amount + _entries[at].Earlier;

    /// <summary>
    /// Makes what is held of a bucket what was used: the rest goes back, the latest first, or what is short is charged to the latest.
    /// </summary>
    public SettleOutcome Charge(LimitBucket bucket, long used, long nowNs)
    {
        var at = Find(bucket);
        if (at < 0)
            return bucket.Settle(used, bucket.EpochAt(nowNs), nowNs);
        var entry = _entries[at];
        if (at != --_count)
            _entries[at] = _entries[_count];
        _entries[_count].Bucket = null;
        return Settle(entry, used - entry.Amount - entry.Earlier, nowNs);
    }

    /// <summary>Gives back a part of what is held of a bucket, the latest first; says how much it was.</summary>
    public long Return(LimitBucket bucket, long amount, long nowNs)
    {
        var at = Find(bucket);
        if (at < 0)
            return 0;
        ref var entry = ref _entries[at];
        amount = Math.Clamp(amount, 0, entry.Amount + entry.Earlier);
        Settle(entry, -amount, nowNs);
        var latest = Math.Min(amount, entry.Amount);
        entry.Amount -= latest;
        entry.Earlier -= amount - latest;
        return amount;
    }

    /// <summary>Gives back all that has not been charged.</summary>
    public void GiveBack(long nowNs)
    {
        for (var i = _count - 1; i >= 0; i--)
            Settle(_entries[i], -_entries[i].Amount - _entries[i].Earlier, nowNs);
        Array.Clear(_entries, 0, _count);
        _count = 0;
    }

    private static SettleOutcome Settle(in Entry entry, long delta, long nowNs)
    {
        var latest = Math.Max(delta, -entry.Amount);
        var outcome = SettleOutcome.Applied;
        if (latest != 0)
            outcome = entry.Bucket!.Settle(latest, entry.Token, nowNs);
        if (delta != latest && entry.Bucket!.Settle(delta - latest, entry.EarlierToken, nowNs) == SettleOutcome.WindowClosed)
            outcome = SettleOutcome.WindowClosed;
        return outcome;
    }

    // The last first: whoever settles takes them from there, so that none has to be moved.
    private int Find(LimitBucket bucket)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            if (_entries[i].Bucket == bucket)
                return i;
        }

        return -1;
    }

    private struct Entry
    {
        public LimitBucket? Bucket;
        public long Amount;
        public long Token;
        public long Earlier;
        public long EarlierToken;
    }
}
