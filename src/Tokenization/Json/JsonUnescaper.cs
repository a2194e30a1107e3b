using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiEdge.Tokenization.Json;

/// <summary>
/// Turns the inside of a JSON string (RFC 8259 section 7) into the UTF-8 it stands for, part by part. The parts may be cut
/// anywhere: behind a backslash, between the digits of <c>\uXXXX</c>, between the two halves of a surrogate pair.
/// <para>
/// A high surrogate waits for its partner; one that gets none, and a low one alone, become U+FFFD, since UTF-8 has no form for
/// them. The text is never longer than the string that it is written as. Bytes that no JSON string may hold are not judged here:
/// an unknown escape stands for the character behind the backslash, one of wrong digits for U+FFFD. A <c>default</c> value is
/// ready to use.
/// </para>
/// </summary>
public struct JsonUnescaper
{
    /// <summary>The least room, in bytes, that <see cref="Read"/> and <see cref="Finish"/> take.</summary>
    public const int WindowBytesMin = 8;

    private const int ReplacementBytes = 3;

    private Step _step;
    private byte _digits;
    private ushort _unit;
    private ushort _high;

    private enum Step : byte
    {
        Plain,
        Escape,
        Hex,
    }

    /// <summary>Whether nothing waits for its rest: a part without a backslash is then its own text.</summary>
    public readonly bool IsIdle => _step == Step.Plain && _high == 0;

    /// <summary>The most bytes that what waits may still become, whatever follows.</summary>
    public readonly int PendingBytesMax => (_high != 0 ? ReplacementBytes : 0) + (_step != Step.Plain ? ReplacementBytes : 0);

    /// <summary>A window in which any string of so many bytes has room, one of broken escapes included.</summary>
    public static int TextBytesMax(int rawBytes) => rawBytes + (rawBytes / 2) + WindowBytesMin;

    /// <summary>Moves text into <paramref name="window"/> until the part or the room in the window is used up.</summary>
    /// <param name="raw">The bytes as they stand between the quotes; what was read is cut off its front.</param>
    /// <param name="window">Room of at least <see cref="WindowBytesMin"/> bytes. A code point is never cut at its end.</param>
    /// <returns>Bytes of UTF-8 written.</returns>
    public int Read(ref ReadOnlySpan<byte> raw, scoped Span<byte> window)
    {
        int written = 0;
        int p = 0;
        // What waits and one more code point always fit.
        int last = window.Length - WindowBytesMin;
        while (p < raw.Length && written <= last)
        {
            if (_step == Step.Hex)
            {
                p += TakeDigit(raw[p], window, ref written);
                continue;
            }

            if (_step == Step.Escape)
            {
                TakeEscape(raw[p++], window, ref written);
                continue;
            }

            if (raw[p] == (byte)'\\')
            {
                _step = Step.Escape;
                p++;
                continue;
            }

            Release(window, ref written);
            int run = CopyPlain(raw[p..], window[written..]);
            p += run;
            written += run;
        }

        raw = raw[p..];
        return written;
    }

    /// <summary>The string's end: what still waits has no rest and becomes U+FFFD. Ready for another string.</summary>
    /// <param name="window">Room of at least <see cref="WindowBytesMin"/> bytes.</param>
    /// <returns>Bytes of UTF-8 written.</returns>
    public int Finish(Span<byte> window)
    {
        int written = 0;
        Release(window, ref written);
        if (_step != Step.Plain)
            Write(0xFFFD, window, ref written);
        this = default;
        return written;
    }

    /// <summary>Copies what stands before the next backslash, as far as there is room.</summary>
    private static int CopyPlain(ReadOnlySpan<byte> raw, Span<byte> window)
    {
        int count = Math.Min(raw.Length, window.Length);
        int p = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            ref byte from = ref MemoryMarshal.GetReference(raw);
            ref byte to = ref MemoryMarshal.GetReference(window);
            for (; count - p >= Vector128<byte>.Count; p += Vector128<byte>.Count)
            {
                // Copied before it is known how much of it is text: what lies behind the text is written again later.
                Vector128<byte> v = Vector128.LoadUnsafe(ref from, (nuint)p);
                v.StoreUnsafe(ref to, (nuint)p);
                uint slashes = Vector128.Equals(v, Vector128.Create((byte)'\\')).ExtractMostSignificantBits();
                if (slashes != 0)
                    return p + BitOperations.TrailingZeroCount(slashes);
            }
        }

        for (; p < count && raw[p] != (byte)'\\'; p++)
            window[p] = raw[p];
        // The window's end must not go through a character, so that what is in it is whole when it is read by itself.
        return p == count && count < raw.Length ? WholeCharacters(raw[..(count + 1)], count) : p;
    }

    /// <summary>Where the character that goes over <paramref name="count"/> begins, if that is within its reach.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> raw, int count)
    {
        int p = count;
        while (p > 1 && count - p < 3 && (raw[p] & 0xC0) == 0x80)
            p--;
        return (raw[p] & 0xC0) == 0x80 ? count : p;
    }

    private void TakeEscape(byte kind, Span<byte> window, ref int written)
    {
        if (kind == (byte)'u')
        {
            _step = Step.Hex;
            _digits = 0;
            _unit = 0;
            return;
        }

        _step = Step.Plain;
        Release(window, ref written);
        window[written++] = kind switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            _ => kind,
        };
    }

    /// <summary>Takes a digit; 0 when it is none and is to be read once more as text.</summary>
    private int TakeDigit(byte digit, Span<byte> window, ref int written)
    {
        int value = digit switch
        {
            >= (byte)'0' and <= (byte)'9' => digit - '0',
            >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
            _ => -1,
        };
        if (value < 0)
        {
            _step = Step.Plain;
            Release(window, ref written);
            Write(0xFFFD, window, ref written);
            return 0;
        }

        _unit = (ushort)((_unit << 4) | value);
        if (++_digits == 4)
            TakeUnit(window, ref written);
        return 1;
    }

    private void TakeUnit(Span<byte> window, ref int written)
    {
        _step = Step.Plain;
        if (char.IsLowSurrogate((char)_unit) && _high != 0)
        {
            Write(char.ConvertToUtf32((char)_high, (char)_unit), window, ref written);
            _high = 0;
            return;
        }

        Release(window, ref written);
        if (char.IsHighSurrogate((char)_unit))
            _high = _unit;
        else
            Write(char.IsLowSurrogate((char)_unit) ? 0xFFFD : _unit, window, ref written);
    }

    /// <summary>A high surrogate whose partner did not come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Release(Span<byte> window, ref int written)
    {
        if (_high == 0)
            return;
        _high = 0;
        Write(0xFFFD, window, ref written);
    }

    private static void Write(int codePoint, Span<byte> window, ref int written)
    {
        Span<byte> to = window[written..];
        if (codePoint < 0x80)
        {
            to[0] = (byte)codePoint;
            written += 1;
        }
        else if (codePoint < 0x800)
        {
            to[0] = (byte)(0xC0 | (codePoint >> 6));
            to[1] = (byte)(0x80 | (codePoint & 0x3F));
            written += 2;
        }
        else if (codePoint < 0x10000)
        {
            to[0] = (byte)(0xE0 | (codePoint >> 12));
            to[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
            to[2] = (byte)(0x80 | (codePoint & 0x3F));
            written += 3;
        }
        else
        {
            to[0] = (byte)(0xF0 | (codePoint >> 18));
            to[1] = (byte)(0x80 | ((codePoint >> 12) & 0x3F));
            to[2] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
            to[3] = (byte)(0x80 | (codePoint & 0x3F));
            written += 4;
        }
    }
}
