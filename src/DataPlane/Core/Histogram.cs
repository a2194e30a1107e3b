namespace AiEdge.DataPlane.Core;

/// <summary>Counts values in buckets with fixed upper bounds, lock-free; what Prometheus calls a histogram.</summary>
internal sealed class Histogram(long[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private long _sum;

    /// <summary>Upper bounds, inclusive, ascending; one more bucket holds what lies above the last.</summary>
    public ReadOnlySpan<long> Bounds => bounds;

    public long Sum => Volatile.Read(ref _sum);

    public long Count(int bucket) => Volatile.Read(ref _counts[bucket]);

    public void Add(long value)
    {
        var i = 0;
        while (i < bounds.Length && value > bounds[i])
            i++;
        Interlocked.Increment(ref _counts[i]);
        Interlocked.Add(ref _sum, value);
    }

    /// <summary>Takes what another one of the same bounds has counted by now.</summary>
    public void Add(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            Interlocked.Add(ref _counts[i], other.Count(i));
        Interlocked.Add(ref _sum, other.Sum);
    }
}
