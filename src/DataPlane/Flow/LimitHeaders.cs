using System.Globalization;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>What an answer's head says of limits, in OpenAI's forms or in Anthropic's. Nothing is allocated.</summary>
internal static class LimitHeaders
{
    /// <summary>A longer wait is not told as <c>retry-after</c> (<see cref="LimitWait"/>).</summary>
    public const long ShortWaitMs = LimitWait.ShortNs / MillisecondNs;

    private const long MillisecondNs = 1_000_000;
    private const long SecondNs = 1_000_000_000;

    /// <summary>How far the tightest limits of the key or its team are.</summary>
    public static void WriteRates(ref ByteWriter writer, Exchange exchange)
    {
        var isAnthropic = exchange.Dialect == Dialect.Anthropic;
        if (exchange.RequestRate.IsKnown && isAnthropic)
            WriteAnthropicRate(ref writer, "anthropic-ratelimit-requests-"u8, exchange.RequestRate);
        else if (exchange.RequestRate.IsKnown)
            WriteRate(
                ref writer, "x-ratelimit-limit-requests: "u8, "\r\nx-ratelimit-remaining-requests: "u8, "\r\nx-ratelimit-reset-requests: "u8,
                exchange.RequestRate);
        if (exchange.TokenRate.IsKnown && isAnthropic)
            WriteAnthropicRate(ref writer, "anthropic-ratelimit-tokens-"u8, exchange.TokenRate);
        else if (exchange.TokenRate.IsKnown)
            WriteRate(
                ref writer, "x-ratelimit-limit-tokens: "u8, "\r\nx-ratelimit-remaining-tokens: "u8, "\r\nx-ratelimit-reset-tokens: "u8,
                exchange.TokenRate);
        if (exchange.OutputClamp > 0)
            writer.WriteHeader("x-aiedge-max-tokens"u8, exchange.OutputClamp);
    }

    /// <summary>Which limit is nearly used up, or that the model's capacity is, and what became of the request for that.</summary>
    public static void WriteDegraded(ref ByteWriter writer, string by, in Degradation degraded)
    {
        writer.Write("x-aiedge-degraded: "u8);
        WriteText(ref writer, by);
        if (degraded.Model is { } model)
        {
            writer.Write(";model="u8);
            foreach (var octet in model.Utf8)
                writer.WriteByte(octet is > (byte)' ' and < 0x7f ? octet : (byte)'?');
        }

        if (degraded.MaxTokens > 0)
        {
            writer.Write(";max-tokens="u8);
            writer.WriteDecimal(degraded.MaxTokens);
        }

        writer.WriteCrlf();
    }

    /// <summary>Which limit refused, and when to come again.</summary>
    public static void WriteRefusal(ref ByteWriter writer, LimitModel limit, long waitNs, long atUnixNs)
    {
        writer.Write("x-aiedge-limit: "u8);
        WriteText(ref writer, limit.Name);
        writer.Write(";scope="u8);
        WriteText(ref writer, LimitError.Scope(limit));
        writer.WriteCrlf();
        WriteAgain(ref writer, waitNs, atUnixNs);
    }

    /// <summary>The provider's limits have nothing left, and when to come again.</summary>
    public static void WriteProviderRefusal(ref ByteWriter writer, long waitNs, long atUnixNs)
    {
        writer.Write("x-aiedge-limit: provider\r\n"u8);
        WriteAgain(ref writer, waitNs, atUnixNs);
    }

    /// <summary>How long to wait where that is short; else when, and that waiting for it is no use.</summary>
    private static void WriteAgain(ref ByteWriter writer, long waitNs, long atUnixNs)
    {
        if (waitNs <= 0)
            return;
        if (WaitMs(waitNs) <= ShortWaitMs)
        {
            WriteWait(ref writer, waitNs);
            return;
        }

        writer.Write("x-should-retry: false\r\nx-aiedge-reset: "u8);
        WriteMoment(ref writer, Second(atUnixNs));
        writer.WriteCrlf();
    }

    private static void WriteWait(ref ByteWriter writer, long waitNs)
    {
        var ms = WaitMs(waitNs);
        writer.WriteHeader("retry-after"u8, (ms + 999) / 1000);
        writer.WriteHeader("retry-after-ms"u8, ms);
    }

    /// <summary>Milliseconds of a wait, rounded up: whoever waits so long is not early.</summary>
    public static long WaitMs(long waitNs) => (waitNs + MillisecondNs - 1) / MillisecondNs;

    /// <summary>A moment in UTC, rounded up to the second; beyond the year 9999 its last one.</summary>
    public static DateTime Second(long unixNs) =>
        DateTime.UnixEpoch.AddSeconds(Math.Clamp((unixNs + SecondNs - 1) / SecondNs, 0, 253_402_300_799));

    private static void WriteRate(
        ref ByteWriter writer, ReadOnlySpan<byte> limit, ReadOnlySpan<byte> remaining, ReadOnlySpan<byte> reset, RateStatus status)
    {
        writer.Write(limit);
        writer.WriteDecimal(status.Limit);
        writer.Write(remaining);
        writer.WriteDecimal(status.Remaining);
        writer.Write(reset);
        WriteDuration(ref writer, WaitMs(status.ResetNs));
        writer.WriteCrlf();
    }

    /// <summary>Anthropic tells when, and not how long.</summary>
    private static void WriteAnthropicRate(ref ByteWriter writer, ReadOnlySpan<byte> name, RateStatus status)
    {
        writer.Write(name);
        writer.Write("limit: "u8);
        writer.WriteDecimal(status.Limit);
        writer.WriteCrlf();
        writer.Write(name);
        writer.Write("remaining: "u8);
        writer.WriteDecimal(status.Remaining);
        writer.WriteCrlf();
        writer.Write(name);
        writer.Write("reset: "u8);
        WriteMoment(ref writer, Second((TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * MillisecondNs) + status.ResetNs));
        writer.WriteCrlf();
    }

    /// <summary>A moment as RFC 3339 writes it.</summary>
    private static void WriteMoment(ref ByteWriter writer, DateTime moment)
    {
        Span<byte> text = stackalloc byte[32];
        if (moment.TryFormat(text, out var length, "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))
            writer.Write(text[..length]);
    }

    /// <summary><c>12ms</c> below a second; else whole seconds, rounded up: <c>1s</c>, <c>6m0s</c>, <c>24h0m0s</c>.</summary>
    private static void WriteDuration(ref ByteWriter writer, long ms)
    {
        if (ms is > 0 and < 1000)
        {
            writer.WriteDecimal(ms);
            writer.Write("ms"u8);
            return;
        }

        var seconds = (ms + 999) / 1000;
        if (seconds >= 3600)
        {
            writer.WriteDecimal(seconds / 3600);
            writer.WriteByte((byte)'h');
        }

        if (seconds >= 60)
        {
            writer.WriteDecimal(seconds / 60 % 60);
            writer.WriteByte((byte)'m');
        }

        writer.WriteDecimal(seconds % 60);
        writer.WriteByte((byte)'s');
    }

    /// <summary>A name out of the configuration; what cannot stand in a header becomes a question mark.</summary>
    private static void WriteText(ref ByteWriter writer, string text)
    {
        foreach (var c in text)
            writer.WriteByte(c is > ' ' and < (char)0x7f ? (byte)c : (byte)'?');
    }
}
