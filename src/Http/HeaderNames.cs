using System.Buffers.Binary;

namespace AiEdge.Http;

/// <summary>Header field names: from bytes to <see cref="HeaderId"/> and back, without regard to case (RFC 9110 section 5.1).</summary>
public static class HeaderNames
{
    private const int SlotMask = 255;
    private static readonly byte[][] Names = CreateNames();
    private static readonly byte[] Slots = CreateSlots(Names);

    /// <summary>How many ids there are, <see cref="HeaderId.Other"/> included.</summary>
    public static int Count => Names.Length;

    /// <summary>The lower-case name of a field; empty for <see cref="HeaderId.Other"/>.</summary>
    public static ReadOnlySpan<byte> Lower(HeaderId id) => Names[(int)id];

    /// <summary>The id of a field name in any case, or <see cref="HeaderId.Other"/>.</summary>
    public static HeaderId Match(ReadOnlySpan<byte> name) => Syntax.IsToken(name) ? MatchToken(name) : HeaderId.Other;

    /// <summary>The same for what is known to be a token.</summary>
    internal static HeaderId MatchToken(ReadOnlySpan<byte> name)
    {
        var slots = Slots;
        for (var slot = Hash(name); ; slot = (slot + 1) & SlotMask)
        {
            var id = slots[slot];
            if (id == 0) return HeaderId.Other;
            var known = Names[id];
            if (known.Length == name.Length && EqualsWithoutCase(known, name)) return (HeaderId)id;
        }
    }

    // Known names are letters, digits and '-'. What the case bit turns into one of those is that byte, its capital, or a
    // control byte, which no token has; so within tokens this is equality without case, eight bytes at a time.
    private static bool EqualsWithoutCase(byte[] known, ReadOnlySpan<byte> token)
    {
        const ulong CaseBits = 0x2020_2020_2020_2020;
        var at = 0;
        for (; at + sizeof(ulong) <= token.Length; at += sizeof(ulong))
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(token[at..]) | CaseBits;
            if (word != BinaryPrimitives.ReadUInt64LittleEndian(known.AsSpan(at))) return false;
        }
        for (; at < token.Length; at++)
            if ((token[at] | 0x20) != known[at]) return false;
        return true;
    }

    // Length, both ends and the middle tell the known names apart well enough that a slot holds one name, seldom two.
    private static int Hash(ReadOnlySpan<byte> name) =>
        ((name.Length * 11) + ((name[0] | 0x20) * 3) + ((name[^1] | 0x20) * 29) + ((name[name.Length / 2] | 0x20) * 7)) & SlotMask;

    private static byte[] CreateSlots(byte[][] names)
    {
        var slots = new byte[SlotMask + 1];
        for (var id = 1; id < names.Length; id++)
        {
            var slot = Hash(names[id]);
            while (slots[slot] != 0) slot = (slot + 1) & SlotMask;
            slots[slot] = (byte)id;
        }
        return slots;
    }

    private static byte[][] CreateNames()
    {
        var names = new byte[(int)HeaderId.XHttpMethodOverride + 1][];
        for (var id = 0; id < names.Length; id++) names[id] = NameOf((HeaderId)id).ToArray();
        return names;
    }

    private static ReadOnlySpan<byte> NameOf(HeaderId id) => id switch
    {
        HeaderId.Host => "host"u8,
        HeaderId.ContentLength => "content-length"u8,
        HeaderId.TransferEncoding => "transfer-encoding"u8,
        HeaderId.Connection => "connection"u8,
        HeaderId.KeepAlive => "keep-alive"u8,
        HeaderId.ProxyConnection => "proxy-connection"u8,
        HeaderId.ProxyAuthenticate => "proxy-authenticate"u8,
        HeaderId.ProxyAuthorization => "proxy-authorization"u8,
        HeaderId.Te => "te"u8,
        HeaderId.Trailer => "trailer"u8,
        HeaderId.Upgrade => "upgrade"u8,
        HeaderId.Expect => "expect"u8,
        HeaderId.ContentType => "content-type"u8,
        HeaderId.ContentEncoding => "content-encoding"u8,
        HeaderId.AcceptEncoding => "accept-encoding"u8,
        HeaderId.Accept => "accept"u8,
        HeaderId.UserAgent => "user-agent"u8,
        HeaderId.Authorization => "authorization"u8,
        HeaderId.Cookie => "cookie"u8,
        HeaderId.SetCookie => "set-cookie"u8,
        HeaderId.Date => "date"u8,
        HeaderId.Server => "server"u8,
        HeaderId.Via => "via"u8,
        HeaderId.Forwarded => "forwarded"u8,
        HeaderId.RetryAfter => "retry-after"u8,
        HeaderId.CacheControl => "cache-control"u8,
        HeaderId.XForwardedFor => "x-forwarded-for"u8,
        HeaderId.XForwardedHost => "x-forwarded-host"u8,
        HeaderId.XForwardedProto => "x-forwarded-proto"u8,
        HeaderId.XForwardedPort => "x-forwarded-port"u8,
        HeaderId.XRealIp => "x-real-ip"u8,
        HeaderId.XRequestId => "x-request-id"u8,
        HeaderId.XApiKey => "x-api-key"u8,
        HeaderId.ApiKey => "api-key"u8,
        HeaderId.Location => "location"u8,
        HeaderId.XGoogApiKey => "x-goog-api-key"u8,
        _ => LaterNameOf(id),
    };

    private static ReadOnlySpan<byte> LaterNameOf(HeaderId id) => id switch
    {
        HeaderId.AcceptLanguage => "accept-language"u8,
        HeaderId.Allow => "allow"u8,
        HeaderId.WwwAuthenticate => "www-authenticate"u8,
        HeaderId.TraceParent => "traceparent"u8,
        HeaderId.TraceState => "tracestate"u8,
        HeaderId.Baggage => "baggage"u8,
        HeaderId.Origin => "origin"u8,
        HeaderId.Referer => "referer"u8,
        HeaderId.Range => "range"u8,
        HeaderId.Vary => "vary"u8,
        HeaderId.AltSvc => "alt-svc"u8,
        HeaderId.StrictTransportSecurity => "strict-transport-security"u8,
        HeaderId.RetryAfterMs => "retry-after-ms"u8,
        HeaderId.ContentDigest => "content-digest"u8,
        HeaderId.Http2Settings => "http2-settings"u8,
        HeaderId.XHttpMethodOverride => "x-http-method-override"u8,
        _ => default,
    };
}
