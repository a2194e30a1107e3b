namespace AiEdge.DataPlane.Translate;

/// <summary>
/// How probable each token of a text was, in OpenAI's form, which chats and Responses have alike: <c>token</c>, <c>logprob</c>, <c>bytes</c>,
/// <c>top_logprobs</c>. Where it is handed on it is the inside of the array.
/// </summary>
internal static class TokenLogprobs
{
    /// <summary>Between an array's brackets; empty where there is no element.</summary>
    public static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> source, Piece array) =>
        array.IsPresent ? array.Of(source)[1..^1].Trim(" \t\r\n"u8) : default;

    /// <summary>Adds elements behind those that are there. A line of a stream's event ends at its first line break, so that there is none.</summary>
    public static void Add(TextBuffer to, ReadOnlySpan<byte> elements)
    {
        if (elements.IsEmpty)
            return;
        if (to.Length > 0)
            to.Add(","u8);
        WriteLine(to, elements);
    }

    /// <summary>Writes elements as an array.</summary>
    public static void WriteArray(TextBuffer to, ReadOnlySpan<byte> elements)
    {
        to.Add("["u8);
        WriteLine(to, elements);
        to.Add("]"u8);
    }

    private static void WriteLine(TextBuffer to, ReadOnlySpan<byte> elements)
    {
        while (elements.IndexOfAny((byte)'\n', (byte)'\r') is var stop and >= 0)
        {
            to.Add(elements[..stop]).Add(" "u8);
            elements = elements[(stop + 1)..];
        }

        to.Add(elements);
    }
}
