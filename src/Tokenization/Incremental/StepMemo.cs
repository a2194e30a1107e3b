using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// Remembers, for one thread, which token came last after two others and a byte: a text that repeats itself asks the same again and again.
/// The two tokens, the byte and the vocabulary are the key, all of them; what is found is where to look first: whether the token can stand there
/// depends on the one before it, which is told with it and has to be compared, as have the bytes that the key does not tell.
/// </summary>
internal static class StepMemo
{
    private const int EntryBits = 11;
    private const int TokenBits = 22;
    private const int LengthBits = 8;
    private const int SampleBits = 3;
    private const int NumberShift = (2 * TokenBits) + 8;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    // Vocabularies beyond this many share keys with none, for they are not remembered.
    private const int NumberMax = (1 << (64 - NumberShift)) - 1;

    // Two words each: the key, and what came.
    [ThreadStatic]
    private static ulong[]? _entries;

    /// <summary>What is asked for: the last token, the one before it and a byte. Zero for a vocabulary that is not remembered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeyOf(VocabularyTables tables, uint before, uint last, byte value) => tables.Number > NumberMax
        ? 0
        : ((ulong)(uint)tables.Number << NumberShift) | ((ulong)value << (2 * TokenBits)) | ((ulong)before << TokenBits) | last;

    /// <summary>True of one key in eight, always the same ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSample(ulong key) => ((key * Spread) >> (64 - SampleBits)) == 0;

    /// <summary>What came the last time; false if that is not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(ulong key, out Step step)
    {
        ref var entry = ref Find(key);
        step = new Step(Unsafe.Add(ref entry, 1));
        return entry == key && key != 0;
    }

    /// <summary>Remembers what came; true if it was remembered already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Put(ulong key, Step step)
    {
        ref var entry = ref Find(key);
        if (entry == key && Unsafe.Add(ref entry, 1) == step.Packed)
            return key != 0;
        entry = key;
        Unsafe.Add(ref entry, 1) = step.Packed;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong Find(ulong key) =>
        ref (_entries ??= new ulong[2 << EntryBits])[2 * (int)(((key * Spread) >> (64 - SampleBits - EntryBits)) & ((1 << EntryBits) - 1))];

    /// <summary>A token that came last, its length in bytes, and the last token where it starts.</summary>
    public readonly struct Step
    {
        public Step(uint token, int length, uint left) => Packed = token | ((ulong)left << TokenBits) | ((ulong)length << (2 * TokenBits));

        internal Step(ulong packed) => Packed = packed;

        public uint Token => (uint)Packed & ((1u << TokenBits) - 1);

        public uint Left => (uint)(Packed >> TokenBits) & ((1u << TokenBits) - 1);

        public int Length => (int)(Packed >> (2 * TokenBits)) & ((1 << LengthBits) - 1);

        internal ulong Packed { get; }
    }
}
