using System.Numerics;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// A part of a <see cref="KeyTable"/>: its keys side by side, found by open addressing over a power of two of slots. The digest is uniform
/// and not chosen freely by a client, so some of its bytes serve as the hash.
/// </summary>
/// <remarks>
/// Requirements: finding neither locks nor allocates but for the first use of a key. Memory order: all is immutable once published, but
/// <see cref="KeyEntry.Model"/>, which goes from null to a value once, by a compare and exchange; whoever reads null tries to make it again, and
/// all get the one that was first.
/// </remarks>
internal sealed class KeyShard
{
    public static readonly KeyShard Empty = new([], [0, 0]);

    private readonly KeyEntry[] _entries;
    private readonly int[] _slots;

    private KeyShard(KeyEntry[] entries, int[] slots)
    {
        _entries = entries;
        _slots = slots;
        foreach (ref readonly var entry in entries.AsSpan())
            Known += entry.Policy.IsDisabled ? 0 : 1;
    }

    /// <summary>How many of the entries are not disabled.</summary>
    public int Known { get; }

    public ReadOnlySpan<KeyEntry> Entries => _entries;

    /// <summary>A shard of these; null where two have the same digest.</summary>
    public static KeyShard? TryMake(KeyEntry[] entries)
    {
        if (entries.Length == 0)
            return Empty;
        var slots = new int[BitOperations.RoundUpToPowerOf2((uint)entries.Length * 2)];
        for (var entry = 0; entry < entries.Length; entry++)
        {
            var i = entries[entry].Digest.Hash & (slots.Length - 1);
            for (; slots[i] != 0; i = (i + 1) & (slots.Length - 1))
            {
                if (entries[slots[i] - 1].Digest.Equals(entries[entry].Digest))
                    return null;
            }

            slots[i] = entry + 1;
        }

        return new(entries, slots);
    }

    /// <summary>The key of that digest, or null.</summary>
    public KeyModel? Find(KeyDigest digest)
    {
        var (slots, entries) = (_slots, _entries);
        for (var i = digest.Hash & (slots.Length - 1); slots[i] is not 0 and var place; i = (i + 1) & (slots.Length - 1))
        {
            ref var entry = ref entries[place - 1];
            if (entry.Digest.Equals(digest))
                return Volatile.Read(ref entry.Model) ?? Make(ref entry);
        }

        return null;
    }

    /// <summary>The first use of a key.</summary>
    private static KeyModel? Make(ref KeyEntry entry)
    {
        if (entry.Policy.IsDisabled)
            return null;
        var made = KeyModel.Of(in entry);
        return Interlocked.CompareExchange(ref entry.Model, made, null) ?? made;
    }
}
