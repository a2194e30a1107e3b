namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>What a text has become so far, as one that is cut inside a code point is counted.</summary>
internal static class Whole
{
    /// <summary>
    /// Bytes up to the last complete code point: what follows could still become one. Bytes that can never become one are complete,
    /// since each maximal part of them is replaced.
    /// </summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= Math.Min(3, text.Length); back++)
        {
            ReadOnlySpan<byte> tail = text[^back..];
            if ((tail[0] & 0xC0) == 0x80)
                continue;
            return IsBegun(tail) ? text.Length - back : text.Length;
        }

        return text.Length;
    }

    /// <summary>Whether a lead byte and what follows it may still become a code point (Unicode, table 3-7).</summary>
    private static bool IsBegun(ReadOnlySpan<byte> tail)
    {
        int length = tail[0] switch { >= 0xC2 and <= 0xDF => 2, >= 0xE0 and <= 0xEF => 3, >= 0xF0 and <= 0xF4 => 4, _ => 0 };
        if (tail.Length >= length)
            return false;
        return tail.Length < 2 || tail[0] switch
        {
            0xE0 => tail[1] >= 0xA0,
            0xED => tail[1] < 0xA0,
            0xF0 => tail[1] >= 0x90,
            0xF4 => tail[1] < 0x90,
            _ => true,
        };
    }
}
