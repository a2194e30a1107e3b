using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Tokenization.Importing;

/// <summary>
/// The alphabet in which byte-level vocabularies spell bytes (GPT-2's): printable Latin-1 stands for itself, and the 68 others
/// for U+0100 and up, in order. So a space is <c>Ġ</c> (U+0120) and a line feed <c>Ċ</c> (U+010A).
/// </summary>
internal static class ByteAlphabet
{
    /// <summary>First letter that stands for a byte other than its own number.</summary>
    private const int Shifted = 0x100;

    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The bytes that a text spells; false where it holds a character that is no letter of the alphabet.</summary>
    public static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var decoded = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] >= Bytes.Length || Bytes[text[i]] < 0)
                return false;
            decoded[i] = (byte)Bytes[text[i]];
        }

        bytes = decoded;
        return true;
    }

    private static bool IsItself(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static short[] MakeBytes()
    {
        var next = Shifted;
        var bytes = new short[Shifted + 68];
        bytes.AsSpan().Fill(-1);
        for (var b = 0; b < 256; b++)
            bytes[IsItself(b) ? b : next++] = (short)b;
        return bytes;
    }
}
