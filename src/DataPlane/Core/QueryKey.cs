namespace AiEdge.DataPlane.Core;

/// <summary>
/// Parameters of a query by their names. Where a dialect has credentials among them (<see cref="DialectTraits.CredentialQueries"/>), a client's is read
/// there, and goes no further.
/// </summary>
internal static class QueryKey
{
    private const int NameBytesMax = 16;

    /// <summary>The value of the first parameter of that name in plain letters, or empty. A value that is coded is no key of ours.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return default;
        foreach (var range in query.Split((byte)'&'))
        {
            var parameter = query[range];
            if (parameter.StartsWith(name) && parameter.Length > name.Length && parameter[name.Length] == (byte)'=')
                return parameter[(name.Length + 1)..];
        }

        return default;
    }

    /// <summary>Whether a parameter has one of these names, as its reader sees it: percent-coded it is the same name.</summary>
    public static bool IsOneOf(ReadOnlySpan<byte> parameter, ReadOnlySpan<byte[]> names)
    {
        Span<byte> name = stackalloc byte[NameBytesMax];
        ReadOnlySpan<byte> plain = name[..NameOf(parameter, name)];
        foreach (var one in names)
        {
            if (plain.SequenceEqual(one))
                return true;
        }

        return false;
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
