using System.Text;
using AiEdge.Tokenization.Incremental;

namespace AiEdge.Tokenization.Tests.Incremental;

/// <summary>What a counter must say: the count of the whole text so far, made anew each time.</summary>
internal static class ExactCount
{
    public delegate long Recount(ReadOnlySpan<byte> validUtf8);

    /// <summary>The text up to its last whole code point, what is not UTF-8 replaced by the runtime's decoder.</summary>
    public static byte[] Whole(ReadOnlySpan<byte> text, bool complete = false)
    {
        var chars = new char[text.Length + 1];
        var count = Encoding.UTF8.GetDecoder().GetChars(text, chars, complete);
        return Encoding.UTF8.GetBytes(chars, 0, count);
    }

    /// <summary>The counts after each byte, and the complete one at the end.</summary>
    public static long[] AfterEachByte(byte[] text, Recount recount)
    {
        var counts = new long[text.Length + 2];
        for (var i = 0; i <= text.Length; i++)
            counts[i] = recount(Whole(text.AsSpan(0, i)));
        counts[^1] = recount(Whole(text, complete: true));
        return counts;
    }

    /// <summary>Feeds the text in parts, and compares after each, or only where <paramref name="ask"/> says so.</summary>
    public static void Check(IncrementalCounter counter, byte[] text, long[] expected, Func<int, int> next, Func<bool> ask)
    {
        counter.Reset();
        for (var at = 0; at < text.Length;)
        {
            var to = Math.Min(text.Length, at + next(at));
            counter.Append(text.AsSpan(at, to - at));
            at = to;
            var bound = counter.UpperBound;
            if (!ask())
            {
                if (bound < expected[at])
                    Fail(text, at, expected[at], bound, "bound");
                continue;
            }
            if (counter.Count != expected[at])
                Fail(text, at, expected[at], counter.Count, "count");
            if (bound < expected[at] || counter.UpperBound < expected[at])
                Fail(text, at, expected[at], Math.Min(bound, counter.UpperBound), "bound");
        }
        var last = counter.UpperBound;
        var complete = counter.Complete();
        if (complete != expected[^1] || counter.Count != complete || last < complete)
            Fail(text, text.Length, expected[^1], complete, $"complete count (bound {last})");
    }

    private static void Fail(byte[] text, int at, long expected, long actual, string what) =>
        Assert.Fail($"The {what} is {actual} instead of {expected} after {at} bytes of {Convert.ToHexString(text)} \"{Encoding.UTF8.GetString(text)}\".");
}
