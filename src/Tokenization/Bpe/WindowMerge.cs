using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Merges up to 64 bytes as the definition has it: of all neighbours that merge, those first whose token comes first, and of equal ones the left.
/// </summary>
/// <remarks>
/// The places where tokens begin are the bits of a word. What each token and its right neighbour merge to stands, with the place, in a number that
/// sorts as it; these numbers are the lanes of a few vectors. So the next merge is the least of all lanes, and what is left and right of it is found by
/// counting zeros. The vectors stay in registers: in memory a lane that has just been written would hold up whoever reads the vector.
/// </remarks>
internal static unsafe class WindowMerge
{
    /// <summary>How many bytes are merged at once, at most.</summary>
    public const int BytesMax = 64;

    private const int Lanes = 8;
    private const int PlaceBits = 6;
    private const uint PlaceMask = (1u << PlaceBits) - 1;

    // No token has so high a number, and no lane such a place.
    private const uint None = uint.MaxValue << PlaceBits;
    private const uint NoPlace = uint.MaxValue;

    /// <summary>Merges, and tells where tokens begin, a bit each; which tokens these are is written at their places.</summary>
    /// <param name="tables">The tokens.</param>
    /// <param name="text">The bytes.</param>
    /// <param name="length">How many: from 1 to <see cref="BytesMax"/>.</param>
    /// <param name="tokens">Room for one for each byte.</param>
    [SkipLocalsInit]
    public static ulong Run(VocabularyTables tables, byte* text, int length, uint* tokens)
    {
        var keys = stackalloc uint[BytesMax];
        var trie = tables.Forward;
        var at = 0;
        for (; at < length - 1; at++)
        {
            tokens[at] = trie.Byte(text[at]);
            keys[at] = (trie.Pair(text[at], text[at + 1]) << PlaceBits) | (uint)at;
        }

        tokens[at] = trie.Byte(text[at]);
        var room = length <= Lanes ? Lanes : length <= 2 * Lanes ? 2 * Lanes : BytesMax;
        for (; at < room; at++)
            keys[at] = None;
        var starts = ulong.MaxValue >> (BytesMax - length);
        return room switch
        {
            Lanes => RunOne(tables, tokens, keys, starts),
            2 * Lanes => RunTwo(tables, tokens, keys, starts),
            _ => RunAll(tables, tokens, keys, starts),
        };
    }

    private static ulong RunOne(VocabularyTables tables, uint* tokens, uint* keys, ulong starts)
    {
        var a = Vector256.Load(keys);
        while (true)
        {
            var key = Least(a);
            if (key >= None)
                return starts;
            a = Apply(Merge(tables, tokens, ref starts, key), a, Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7));
        }
    }

    private static ulong RunTwo(VocabularyTables tables, uint* tokens, uint* keys, ulong starts)
    {
        var (a, b) = (Vector256.Load(keys), Vector256.Load(keys + Lanes));
        while (true)
        {
            var key = Least(Vector256.Min(a, b));
            if (key >= None)
                return starts;
            var change = Merge(tables, tokens, ref starts, key);
            a = Apply(change, a, Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7));
            b = Apply(change, b, Vector256.Create(8u, 9, 10, 11, 12, 13, 14, 15));
        }
    }

    private static ulong RunAll(VocabularyTables tables, uint* tokens, uint* keys, ulong starts)
    {
        var (a, b, c, d) = (Vector256.Load(keys), Vector256.Load(keys + Lanes), Vector256.Load(keys + (2 * Lanes)), Vector256.Load(keys + (3 * Lanes)));
        keys += 4 * Lanes;
        var (e, f, g, h) = (Vector256.Load(keys), Vector256.Load(keys + Lanes), Vector256.Load(keys + (2 * Lanes)), Vector256.Load(keys + (3 * Lanes)));
        while (true)
        {
            var first = Vector256.Min(Vector256.Min(a, b), Vector256.Min(c, d));
            var second = Vector256.Min(Vector256.Min(e, f), Vector256.Min(g, h));
            var key = Least(Vector256.Min(first, second));
            if (key >= None)
                return starts;
            var change = Merge(tables, tokens, ref starts, key);
            a = Apply(change, a, Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7));
            b = Apply(change, b, Vector256.Create(8u, 9, 10, 11, 12, 13, 14, 15));
            c = Apply(change, c, Vector256.Create(16u, 17, 18, 19, 20, 21, 22, 23));
            d = Apply(change, d, Vector256.Create(24u, 25, 26, 27, 28, 29, 30, 31));
            e = Apply(change, e, Vector256.Create(32u, 33, 34, 35, 36, 37, 38, 39));
            f = Apply(change, f, Vector256.Create(40u, 41, 42, 43, 44, 45, 46, 47));
            g = Apply(change, g, Vector256.Create(48u, 49, 50, 51, 52, 53, 54, 55));
            h = Apply(change, h, Vector256.Create(56u, 57, 58, 59, 60, 61, 62, 63));
        }
    }

    /// <summary>Makes one token of two, and tells which lanes change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Change Merge(VocabularyTables tables, uint* tokens, ref ulong starts, uint key)
    {
        var place = (int)(key & PlaceMask);
        var merged = key >> PlaceBits;
        var after = starts & ((ulong.MaxValue << 1) << place);
        var before = starts & ((1UL << place) - 1);
        var gone = (uint)BitOperations.TrailingZeroCount(after);
        starts ^= after & (0 - after);
        after &= after - 1;
        tokens[place] = merged;
        var change = new Change { Place = (uint)place, Gone = gone, Key = None, Left = NoPlace };
        if (after != 0)
            change.Key = KeyOf(tables, merged, tokens[BitOperations.TrailingZeroCount(after)], (uint)place);
        if (before != 0)
        {
            change.Left = (uint)BitOperations.Log2(before);
            change.LeftKey = KeyOf(tables, tokens[change.Left], merged, change.Left);
        }

        return change;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint KeyOf(VocabularyTables tables, uint left, uint right, uint place) =>
        tables.TryMerge(left, right, out var merged) ? (merged << PlaceBits) | place : None;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Apply(Change change, Vector256<uint> keys, Vector256<uint> places)
    {
        keys = Vector256.ConditionalSelect(Vector256.Equals(places, Vector256.Create(change.Place)), Vector256.Create(change.Key), keys);
        keys |= Vector256.Equals(places, Vector256.Create(change.Gone));
        return Vector256.ConditionalSelect(Vector256.Equals(places, Vector256.Create(change.Left)), Vector256.Create(change.LeftKey), keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Least(Vector256<uint> keys)
    {
        var half = Vector128.Min(keys.GetLower(), keys.GetUpper());
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(2u, 3, 0, 1)));
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(1u, 0, 3, 2)));
        return half.ToScalar();
    }

    /// <summary>Two lanes with new keys, and one that has none any more.</summary>
    private ref struct Change
    {
        public uint Place;
        public uint Key;
        public uint Left;
        public uint LeftKey;
        public uint Gone;
    }
}
