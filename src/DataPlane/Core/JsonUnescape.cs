using System.Buffers;
using System.Globalization;
using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>Turns the inside of a JSON string that <see cref="JsonScanner"/> has passed into the UTF-8 it stands for.</summary>
internal static class JsonUnescape
{
    /// <summary>False when the destination is too small or an escape names half a surrogate pair, which has no UTF-8.</summary>
    public static bool TryUnescape(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        while (true)
        {
            int plain = text.IndexOf((byte)'\\');
            ReadOnlySpan<byte> run = plain < 0 ? text : text[..plain];
            if (!run.TryCopyTo(destination[written..]))
                return false;
            written += run.Length;
            if (plain < 0)
                return true;
            if (!TryReadEscape(ref text, plain, out Rune rune) || !rune.TryEncodeToUtf8(destination[written..], out int count))
                return false;
            written += count;
        }
    }

    /// <summary>Whether all that it stands for is white space, or nothing.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (!TryRead(ref text, out Rune rune) || !Rune.IsWhiteSpace(rune))
                return false;
        }

        return true;
    }

    /// <summary>How much of the text there is before the white space that it ends in; all of it where it stands for no UTF-8.</summary>
    public static int LengthWithoutEnd(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> rest = text;
        int length = 0;
        while (!rest.IsEmpty)
        {
            if (!TryRead(ref rest, out Rune rune))
                return text.Length;
            if (!Rune.IsWhiteSpace(rune))
                length = text.Length - rest.Length;
        }

        return length;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> text, out Rune rune)
    {
        if (text[0] == (byte)'\\')
            return TryReadEscape(ref text, 0, out rune);
        if (Rune.DecodeFromUtf8(text, out rune, out int used) != OperationStatus.Done)
            return false;
        text = text[used..];
        return true;
    }

    private static bool TryReadEscape(ref ReadOnlySpan<byte> text, int at, out Rune rune)
    {
        text = text[at..];
        if (text.Length < 2)
        {
            rune = default;
            return false;
        }

        byte kind = text[1];
        if (kind != (byte)'u')
        {
            text = text[2..];
            rune = new Rune(kind switch
            {
                (byte)'n' => '\n',
                (byte)'t' => '\t',
                (byte)'r' => '\r',
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                _ => (char)kind,
            });
            return true;
        }

        if (!TryReadUnit(ref text, out char high))
        {
            rune = default;
            return false;
        }

        if (Rune.TryCreate(high, out rune))
            return true;
        return char.IsHighSurrogate(high) && TryReadUnit(ref text, out char low) && Rune.TryCreate(high, low, out rune);
    }

    private static bool TryReadUnit(ref ReadOnlySpan<byte> text, out char unit)
    {
        unit = default;
        if (text.Length < 6 || !text.StartsWith("\\u"u8)
            || !ushort.TryParse(text.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value))
            return false;
        unit = (char)value;
        text = text[6..];
        return true;
    }
}
