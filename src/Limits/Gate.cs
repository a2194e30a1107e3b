namespace AiEdge.Limits;

/// <summary>
/// So many at a time: of a limit as a whole (<see cref="ConcurrencyGate"/>), or for one share of it (<see cref="SharedGate"/>). Every member
/// is safe for any number of threads; entering and leaving neither lock nor allocate.
/// </summary>
public abstract class Gate
{
    /// <summary>How many may be inside at once; of a share, as many as the others are not guaranteed.</summary>
    public abstract int Capacity { get; }

    /// <summary>How many are inside; of a share, with those of the others.</summary>
    public abstract int Count { get; }

    /// <summary>How often somebody found it full.</summary>
    public abstract long Refused { get; }

    /// <summary>How many could enter now, at least 0.</summary>
    public abstract int Remaining(long nowNs);

    /// <summary>Enters unless it is full.</summary>
    public abstract bool TryEnter(long nowNs);

    /// <summary>Leaves, once for each entry; false, and nothing changes, if nobody is inside.</summary>
    public abstract bool TryLeave();
}
