using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>Writes the heads of answers: the provider's, freed of what must not cross, or our own.</summary>
internal static class AnswerHead
{
    private static ReadOnlySpan<byte> ArrayType => "Content-Type: application/json; charset=UTF-8\r\n"u8;

    /// <summary>The provider's status and headers. <paramref name="length"/> counts only with <see cref="AnswerFraming.Length"/>.</summary>
    public static void WriteProviders(
        ClientLink link, Exchange exchange, ResponseHead head, AnswerFraming framing, long length, bool decoded, bool isArray = false)
    {
        var writer = new ByteWriter(link.Output);
        writer.WriteStatusLine(head.Status);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            if (!HeaderRules.GoesToClient(head, i) || decoded && head.Id(i) == HeaderId.ContentEncoding)
                continue;
            if (isArray && head.Id(i) == HeaderId.ContentType)
                continue;
            writer.WriteHeader(head.Name(i), head.Value(i));
        }

        if (isArray)
            writer.Write(ArrayType);
        if (exchange.Endpoint!.IsCount && head.Status is >= 200 and < 300)
            writer.Write("x-aiedge-counted-by: provider\r\n"u8);
        WriteVerdict(ref writer, exchange, head);
        WriteOurs(ref writer, exchange);
        WriteFraming(ref writer, exchange, framing, length);
        writer.Commit();
    }

    /// <summary>
    /// The head of an answer that was translated: its body is ours, and of the provider's headers it has those alone that do not depend on the
    /// dialect: when to come again. Where the provider says that in its body, they are made of it.
    /// </summary>
    public static void WriteTranslated(ClientLink link, Exchange exchange, ResponseHead head, AnswerFraming framing, long length)
    {
        var writer = new ByteWriter(link.Output);
        writer.WriteStatusLine(exchange.Status);
        writer.Write(framing == AnswerFraming.Length ? "Content-Type: application/json\r\n"u8
            : exchange.IsArray ? ArrayType
            : "Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"u8);
        var saysWait = false;
        for (var i = 0; i < head.HeaderCount; i++)
        {
            var isAboutRetry = IsAboutRetry(head.Name(i));
            saysWait |= isAboutRetry;
            if (isAboutRetry || head.Id(i) == HeaderId.Date)
                writer.WriteHeader(head.Name(i), head.Value(i));
        }

        if (!saysWait && head.Status == 429)
            LimitHeaders.WriteAgain(ref writer, exchange.LimitWaitNs, exchange.LimitResetUnixNs);
        else if (!saysWait && head.Status > 429)
            LimitHeaders.WriteShortWait(ref writer, exchange.LimitWaitNs);

        WriteVerdict(ref writer, exchange, head);
        WriteOurs(ref writer, exchange);
        WriteFraming(ref writer, exchange, framing, length);
        writer.Commit();
    }

    /// <summary>Whose refusal it is, and whether to try again where we have done so already.</summary>
    private static void WriteVerdict(ref ByteWriter writer, Exchange exchange, ResponseHead head)
    {
        if (head.Status == 429)
            writer.Write("x-aiedge-limit: provider\r\n"u8);
        if (exchange.Attempts > 1 && head.Status is 502 or 504 && head.IndexOf("x-should-retry"u8) < 0)
            writer.Write("x-should-retry: false\r\n"u8);
    }

    private static bool IsAboutRetry(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "retry-after"u8) || Ascii.EqualsIgnoreCase(name, "retry-after-ms"u8) || Ascii.EqualsIgnoreCase(name, "x-should-retry"u8);

    /// <summary>An answer of our own with a JSON body that follows.</summary>
    public static void WriteOwn(ClientLink link, Exchange exchange, int status, ReadOnlySpan<byte> extraHeaders, long length)
    {
        var writer = new ByteWriter(link.Output);
        writer.WriteStatusLine(status);
        writer.Write("Content-Type: application/json\r\n"u8);
        writer.Write(extraHeaders);
        if (exchange.Error.IsOfLimit && exchange.LimitHit is { } limit)
            LimitHeaders.WriteRefusal(ref writer, limit, exchange.LimitWaitNs, exchange.LimitResetUnixNs);
        else if (exchange.Error.Kind == ErrorKind.ProviderLimited)
            LimitHeaders.WriteProviderRefusal(ref writer, exchange.LimitWaitNs, exchange.LimitResetUnixNs);
        else if (exchange.Error.Kind == ErrorKind.UpstreamBadAnswer)
            LimitHeaders.WriteShortWait(ref writer, exchange.LimitWaitNs);
        WriteOurs(ref writer, exchange);
        WriteFraming(ref writer, exchange, AnswerFraming.Length, length);
        writer.Commit();
    }

    private static void WriteOurs(ref ByteWriter writer, Exchange exchange)
    {
        if (!exchange.RequestId.IsEmpty)
            writer.WriteHeader("x-request-id"u8, exchange.RequestId);
        writer.WriteHeader("x-aiedge-request-id"u8, exchange.EdgeId);
        if (DialectTable.Of(exchange.Dialect).IdHeader is { IsEmpty: false } id)
            writer.WriteHeader(id, exchange.EdgeId);
        if (!exchange.ProviderId.IsEmpty)
            writer.WriteHeader("x-aiedge-provider-request-id"u8, exchange.ProviderId);
        if (exchange.Target is { } target && exchange.Attempts > 0)
        {
            writer.Write(target.AnswerHeaders);
            if (target.UpstreamModel is null && IsVisible(exchange.PassedModel))
                writer.WriteHeader("x-aiedge-model"u8, exchange.PassedModel);
            writer.Write("x-aiedge-attempts: "u8);
            writer.WriteDecimal(exchange.Attempts);
            writer.Write("\r\nx-aiedge-overhead-us: "u8);
            writer.WriteDecimal(exchange.OverheadUs);
            writer.WriteCrlf();
        }

        if (!exchange.TranslationLoss.IsEmpty)
            writer.WriteHeader("x-aiedge-translation-loss"u8, exchange.TranslationLoss);
        if (exchange.SimpleModel is { } simple)
            writer.WriteHeader("x-aiedge-simple"u8, simple.Utf8);
        if (exchange.Escalated != CascadeOutcome.Kept)
            writer.WriteHeader("x-aiedge-cascade"u8, CascadeState.WordUtf8(exchange.Escalated));
        if (exchange.Degraded.Name is { } degradedBy)
            LimitHeaders.WriteDegraded(ref writer, degradedBy, exchange.Degraded);
        LimitHeaders.WriteRates(ref writer, exchange);
        writer.Write("x-aiedge-config: "u8);
        writer.WriteDecimal(exchange.Config.Generation);
        writer.WriteCrlf();
    }

    /// <summary>Whether a name can stand in a header as it is.</summary>
    private static bool IsVisible(ReadOnlySpan<byte> name) => !name.IsEmpty && name.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) < 0;

    private static void WriteFraming(ref ByteWriter writer, Exchange exchange, AnswerFraming framing, long length)
    {
        if (framing == AnswerFraming.Length)
        {
            writer.Write("Content-Length: "u8);
            writer.WriteDecimal(length);
            writer.WriteCrlf();
        }
        else if (framing == AnswerFraming.Chunked)
        {
            writer.Write("Transfer-Encoding: chunked\r\n"u8);
        }

        if (!exchange.KeepAlive)
            writer.Write("Connection: close\r\n"u8);
        else if (exchange.HttpMinor == 0)
            writer.Write("Connection: keep-alive\r\n"u8);
        writer.WriteCrlf();
    }
}
