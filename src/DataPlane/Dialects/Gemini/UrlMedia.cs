using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// The media type of what lies at a URL, which Gemini wants to be told and other dialects do not say: by the ending of its path. Gemini fetches
/// <c>https</c> and <c>gs</c> (Google's page "File input methods"); nothing is fetched here.
/// </summary>
internal static class UrlMedia
{
    /// <summary>Empty where it cannot be told, or the URL is none that is fetched.</summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> source, in NeutralPart part)
    {
        var url = part.Text.Of(source);
        if (!url.StartsWith("https:"u8) && !url.StartsWith("gs:"u8))
            return default;
        if (part.Media.Length > 0)
            return part.Media.Of(source);
        var path = url.IndexOfAny("?#"u8) is var end and >= 0 ? url[..end] : url;
        Span<byte> ending = stackalloc byte[8];
        if (path.LastIndexOf((byte)'.') is not (var dot and >= 0) || path.Length - dot > ending.Length
            || System.Text.Ascii.ToLower(path[(dot + 1)..], ending, out var length) != System.Buffers.OperationStatus.Done)
            return default;
        return OfEnding(ending[..length]);
    }

    private static ReadOnlySpan<byte> OfEnding(scoped ReadOnlySpan<byte> ending) => ending switch
    {
        _ when ending.SequenceEqual("png"u8) => "image/png"u8,
        _ when ending.SequenceEqual("jpg"u8) || ending.SequenceEqual("jpeg"u8) => "image/jpeg"u8,
        _ when ending.SequenceEqual("webp"u8) => "image/webp"u8,
        _ when ending.SequenceEqual("gif"u8) => "image/gif"u8,
        _ when ending.SequenceEqual("heic"u8) => "image/heic"u8,
        _ when ending.SequenceEqual("heif"u8) => "image/heif"u8,
        _ when ending.SequenceEqual("pdf"u8) => "application/pdf"u8,
        _ when ending.SequenceEqual("txt"u8) => "text/plain"u8,
        _ => default,
    };
}
