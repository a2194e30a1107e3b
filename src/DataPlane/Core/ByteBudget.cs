namespace AiEdge.DataPlane.Core;

/// <summary>Bytes of request bodies held over all exchanges; a body that would go beyond the bound is refused before it is read.</summary>
internal sealed class ByteBudget
{
    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held => Volatile.Read(ref _held);

    public bool TryTake(long bytes, long max)
    {
        if (Interlocked.Add(ref _held, bytes) <= max)
            return true;
        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _held, -bytes);
}
