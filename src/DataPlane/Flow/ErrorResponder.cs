using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>Tells a client what went wrong, in OpenAI's form: as an answer of its own, or inside a stream that has begun.</summary>
internal static class ErrorResponder
{
    // Text is sent as JSON and never as HTML: an apostrophe may be one.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the whole answer for <paramref name="error"/> (not flushed).</summary>
    public static void WriteAnswer(ClientLink link, Exchange exchange, EdgeError error)
    {
        var row = ErrorTable.Row(error.Kind);
        exchange.Status = row.Status;
        if (row.Closes)
            exchange.KeepAlive = false;
        var body = Body(error, row, row.Code);
        AnswerHead.WriteOwn(link, exchange, row.Status, ExtraHeaders(exchange, error), body.Length);
        if (!exchange.IsHead)
            link.Output.Write(body);
        exchange.BytesOut += body.Length;
    }

    /// <summary>The error as it stands inside a stream; <paramref name="code"/> says what ended it.</summary>
    public static byte[] StreamEvent(EdgeError error, string code) => [.. "data: "u8, .. Body(error, ErrorTable.Row(error.Kind), code), .. "\n\n"u8];

    /// <summary>What the stream's error event calls an error of this kind.</summary>
    public static string StreamCode(ErrorKind kind) => kind switch
    {
        ErrorKind.UpstreamTimeout => "timeout",
        ErrorKind.Draining => "draining",
        ErrorKind.Internal => "internal",
        _ => "upstream_error",
    };

    private static byte[] Body(EdgeError error, ErrorRow row, string? code)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteStartObject("error"u8);
            json.WriteString("message"u8, error.Message ?? row.Message);
            json.WriteString("type"u8, row.Type);
            json.WriteString("param"u8, error.Param);
            json.WriteString("code"u8, code);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static ReadOnlySpan<byte> ExtraHeaders(Exchange exchange, EdgeError error)
    {
        var text = new StringBuilder();
        if (error.Kind is ErrorKind.Overloaded or ErrorKind.Draining)
            text.Append("Retry-After: 1\r\n");
        if (error.Kind == ErrorKind.MethodNotAllowed && exchange.Endpoint is { } endpoint)
            text.Append(CultureInfo.InvariantCulture, $"Allow: {(endpoint.Kind == EndpointKind.Forward ? "POST" : "GET, HEAD")}\r\n");
        if (exchange.Attempts > 1 && ErrorTable.Row(error.Kind).Status is 502 or 504)
            text.Append("x-should-retry: false\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
