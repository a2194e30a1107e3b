using System.Net;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Identify;

/// <summary>
/// Where a client is, behind proxies that are trusted: read from the right, each of whom says who asked it, the first address that is
/// none of theirs. What stands further left anybody may have written.
/// </summary>
/// <remarks>
/// <c>X-Forwarded-For</c> or <c>Forwarded</c> (RFC 7239). A proxy writes one of them and may pass on the other as its client sent it, so where
/// both are there and differ neither is believed. A word that is no address (<c>unknown</c>, <c>_hidden</c>) ends the reading: then the
/// one who wrote it stands for all of its clients.
/// </remarks>
internal static class ClientPlace
{
    /// <summary>Addresses of one request that are looked at; further left nobody is believed.</summary>
    public const int HopsMax = 32;

    /// <summary>The client's address.</summary>
    /// <param name="peer">Who is at the other end of the connection.</param>
    /// <param name="head">The request's head.</param>
    /// <param name="trusted">Whose word counts.</param>
    public static IPAddress Of(IPAddress peer, RequestHead head, TrustedProxies trusted)
    {
        if (trusted.IsEmpty || !trusted.Has(peer))
            return peer;
        var byList = head.Has(HeaderId.XForwardedFor) ? Read(peer, head, HeaderId.XForwardedFor, trusted) : null;
        var byPairs = head.Has(HeaderId.Forwarded) ? Read(peer, head, HeaderId.Forwarded, trusted) : null;
        if (byList is not null && byPairs is not null && !byList.Equals(byPairs))
            return peer;
        return byList ?? byPairs ?? peer;
    }

    private static IPAddress Read(IPAddress peer, RequestHead head, HeaderId id, TrustedProxies trusted)
    {
        var nearest = peer;
        var hops = 0;
        for (var i = head.HeaderCount - 1; i >= 0; i--)
        {
            if (head.Id(i) != id)
                continue;
            for (var rest = head.Value(i); ; rest = rest[..rest.LastIndexOf((byte)',')])
            {
                var comma = rest.LastIndexOf((byte)',');
                var hop = rest[(comma + 1)..].Trim(" \t"u8);
                if (id == HeaderId.Forwarded)
                    hop = For(hop);
                if (++hops > HopsMax || !TryParse(hop, out var address))
                    return nearest;
                nearest = address;
                if (!trusted.Has(address))
                    return nearest;
                if (comma < 0)
                    break;
            }
        }

        return nearest;
    }

    /// <summary>The value of <c>for</c> in an element of <c>Forwarded</c>, without its quotes; empty where it has none.</summary>
    private static ReadOnlySpan<byte> For(ReadOnlySpan<byte> element)
    {
        foreach (var range in element.Split((byte)';'))
        {
            var pair = element[range].Trim(" \t"u8);
            if (pair.Length > 4 && pair[3] == (byte)'=' && Ascii.EqualsIgnoreCase(pair[..3], "for"u8))
                return pair[4..].Trim((byte)'"');
        }

        return default;
    }

    /// <summary>An address with or without a port; one of IPv6 stands in brackets where it has one.</summary>
    private static bool TryParse(ReadOnlySpan<byte> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Length is 0 or > 64 || text.Contains((byte)'%'))
            return false;
        if (text[0] == (byte)'[')
        {
            var end = text.IndexOf((byte)']');
            if (end < 0 || (end + 1 < text.Length && text[end + 1] != (byte)':'))
                return false;
            text = text[1..end];
        }
        else if (text.IndexOf((byte)':') is var colon and >= 0 && text.LastIndexOf((byte)':') == colon)
        {
            text = text[..colon];
        }

        Span<char> chars = stackalloc char[64];
        var length = Encoding.ASCII.GetChars(text, chars);

        // Nothing shorter than 1.1.1.1 or :: is one: a bare number would be read as an address of four bytes.
        if (text.IndexOf((byte)'.') < 0 && text.IndexOf((byte)':') < 0 || !IPAddress.TryParse(chars[..length], out var parsed))
            return false;
        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }
}
