using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// Remembers, for one thread, whether two tokens are compatible. A run asks of few pairs, over and over, and for long tokens the answer takes as
/// many steps as they have merges. The tokens are the key, both of them, with their vocabulary; an entry gives way to the next pair that falls on its place.
/// </summary>
internal static class PairMemo
{
    private const int EntryBits = 11;
    private const int TokenBits = 22;
    private const ulong YesBit = 1ul << 63;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    // Vocabularies beyond this many share keys with none, for they are not remembered.
    private const int NumberMax = (1 << (63 - (2 * TokenBits))) - 1;

    [ThreadStatic]
    private static ulong[]? _entries;

    /// <summary>As <see cref="VocabularyTables.Compatible"/>.</summary>
    public static bool Compatible(VocabularyTables tables, uint left, uint right)
    {
        var number = tables.Number;
        if (number > NumberMax)
            return tables.Compatible(left, right);
        var key = ((ulong)number << (2 * TokenBits)) | ((ulong)left << TokenBits) | right;
        ref var entry = ref (_entries ??= new ulong[1 << EntryBits])[(int)((key * Spread) >> (64 - EntryBits))];
        if ((entry & ~YesBit) == key)
            return (entry & YesBit) != 0;
        return Learn(tables, left, right, key, ref entry);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Learn(VocabularyTables tables, uint left, uint right, ulong key, ref ulong entry)
    {
        var yes = tables.Compatible(left, right);
        entry = key | (yes ? YesBit : 0);
        return yes;
    }
}
