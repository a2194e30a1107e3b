using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiEdge.Tokenization.Estimation;

/// <summary>How many bytes of a text are of the kinds on which tokenizers differ most.</summary>
/// <param name="NonAscii">Bytes of characters beyond ASCII.</param>
/// <param name="Symbols">Digits and punctuation of ASCII.</param>
public readonly record struct ByteClasses(long NonAscii, long Symbols)
{
    /// <summary>Counts the bytes of a text.</summary>
    public static ByteClasses Of(ReadOnlySpan<byte> text)
    {
        long nonAscii = 0;
        long symbols = 0;
        int p = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref byte start = ref MemoryMarshal.GetReference(text);
            for (; text.Length - p >= Vector256<byte>.Count; p += Vector256<byte>.Count)
            {
                Vector256<byte> v = Vector256.LoadUnsafe(ref start, (nuint)p);
                // Digits and punctuation are ! to @, [ to ^ and, a bit further, { to ~, and the two between.
                Vector256<byte> folded = v | Vector256.Create((byte)0x20);
                Vector256<byte> low = Vector256.LessThan(v - Vector256.Create((byte)'!'), Vector256.Create((byte)('@' - '!' + 1)));
                Vector256<byte> high = Vector256.LessThan(folded - Vector256.Create((byte)'{'), Vector256.Create((byte)4));
                Vector256<byte> middle = Vector256.Equals(v, Vector256.Create((byte)'_')) | Vector256.Equals(v, Vector256.Create((byte)'`'));
                symbols += BitOperations.PopCount((low | high | middle).ExtractMostSignificantBits());
                nonAscii += BitOperations.PopCount(v.ExtractMostSignificantBits());
            }
        }

        for (; p < text.Length; p++)
        {
            nonAscii += text[p] >> 7;
            symbols += char.IsAscii((char)text[p]) && text[p] is > (byte)' ' and not 0x7F && !char.IsAsciiLetter((char)text[p]) ? 1 : 0;
        }

        return new ByteClasses(nonAscii, symbols);
    }

    /// <summary>Both texts together.</summary>
    public static ByteClasses operator +(ByteClasses left, ByteClasses right) =>
        new(left.NonAscii + right.NonAscii, left.Symbols + right.Symbols);

    /// <summary>Both texts together.</summary>
    public static ByteClasses Add(ByteClasses left, ByteClasses right) => left + right;
}
