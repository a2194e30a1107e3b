using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.Http;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Anthropic's Messages API.</summary>
internal sealed class AnthropicForm : DialectForm
{
    public override Dialect Id => Dialect.Anthropic;

    public override string Name => "anthropic";

    public override AnswerWords Words => AnthropicAnswerWords.Shared;

    public override Func<PromptReader> PromptReader { get; } = static () => new AnthropicPromptReader();

    public override ReadOnlySpan<byte> Heartbeat => "event: ping\ndata: {\"type\": \"ping\"}\n\n"u8;

    public override IReadOnlyList<Endpoint> Endpoints { get; } =
    [
        new("/v1/messages", RequestShape.Messages, EndpointKind.Forward, Dialect.Anthropic),
        new("/v1/messages/count_tokens", RequestShape.Messages, EndpointKind.CountTokens, Dialect.Anthropic),
    ];

    public override IReadOnlyList<ShapeTraits> Shapes { get; } =
    [
        new()
        {
            Shape = RequestShape.Messages, HasOutput = true, MayBeHedged = true, MayRepeat = true, Overhead = PromptOverhead.Unpublished,
            ProviderTools = [.. "\"mcp_servers\""u8],
        },
    ];

    public override IReadOnlyList<DialectTranslation> Translations { get; } =
    [
        new(
            RequestShape.Messages, () => new MessagesRequestReader(), new MessagesRequestWriter(), () => new MessageAnswerReader(),
            () => new MessageStreamWriter(), () => new MessageAnswerWriter())
        {
            Proofs = new([.. "messages.content.thinking"u8], "messages", [.. "content"u8], [.. "thinking"u8], [.. "signature"u8]),
        },
    ];

    public override RequestShape? ShapeFor(DialectTranslation asked, ProviderModel provider) => asked.IsOfVectors ? null : RequestShape.Messages;

    public override bool Owns(ReadOnlySpan<byte> path) => path.StartsWith("/v1/messages"u8);

    public override bool IsSpokenBy(RequestHead head) => head.IndexOf("anthropic-version"u8) >= 0;

    public override EventReader NewEventReader() => new AnthropicEventReader();

    public override byte[] Error(Exchange exchange, EdgeError error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "error"u8);
            json.WriteStartObject("error"u8);
            json.WriteString("type"u8, ErrorNames.Anthropic(error.Kind));
            // Messages of this dialect name the field at fault themselves.
            json.WriteString("message"u8, error.Param is { } param ? $"{param}: {Message(error)}" : Message(error));
            json.WriteEndObject();
            json.WriteString("request_id"u8, exchange.EdgeId);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override byte[] StreamError(Exchange exchange, EdgeError error, EventReader reader) =>
        [.. "event: error\ndata: "u8, .. Error(exchange, error), .. "\n\n"u8];

    public override byte[] StreamCut(Exchange exchange, EventReader reader, ReadOnlySpan<byte> data, bool passes, long reasoningTokens)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        if (((AnthropicEventReader)reader).OpenBlock(passes) is var block and >= 0)
            buffer.Write(Encoding.ASCII.GetBytes($"event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":{block}}}\n\n"));
        buffer.Write("event: message_delta\ndata: "u8);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "message_delta"u8);
            json.WriteStartObject("delta"u8);
            json.WriteString("stop_reason"u8, "max_tokens"u8);
            json.WriteNull("stop_sequence"u8);
            json.WriteEndObject();
            WriteUsage(json, Billed(exchange, reasoningTokens), reader.Usage);
            json.WriteEndObject();
        }

        buffer.Write("\n\nevent: message_stop\ndata: "u8);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "message_stop"u8);
            WriteLimit(json, exchange.CutBy!);
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    public override byte[] TokenCount(long tokens) => Encoding.ASCII.GetBytes($"{{\"input_tokens\":{tokens}}}");

    /// <summary>An empty account is told as a bad request or as a fault of billing; neither is the client's.</summary>
    public override ErrorKind Refusal(int status, JsonAnswerReader answer, ReadOnlySpan<byte> body) =>
        answer.ErrorType.SequenceEqual("billing_error"u8) || status == 400 && body.IndexOf("credit balance is too low"u8) >= 0
            ? ErrorKind.UpstreamQuota
            : ErrorKind.None;

    public override void BeginModels(Utf8JsonWriter json) => json.WriteStartArray("data"u8);

    public override void WriteModel(Utf8JsonWriter json, ReadOnlySpan<byte> id, ModelModel model)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "model"u8);
        json.WriteString("id"u8, id);
        json.WriteString("display_name"u8, id);
        json.WriteString("created_at"u8, DateTimeOffset.FromUnixTimeSeconds(model.Created).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    /// <summary>There is one page.</summary>
    public override void EndModels(Utf8JsonWriter json, byte[]? first, byte[]? last)
    {
        json.WriteBoolean("has_more"u8, false);
        WriteId(json, "first_id"u8, first);
        WriteId(json, "last_id"u8, last);
    }

    private static void WriteId(Utf8JsonWriter json, ReadOnlySpan<byte> name, byte[]? id)
    {
        if (id is null)
            json.WriteNull(name);
        else
            json.WriteString(name, id);
    }

    /// <summary>What the provider said of the input when the message began, and what is billed.</summary>
    private static void WriteUsage(Utf8JsonWriter json, in Usage billed, in Usage told)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, told.IsPresent ? told.InputTokens - told.CachedInputTokens - told.CacheWriteTokens : billed.InputTokens);
        json.WriteNumber("cache_creation_input_tokens"u8, told.CacheWriteTokens);
        json.WriteNumber("cache_read_input_tokens"u8, told.CachedInputTokens);
        json.WriteNumber("output_tokens"u8, billed.OutputTokens);
        json.WriteEndObject();
    }
}
