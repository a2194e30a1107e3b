using System.Buffers;

namespace AiEdge.Http;

/// <summary>
/// host [":" port] as Host and absolute-form targets carry it (RFC 3986 section 3.2.2, RFC 9110 section 7.2), without
/// user information. Stricter than the grammar where looser means doubt: no comma (two hosts joined), no escaped
/// control, space or delimiter, no IPvFuture and no zone in an address literal.
/// </summary>
public static class Authority
{
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "-._~!$&'()*+;=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    private static readonly SearchValues<byte> DelimiterBytes = SearchValues.Create(" \"#%,/:<>?@[\\]^`{|}"u8);

    /// <summary>True for a host that is not empty, with or without a port of at most 65535.</summary>
    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        int hostLength;
        if (!authority.IsEmpty && authority[0] == '[')
        {
            hostLength = authority.IndexOf((byte)']') + 1;
            if (hostLength == 0 || !IsAddress6(authority[1..(hostLength - 1)])) return false;
        }
        else
        {
            hostLength = authority.IndexOf((byte)':');
            if (hostLength < 0) hostLength = authority.Length;
            if (!IsName(authority[..hostLength])) return false;
        }
        var rest = authority[hostLength..];
        return rest.IsEmpty || (rest[0] == ':' && IsPort(rest[1..]));
    }

    private static bool IsName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty) return false;
        while (true)
        {
            var stop = name.IndexOfAnyExcept(NameBytes);
            if (stop < 0) return true;
            if (name[stop] != '%' || stop + 2 >= name.Length) return false;
            var high = Syntax.HexDigit(name[stop + 1]);
            var low = Syntax.HexDigit(name[stop + 2]);
            if (high < 0 || low < 0) return false;
            var value = (byte)((high << 4) | low);
            if (value <= Syntax.Space || value == Syntax.Delete || DelimiterBytes.Contains(value)) return false;
            name = name[(stop + 3)..];
        }
    }

    // An empty port is in the grammar and means the default.
    private static bool IsPort(ReadOnlySpan<byte> port)
    {
        var value = 0;
        foreach (var digit in port)
        {
            if (!Syntax.IsDigit(digit)) return false;
            value = (value * 10) + (digit - '0');
            if (value > 65535) return false;
        }
        return true;
    }

    // Eight groups of hexadecimal digits, one run of which may be "::", the last two of which may be an IPv4 address.
    private static bool IsAddress6(ReadOnlySpan<byte> address)
    {
        var groups = 0;
        var compressed = false;
        if (address.StartsWith("::"u8))
        {
            compressed = true;
            address = address[2..];
        }
        while (!address.IsEmpty)
        {
            var end = address.IndexOf((byte)':');
            var group = end < 0 ? address : address[..end];
            if (end < 0 && group.Contains((byte)'.'))
            {
                if (!IsAddress4(group)) return false;
                groups += 2;
                break;
            }
            if (!IsHexGroup(group)) return false;
            groups++;
            if (end < 0) break;
            address = address[(end + 1)..];
            if (address.IsEmpty) return false;
            if (address[0] != ':') continue;
            if (compressed) return false;
            compressed = true;
            address = address[1..];
        }
        return compressed ? groups <= 7 : groups == 8;
    }

    private static bool IsHexGroup(ReadOnlySpan<byte> group)
    {
        if (group.Length is 0 or > 4) return false;
        foreach (var digit in group)
            if (Syntax.HexDigit(digit) < 0) return false;
        return true;
    }

    private static bool IsAddress4(ReadOnlySpan<byte> address)
    {
        for (var part = 0; part < 4; part++)
        {
            var end = part == 3 ? address.Length : address.IndexOf((byte)'.');
            if (end is < 1 or > 3) return false;
            var value = 0;
            foreach (var digit in address[..end])
            {
                if (!Syntax.IsDigit(digit)) return false;
                value = (value * 10) + (digit - '0');
            }
            if (value > 255) return false;
            if (part < 3) address = address[(end + 1)..];
        }
        return true;
    }
}
