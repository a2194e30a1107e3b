using System.Buffers;

namespace AiEdge.DataPlane.Parse;

/// <summary>The boundary that a multipart Content-Type names (RFC 2046 section 5.1.1, RFC 7578).</summary>
internal static class MultipartBoundary
{
    /// <summary>Longest boundary (RFC 2046 section 5.1.1).</summary>
    public const int LengthMax = 70;

    private static readonly SearchValues<byte> Characters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? "u8);

    /// <summary>
    /// Finds the one <c>boundary</c> parameter of <c>multipart/form-data</c>. False when the value is not that or the boundary
    /// is not allowed.
    /// </summary>
    public static bool TryFind(ReadOnlySpan<byte> contentType, out ReadOnlySpan<byte> boundary)
    {
        boundary = default;
        int semicolon = contentType.IndexOf((byte)';');
        if (semicolon < 0 || !HeaderParameters.EqualsIgnoreCase(contentType[..semicolon].Trim(" \t"u8), "multipart/form-data"u8))
            return false;
        ReadOnlySpan<byte> rest = contentType[semicolon..];
        bool found = false;
        while (HeaderParameters.TryNext(ref rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (!HeaderParameters.EqualsIgnoreCase(name, "boundary"u8))
                continue;
            if (found)
                return false;
            found = true;
            boundary = value;
        }

        return found && rest.IsEmpty && boundary.Length is > 0 and <= LengthMax
            && boundary[^1] != (byte)' ' && !boundary.ContainsAnyExcept(Characters);
    }
}
