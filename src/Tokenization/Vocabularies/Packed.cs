using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// Numbers of 24 bits, and pairs of them, one after the other without a gap: tables are as small as they can be and still be used as they lie. What is
/// read beyond the last number is within the block, since its sections are padded, and is masked away.
/// </summary>
internal static unsafe class Packed
{
    public const int NumberBytes = 3;
    public const int PairBytes = 6;

    /// <summary>The pair that is none.</summary>
    public const ulong NoPair = (1UL << 48) - 1;

    private const int NumberBits = 24;
    private const uint NumberMask = (1u << NumberBits) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Number(byte* numbers, uint index) =>
        Unsafe.ReadUnaligned<uint>(numbers + ((nuint)index * NumberBytes)) & NumberMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pair(byte* pairs, uint index) =>
        Unsafe.ReadUnaligned<ulong>(pairs + ((nuint)index * PairBytes)) & NoPair;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong PairOf(uint left, uint right) => left | ((ulong)right << NumberBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Left(ulong pair) => (uint)pair & NumberMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Right(ulong pair) => (uint)(pair >> NumberBits);

    /// <summary>Packs numbers.</summary>
    public static byte[] Numbers(uint[] numbers)
    {
        var packed = new byte[numbers.Length * NumberBytes];
        for (var i = 0; i < packed.Length; i++)
            packed[i] = (byte)(numbers[i / NumberBytes] >> (8 * (i % NumberBytes)));
        return packed;
    }

    /// <summary>Packs pairs.</summary>
    public static byte[] Pairs(ulong[] pairs)
    {
        var packed = new byte[pairs.Length * PairBytes];
        for (var i = 0; i < packed.Length; i++)
            packed[i] = (byte)(pairs[i / PairBytes] >> (8 * (i % PairBytes)));
        return packed;
    }
}
