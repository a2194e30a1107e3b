using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Remembers, for one thread, which token came after another one before certain bytes: words that are run together, and parts of words, come
/// again and again. What is found is a token that begins the text and is compatible with the one before it, and the one that was right the last
/// time; it may be wrong this time, as any first choice of a search.
/// </summary>
internal readonly unsafe ref struct NextMemo
{
    /// <summary>How many bytes have to follow, for they are a part of the key.</summary>
    public const int TextBytes = 8;

    // After a shorter token there is little to gain, and in text that means nothing almost all are.
    private const int LeftBytesMin = 3;

    private const int EntryBits = 12;
    private const int TokenBits = 22;
    private const int NumberBits = 10;
    private const int LengthShift = 54;
    private const ulong First = 0x9E37_79B9_7F4A_7C15;
    private const ulong Second = 0xD6E8_FEB8_6659_FD93;

    // Two words for each entry: the bytes; and token before and vocabulary, token and its length.
    [ThreadStatic]
    private static ulong[]? _entries;

    private readonly ref ulong _first;
    private readonly uint _number;

    /// <summary>The thread's, for a vocabulary.</summary>
    public NextMemo(VocabularyTables tables)
    {
        _first = ref (_entries ??= new ulong[2 << EntryBits])[0];
        // Vocabularies have numbers from 1 on; those beyond this many are not remembered.
        _number = tables.Number < 1 << NumberBits ? (uint)tables.Number << TokenBits : 0;
    }

    /// <summary>Whether there is anything to ask or to tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOf(TokenSpan left, int textBytes) => left.Length >= LeftBytesMin && textBytes >= TextBytes && _number != 0;

    /// <summary>What came the last time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(TokenSpan left, byte* text, out TokenSpan next)
    {
        var bytes = Unsafe.ReadUnaligned<ulong>(text);
        var key = left.Token | _number;
        ref var entry = ref Place(bytes, key);
        var known = Unsafe.Add(ref entry, 1);
        next = new TokenSpan((uint)(known >> 32) & ((1u << TokenBits) - 1), (int)(known >> LengthShift)).AsGuess();
        return entry == bytes && (uint)known == key;
    }

    /// <summary>Remembers what comes, unless it is longer than the bytes of the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(TokenSpan left, byte* text, TokenSpan next)
    {
        if (next.Length > TextBytes)
            return;
        var bytes = Unsafe.ReadUnaligned<ulong>(text);
        var key = left.Token | _number;
        ref var entry = ref Place(bytes, key);
        entry = bytes;
        Unsafe.Add(ref entry, 1) = key | ((ulong)next.Token << 32) | ((ulong)(uint)next.Length << LengthShift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong Place(ulong bytes, uint key)
    {
        var hash = (bytes * First) ^ (key * Second);
        hash ^= hash >> 32;
        return ref Unsafe.Add(ref _first, 2 * (int)((hash * First) >> (64 - EntryBits)));
    }
}
