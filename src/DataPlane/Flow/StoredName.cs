using System.Buffers;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Whether a provider's 403 or 404 is about something that the client has named: a file, an item, a conversation, a cache that is gone or never was.
/// That says nothing of our credential or deployment, and nothing against the target. Asked of errors alone.
/// </summary>
internal static class StoredName
{
    private const int TextBytesMax = 4096;
    private const int BodyBytesMax = 8 * 1024 * 1024;
    private const int LengthMin = 8;
    private const int WordsMax = 4;

    private static readonly SearchValues<byte> WordBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    /// <summary>
    /// Whether the error's text names what the request names, by a word that looks like a name and is none of the model's; or speaks of the cache that the
    /// request names, of which Gemini does not say which.
    /// </summary>
    public static bool IsMeant(Exchange exchange, ReadOnlySpan<byte> text, RequestBody request)
    {
        if (!request.IsRead || request.Bytes.IsEmpty)
            return false;
        var body = request.Bytes.Slice(0, Math.Min(request.Bytes.Length, BodyBytesMax));
        text = text[..Math.Min(text.Length, TextBytesMax)];
        if (text.IndexOf("CachedContent"u8) >= 0 && (RequestBody.Holds(body, "\"cachedContent\""u8) || RequestBody.Holds(body, "\"cached_content\""u8)))
            return true;
        for (var looked = 0; looked < WordsMax;)
        {
            var start = text.IndexOfAny(WordBytes);
            if (start < 0)
                return false;
            text = text[start..];
            var length = text.IndexOfAnyExcept(WordBytes) is var end and >= 0 ? end : text.Length;
            var word = text[..length];
            text = text[length..];
            if (length < LengthMin || !word.ContainsAnyInRange((byte)'0', (byte)'9') || IsOfModel(exchange, word))
                continue;
            looked++;
            if (RequestBody.Holds(body, word))
                return true;
        }

        return false;
    }

    private static bool IsOfModel(Exchange exchange, ReadOnlySpan<byte> word) =>
        exchange.AskedModel.IndexOf(word) >= 0 || exchange.PassedModel.IndexOf(word) >= 0
        || (exchange.Target!.UpstreamModel is { } name && name.AsSpan().IndexOf(word) >= 0);
}
