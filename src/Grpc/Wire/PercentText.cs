using System.Text;

namespace AiEdge.Grpc;

/// <summary>The words of a status as <c>grpc-message</c> carries them: UTF-8, percent-encoded but for space and visible ASCII.</summary>
public static class PercentText
{
    /// <summary>Characters of a message that are sent; what is longer is cut. Headers have a bound, and a status must fit.</summary>
    public const int CharsMax = 1024;

    private const string Hex = "0123456789ABCDEF";

    /// <summary>The encoded form.</summary>
    public static string Encode(string? text)
    {
        var shown = Cut(text ?? "");
        if (IsPlain(shown))
            return shown;
        var encoded = new StringBuilder(shown.Length * 2);
        Span<byte> bytes = stackalloc byte[4];
        var last = shown.Length;
        var at = 0;
        foreach (var rune in shown.EnumerateRunes())
        {
            var isEdge = at == 0 || at + rune.Utf16SequenceLength == last;
            at += rune.Utf16SequenceLength;
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                if (value is >= 0x20 and <= 0x7E and not (byte)'%' && !(isEdge && value == ' '))
                    encoded.Append((char)value);
                else
                    encoded.Append('%').Append(Hex[value >> 4]).Append(Hex[value & 15]);
            }
        }

        return encoded.ToString();
    }

    /// <summary>The text; what is not an encoding stays as it is, and bytes that are no UTF-8 become U+FFFD. Never fails.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
            return text;
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var used = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[used++] = (byte)((Digit(text[i + 1]) << 4) | Digit(text[i + 2]));
                i += 2;
            }
            else if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                used += rune.EncodeToUtf8(bytes.AsSpan(used));
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                used += Rune.ReplacementChar.EncodeToUtf8(bytes.AsSpan(used));
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, used);
    }

    private static string Cut(string text)
    {
        if (text.Length <= CharsMax)
            return text;
        return text[..(char.IsHighSurrogate(text[CharsMax - 1]) ? CharsMax - 1 : CharsMax)];
    }

    private static bool IsPlain(string text)
    {
        // A space at an edge is legal, and stripped on the way by what takes it for padding.
        if (text.StartsWith(' ') || text.EndsWith(' '))
            return false;
        foreach (var c in text)
        {
            if (c is < ' ' or > '~' or '%')
                return false;
        }

        return true;
    }

    private static int Digit(char hex) => char.IsAsciiDigit(hex) ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
