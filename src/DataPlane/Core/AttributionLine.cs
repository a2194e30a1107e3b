using System.Buffers;

namespace AiEdge.DataPlane.Core;

/// <summary>The line before a client's instructions that says who asks (<see cref="DialectTraits.Attribution"/>).</summary>
internal static class AttributionLine
{
    /// <summary>Bytes of a line at most; a longer text without an end is none.</summary>
    public const int BytesMax = 512;

    /// <summary>Bytes that it takes of a JSON string's inside, with the line's end; 0 where the text does not begin with one.</summary>
    /// <param name="text">A text of the instructions.</param>
    /// <param name="mark">What such a line begins with; empty for none.</param>
    public static int Length(ReadOnlySpan<byte> text, ReadOnlySpan<byte> mark)
    {
        if (mark.IsEmpty || !text.StartsWith(mark))
            return 0;
        var line = text[..Math.Min(text.Length, BytesMax)].IndexOf("\\n"u8);
        return line >= 0 ? line + 2 : text.Length <= BytesMax ? text.Length : 0;
    }

    /// <summary>The same of a text in parts.</summary>
    public static int Length(in ReadOnlySequence<byte> text, ReadOnlySpan<byte> mark)
    {
        if (text.FirstSpan.Length is var first && (first > BytesMax || first == text.Length))
            return Length(text.FirstSpan, mark);
        Span<byte> line = stackalloc byte[BytesMax + 1];
        var length = (int)Math.Min(text.Length, line.Length);
        text.Slice(0, length).CopyTo(line);
        return Length(line[..length], mark);
    }
}
