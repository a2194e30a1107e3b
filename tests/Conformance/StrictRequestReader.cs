using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AiEdge.Conformance.Tests;

/// <summary>A request that reached the provider's side, or why it may not be called one.</summary>
/// <param name="Used">Bytes taken from the front; 0 where <paramref name="Bad"/> is set.</param>
public sealed record StrictRequest(string Head, byte[] Body, int Used, string? Bad = null);

/// <summary>Reads what a gateway sends with no leniency at all: whatever is not plain HTTP/1.1 is the gateway's fault.</summary>
public static partial class StrictRequestReader
{
    private const int HeadBytesMax = 2_000_000;

    /// <summary>The first request in <paramref name="bytes"/>, or null while more is needed.</summary>
    public static StrictRequest? Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return bytes.Length > HeadBytesMax ? Bad("", "head too large") : null;
        var head = Encoding.Latin1.GetString(bytes[..end]);
        if (head.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny("\0\r\n"))
            return Bad(head, "CR, LF or NUL in the head");
        var lines = head.Split("\r\n");
        if (!RequestLine().IsMatch(lines[0]))
            return Bad(head, "request line " + lines[0]);
        if (Array.Find(lines[1..], l => !HeaderLine().IsMatch(l)) is { } line)
            return Bad(head, "header line " + line);
        return ReadBody(head, lines[1..], bytes, end + 4);
    }

    private static StrictRequest? ReadBody(string head, string[] headers, ReadOnlySpan<byte> bytes, int at)
    {
        string[] Values(string name) => [.. headers
            .Where(h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(h => h[(name.Length + 1)..].Trim())];
        var lengths = Values("content-length");
        var codings = Values("transfer-encoding");
        if (lengths.Length > 0 && codings.Length > 0)
            return Bad(head, "both Content-Length and Transfer-Encoding");
        if (Values("host").Length != 1)
            return Bad(head, "not one Host");
        if (codings.Length > 0)
        {
            return codings is [var coding] && coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                ? ReadChunked(head, bytes, at)
                : Bad(head, "Transfer-Encoding " + string.Join(" and ", codings));
        }

        var length = 0;
        var isNumber = lengths is [] || int.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out length);
        if (lengths.Length > 1 || !isNumber)
            return Bad(head, "Content-Length " + string.Join(" and ", lengths));
        return bytes.Length < at + length ? null : new(head, bytes.Slice(at, length).ToArray(), at + length);
    }

    private static StrictRequest? ReadChunked(string head, ReadOnlySpan<byte> bytes, int at)
    {
        var body = new MemoryStream();
        while (true)
        {
            var lineEnd = bytes[at..].IndexOf("\r\n"u8);
            if (lineEnd < 0)
                return null;
            var line = Encoding.Latin1.GetString(bytes.Slice(at, lineEnd));
            if (!ChunkSize().IsMatch(line))
                return Bad(head, "chunk line " + line);
            var size = int.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at += lineEnd + 2;
            if (size == 0)
                break;
            if (bytes.Length < at + size + 2)
                return null;
            if (!bytes.Slice(at + size, 2).SequenceEqual("\r\n"u8))
                return Bad(head, "chunk end");
            body.Write(bytes.Slice(at, size));
            at += size + 2;
        }

        while (bytes[at..].IndexOf("\r\n"u8) is var trailer and >= 0)
        {
            at += trailer + 2;
            if (trailer == 0)
                return new(head, body.ToArray(), at);
        }

        return null;
    }

    private static StrictRequest Bad(string head, string why) => new(head, [], 0, why);

    [GeneratedRegex(@"^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP/1\.[01]$")]
    private static partial Regex RequestLine();

    [GeneratedRegex("^[!#$%&'*+.^_`|~0-9A-Za-z-]+:")]
    private static partial Regex HeaderLine();

    [GeneratedRegex("^[0-9a-fA-F]{1,7}$")]
    private static partial Regex ChunkSize();
}
