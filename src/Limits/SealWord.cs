namespace AiEdge.Limits;

/// <summary>
/// A 64-bit word that is advanced by compare-and-swap until it is sealed, once and for ever; what it held then is handed to a
/// successor. 62 bits of value and a sign; the lowest bit is the seal.
/// </summary>
/// <remarks>
/// <para>Requirements: (1) an advance succeeds only on the value that it was computed from, and only before the seal; (2) after the
/// seal every reader sees the same last value; (3) of those who open a successor one wins.</para>
/// <para>Memory order: value and seal are one word and every change of it is an interlocked operation, a full fence, so there is one
/// order of all changes: an advance stands before the seal and is part of what is handed over, or fails. What a successor is made
/// of (its fields) is written before the interlocked operation that shows it, and read after a volatile read of it.</para>
/// </remarks>
internal struct SealWord
{
    private const long Unset = long.MinValue;

    private long _word;

    /// <summary>The state of a word that waits for its first value.</summary>
    public static SealWord Closed => new() { _word = Unset };

    /// <summary>The value in a word that was read.</summary>
    public static long Value(long word) => word >> 1;

    /// <summary>Whether a word that was read is sealed.</summary>
    public static bool IsSealed(long word) => (word & 1) != 0;

    /// <summary>The word as it is now.</summary>
    public readonly long Read() => Volatile.Read(in _word);

    /// <summary>Puts <paramref name="value"/> in place of what was <paramref name="seen"/>, seal kept; gives what it found.</summary>
    public long Advance(long value, long seen) => Interlocked.CompareExchange(ref _word, value << 1 | seen & 1, seen);

    /// <summary>Gives a word its first value, unless it has one.</summary>
    public void Open(long value) => Interlocked.CompareExchange(ref _word, value << 1, Unset);

    /// <summary>Ends all advances.</summary>
    public void Seal() => Interlocked.Or(ref _word, 1);
}
