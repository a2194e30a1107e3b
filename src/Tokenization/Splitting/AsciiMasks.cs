using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// A stretch of text as one bit map for each kind of ASCII: where a run ends is then a count of trailing zeros. A byte of a longer code point
/// is in none of the maps.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AsciiMasks
{
    /// <summary>Bytes of text that the maps cover at most.</summary>
    public const int BytesMax = 1024;

    /// <summary>A run is measured in one look up to this many bytes; a longer one takes the slow path.</summary>
    public const int RunMax = 56;

    // Eight bytes more than the stretch, so that a look at the last bit stays inside.
    [InlineArray((BytesMax / 64) + 1)]
    internal struct Map
    {
        private ulong _first;
    }

    private Map _lower;
    private Map _upper;
    private Map _symbol;
    private Map _white;
    private Map _newLine;

    /// <summary>Fills the maps from the first <paramref name="length"/> bytes, a multiple of 64 up to <see cref="BytesMax"/>.</summary>
    public void Fill(ref byte text, int length)
    {
        for (var i = 0; i < length; i += 64)
        {
            if (Vector512.IsHardwareAccelerated)
                Fill512(ref Unsafe.Add(ref text, i), i >> 6);
            else if (Vector256.IsHardwareAccelerated)
                Fill256(ref Unsafe.Add(ref text, i), i >> 6);
            else
                Fill128(ref Unsafe.Add(ref text, i), i >> 6);
        }
    }

    /// <summary>The bits of lower case letters from <paramref name="at"/>, of which the lowest <see cref="RunMax"/> and one more count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Lower(nint at) => Look(in _lower, at);

    /// <summary>As <see cref="Lower"/>, of upper case letters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Upper(nint at) => Look(in _upper, at);

    /// <summary>Of all but letters, digits and white space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Symbol(nint at) => Look(in _symbol, at);

    /// <summary>Of white space, line ends among it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong White(nint at) => Look(in _white, at);

    /// <summary>Of line feed and carriage return.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong NewLine(nint at) => Look(in _newLine, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Look(in Map map, nint at) =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref Unsafe.As<Map, byte>(ref Unsafe.AsRef(in map)), at >> 3)) >> (int)(at & 7);

    /// <summary>Fills one word of each map from 64 bytes, 64 at a time.</summary>
    internal void Fill512(ref byte text, int word)
    {
        var v = Vector512.LoadUnsafe(ref text);
        var lower = Vector512.LessThan(v - Vector512.Create((byte)'a'), Vector512.Create((byte)26)).ExtractMostSignificantBits();
        var upper = Vector512.LessThan(v - Vector512.Create((byte)'A'), Vector512.Create((byte)26)).ExtractMostSignificantBits();
        var digit = Vector512.LessThan(v - Vector512.Create((byte)'0'), Vector512.Create((byte)10)).ExtractMostSignificantBits();
        var white = Vector512.LessThan(v - Vector512.Create((byte)'\t'), Vector512.Create((byte)5)).ExtractMostSignificantBits()
            | Vector512.Equals(v, Vector512.Create((byte)' ')).ExtractMostSignificantBits();
        var newLine = Vector512.Equals(v, Vector512.Create((byte)'\n')).ExtractMostSignificantBits()
            | Vector512.Equals(v, Vector512.Create((byte)'\r')).ExtractMostSignificantBits();
        Store(word, lower, upper, ~(lower | upper | digit | white | v.ExtractMostSignificantBits()), white, newLine);
    }

    /// <summary>Fills one word of each map from 64 bytes, 32 at a time.</summary>
    internal void Fill256(ref byte text, int word)
    {
        var (lower, upper, symbol, white, newLine) = Half256(Vector256.LoadUnsafe(ref text));
        var second = Half256(Vector256.LoadUnsafe(ref text, 32));
        Store(word, Join(lower, second.Lower), Join(upper, second.Upper), Join(symbol, second.Symbol), Join(white, second.White),
            Join(newLine, second.NewLine));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (uint Lower, uint Upper, uint Symbol, uint White, uint NewLine) Half256(Vector256<byte> v)
    {
        var lower = Vector256.LessThan(v - Vector256.Create((byte)'a'), Vector256.Create((byte)26));
        var upper = Vector256.LessThan(v - Vector256.Create((byte)'A'), Vector256.Create((byte)26));
        var digit = Vector256.LessThan(v - Vector256.Create((byte)'0'), Vector256.Create((byte)10));
        var white = Vector256.LessThan(v - Vector256.Create((byte)'\t'), Vector256.Create((byte)5)) | Vector256.Equals(v, Vector256.Create((byte)' '));
        var newLine = Vector256.Equals(v, Vector256.Create((byte)'\n')) | Vector256.Equals(v, Vector256.Create((byte)'\r'));
        return (lower.ExtractMostSignificantBits(), upper.ExtractMostSignificantBits(),
            ~(lower | upper | digit | white | v).ExtractMostSignificantBits(), white.ExtractMostSignificantBits(), newLine.ExtractMostSignificantBits());
    }

    /// <summary>Fills one word of each map from 64 bytes, 16 at a time.</summary>
    internal void Fill128(ref byte text, int word)
    {
        ulong lower = 0, upper = 0, symbol = 0, white = 0, newLine = 0;
        for (var i = 0; i < 64; i += 16)
        {
            var v = Vector128.LoadUnsafe(ref text, (nuint)i);
            var l = Vector128.LessThan(v - Vector128.Create((byte)'a'), Vector128.Create((byte)26));
            var u = Vector128.LessThan(v - Vector128.Create((byte)'A'), Vector128.Create((byte)26));
            var d = Vector128.LessThan(v - Vector128.Create((byte)'0'), Vector128.Create((byte)10));
            var w = Vector128.LessThan(v - Vector128.Create((byte)'\t'), Vector128.Create((byte)5)) | Vector128.Equals(v, Vector128.Create((byte)' '));
            var n = Vector128.Equals(v, Vector128.Create((byte)'\n')) | Vector128.Equals(v, Vector128.Create((byte)'\r'));
            lower |= (ulong)l.ExtractMostSignificantBits() << i;
            upper |= (ulong)u.ExtractMostSignificantBits() << i;
            symbol |= (ulong)(ushort)~(l | u | d | w | v).ExtractMostSignificantBits() << i;
            white |= (ulong)w.ExtractMostSignificantBits() << i;
            newLine |= (ulong)n.ExtractMostSignificantBits() << i;
        }
        Store(word, lower, upper, symbol, white, newLine);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Join(uint low, uint high) => low | ((ulong)high << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(int word, ulong lower, ulong upper, ulong symbol, ulong white, ulong newLine)
    {
        Unsafe.Add(ref Unsafe.As<Map, ulong>(ref _lower), word) = lower;
        Unsafe.Add(ref Unsafe.As<Map, ulong>(ref _upper), word) = upper;
        Unsafe.Add(ref Unsafe.As<Map, ulong>(ref _symbol), word) = symbol;
        Unsafe.Add(ref Unsafe.As<Map, ulong>(ref _white), word) = white;
        Unsafe.Add(ref Unsafe.As<Map, ulong>(ref _newLine), word) = newLine;
    }
}
