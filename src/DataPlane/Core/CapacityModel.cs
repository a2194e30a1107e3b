namespace AiEdge.DataPlane.Core;

/// <summary>How a provider is asked how busy it is, and from where on its targets count as full (<c>capacity:</c>), compiled.</summary>
/// <param name="Path">Of its metrics, in ASCII, from the host's root on.</param>
/// <param name="Interval">From one reading to the next, give or take a tenth.</param>
/// <param name="Timeout">How long one may take, a connection included.</param>
/// <param name="QueueMax">Requests that wait there from which on it is full; 0 for any number.</param>
/// <param name="CachePercentMax">The part of its key-value cache in use from which on it is full; 0 for all of it.</param>
internal sealed record CapacityModel(byte[] Path, TimeSpan Interval, TimeSpan Timeout, long QueueMax, int CachePercentMax)
{
    /// <summary>Intervals that a reading is held for true where none follows.</summary>
    private const int IntervalsKept = 3;

    /// <summary>How long a reading is held for true where none follows, in milliseconds.</summary>
    public long KeptMs => (long)((IntervalsKept * Interval) + Timeout).TotalMilliseconds;
}
