using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiEdge.DataPlane.Core;

internal partial struct JsonScanner
{
    // A hidden token is passed in one go only where its quote, a vector and one byte behind it lie in the span.
    private const int HiddenRoom = 34;

    /// <summary>
    /// Passes over what is not shown as long as it is of the common kind: strings that end within a vector, plain numbers,
    /// containers without white space. It stops in front of anything else, which <see cref="Read"/> then judges; so it only
    /// has to know what is right, never what is wrong.
    /// </summary>
    private int PassHidden(ref byte start, int p, int end)
    {
        if (!Vector256.IsHardwareAccelerated)
            return p;
        uint expect = _expect;
        int last = end - HiddenRoom;
        while (p < last)
        {
            byte c = Unsafe.Add(ref start, p);
            int kind = ClassOf(c);
            if (((expect >> kind) & 1) == 0)
            {
                if (kind != Space)
                    break;
                p = PassIndent(ref start, p + 1);
                continue;
            }

            int next;
            switch (kind)
            {
                case Quote:
                    next = PassText(ref start, p + 1);
                    break;
                case Digit:
                    next = PassNumber(ref start, p, end);
                    break;
                case OpenArray or OpenObject:
                    p = Open(p, kind == OpenObject);
                    if (p < 0)
                        return p;
                    expect = _expect;
                    continue;
                case CloseArray or CloseObject:
                    _expect = expect;
                    p = Close(p, kind == CloseObject);
                    if (_token != JsonToken.None)
                        return p;
                    expect = _expect;
                    next = p;
                    break;
                case Comma:
                    expect = _afterComma;
                    p++;
                    continue;
                case Colon:
                    expect = Value;
                    p++;
                    continue;
                default:
                    next = PassLiteral(ref start, p);
                    break;
            }

            if (next < 0)
                break;
            p = next;
            expect = Follow(Unsafe.Add(ref start, p), expect, ref p);
        }

        _expect = expect;
        return p;
    }

    /// <summary>What is expected behind a token, the colon or comma passed that mostly follows it.</summary>
    private readonly uint Follow(byte follower, uint expect, ref int p)
    {
        if ((expect & NameFlag) != 0)
        {
            bool colon = follower == (byte)':';
            p += colon ? 1 : 0;
            return colon ? Value : AfterName;
        }

        bool comma = follower == (byte)',';
        p += comma ? 1 : 0;
        return comma ? _afterComma : _afterValue;
    }

    /// <summary>Blanks, as far as one vector goes.</summary>
    private static int PassIndent(ref byte start, int p)
    {
        uint blanks = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)p), Vector256.Create((byte)' ')).ExtractMostSignificantBits();
        return p + BitOperations.TrailingZeroCount(~blanks);
    }

    private readonly int PassText(ref byte start, int p)
    {
        Vector256<byte> v = Vector256.LoadUnsafe(ref start, (nuint)p);
        uint specials = Specials(v).ExtractMostSignificantBits();
        int quote = p + BitOperations.TrailingZeroCount(specials);
        bool simple = specials != 0 && Unsafe.Add(ref start, quote) == (byte)'"'
            && (!_checkUtf8 || (v.ExtractMostSignificantBits() & (specials ^ (specials - 1))) == 0);
        return simple ? quote + 1 : -1;
    }

    private static int PassLiteral(ref byte start, int p)
    {
        // "false" is told by its last four bytes; its first is known.
        int offset = Unsafe.Add(ref start, p) == (byte)'f' ? 1 : 0;
        uint four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, p + offset));
        uint expected = MemoryMarshal.Read<uint>(Unsafe.Add(ref start, p) switch
        {
            (byte)'n' => "null"u8,
            (byte)'t' => "true"u8,
            _ => "alse"u8,
        });
        return four == expected ? p + offset + 4 : -1;
    }

    /// <summary>
    /// Digits, perhaps signed, perhaps with a fraction; a number with an exponent or one that is cut is left to <see cref="Number"/>.
    /// </summary>
    private static int PassNumber(ref byte start, int p, int end)
    {
        if (Unsafe.Add(ref start, p) == (byte)'-')
            p++;
        int from = p;
        p = PassDigits(ref start, p, end);
        if (p == from || (Unsafe.Add(ref start, from) == (byte)'0' && p > from + 1))
            return -1;
        if (p < end && Unsafe.Add(ref start, p) == (byte)'.')
        {
            from = p + 1;
            p = PassDigits(ref start, from, end);
            if (p == from)
                return -1;
        }

        return p < end && (Unsafe.Add(ref start, p) | 0x20) != 'e' ? p : -1;
    }

    /// <summary>The first byte that is no digit; near the end the end, which is never right behind a number that may be passed.</summary>
    private static int PassDigits(ref byte start, int p, int end)
    {
        while (p + Vector128<byte>.Count <= end)
        {
            Vector128<byte> digits = Vector128.LoadUnsafe(ref start, (nuint)p) - Vector128.Create((byte)'0');
            uint others = Vector128.GreaterThan(digits, Vector128.Create((byte)9)).ExtractMostSignificantBits();
            if (others != 0)
                return p + BitOperations.TrailingZeroCount(others);
            p += Vector128<byte>.Count;
        }

        return end;
    }
}
