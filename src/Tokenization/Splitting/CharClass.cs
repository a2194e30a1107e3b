using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// What a code point is to the split rules: one bit each, so that a set of classes is a mask. The table behind it is generated from
/// Unicode 16.0.0 (`VocabularyTool classes`), the version that tiktoken's own regular expressions follow; the runtime's tables move with the
/// runtime, and counts would move with them.
/// </summary>
internal static unsafe class CharClass
{
    /// <summary>Neither letter, mark, number, punctuation, symbol nor white space: controls, formats, private use, unassigned.</summary>
    public const byte Other = 0;

    /// <summary>Lu and Lt.</summary>
    public const byte Upper = 1;

    /// <summary>Ll.</summary>
    public const byte Lower = 2;

    /// <summary>Lm and Lo: letters without case.</summary>
    public const byte Caseless = 4;

    /// <summary>Mn, Mc and Me.</summary>
    public const byte Mark = 8;

    /// <summary>Nd, Nl and No.</summary>
    public const byte Number = 16;

    /// <summary>White_Space, except the two that end lines.</summary>
    public const byte Space = 32;

    /// <summary>Line feed and carriage return.</summary>
    public const byte NewLine = 64;

    /// <summary>P and S.</summary>
    public const byte Symbol = 128;

    /// <summary>\p{L}.</summary>
    public const byte Letter = Upper | Lower | Caseless;

    /// <summary>\s.</summary>
    public const byte White = Space | NewLine;

    private const int BlockBits = 6;
    private const int CodePoints = 0x110000;
    private const int IndexBytes = (CodePoints >> BlockBits) * sizeof(ushort);

    // Little-endian: for each 64 code points the number of their block, then the blocks. It stays where the loader mapped it.
    // Who reads many classes keeps it at hand: ahead-of-time code asks at every use of a static field whether it has been set.
    public static readonly byte* Table = Map();

    /// <summary>The class of a code point, at most 10FFFF.</summary>
    public static byte Of(int codePoint) => Of(Table, codePoint);

    /// <summary>As <see cref="Of(int)"/>, with <see cref="Table"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Of(byte* table, int codePoint)
    {
        var block = *(ushort*)(table + ((codePoint >> BlockBits) * sizeof(ushort)));
        return table[IndexBytes + (block << BlockBits) + (codePoint & ((1 << BlockBits) - 1))];
    }

    /// <summary>The class of the code point that starts at <paramref name="at"/>, which lies in valid UTF-8, and its length in bytes.</summary>
    public static byte At(ref byte text, nint at, out int size) => At(Table, ref text, at, out size);

    /// <summary>As <see cref="At(ref byte, nint, out int)"/>, with <see cref="Table"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte At(byte* table, ref byte text, nint at, out int size)
    {
        int lead = Unsafe.Add(ref text, at);
        if (lead < 0x80)
        {
            size = 1;
            return table[IndexBytes + lead];
        }
        return Of(table, CodePoint(ref text, at, lead, out size));
    }

    /// <summary>Decodes a code point of two bytes or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CodePoint(ref byte text, nint at, int lead, out int size)
    {
        var second = Unsafe.Add(ref text, at + 1) & 0x3F;
        if (lead < 0xE0)
        {
            size = 2;
            return ((lead & 0x1F) << 6) | second;
        }
        var third = Unsafe.Add(ref text, at + 2) & 0x3F;
        if (lead < 0xF0)
        {
            size = 3;
            return ((lead & 0x0F) << 12) | (second << 6) | third;
        }
        size = 4;
        return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (Unsafe.Add(ref text, at + 3) & 0x3F);
    }

    private static byte* Map()
    {
        // The first 128 entries are blocks 0 and 1, whatever the rest: ASCII is looked up without the index.
        var resource = (UnmanagedMemoryStream)typeof(CharClass).Assembly.GetManifestResourceStream("AiEdge.Tokenization.CharClass.bin")!;
        return resource.PositionPointer;
    }
}
