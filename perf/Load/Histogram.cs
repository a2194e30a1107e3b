using System.Numerics;

namespace AiEdge.Load;

/// <summary>
/// Counts of values in buckets whose width grows with the value: exact below 256, and within 1/128 (0.8 %) above, up to the largest long.
/// Many threads may record at once; a reading taken meanwhile is a little old, never torn within a bucket.
/// </summary>
public sealed class Histogram
{
    private const int SubBits = 8;
    private const int SubBuckets = 1 << SubBits;
    private const int HalfBuckets = SubBuckets / 2;
    private readonly long[] _counts = new long[SubBuckets + (63 - SubBits) * HalfBuckets];
    private long _max;
    private long _sum;

    public long Count => CountAll();

    public long Max => Volatile.Read(ref _max);

    public double Mean => CountAll() is var count and > 0 ? (double)Volatile.Read(ref _sum) / count : 0;

    /// <summary>Negative values count as 0.</summary>
    public void Record(long value)
    {
        value = Math.Max(0, value);
        Interlocked.Increment(ref _counts[IndexOf(value)]);
        Interlocked.Add(ref _sum, value);
        var max = Volatile.Read(ref _max);
        while (value > max)
            max = Interlocked.CompareExchange(ref _max, value, max) is var seen && seen == max ? value : seen;
    }

    /// <summary>The smallest value that at least <paramref name="fraction"/> of the values do not exceed, to the bucket's width; 0 if empty.</summary>
    public long Percentile(double fraction)
    {
        var count = CountAll();
        if (count == 0)
            return 0;
        var wanted = Math.Max(1, (long)Math.Ceiling(Math.Clamp(fraction, 0, 1) * count));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += Volatile.Read(ref _counts[i]);
            if (seen >= wanted)
                return Math.Min(HighestOf(i), Max);
        }

        return Max;
    }

    public void Add(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += Volatile.Read(ref other._counts[i]);
        _sum += Volatile.Read(ref other._sum);
        _max = Math.Max(_max, other.Max);
    }

    internal static int IndexOf(long value)
    {
        if (value < SubBuckets)
            return (int)value;
        var shift = BitOperations.Log2((ulong)value) - (SubBits - 1);
        return SubBuckets + (shift - 1) * HalfBuckets + (int)(value >> shift) - HalfBuckets;
    }

    /// <summary>The largest value that falls into bucket <paramref name="index"/>.</summary>
    internal static long HighestOf(int index)
    {
        if (index < SubBuckets)
            return index;
        var shift = (index - SubBuckets) / HalfBuckets + 1;
        var sub = (index - SubBuckets) % HalfBuckets + HalfBuckets;
        return ((sub + 1L) << shift) - 1;
    }

    private long CountAll()
    {
        long count = 0;
        for (var i = 0; i < _counts.Length; i++)
            count += Volatile.Read(ref _counts[i]);
        return count;
    }
}
