namespace AiEdge.DataPlane.Core;

/// <summary>
/// Counts choices among a few, so that each has its turns. It begins anywhere: on many planes, and after many starts, first turns are shared as all others
/// are. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; no number is given twice before all others have been. Memory order: it is one word, added to, and nothing
/// else hangs on it.
/// </remarks>
/// <param name="start">Where it begins.</param>
internal sealed class Turns(uint start)
{
    private uint _next = start;

    public Turns()
        : this((uint)Random.Shared.NextInt64(1L << 32))
    {
    }

    public uint Next() => Interlocked.Increment(ref _next);
}
