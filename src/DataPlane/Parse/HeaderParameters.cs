namespace AiEdge.DataPlane.Parse;

/// <summary>Reads <c>; name=value</c> parameters as media types and dispositions carry them (RFC 9110 section 5.6.6).</summary>
internal static class HeaderParameters
{
    /// <summary>
    /// Takes the next parameter off <paramref name="rest"/>. False when there is none or it is malformed; only in the first case is
    /// <paramref name="rest"/> empty afterwards. A quoted value comes without its quotes, its escapes as they stand.
    /// </summary>
    public static bool TryNext(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        ReadOnlySpan<byte> text = rest.TrimStart(" \t"u8);
        if (text.IsEmpty)
        {
            rest = default;
            return false;
        }

        if (text[0] != (byte)';')
            return false;
        text = text[1..].TrimStart(" \t"u8);
        if (text.IsEmpty)
        {
            rest = default;
            return false;
        }

        int nameLength = TokenLength(text);
        if (nameLength == 0 || nameLength == text.Length || text[nameLength] != (byte)'=')
            return false;
        name = text[..nameLength];
        text = text[(nameLength + 1)..];
        int valueLength = text.StartsWith("\""u8) ? QuotedLength(text) : TokenLength(text);
        if (valueLength == 0)
            return false;
        value = text[0] == (byte)'"' ? text[1..(valueLength - 1)] : text[..valueLength];
        rest = text[valueLength..];
        return true;
    }

    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) =>
        System.Text.Ascii.EqualsIgnoreCase(text, lowerCase);

    private static int QuotedLength(ReadOnlySpan<byte> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == (byte)'"')
                return i + 1;
            if (text[i] == (byte)'\\')
                i++;
        }

        return 0;
    }

    private static int TokenLength(ReadOnlySpan<byte> text)
    {
        int i = 0;
        while (i < text.Length && (char.IsAsciiLetterOrDigit((char)text[i]) || "!#$%&'*+-.^_`|~"u8.Contains(text[i])))
            i++;
        return i;
    }
}
