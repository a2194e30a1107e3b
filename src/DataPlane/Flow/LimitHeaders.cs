using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>What an answer's head says of limits, in the client's dialect. Nothing is allocated.</summary>
internal static class LimitHeaders
{
    /// <summary>A longer wait is not told as <c>retry-after</c> (<see cref="LimitWait"/>).</summary>
    public const long ShortWaitMs = LimitWait.ShortNs / LimitTimes.MillisecondNs;

    /// <summary>How far the tightest limits of the key or its team are.</summary>
    public static void WriteRates(ref ByteWriter writer, Exchange exchange)
    {
        DialectTable.Of(exchange.Dialect).WriteRates(ref writer, exchange);
        if (exchange.OutputCapTold > 0)
            writer.WriteHeader("x-aiedge-max-tokens"u8, exchange.OutputCapTold);
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

    /// <summary>How long the provider wants to be waited for, unless that is long or it does not say.</summary>
    public static void WriteShortWait(ref ByteWriter writer, long waitNs)
    {
        if (LimitWait.IsShort(waitNs))
            WriteWait(ref writer, waitNs);
    }

    /// <summary>How long to wait where that is short; else when, and that waiting for it is no use.</summary>
    public static void WriteAgain(ref ByteWriter writer, long waitNs, long atUnixNs)
    {
        if (waitNs <= 0)
            return;
        if (LimitTimes.WaitMs(waitNs) <= ShortWaitMs)
        {
            WriteWait(ref writer, waitNs);
            return;
        }

        writer.Write("x-should-retry: false\r\nx-aiedge-reset: "u8);
        LimitTimes.WriteMoment(ref writer, LimitTimes.Second(atUnixNs));
        writer.WriteCrlf();
    }

    private static void WriteWait(ref ByteWriter writer, long waitNs)
    {
        var ms = LimitTimes.WaitMs(waitNs);
        writer.WriteHeader("retry-after"u8, (ms + 999) / 1000);
        writer.WriteHeader("retry-after-ms"u8, ms);
    }

    /// <summary>A name out of the configuration; what cannot stand in a header becomes a question mark.</summary>
    private static void WriteText(ref ByteWriter writer, string text)
    {
        foreach (var c in text)
            writer.WriteByte(c is > ' ' and < (char)0x7f ? (byte)c : (byte)'?');
    }
}
