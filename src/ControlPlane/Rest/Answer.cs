using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Rest;

/// <summary>What is common to answers.</summary>
internal static class Answer
{
    public static Task JsonAsync(HttpContext http, Action<Utf8JsonWriter> members, int status = 200) =>
        BytesAsync(http, JsonBytes.Of(members), "application/json", status);

    public static async Task BytesAsync(HttpContext http, ReadOnlyMemory<byte> bytes, string type, int status = 200)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.Body.WriteAsync(bytes);
    }

    /// <summary>The part of a path, with slashes that stand in a name (<c>%2F</c>) put back.</summary>
    public static string Name(HttpContext http, string part = "name") =>
        ((string?)http.Request.RouteValues[part] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// By the write that made it, and by what it is: after a backup was restored the same numbers come again with other writes.
    /// </summary>
    public static string ETag(EdgeEntry entry)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(entry.Value.Json.Span, hash);
        return string.Create(CultureInfo.InvariantCulture, $"\"v{entry.Version}-{Convert.ToHexStringLower(hash[..4])}\"");
    }

    /// <summary>What the caller's conditions say of an entry that is there, or not (RFC 9110 §13.1); null where they hold.</summary>
    public static WriteRefusal? Stale(HttpRequest request, EdgeEntry? entry)
    {
        var match = request.Headers.IfMatch;
        if (match.Count > 0 && (entry is null || !Names(match, ETag(entry))))
            return new(RefusalKind.Stale, entry is null ? "there is no such entry" : $"the entry is at {ETag(entry)} now");
        var none = request.Headers.IfNoneMatch;
        return none.Count > 0 && entry is not null && Names(none, ETag(entry)) ? new(RefusalKind.Stale, "the entry is there already") : null;
    }

    /// <summary>The same of something that is always there, and goes by any of its tags.</summary>
    public static WriteRefusal? StaleOf(HttpRequest request, IReadOnlyList<string> tags)
    {
        var (match, none) = (request.Headers.IfMatch, request.Headers.IfNoneMatch);
        if (match.Count > 0 && !tags.Any(tag => Names(match, tag)))
            return new(RefusalKind.Stale, $"it is at {tags[0]} now");
        return none.Count > 0 && tags.Any(tag => Names(none, tag)) ? new(RefusalKind.Stale, "it is there already") : null;
    }

    /// <summary>A page of what is in order of names: <c>?limit=100&amp;after=NAME</c>.</summary>
    public static (int Limit, string After)? Page(HttpRequest request)
    {
        var text = (string?)request.Query["limit"];
        var limit = 100;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= 1000)
            ? (limit, (string?)request.Query["after"] ?? "") : null;
    }

    private static bool Names(IEnumerable<string?> headers, string tag) =>
        headers.SelectMany(h => (h ?? "").Split(',')).Select(t => t.Trim()).Any(t => t == "*" || t == tag);
}
