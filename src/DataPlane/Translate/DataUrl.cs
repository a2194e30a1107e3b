namespace AiEdge.DataPlane.Translate;

/// <summary>A URL that holds its data itself (RFC 2397), as far as it is base64.</summary>
internal static class DataUrl
{
    /// <summary>False for any other URL.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, Piece url, out Piece media, out Piece data)
    {
        media = data = default;
        var text = url.Of(source);
        if (!text.StartsWith("data:"u8))
            return false;
        var mark = text.IndexOf(";base64,"u8);
        if (mark < 0)
            return false;
        var mediaLength = text[..mark].IndexOf((byte)';') is var parameter and >= 0 ? parameter : mark;
        media = new Piece(url.Start + 5, mediaLength - 5);
        var from = mark + ";base64,"u8.Length;
        data = new Piece(url.Start + from, url.Length - from);
        return true;
    }
}
