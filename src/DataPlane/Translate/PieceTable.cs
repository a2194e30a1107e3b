using System.Buffers;
using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Texts of one source, each with a number that is its owner's: found at once, however many a client sends, for texts that were chosen to collide do not: the
/// hash has a seed of the process's own. It holds no more than the body has, in arrays of the shared pool, which <see cref="Release"/> gives back. Texts are
/// alike byte for byte, escapes as they stand; one that is absent is the empty one.
/// </summary>
internal struct PieceTable
{
    private const int SlotsMin = 16;

    // A slot has the place of its entry, one more than that; 0 is free. There are at least twice as many as entries.
    private int[]? _slots;
    private Entry[]? _entries;
    private int _mask;
    private int _count;

    private struct Entry
    {
        public Piece Text;
        public int Hash;
        public int Value;
    }

    /// <summary>The number of a text; -1 where it is not there.</summary>
    public readonly int Find(ReadOnlySpan<byte> source, Piece text)
    {
        if (_count == 0)
            return -1;
        var bytes = text.Of(source);
        return _slots![SlotOf(source, bytes, HashOf(bytes))] is var entry and > 0 ? _entries![entry - 1].Value : -1;
    }

    /// <summary>The number of a text, which is -1 for one that was not there, and is from now on; until the next is added.</summary>
    public ref int At(ReadOnlySpan<byte> source, Piece text)
    {
        if (_slots is null || (_count + 1) * 2 > _mask + 1)
            Grow();
        var bytes = text.Of(source);
        var hash = HashOf(bytes);
        ref var slot = ref _slots![SlotOf(source, bytes, hash)];
        if (slot == 0)
        {
            _entries![_count] = new Entry { Text = text, Hash = hash, Value = -1 };
            slot = ++_count;
        }

        return ref _entries![slot - 1].Value;
    }

    /// <summary>Forgets all, and gives back what it holds.</summary>
    public void Release()
    {
        if (_slots is not null)
        {
            ArrayPool<int>.Shared.Return(_slots);
            ArrayPool<Entry>.Shared.Return(_entries!);
        }

        this = default;
    }

    private readonly int SlotOf(ReadOnlySpan<byte> source, ReadOnlySpan<byte> bytes, int hash)
    {
        for (var at = hash & _mask; ; at = (at + 1) & _mask)
        {
            if (_slots![at] == 0)
                return at;
            ref readonly var entry = ref _entries![_slots[at] - 1];
            if (entry.Hash == hash && entry.Text.Of(source).SequenceEqual(bytes))
                return at;
        }
    }

    private void Grow()
    {
        var size = _slots is null ? SlotsMin : (_mask + 1) * 2;
        var (slots, entries) = (ArrayPool<int>.Shared.Rent(size), ArrayPool<Entry>.Shared.Rent(size / 2));
        var (count, mask) = (_count, size - 1);
        slots.AsSpan(0, size).Clear();
        _entries.AsSpan(0, count).CopyTo(entries);
        for (var i = 0; i < count; i++)
        {
            var at = entries[i].Hash & mask;
            while (slots[at] != 0)
                at = (at + 1) & mask;
            slots[at] = i + 1;
        }

        Release();
        (_slots, _entries, _mask, _count) = (slots, entries, mask, count);
    }

    /// <summary>The runtime's hash of strings is the one that is keyed; an odd byte behind the last pair spreads it.</summary>
    public static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes));
        return (bytes.Length & 1) == 0 ? hash : (hash * 257) + bytes[^1] + 1;
    }
}
