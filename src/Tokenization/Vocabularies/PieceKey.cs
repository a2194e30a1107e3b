using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// Turns the bytes of a piece into the words it is looked up by. Up to <see cref="ShortBytesMax"/> bytes fit one word together
/// with their length, up to <see cref="MiddleBytesMax"/> two, so comparing words compares pieces; longer ones are only hashed.
/// In memory a word's first bytes are the piece's own, so a table of keys is also where a token's bytes are read from.
/// </summary>
internal static unsafe class PieceKey
{
    public const int ShortBytesMax = 7;
    public const int MiddleBytesMax = 15;

    /// <summary>Where a key's last word has the length.</summary>
    public const int LengthShift = 56;

    // The smallest page of any supported processor: a load that stays within one cannot fault when its first byte is readable.
    private const int PageBytes = 4096;

    private const ulong First = 0x9E37_79B9_7F4A_7C15;
    private const ulong Second = 0xD6E8_FEB8_6659_FD93;
    private const ulong Third = 0xA076_1D64_78BD_642F;

    /// <summary>The key of 1 to 7 bytes: the bytes, and the length in the highest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Short(byte* piece, int length)
    {
        // What is read beyond the piece is masked away, and nothing beyond its page is read.
        var word = ((nuint)piece & (PageBytes - 1)) <= PageBytes - sizeof(ulong)
            ? Unsafe.ReadUnaligned<ulong>(piece)
            : ByteByByte(piece, length);
        return (word & ((1UL << (length * 8)) - 1)) | ((ulong)length << LengthShift);
    }

    /// <summary>The second word of the key of 8 to 15 bytes, of which the first is the first eight: the rest, and the length in the highest byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MiddleRest(byte* piece, int length)
    {
        // The last eight bytes hold the rest at their upper end; two shifts, since eight bytes leave no rest at all.
        var last = Unsafe.ReadUnaligned<ulong>(piece + length - sizeof(ulong));
        return ((last >> ((MiddleBytesMax - length) * 8)) >> 8) | ((ulong)length << LengthShift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ulong key, ulong seed)
    {
        var hash = (key ^ seed) * First;
        return hash ^ (hash >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ulong first, ulong rest, ulong seed)
    {
        var hash = ((first ^ seed) * First) ^ BitOperations.RotateLeft(rest * Second, 32);
        hash *= Third;
        return hash ^ (hash >> 32);
    }

    /// <summary>The hash of 16 bytes or more: every byte counts, so two tokens never share it by their shape alone.</summary>
    public static ulong Hash(byte* piece, int length, ulong seed)
    {
        var hash = seed ^ ((ulong)length * Second);
        var at = 0;
        for (; at <= length - sizeof(ulong); at += sizeof(ulong))
            hash = Step(hash, Unsafe.ReadUnaligned<ulong>(piece + at));
        if (at < length)
            hash = Step(hash, Unsafe.ReadUnaligned<ulong>(piece + length - sizeof(ulong)));
        return hash ^ (hash >> 32);
    }

    private static ulong Step(ulong hash, ulong word)
    {
        hash = (hash ^ word) * First;
        return BitOperations.RotateLeft(hash, 29) * Third;
    }

    private static ulong ByteByByte(byte* piece, int length)
    {
        ulong word = 0;
        for (var i = length - 1; i >= 0; i--)
            word = (word << 8) | piece[i];
        return word;
    }
}
