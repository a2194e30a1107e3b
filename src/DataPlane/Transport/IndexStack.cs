namespace AiEdge.DataPlane.Transport;

/// <summary>
/// A lock-free, bounded last-in-first-out store of objects: the one that was used last is the warmest, and what lies at the
/// bottom may expire.
/// </summary>
/// <remarks>
/// Requirements: any thread may push and pop; every object pushed is popped at most once; nothing is allocated after
/// construction; a push onto a full stack fails.
/// How: two Treiber stacks of slot numbers, one of free slots and one of filled ones. A head packs (tag, slot + 1) into one
/// 64-bit word; the tag counts every change, so that a head that was popped and pushed again between another thread's read and
/// its compare-and-swap does not compare equal (ABA).
/// Memory order: a slot's value is written before the compare-and-swap that publishes its number (a full fence), and read
/// after the one that takes it; between the two nobody else knows the number.
/// </remarks>
internal sealed class IndexStack<T>
    where T : class
{
    private readonly T?[] _values;
    private readonly int[] _next;
    private long _filled;
    private long _free;
    private int _count;

    public IndexStack(int capacity)
    {
        _values = new T?[capacity];
        _next = new int[capacity];
        for (var i = 0; i < capacity; i++)
            _next[i] = i + 2 <= capacity ? i + 2 : 0;
        _free = 1;
    }

    /// <summary>How many are stored, about: other threads may be in the middle of a change.</summary>
    public int Count => Volatile.Read(ref _count);

    public bool TryPush(T value)
    {
        var slot = Take(ref _free);
        if (slot < 0)
            return false;
        _values[slot] = value;
        Put(ref _filled, slot);
        Interlocked.Increment(ref _count);
        return true;
    }

    public bool TryPop([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value)
    {
        var slot = Take(ref _filled);
        if (slot < 0)
        {
            value = null;
            return false;
        }

        Interlocked.Decrement(ref _count);
        value = _values[slot]!;
        _values[slot] = null;
        Put(ref _free, slot);
        return true;
    }

    /// <summary>
    /// Whether <paramref name="matches"/> holds for one that is stored. Nothing is taken out to ask it, so the answer is a hint: another
    /// thread may pop it meanwhile, and <paramref name="matches"/> must bear being asked of an object that is in use.
    /// </summary>
    public bool Any<TState>(Func<T, TState, bool> matches, TState state)
    {
        if (Count == 0)
            return false;
        foreach (ref var slot in _values.AsSpan())
        {
            if (Volatile.Read(ref slot) is { } value && matches(value, state))
                return true;
        }

        return false;
    }

    private int Take(ref long head)
    {
        while (true)
        {
            var seen = Volatile.Read(ref head);
            var slot = (int)(seen & 0xffffffff) - 1;
            if (slot < 0)
                return -1;
            var next = Volatile.Read(ref _next[slot]);
            if (Interlocked.CompareExchange(ref head, NextTag(seen) | (uint)next, seen) == seen)
                return slot;
        }
    }

    private void Put(ref long head, int slot)
    {
        while (true)
        {
            var seen = Volatile.Read(ref head);
            Volatile.Write(ref _next[slot], (int)(seen & 0xffffffff));
            if (Interlocked.CompareExchange(ref head, NextTag(seen) | (uint)(slot + 1), seen) == seen)
                return;
        }
    }

    private static long NextTag(long head) => (head & unchecked((long)0xffffffff_00000000)) + (1L << 32);
}
