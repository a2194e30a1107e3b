using System.Buffers;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// The line by which Claude Code says in a system prompt who asks (<c>x-anthropic-billing-header: cc_version=…; cch=…;</c>), a header in all but its place:
/// Anthropic takes it out. It is another with every request, and so no part of a prompt that others could keep what was computed of.
/// </summary>
internal static class AttributionLine
{
    /// <summary>Bytes of a line at most; a longer text without an end is none.</summary>
    public const int BytesMax = 512;

    private static ReadOnlySpan<byte> Mark => "x-anthropic-billing-header:"u8;

    /// <summary>Bytes that it takes of a JSON string's inside, with the line's end; 0 where the text does not begin with one.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith(Mark))
            return 0;
        var line = text[..Math.Min(text.Length, BytesMax)].IndexOf("\\n"u8);
        return line >= 0 ? line + 2 : text.Length <= BytesMax ? text.Length : 0;
    }

    /// <summary>The same of a text in parts.</summary>
    public static int Length(in ReadOnlySequence<byte> text)
    {
        if (text.FirstSpan.Length is var first && (first > BytesMax || first == text.Length))
            return Length(text.FirstSpan);
        Span<byte> line = stackalloc byte[BytesMax + 1];
        var length = (int)Math.Min(text.Length, line.Length);
        text.Slice(0, length).CopyTo(line);
        return Length(line[..length]);
    }
}
