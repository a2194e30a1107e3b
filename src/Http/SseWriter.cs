namespace AiEdge.Http;

/// <summary>
/// Writes server-sent events (WHATWG HTML section 9.2.5). Lines end in LF. Whatever is written, a reader reads back the same
/// data: line breaks inside it become lines of their own and never fields.
/// </summary>
public static class SseWriter
{
    /// <summary>A comment and an empty line: shows a silent connection to be alive.</summary>
    public static ReadOnlySpan<byte> Heartbeat => ": ping\n\n"u8;

    /// <summary>Writes an event of the type "message".</summary>
    public static void WriteEvent(ref ByteWriter writer, scoped ReadOnlySpan<byte> data) => WriteEvent(ref writer, default, data);

    /// <summary>Writes an event. An empty name stands for "message"; a name is cut at its first line break.</summary>
    public static void WriteEvent(ref ByteWriter writer, scoped ReadOnlySpan<byte> eventName, scoped ReadOnlySpan<byte> data)
    {
        var end = eventName.IndexOfAny(Syntax.LineFeed, Syntax.CarriageReturn);
        if (end >= 0) eventName = eventName[..end];
        if (!eventName.IsEmpty)
        {
            writer.Write("event: "u8);
            writer.Write(eventName);
            writer.WriteByte(Syntax.LineFeed);
        }
        WriteLines(ref writer, "data: "u8, data);
        writer.WriteByte(Syntax.LineFeed);
    }

    /// <summary>Writes a comment as a frame of its own.</summary>
    public static void WriteComment(ref ByteWriter writer, scoped ReadOnlySpan<byte> text)
    {
        WriteLines(ref writer, ": "u8, text);
        writer.WriteByte(Syntax.LineFeed);
    }

    /// <summary>Writes <see cref="Heartbeat"/>.</summary>
    public static void WriteHeartbeat(ref ByteWriter writer) => writer.Write(Heartbeat);

    // CR and CRLF come back as LF: the format has no way to say which it was.
    private static void WriteLines(ref ByteWriter writer, scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var end = text.IndexOfAny(Syntax.LineFeed, Syntax.CarriageReturn);
            writer.Write(prefix);
            writer.Write(end < 0 ? text : text[..end]);
            writer.WriteByte(Syntax.LineFeed);
            if (end < 0) return;
            var isPair = text[end] == Syntax.CarriageReturn && end + 1 < text.Length && text[end + 1] == Syntax.LineFeed;
            text = text[(end + (isPair ? 2 : 1))..];
        }
    }
}
