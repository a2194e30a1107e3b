using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// The root of a provider's API, read strictly: scheme http or https, a host, maybe a port, maybe a path (RFC 3986), and
/// nothing else. Text that parsers are known to disagree on (user information, backslashes, dot segments, bytes beyond
/// ASCII) is refused instead of mended, because a credential is sent to whatever host this names.
/// </summary>
/// <param name="UseTls">Whether the scheme is https.</param>
/// <param name="Host">The host in lower case: a name, or an address without brackets.</param>
/// <param name="Port">The port, 1 to 65535; the scheme's own where none is written.</param>
/// <param name="Path">The path without a trailing slash; empty for none.</param>
public sealed record BaseUrl(bool UseTls, string Host, int Port, string Path)
{
    private const int CharsMax = 2048;

    /// <summary>Whether the port is the scheme's own.</summary>
    public bool IsDefaultPort => Port == (UseTls ? 443 : 80);

    /// <summary>The value of a <c>Host</c> field: the host, an IPv6 address in brackets, the port where it is not the scheme's own.</summary>
    public string HostHeader
    {
        get
        {
            var host = Host.Contains(':', StringComparison.Ordinal) ? "[" + Host + "]" : Host;
            return IsDefaultPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{Port}");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => (UseTls ? "https://" : "http://") + HostHeader + Path;

    /// <summary>Reads a URL.</summary>
    /// <param name="text">The text.</param>
    /// <param name="url">The URL.</param>
    /// <param name="complaint">What is wrong, without showing the text.</param>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BaseUrl? url, out string complaint)
    {
        ArgumentNullException.ThrowIfNull(text);
        url = null;
        complaint = Complaint(text);
        if (complaint.Length > 0)
            return false;
        var useTls = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!useTls && !text.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            return Fail("must start with http:// or https://", out complaint);
        var rest = text.AsSpan(useTls ? 8 : 7);
        var slash = rest.IndexOf('/');
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "" : rest[slash..].TrimEnd('/').ToString();
        if (!TryAuthority(authority, useTls ? 443 : 80, out var host, out var port, out complaint))
            return false;
        if (!IsPath(path))
            return Fail("has a path that is not made of plain segments", out complaint);
        url = new BaseUrl(useTls, host, port, path);
        return true;
    }

    private static string Complaint(string text)
    {
        if (text.Length is 0 or > CharsMax)
            return text.Length == 0 ? "is empty" : "is too long";
        foreach (var c in text)
        {
            switch (c)
            {
                case <= ' ' or >= '\u007f':
                    return "holds a space, a control character or one beyond ASCII (write an internationalized host as xn--…)";
                case '?' or '#':
                    return "must not have a query or a fragment";
                case '@':
                    return "must not hold user information; use key and authHeader";
                case '\\':
                    return "holds a backslash";
            }
        }

        return "";
    }

    private static bool TryAuthority(ReadOnlySpan<char> authority, int defaultPort, out string host, out int port, out string complaint)
    {
        host = "";
        port = defaultPort;
        ReadOnlySpan<char> name;
        ReadOnlySpan<char> tail;
        if (authority.Length > 0 && authority[0] == '[')
        {
            var close = authority.IndexOf(']');
            if (close < 0 || authority.Contains('%') || !IPAddress.TryParse(authority[1..close], out var v6)
                || v6.AddressFamily != AddressFamily.InterNetworkV6)
                return Fail("has a host in brackets that is not an IPv6 address", out complaint);
            host = v6.ToString();
            tail = authority[(close + 1)..];
        }
        else
        {
            var colon = authority.IndexOf(':');
            name = colon < 0 ? authority : authority[..colon];
            tail = colon < 0 ? default : authority[colon..];
            if (!HostName.IsValid(name))
                return Fail("has no valid host name", out complaint);
            host = name.ToString().ToLowerInvariant();
        }

        complaint = "";
        return tail.IsEmpty || (tail[0] == ':' && ListenAddress.TryPort(tail[1..], 1, out port)) || Fail("has no valid port", out complaint);
    }

    private static bool IsPath(string path)
    {
        if (path.Length == 0)
            return true;
        var at = 1;
        while (at <= path.Length)
        {
            var end = path.IndexOf('/', at);
            if (end < 0)
                end = path.Length;
            var segment = path.AsSpan(at, end - at);
            if (segment is "" or "." or ".." || !IsSegment(segment))
                return false;
            at = end + 1;
        }

        return true;
    }

    /// <summary>RFC 3986 §3.3: <c>pchar</c>, without escapes of what would change the path's shape or end a header line.</summary>
    private static bool IsSegment(ReadOnlySpan<char> segment)
    {
        for (var i = 0; i < segment.Length; i++)
        {
            var c = segment[i];
            if (c == '%')
            {
                if (i + 2 >= segment.Length
                    || !byte.TryParse(segment.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b)
                    || b is < 0x20 or 0x7f or (byte)'/' or (byte)'\\' or (byte)'.')
                    return false;
                i += 2;
            }
            else if (!char.IsAsciiLetterOrDigit(c) && !"-._~!$&'()*+,;=:".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Fail(string why, out string complaint)
    {
        complaint = why;
        return false;
    }
}
