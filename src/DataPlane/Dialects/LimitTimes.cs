using System.Globalization;
using AiEdge.Http;

namespace AiEdge.DataPlane.Dialects;

/// <summary>How long to wait, and until when, as heads say it. Nothing is allocated.</summary>
internal static class LimitTimes
{
    public const long MillisecondNs = 1_000_000;
    private const long SecondNs = 1_000_000_000;

    /// <summary>Milliseconds of a wait, rounded up: whoever waits so long is not early.</summary>
    public static long WaitMs(long waitNs) => (waitNs + MillisecondNs - 1) / MillisecondNs;

    /// <summary>A moment in UTC, rounded up to the second; beyond the year 9999 its last one.</summary>
    public static DateTime Second(long unixNs) =>
        DateTime.UnixEpoch.AddSeconds(Math.Clamp((unixNs + SecondNs - 1) / SecondNs, 0, 253_402_300_799));

    /// <summary>A moment as RFC 3339 writes it.</summary>
    public static void WriteMoment(ref ByteWriter writer, DateTime moment)
    {
        Span<byte> text = stackalloc byte[32];
        if (moment.TryFormat(text, out var length, "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))
            writer.Write(text[..length]);
    }

    /// <summary><c>12ms</c> below a second; else whole seconds, rounded up: <c>1s</c>, <c>6m0s</c>, <c>24h0m0s</c>.</summary>
    public static void WriteDuration(ref ByteWriter writer, long ms)
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
}
