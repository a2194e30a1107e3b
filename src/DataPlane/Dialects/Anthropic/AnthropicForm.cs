using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.Http;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Anthropic's Messages API.</summary>
internal sealed class AnthropicForm : DialectForm
{
    /// <summary>Where messages are sent.</summary>
    public static readonly Endpoint Messages = new("/v1/messages", RequestShape.Messages, EndpointKind.Forward, Dialect.Anthropic)
    {
        HeaderName = "anthropic-version",
        HeaderLine = [.. "anthropic-version: 2023-06-01\r\n"u8],
    };

    /// <summary>As above, where it is said what becomes of thought that is bound to something else: it is tried out by now.</summary>
    public static readonly Endpoint MessagesOfBoundThought = new("/v1/messages", RequestShape.Messages, EndpointKind.Forward, Dialect.Anthropic)
    {
        HeaderName = Messages.HeaderName,
        HeaderLine = Messages.HeaderLine,
        ListName = "anthropic-beta",
        ListLine = [.. "anthropic-beta: thinking-binding-controls-2026-08-01\r\n"u8],
    };

    public override DialectTraits Traits { get; } = new(Dialect.Anthropic, "anthropic")
    {
        ClientPrefixes = ["anthropic-"],
        Attribution = [.. "x-anthropic-billing-header:"u8],
        ProviderHeaders = ["request-id", "anthropic-organization-id"],
        Rates = new([.. "anthropic-ratelimit-"u8], IsUnitFirst: true, HasParts: true),
    };

    public override AnswerWords Words => AnthropicAnswerWords.Shared;

    public override Func<PromptReader> PromptReader { get; } = static () => new AnthropicPromptReader();

    public override ReadOnlySpan<byte> Heartbeat => "event: ping\ndata: {\"type\": \"ping\"}\n\n"u8;

    public override IReadOnlyList<Endpoint> Endpoints { get; } =
    [
        Messages,
        new("/v1/messages/count_tokens", RequestShape.Messages, EndpointKind.CountTokens, Dialect.Anthropic),
    ];

    public override IReadOnlyList<ShapeTraits> Shapes { get; } =
    [
        new()
        {
            Shape = RequestShape.Messages, HasOutput = true, MayBeHedged = true, MayRepeat = true, Overhead = PromptOverhead.Unpublished,
            ProviderTools = [.. "\"mcp_servers\""u8], AnswerMembers = [[.. "content"u8]], AnswerMayBeEmpty = true,
        },
    ];

    public override IReadOnlyList<RequestForm> Requests { get; } = [new MessagesForm()];

    public override IReadOnlyList<DialectTranslation> Translations { get; } =
    [
        new(
            RequestShape.Messages, () => new MessagesRequestReader(), new MessagesRequestWriter(), () => new MessageAnswerReader(),
            () => new MessageStreamWriter(), () => new MessageAnswerWriter())
        {
            Proofs = new([.. "messages.content.thinking"u8], "messages", [.. "content"u8], [.. "thinking"u8], [.. "signature"u8])
            {
                IsAllOfTurn = true,
                Calls = MessagesHistory.CallsWithoutThought,
            },
            ChoicesOf = WholeMessage.ChoicesOf,
            WantsJson = WholeMessage.WantsJson,
        },
    ];

    public override RequestShape? ShapeFor(DialectTranslation asked, ProviderModel provider) => asked.IsOfVectors ? null : RequestShape.Messages;

    public override HostedPaths? HostedBy(ProviderOptions provider) => !provider.IsOnVertex ? null : new([.. "/publishers/anthropic/models/"u8])
    {
        Whole = [.. ":rawPredict"u8],
        Streamed = [.. ":streamRawPredict"u8],

        // "?beta=true" by which Anthropic's clients mark calls of features in beta, which they leave out here, too.
        NoQuery = [.. "beta"u8],
        InsteadOfModel = Encoding.ASCII.GetBytes("\"anthropic_version\":\"vertex-2023-10-16\""),

        // "URL sources are not supported", neither of pictures nor of documents. Structured outputs are off unless the organization's policy allows them
        // (constraints/vertexai.allowedPartnerModelFeatures; Google's page "Structured outputs with Anthropic Claude models").
        Lacks = RequestFeatures.Urls | RequestFeatures.Schema | RequestFeatures.Strict,
    };

    public override ReadOnlySpan<byte> IdHeader => "request-id"u8;

    public override int IdIn(ResponseHead head) => head.IndexOf("request-id"u8);

    public override UserWords? User { get; } = new([.. "user_id"u8], [], [.. "metadata"u8]);

    /// <summary>Only overload has a status of its own.</summary>
    public override int StatusOf(ErrorKind kind) => kind is ErrorKind.Overloaded or ErrorKind.Draining ? 529 : base.StatusOf(kind);

    public override void WriteRates(ref ByteWriter writer, Exchange exchange)
    {
        if (exchange.RequestRate.IsKnown)
            WriteRate(ref writer, "anthropic-ratelimit-requests-"u8, exchange.RequestRate);
        if (exchange.TokenRate.IsKnown)
            WriteRate(ref writer, "anthropic-ratelimit-tokens-"u8, exchange.TokenRate);
    }

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
            json.WriteString("type"u8, ErrorType(error.Kind));
            // Messages of this dialect name the field at fault themselves.
            json.WriteString("message"u8, error.Param is { } param ? $"{param}: {Told(error)}" : Told(error));
            json.WriteEndObject();
            json.WriteString("request_id"u8, exchange.EdgeId);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override byte[] StreamError(Exchange exchange, EdgeError error, EventReader reader, bool passes) =>
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

    /// <summary>
    /// An empty account is told as a fault of billing, as a bad request, or, where its tier is spent, as a limit; one that has been closed as a bad request.
    /// None of it is the client's (platform.claude.com, Rate limits and Errors).
    /// </summary>
    public override ErrorKind Refusal(int status, JsonAnswerReader answer, ReadOnlySpan<byte> body)
    {
        if (answer.ErrorType.SequenceEqual("billing_error"u8) || (status == 429 && body.IndexOf("\"enforced_spend_limit_reached\""u8) >= 0))
            return ErrorKind.UpstreamQuota;
        if (status != 400)
            return ErrorKind.None;
        var words = WordsOf(answer, body);
        if (words.StartsWith("This organization has been disabled"u8))
            return ErrorKind.UpstreamAuth;
        return words.IndexOf("credit balance is too low"u8) >= 0 || words.StartsWith("You have reached your specified API usage limits"u8)
            || words.StartsWith("You have reached your specified workspace API usage limits"u8)
            ? ErrorKind.UpstreamQuota
            : ErrorKind.None;
    }

    public override bool IsBeyondWindow(ReadOnlySpan<byte> text) =>
        text.IndexOf("prompt is too long"u8) >= 0 || text.IndexOf("exceed context limit"u8) >= 0;

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

    /// <summary>That the prompt is too long is known by its words alone: clients look for them and shorten it.</summary>
    private static string Told(EdgeError error)
    {
        const string tooLong = "prompt is too long";
        var words = Message(error);
        return error.Kind == ErrorKind.ContextExceeded && !words.Contains(tooLong, StringComparison.OrdinalIgnoreCase) ? $"{tooLong}: {words}" : words;
    }

    private static string ErrorType(ErrorKind kind) => kind switch
    {
        ErrorKind.Overloaded or ErrorKind.Draining => "overloaded_error",
        ErrorKind.HeadTooLarge => "request_too_large",
        _ => ErrorTable.Row(kind).Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 or 405 or 415 or 505 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            >= 500 and not 501 => "api_error",
            _ => "invalid_request_error",
        },
    };

    /// <summary>When, and not how long.</summary>
    private static void WriteRate(ref ByteWriter writer, ReadOnlySpan<byte> name, RateStatus status)
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
        var nowNs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * LimitTimes.MillisecondNs;
        LimitTimes.WriteMoment(ref writer, LimitTimes.Second(nowNs + status.ResetNs));
        writer.WriteCrlf();
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
        var of = told.IsPresent ? told : billed;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, of.InputTokens - of.CachedInputTokens - of.CacheWriteTokens);
        json.WriteNumber("cache_creation_input_tokens"u8, of.CacheWriteTokens);
        json.WriteNumber("cache_read_input_tokens"u8, of.CachedInputTokens);
        if (of.CacheWriteHourTokens > 0)
        {
            json.WriteStartObject("cache_creation"u8);
            json.WriteNumber("ephemeral_5m_input_tokens"u8, of.CacheWriteTokens - of.CacheWriteHourTokens);
            json.WriteNumber("ephemeral_1h_input_tokens"u8, of.CacheWriteHourTokens);
            json.WriteEndObject();
        }

        json.WriteNumber("output_tokens"u8, billed.OutputTokens);
        if (billed.ReasoningTokens > 0)
        {
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("thinking_tokens"u8, billed.ReasoningTokens);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
