namespace AiEdge.Tokenization.Vocabularies;

/// <summary>Finds the pilots of a <see cref="PerfectHash"/>: the fullest groups choose their slots first, the single keys fill what is left.</summary>
internal sealed class PerfectHashBuilder
{
    private const int KeysPerPilot = 5;
    private const int AttemptsMax = 32;

    private PerfectHashBuilder(ulong seed, ushort[] pilots, uint[] slots, int slotCount)
    {
        Seed = seed;
        Pilots = pilots;
        Slots = slots;
        SlotCount = slotCount;
    }

    public ulong Seed { get; }

    public ushort[] Pilots { get; }

    /// <summary>The slot of each key, in the order the keys were given.</summary>
    public uint[] Slots { get; }

    public int SlotCount { get; }

    /// <summary>Builds over <paramref name="count"/> keys, of which <paramref name="hash"/> gives the hash under a seed.</summary>
    /// <exception cref="VocabularyException">No seed was found: two keys are the same.</exception>
    public static PerfectHashBuilder Build(int count, Func<int, ulong, ulong> hash)
    {
        var hashes = new ulong[count];
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var seed = (ulong)attempt * 0xC2B2_AE3D_27D4_EB4F;

            // A few slots stay free, more of them when it would not fit.
            var slotCount = Math.Max(1, count + (count / (attempt < 8 ? 50 : 8)) + 1);
            for (var i = 0; i < count; i++)
                hashes[i] = hash(i, seed);
            if (TryPlace(hashes, slotCount, out var pilots, out var slots))
                return new PerfectHashBuilder(seed, pilots, slots, slotCount);
        }

        throw new VocabularyException("Two entries of the vocabulary are the same, or cannot be told apart by their hash.");
    }

    private static bool TryPlace(ulong[] hashes, int slotCount, out ushort[] pilots, out uint[] slots)
    {
        pilots = new ushort[(hashes.Length / KeysPerPilot) + 1];
        slots = new uint[hashes.Length];
        var taken = new bool[slotCount];
        var groups = Group(hashes, pilots.Length, out var order, out var starts);
        foreach (var group in groups)
        {
            var members = order.AsSpan(starts[group], starts[group + 1] - starts[group]);
            if (members.Length == 0)
                break;
            var found = false;
            for (var pilot = 0; pilot <= ushort.MaxValue && !found; pilot++)
            {
                found = TryTake(hashes, members, (uint)pilot, taken, slots);
                if (found)
                    pilots[group] = (ushort)pilot;
            }

            if (!found)
                return false;
        }

        return true;
    }

    private static bool TryTake(ulong[] hashes, ReadOnlySpan<int> members, uint pilot, bool[] taken, uint[] slots)
    {
        for (var i = 0; i < members.Length; i++)
        {
            var slot = PerfectHash.Slot(hashes[members[i]], pilot, (uint)taken.Length);
            if (taken[slot])
            {
                for (var j = 0; j < i; j++)
                    taken[slots[members[j]]] = false;
                return false;
            }

            taken[slot] = true;
            slots[members[i]] = slot;
        }

        return true;
    }

    /// <summary>Groups keys by their pilot; returns the groups, fullest first and in a fixed order among equals.</summary>
    private static int[] Group(ulong[] hashes, int groupCount, out int[] order, out int[] starts)
    {
        starts = new int[groupCount + 1];
        foreach (var hash in hashes)
            starts[PerfectHash.Pilot(hash, (uint)groupCount) + 1]++;
        for (var i = 0; i < groupCount; i++)
            starts[i + 1] += starts[i];
        var next = starts.AsSpan(0, groupCount).ToArray();
        order = new int[hashes.Length];
        for (var i = 0; i < hashes.Length; i++)
            order[next[PerfectHash.Pilot(hashes[i], (uint)groupCount)]++] = i;
        var keys = new long[groupCount];
        var groups = new int[groupCount];
        for (var i = 0; i < groupCount; i++)
        {
            groups[i] = i;
            keys[i] = ((long)(starts[i] - starts[i + 1]) << 32) | (uint)i;
        }

        Array.Sort(keys, groups);
        return groups;
    }
}
