using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinStack{T}"/>.</summary>
public enum StackDefect
{
    None,

    /// <summary>Heads carry no tag: one that went away and came back looks untouched (ABA).</summary>
    NoTag,

    /// <summary>A pop writes the head without comparing.</summary>
    PlainPop,

    /// <summary>A slot's number is published before its value.</summary>
    LatePush,
}

/// <summary>The index stack once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinStack<T>
    where T : class
{
    private readonly StackDefect _defect;
    private readonly T?[] _values;
    private readonly int[] _next;
    private long _filled;
    private long _free;

    public TwinStack(int capacity, StackDefect defect)
    {
        _defect = defect;
        _values = new T?[capacity];
        _next = new int[capacity];
        for (var i = 0; i < capacity; i++)
            _next[i] = i + 2 <= capacity ? i + 2 : 0;
        _free = 1;
    }

    public bool TryPush(T value)
    {
        var slot = Take(ref _free);
        if (slot < 0)
            return false;
        if (_defect != StackDefect.LatePush)
            _values[slot] = value;
        Put(ref _filled, slot);
        Race.Gap();
        if (_defect == StackDefect.LatePush)
            _values[slot] = value;
        return true;
    }

    public bool TryPop([NotNullWhen(true)] out T? value)
    {
        var slot = Take(ref _filled);
        if (slot < 0)
        {
            value = null;
            return false;
        }

        value = _values[slot] ?? throw new InvalidOperationException("a filled slot was empty");
        _values[slot] = null;
        Put(ref _free, slot);
        return true;
    }

    private int Take(ref long head)
    {
        while (true)
        {
            var seen = Volatile.Read(ref head);
            var slot = (int)(seen & 0xffffffff) - 1;
            if (slot < 0)
                return -1;
            var next = NextTag(seen) | (uint)Volatile.Read(ref _next[slot]);
            Race.Gap();
            if (_defect == StackDefect.PlainPop)
            {
                Volatile.Write(ref head, next);
                return slot;
            }

            if (Interlocked.CompareExchange(ref head, next, seen) == seen)
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

    private long NextTag(long head) => _defect == StackDefect.NoTag ? 0 : (head & unchecked((long)0xffffffff_00000000)) + (1L << 32);
}
