using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Remembers, for one thread, how many tokens short pieces have that are no tokens themselves: names and rare words come again and again within a text.
/// The bytes are the key, all of them; an entry gives way to the next piece that falls on its place.
/// </summary>
internal sealed unsafe class PieceCache
{
    private const int Entries = 2048;
    private const int CachesPerThread = 4;
    private const int CountShift = 60;

    [ThreadStatic]
    private static PieceCache?[]? _caches;

    private readonly int _owner;

    // Two words for each entry, as in the tables of tokens; the length takes half of the highest byte, and the count has the other half.
    private readonly ulong[] _words = new ulong[2 * Entries];

    private PieceCache(int owner) => _owner = owner;

    /// <summary>The thread's cache for the vocabulary of a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PieceCache Of(int owner)
    {
        var caches = _caches ??= new PieceCache?[CachesPerThread];
        var cache = caches[owner & (CachesPerThread - 1)];
        return cache is not null && cache._owner == owner ? cache : Replace(caches, owner);
    }

    /// <summary>Where a piece of 1 to 15 bytes has its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong Find(byte* piece, int length, out ulong first, out ulong rest)
    {
        if (length <= PieceKey.ShortBytesMax)
        {
            first = 0;
            rest = PieceKey.Short(piece, length);
        }
        else
        {
            first = Unsafe.ReadUnaligned<ulong>(piece);
            rest = PieceKey.MiddleRest(piece, length);
        }

        var hash = PieceKey.Hash(first, rest, 0);
        return ref _words[2 * (int)(hash & (Entries - 1))];
    }

    /// <summary>The count at a place, if the place is the piece's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryGet(ref ulong place, ulong first, ulong rest, out int count)
    {
        var known = Unsafe.Add(ref place, 1);
        count = (int)(known >> CountShift);
        return place == first && (known & ((1UL << CountShift) - 1)) == rest;
    }

    /// <summary>Gives a place to a piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref ulong place, ulong first, ulong rest, int count)
    {
        place = first;
        Unsafe.Add(ref place, 1) = rest | ((ulong)count << CountShift);
    }

    private static PieceCache Replace(PieceCache?[] caches, int owner) =>
        caches[owner & (CachesPerThread - 1)] = new PieceCache(owner);
}
