using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>Compares media types without their parameters (RFC 9110 §8.3.1).</summary>
internal static class MediaType
{
    public static bool Is(ReadOnlySpan<byte> value, ReadOnlySpan<byte> type)
    {
        var semicolon = value.IndexOf((byte)';');
        if (semicolon >= 0)
            value = value[..semicolon];
        return Ascii.EqualsIgnoreCase(value.Trim(" \t"u8), type);
    }
}
