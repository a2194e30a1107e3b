using System.Globalization;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>Writes response heads, with the fields that real providers add.</summary>
internal static class HeadWriter
{
    private static DatedLine Dated = new(0, []);

    /// <param name="to">Receives the head.</param>
    /// <param name="answer">Status and fields.</param>
    /// <param name="script">Which further fields to send.</param>
    /// <param name="number">The request's number, for x-request-id.</param>
    /// <param name="framing">How the body ends, or null if the answer has none.</param>
    /// <param name="length">The Content-Length to declare when framing is by length.</param>
    public static void Write(ByteWriter to, Answer answer, FakeScript script, long number, Framing? framing, long length)
    {
        to.Add("HTTP/1.1 "u8).Add(answer.Status).Add(" "u8).Add(ErrorAnswer.Reason(answer.Status)).Add("\r\n"u8).Add(DateLine());
        if (answer.ContentType.Length > 0)
            to.Add("Content-Type: "u8).Add(answer.ContentType).Add("\r\n"u8);
        if (answer.Events is not null)
            to.Add("Cache-Control: no-cache\r\n"u8);
        if (script.Encoding.Length > 0 && framing is not null)
            to.Add("Content-Encoding: "u8).Add(script.Encoding).Add("\r\n"u8);
        if (framing == Framing.Length)
            to.Add("Content-Length: "u8).Add(length).Add("\r\n"u8);
        else if (framing == Framing.Chunked)
            to.Add(script.Trailers ? "Transfer-Encoding: chunked\r\nTrailer: x-fake-checksum\r\n"u8 : "Transfer-Encoding: chunked\r\n"u8);
        to.Add(script.Close || framing == Framing.Eof ? "Connection: close\r\n"u8 : "Connection: keep-alive\r\n"u8);
        if (answer.Vendor.IdHeader is { Length: > 0 } id)
            to.Add(id).Add(": req_fake"u8).Add(number).Add("\r\n"u8);
        to.Add(answer.Fields);
        if (script.FullHeaders)
            to.Add(answer.Vendor.Headers);
        to.Add("\r\n"u8);
    }

    private static byte[] DateLine()
    {
        var now = DateTimeOffset.UtcNow;
        var cached = Dated;
        if (cached.Second == now.ToUnixTimeSeconds())
            return cached.Line;
        var line = Encoding.ASCII.GetBytes($"Date: {now.ToString("r", CultureInfo.InvariantCulture)}\r\n");
        Dated = new DatedLine(now.ToUnixTimeSeconds(), line);
        return line;
    }

    private sealed record DatedLine(long Second, byte[] Line);
}
