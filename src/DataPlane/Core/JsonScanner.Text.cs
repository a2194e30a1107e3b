using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.Unicode;

namespace AiEdge.DataPlane.Core;

internal partial struct JsonScanner
{
    /// <summary>How many bytes of a long string are looked at in one go.</summary>
    private const int BlockBytes = 64;

    /// <summary>After so many blocks without anything special, more of them are to be expected.</summary>
    private const int PlainBlocks = 2;

    /// <summary>A string or a name, from its quote on. Most are short, ASCII and end within one vector.</summary>
    private int Text(ReadOnlySpan<byte> bytes, int p)
    {
        _isName = (_expect & NameFlag) != 0;
        _isEscaped = false;
        Begin(p++);
        if (Vector256.IsHardwareAccelerated && p + Vector256<byte>.Count <= bytes.Length)
        {
            Vector256<byte> v = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(bytes), (nuint)p);
            uint specials = Specials(v).ExtractMostSignificantBits();
            uint upToFirst = specials ^ (specials - 1);
            int quote = p + BitOperations.TrailingZeroCount(specials);
            if (specials != 0 && bytes[quote] == (byte)'"' && (!_checkUtf8 || (v.ExtractMostSignificantBits() & upToFirst) == 0))
                return EndText(bytes, quote + 1);
        }

        return LongText(bytes, p);
    }

    private int EndText(ReadOnlySpan<byte> bytes, int p)
    {
        if (!_isName)
            return EndScalar(bytes, p, JsonToken.String);
        _lexeme = Lexeme.None;
        _tokenTo = p;
        _expect = AfterName;
        if (_depth <= _visible)
        {
            _token = JsonToken.Name;
            if (_captured > 0)
                Keep(bytes[..p]);
        }

        return p < bytes.Length && bytes[p] == (byte)':' ? PassColon(p) : p;
    }

    /// <summary>What is inside a string, from <paramref name="p"/> on, also where an earlier span broke off.</summary>
    private int LongText(ReadOnlySpan<byte> bytes, int p)
    {
        int from = p;
        bool nonAscii = false;
        if (_lexeme is Lexeme.Escape or Lexeme.Hex)
        {
            p = from = _lexeme == Lexeme.Hex ? Hex(bytes, p) : Escape(bytes, p);
            if (p < 0)
                return -1;
        }
        else if (_carried > 0)
        {
            p = from = CompleteCarry(bytes, p);
            if (p < 0)
                return -1;
        }

        while (true)
        {
            p = FindSpecial(ref MemoryMarshal.GetReference(bytes), p, bytes.Length, ref nonAscii, ref _isEscaped);
            if (p == bytes.Length)
            {
                _lexeme = Lexeme.String;
                return nonAscii && _checkUtf8 ? CheckOpenEnd(bytes[from..]) : -1;
            }

            byte c = bytes[p];
            int next = c == (byte)'\\' ? Escape(bytes, p + 1) : c == (byte)'"' ? p : Fail(JsonFault.ControlByte);
            if (c == (byte)'\\' && next >= 0)
            {
                _isEscaped = true;
                p = next;
                continue;
            }

            _isEscaped |= c == (byte)'\\';
            if (nonAscii && _checkUtf8 && !Utf8.IsValid(bytes[from..p]))
                return Fail(JsonFault.BadUtf8);
            return next < 0 ? -1 : EndText(bytes, p + 1);
        }
    }

    /// <summary>The bytes after a backslash. Negative when the span ends first or they are no escape.</summary>
    private int Escape(ReadOnlySpan<byte> bytes, int p)
    {
        if (p >= bytes.Length)
        {
            _lexeme = Lexeme.Escape;
            return -1;
        }

        switch (bytes[p])
        {
            case (byte)'n' or (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'t' or (byte)'r' or (byte)'b' or (byte)'f':
                _lexeme = Lexeme.String;
                return p + 1;
            case (byte)'u':
                _progress = 4;
                return Hex(bytes, p + 1);
            default:
                return Fail(bytes[p] < 0x20 ? JsonFault.ControlByte : JsonFault.Syntax);
        }
    }

    private int Hex(ReadOnlySpan<byte> bytes, int p)
    {
        for (; _progress > 0; _progress--, p++)
        {
            if (p >= bytes.Length)
            {
                _lexeme = Lexeme.Hex;
                return -1;
            }

            if (!char.IsAsciiHexDigit((char)bytes[p]))
                return Fail(bytes[p] < 0x20 ? JsonFault.ControlByte : JsonFault.Syntax);
        }

        _lexeme = Lexeme.String;
        return p;
    }

    /// <summary>The string goes on in the next span: a character that the cut goes through waits for its rest.</summary>
    private int CheckOpenEnd(ReadOnlySpan<byte> text)
    {
        int tail = 0;
        for (int i = 1; i <= Math.Min(3, text.Length); i++)
        {
            byte c = text[^i];
            if ((c & 0xC0) == 0x80)
                continue;
            if (c >= 0xC0 && Rune.DecodeFromUtf8(text[^i..], out _, out _) == OperationStatus.NeedMoreData)
                tail = i;
            break;
        }

        if (!Utf8.IsValid(text[..^tail]))
            return Fail(JsonFault.BadUtf8);
        text[^tail..].CopyTo(MemoryMarshal.AsBytes(new Span<uint>(ref _carry)));
        _carried = (byte)tail;
        return -1;
    }

    private int CompleteCarry(ReadOnlySpan<byte> bytes, int p)
    {
        Span<byte> character = MemoryMarshal.AsBytes(new Span<uint>(ref _carry));
        for (; p < bytes.Length; p++)
        {
            character[_carried++] = bytes[p];
            OperationStatus status = Rune.DecodeFromUtf8(character[.._carried], out _, out _);
            if (status == OperationStatus.NeedMoreData)
                continue;
            _carried = 0;
            return status == OperationStatus.Done ? p + 1 : Fail(JsonFault.BadUtf8);
        }

        return p;
    }

    /// <summary>The first quote or control byte from <paramref name="p"/> on, or a backslash that is not one of a pair, or <paramref name="end"/>.</summary>
    /// <param name="start">The span.</param>
    /// <param name="p">Where the search begins.</param>
    /// <param name="end">The span's length.</param>
    /// <param name="nonAscii">Set when bytes above 0x7F may have been passed; it may also be set for some that lie just behind.</param>
    /// <param name="isEscaped">Set when an escape was passed.</param>
    private static int FindSpecial(ref byte start, int p, int end, ref bool nonAscii, ref bool isEscaped)
    {
        if (Avx2.IsSupported && end - p >= BlockBytes)
        {
            p = SkipBlocks(ref start, p, end, ref nonAscii, ref isEscaped, out var found);
            if (found)
                return p;
        }

        while (true)
        {
            p = FindSpecialShort(ref start, p, end, ref nonAscii);
            if (p + 1 >= end || Unsafe.Add(ref start, p) != (byte)'\\' || !IsPairEscape(Unsafe.Add(ref start, p + 1)))
                return p;
            isEscaped = true;
            p += 2;
        }
    }

    /// <summary>
    /// Passes over whole blocks in which nothing ends the string: most of a prompt. Escapes of two characters are passed without a
    /// branch for each, for prose and code are full of them: which bytes stand behind a backslash that is itself not escaped follows
    /// from an addition whose carry runs through the backslashes that stand in a row.
    /// </summary>
    private static int SkipBlocks(ref byte start, int p, int end, ref bool nonAscii, ref bool isEscaped, out bool found)
    {
        const ulong Even = 0x5555_5555_5555_5555;
        var all = Vector256<byte>.Zero;
        // Whether the byte before this block is a backslash that escapes its first byte.
        ulong carry = 0, passed = 0;
        var plain = 0;
        for (; end - p >= BlockBytes; p += BlockBytes)
        {
            var a = Vector256.LoadUnsafe(ref start, (nuint)p);
            var b = Vector256.LoadUnsafe(ref start, (nuint)p + 32);
            all |= a | b;
            var slashesA = Vector256.Equals(a, Vector256.Create((byte)'\\'));
            var slashesB = Vector256.Equals(b, Vector256.Create((byte)'\\'));
            var endsA = Ends(a);
            var endsB = Ends(b);
            if (((slashesA | slashesB) | (endsA | endsB)) == Vector256<byte>.Zero && carry == 0)
            {
                if (++plain > PlainBlocks)
                    p = SkipPlain(ref start, p, end, ref all);
                continue;
            }

            plain = 0;
            var slashes = Mask(slashesA, slashesB) & ~carry;
            var behind = slashes << 1 | carry;
            var odd = slashes & ~(Even | behind);
            var run = odd + slashes;
            carry = run < odd ? 1ul : 0;
            var escaped = (Even ^ run << 1) & behind;
            var stop = Mask(endsA, endsB) & ~escaped;
            stop |= escaped & ~Mask(PairEscapes(a), PairEscapes(b));
            if (stop != 0)
            {
                var at = BitOperations.TrailingZeroCount(stop);
                isEscaped |= (passed | escaped & ((1ul << at) - 1)) != 0;
                nonAscii |= all.ExtractMostSignificantBits() != 0;
                found = true;
                // What is wrong with an escape is for the caller to say, who begins at its backslash.
                return p + at - (int)(escaped >> at & 1);
            }

            passed |= escaped;
        }

        isEscaped |= passed != 0;
        nonAscii |= all.ExtractMostSignificantBits() != 0;
        found = false;
        return p - (int)carry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mask(Vector256<byte> low, Vector256<byte> high) =>
        low.ExtractMostSignificantBits() | (ulong)high.ExtractMostSignificantBits() << 32;

    /// <summary>Quotes and control bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Ends(Vector256<byte> v) =>
        Vector256.Equals(v, Vector256.Create((byte)'"')) | Vector256.Equals(Vector256.Min(v, Vector256.Create((byte)0x1F)), v);

    /// <summary>
    /// All ones for the bytes for which <see cref="IsPairEscape"/> holds: the two halves of a byte each look up the groups that they are
    /// in, and a group that both name holds the byte.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> PairEscapes(Vector256<byte> v)
    {
        // Groups: 1 is 0x2_, 2 is 0x5_, 4 is 0x6_, 8 is 0x7_. A byte above 0x7F finds nothing by its low half.
        var low = Vector128.Create((byte)0, 0, 1 | 4 | 8, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1);
        var high = Vector128.Create((byte)0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
        var byLow = Avx2.Shuffle(Vector256.Create(low, low), v);
        var byHigh = Avx2.Shuffle(Vector256.Create(high, high), Vector256.ShiftRightLogical(v.AsUInt16(), 4).AsByte() & Vector256.Create((byte)0x0F));
        return ~Vector256.Equals(byLow & byHigh, Vector256<byte>.Zero);
    }

    /// <summary>Passes over runs of 128 bytes without anything special; <paramref name="p"/> is the last block that is known to be one.</summary>
    private static int SkipPlain(ref byte start, int p, int end, ref Vector256<byte> all)
    {
        var seen = Vector256<byte>.Zero;
        for (; end - p >= BlockBytes + 128; p += 128)
        {
            var a = Vector256.LoadUnsafe(ref start, (nuint)(p + BlockBytes));
            var b = Vector256.LoadUnsafe(ref start, (nuint)(p + BlockBytes) + 32);
            var c = Vector256.LoadUnsafe(ref start, (nuint)(p + BlockBytes) + 64);
            var d = Vector256.LoadUnsafe(ref start, (nuint)(p + BlockBytes) + 96);
            if ((Specials(a) | Specials(b) | Specials(c) | Specials(d)) != Vector256<byte>.Zero)
                break;
            seen |= a | b | c | d;
        }

        all |= seen;
        return p;
    }

    /// <summary>The second character of an escape that is no <c>\u</c> (RFC 8259 section 7).</summary>
    private static bool IsPairEscape(byte c)
    {
        const ulong Low = 1ul << '"' | 1ul << '/';
        const ulong High = 1ul << ('\\' - 64) | 1ul << ('b' - 64) | 1ul << ('f' - 64) | 1ul << ('n' - 64) | 1ul << ('r' - 64) | 1ul << ('t' - 64);
        return c < 64 ? (Low >> c & 1) != 0 : c < 128 && (High >> (c - 64) & 1) != 0;
    }

    private static int FindSpecialShort(ref byte start, int p, int end, ref bool nonAscii)
    {
        if (Vector128.IsHardwareAccelerated && end - p >= Vector128<byte>.Count)
        {
            Vector128<byte> all = Vector128<byte>.Zero;
            int last = end - Vector128<byte>.Count;
            while (true)
            {
                Vector128<byte> v = Vector128.LoadUnsafe(ref start, (nuint)p);
                all |= v;
                Vector128<byte> specials = Specials(v);
                if (specials != Vector128<byte>.Zero)
                {
                    p += BitOperations.TrailingZeroCount(specials.ExtractMostSignificantBits());
                    break;
                }

                p += Vector128<byte>.Count;
                if (p == end)
                    break;
                p = Math.Min(p, last);
            }

            nonAscii |= all.ExtractMostSignificantBits() != 0;
            return p;
        }

        for (; p < end; p++)
        {
            byte c = Unsafe.Add(ref start, p);
            if (c < 0x20 || c == (byte)'"' || c == (byte)'\\')
                break;
            nonAscii |= c >= 0x80;
        }

        return p;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Specials(Vector256<byte> v) =>
        Vector256.Equals(v, Vector256.Create((byte)'"')) | Vector256.Equals(v, Vector256.Create((byte)'\\'))
        | Vector256.Equals(Vector256.Min(v, Vector256.Create((byte)0x1F)), v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Specials(Vector128<byte> v) =>
        Vector128.Equals(v, Vector128.Create((byte)'"')) | Vector128.Equals(v, Vector128.Create((byte)'\\'))
        | Vector128.Equals(Vector128.Min(v, Vector128.Create((byte)0x1F)), v);
}
