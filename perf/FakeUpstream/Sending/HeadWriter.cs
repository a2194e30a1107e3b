using System.Globalization;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>Writes response heads, with the fields that real providers add.</summary>
internal static class HeadWriter
{
    private static DatedLine Dated = new(0, []);

    private static readonly byte[] ProviderFields = Encoding.ASCII.GetBytes(
        "openai-organization: fake-org\r\nopenai-processing-ms: 12\r\nopenai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\n"
        + "x-ratelimit-limit-tokens: 2000000\r\nx-ratelimit-remaining-requests: 9999\r\nx-ratelimit-remaining-tokens: 1999000\r\n"
        + "x-ratelimit-reset-requests: 6ms\r\nx-ratelimit-reset-tokens: 30ms\r\nset-cookie: __cf_fake=abc; path=/; HttpOnly; Secure\r\n"
        + "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\nx-content-type-options: nosniff\r\nServer: fake\r\n");

    private static readonly byte[] AnthropicFields = Encoding.ASCII.GetBytes(
        "anthropic-ratelimit-requests-limit: 4000\r\nanthropic-ratelimit-requests-remaining: 3999\r\nanthropic-ratelimit-requests-reset: 2030-01-01T00:00:00Z\r\n"
        + "anthropic-ratelimit-tokens-limit: 400000\r\nanthropic-ratelimit-tokens-remaining: 399000\r\nanthropic-ratelimit-tokens-reset: 2030-01-01T00:00:00Z\r\n"
        + "anthropic-organization-id: fake-org\r\nset-cookie: __cf_fake=abc; path=/; HttpOnly; Secure\r\nvia: 1.1 google\r\ncf-cache-status: DYNAMIC\r\n"
        + "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\nx-robots-tag: none\r\nServer: fake\r\n");

    private static readonly byte[] GeminiFields = Encoding.ASCII.GetBytes(
        "Vary: Origin\r\nVary: X-Origin\r\nVary: Referer\r\nServer: fake\r\nX-XSS-Protection: 0\r\nX-Frame-Options: SAMEORIGIN\r\n"
        + "X-Content-Type-Options: nosniff\r\nServer-Timing: gfet4t7; dur=120\r\nAlt-Svc: h3=\":443\"; ma=2592000\r\n");

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
        if (answer.Vendor != Vendor.Gemini)
            to.Add(answer.Vendor == Vendor.Anthropic ? "request-id: req_fake"u8 : "x-request-id: req_fake"u8).Add(number).Add("\r\n"u8);
        to.Add(answer.Fields);
        if (script.FullHeaders)
            to.Add(answer.Vendor switch { Vendor.Anthropic => AnthropicFields, Vendor.Gemini => GeminiFields, _ => ProviderFields });
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
