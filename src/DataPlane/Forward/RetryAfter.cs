using System.Buffers.Text;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>When a provider wants to be asked again: <c>retry-after-ms</c>, else <c>Retry-After</c> in seconds or as a date (RFC 9110 §10.2.3).</summary>
internal static class RetryAfter
{
    /// <summary>Zero where it does not say; whoever waits bounds it.</summary>
    public static TimeSpan Of(ResponseHead head, DateTimeOffset now)
    {
        if (head.IndexOf("retry-after-ms"u8) is var i and >= 0 && TryNumber(head.Value(i), out var ms))
            return TimeSpan.FromMilliseconds(ms);
        if (head.IndexOf("retry-after"u8) is not (var j and >= 0))
            return TimeSpan.Zero;
        var value = head.Value(j);
        if (TryNumber(value, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        return Utf8Parser.TryParse(value, out DateTimeOffset date, out var read, 'R') && read == value.Length && date > now ? date - now : TimeSpan.Zero;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out double number) =>
        Utf8Parser.TryParse(text, out number, out var read) && read == text.Length && number is >= 0 and < 1e9;
}
