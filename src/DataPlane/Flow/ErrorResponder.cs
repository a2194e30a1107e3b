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

    /// <summary>The same inside a stream of the Responses API, which has an event of its own for it.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="code">What ended the stream.</param>
    /// <param name="id">The id of the response that is streamed.</param>
    /// <param name="createdAt">When it was created, in Unix seconds.</param>
    /// <param name="sequence">The event's number.</param>
    public static byte[] ResponseFailed(EdgeError error, string code, ReadOnlySpan<byte> id, long createdAt, long sequence)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write("event: response.failed\ndata: "u8);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "response.failed"u8);
            json.WriteNumber("sequence_number"u8, sequence);
            json.WriteStartObject("response"u8);
            json.WriteString("id"u8, id);
            json.WriteString("object"u8, "response"u8);
            json.WriteNumber("created_at"u8, createdAt);
            json.WriteString("status"u8, "failed"u8);
            json.WriteStartObject("error"u8);
            json.WriteString("code"u8, code);
            json.WriteString("message"u8, error.Message ?? ErrorTable.Row(error.Kind).Message);
            json.WriteEndObject();
            json.WriteStartArray("output"u8);
            json.WriteEndArray();
            json.WriteNull("usage"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What the stream's error event calls an error of this kind.</summary>
    public static string StreamCode(ErrorKind kind) => kind switch
    {
        ErrorKind.UpstreamTimeout => "timeout",
        ErrorKind.Draining => "draining",
        ErrorKind.Revoked => "revoked",
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
