namespace AiEdge.DataPlane.Core;

/// <summary>
/// Parameters of a query by their names. Credentials in that of Google's paths (<c>?key=</c>): a client's is read there, and goes no further.
/// </summary>
internal static class QueryKey
{
    private const int NameBytesMax = 16;

    /// <summary>The value of the first parameter <c>key</c> in plain letters, or empty. A value that is coded is no key of ours.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> query)
    {
        foreach (var range in query.Split((byte)'&'))
        {
            if (query[range].StartsWith("key="u8))
                return query[range]["key=".Length..];
        }

        return default;
    }

    /// <summary>Whether a parameter is a credential by the name that its reader sees: percent-coded it is the same name.</summary>
    public static bool Names(ReadOnlySpan<byte> parameter)
    {
        Span<byte> name = stackalloc byte[NameBytesMax];
        ReadOnlySpan<byte> plain = name[..NameOf(parameter, name)];
        return plain.SequenceEqual("key"u8) || plain.SequenceEqual("access_token"u8) || plain.SequenceEqual("oauth_token"u8) || plain.SequenceEqual("$key"u8);
    }

    /// <summary>Whether two parameters have one name to a reader who takes capitals for small letters.</summary>
    public static bool AreOfOneName(ReadOnlySpan<byte> parameter, ReadOnlySpan<byte> other)
    {
        Span<byte> name = stackalloc byte[NameBytesMax];
        Span<byte> otherName = stackalloc byte[NameBytesMax];
        var length = NameOf(parameter, name);
        return length > 0 && System.Text.Ascii.EqualsIgnoreCase(name[..length], otherName[..NameOf(other, otherName)]);
    }

    /// <summary>The name of a parameter in plain; 0 for one that is longer than any that matters here.</summary>
    private static int NameOf(ReadOnlySpan<byte> parameter, Span<byte> name)
    {
        var equals = parameter.IndexOf((byte)'=');
        var coded = equals < 0 ? parameter : parameter[..equals];
        var length = 0;
        for (var i = 0; i < coded.Length; i++, length++)
        {
            if (length == NameBytesMax)
                return 0;
            if (coded[i] == (byte)'%' && i + 2 < coded.Length && char.IsAsciiHexDigit((char)coded[i + 1]) && char.IsAsciiHexDigit((char)coded[i + 2]))
            {
                name[length] = (byte)((Digit(coded[i + 1]) << 4) | Digit(coded[i + 2]));
                i += 2;
            }
            else
            {
                name[length] = coded[i];
            }
        }

        return length;
    }

    private static int Digit(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
