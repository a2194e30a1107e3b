namespace AiEdge.DataPlane.Record;

/// <summary>
/// How many records of exchanges without an attempt may enter the journal: refusals, lists of models, counts of tokens. Nothing is billed by them,
/// and a key that is refused in a loop makes thousands a second, so they may take a quarter of the journal (<c>bytesMax</c>) in the time that
/// records are kept (<c>keep</c>), and <see cref="BurstBytes"/> at once. Here that is one every <see cref="Interval"/>.
/// </summary>
/// <remarks>
/// Requirements: of those that ask at once no more are admitted than there is room for; asking never blocks and allocates nothing. Memory order: one
/// word, the time at which all that was taken has been earned, is changed by compare-and-swap alone; it guards nothing else.
/// </remarks>
internal sealed class UnsentAllowance
{
    /// <summary>What may be taken at once after a pause: about 4,096 records.</summary>
    public const long BurstBytes = 1 << 20;

    /// <summary>What a record is taken for before it is written.</summary>
    public const int RecordBytes = 256;

    private long _earnedNs = long.MinValue / 2;

    /// <summary>Nanoseconds in which a byte is earned; at least one.</summary>
    public static long Interval(long bytesMax, TimeSpan keep) => Math.Max(1, (long)(keep.TotalMilliseconds * 1_000_000 / (bytesMax / 4.0)));

    /// <summary>Takes the place of one record; false where there is none.</summary>
    /// <param name="nowNs">A monotonic clock's nanoseconds; 0 or more.</param>
    /// <param name="interval">As of <see cref="Interval"/>.</param>
    public bool TryTake(long nowNs, long interval)
    {
        var seen = Volatile.Read(ref _earnedNs);
        while (true)
        {
            var next = Math.Max(seen, nowNs - (BurstBytes * interval)) + (RecordBytes * interval);
            if (next > nowNs)
                return false;
            var found = Interlocked.CompareExchange(ref _earnedNs, next, seen);
            if (found == seen)
                return true;
            seen = found;
        }
    }

    /// <summary>It was longer, or shorter, than it had been taken for.</summary>
    public void Correct(long bytes, long interval) => Interlocked.Add(ref _earnedNs, bytes * interval);
}
