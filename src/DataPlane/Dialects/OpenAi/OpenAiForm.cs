using System.Buffers;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>The OpenAI dialect: chat and text completions, responses, and what goes by the same rules.</summary>
internal sealed class OpenAiForm : DialectForm
{
    public override DialectTraits Traits { get; } = new(Dialect.OpenAi, "openai")
    {
        ClientPrefixes = ["openai-"],
        AccountHeaders = ["openai-organization", "openai-project"],
        ProviderHeaders = ["openai-organization", "openai-project"],
        Rates = new([.. "x-ratelimit-"u8], IsUnitFirst: false, HasParts: false),
    };

    public override AnswerWords Words => OpenAiAnswerWords.Shared;

    public override Func<PromptReader> PromptReader { get; } = static () => new OpenAiPromptReader();

    public override ReadOnlySpan<byte> Heartbeat => ": ping\n\n"u8;

    public override IReadOnlyList<Endpoint> Endpoints => OpenAiPaths.All;

    public override IReadOnlyList<ShapeTraits> Shapes => OpenAiShapes.Traits;

    public override IReadOnlyList<RequestForm> Requests => OpenAiRequests.All;

    public override IReadOnlyList<DialectTranslation> Translations => OpenAiShapes.Translations;

    public override RequestShape? ShapeFor(DialectTranslation asked, ProviderModel provider) =>
        asked.IsOfVectors ? RequestShape.Embeddings : provider.PrefersResponses ? RequestShape.Responses : RequestShape.Chat;

    /// <summary>Responses have functions beside thought, where chat completions refuse them.</summary>
    public override RequestShape ShapeFor(RequestShape shape, ProviderModel provider, NeutralRequest request, in ModelAbilities model) =>
        shape == RequestShape.Chat && provider.Speaks(Dialect.OpenAi, RequestShape.Responses) && ThoughtEffort.IsRefusedInChats(request, model)
            ? RequestShape.Responses
            : shape;

    /// <summary>Servers that speak this dialect have chat completions, Responses, or both.</summary>
    public override ulong Lacks(ProviderOptions provider) => provider.Responses.Or("") switch
    {
        "translated" => ShapeTraits.Set(RequestShape.Responses),
        "only" => ShapeTraits.Set(RequestShape.Chat),
        _ => 0,
    };

    public override HostedPaths? HostedBy(ProviderOptions provider) =>
        provider.IsOnAzure ? new([.. "/deployments/"u8]) { IsOfDeployments = true } : null;

    public override UserWords? User { get; } = new([.. "user"u8], [.. "safety_identifier"u8], []);

    public override bool Owns(ReadOnlySpan<byte> path) => false;

    public override EventReader NewEventReader() => new OpenAiStreamReader();

    public override byte[] Error(Exchange exchange, EdgeError error) => Body(error, error.Code ?? ErrorTable.Row(error.Kind).Code);

    public override byte[] StreamError(Exchange exchange, EdgeError error, EventReader reader, bool passes)
    {
        var code = StreamCode(error);
        if (exchange.Endpoint!.Shape != RequestShape.Responses)
            return [.. "data: "u8, .. Body(error, code), .. "\n\n"u8];
        var read = (OpenAiStreamReader)reader;
        var (id, createdAt) = Identity(exchange, read);
        return ResponseFailed(error, code, id, createdAt, passes ? read.NextSequence : read.SequenceOfLast);
    }

    public override byte[] StreamCut(Exchange exchange, EventReader reader, ReadOnlySpan<byte> data, bool passes, long reasoningTokens)
    {
        var read = (OpenAiStreamReader)reader;
        var usage = Billed(exchange, reasoningTokens);
        var shape = exchange.Endpoint!.Shape;
        if (shape != RequestShape.Responses)
        {
            var told = exchange.WantsUsage ? usage : (Usage?)null;
            return OpenAi.StreamCut.OfChunks(read, data, told, exchange.CutBy!, exchange.Choices, shape == RequestShape.Chat, passes);
        }

        var (id, createdAt) = Identity(exchange, read);
        return ResponseCut.Of(read.Draft!, id, createdAt, passes ? read.NextSequence : read.SequenceOfLast, usage, exchange.CutBy!);
    }

    public override byte[] TokenCount(long tokens) =>
        System.Text.Encoding.ASCII.GetBytes($"{{\"object\":\"response.input_tokens\",\"input_tokens\":{tokens}}}");

    public override ErrorKind Refusal(int status, JsonAnswerReader answer, ReadOnlySpan<byte> body) =>
        IsOfQuota(answer.ErrorCode) || IsOfQuota(answer.ErrorType) ? ErrorKind.UpstreamQuota : ErrorKind.None;

    /// <summary>
    /// Whether a code, or a type, says that the account has no more until somebody pays, or allows more (developers.openai.com, Error codes and Spend limits;
    /// <c>billing_hard_limit_reached</c> comes with a status of 400).
    /// </summary>
    public static bool IsOfQuota(ReadOnlySpan<byte> code) =>
        code.SequenceEqual("insufficient_quota"u8) || code.SequenceEqual("credit_balance_exhausted"u8)
        || code.SequenceEqual("organization_spend_limit_exceeded"u8) || code.SequenceEqual("project_spend_limit_exceeded"u8)
        || code.SequenceEqual("organization_usage_limit_exceeded"u8) || code.SequenceEqual("billing_hard_limit_reached"u8)
        || code.SequenceEqual("billing_not_active"u8);

    public override bool IsBeyondWindow(ReadOnlySpan<byte> text) =>
        text.IndexOf("context_length_exceeded"u8) >= 0 || text.IndexOf("maximum context length"u8) >= 0;

    public override void BeginModels(Utf8JsonWriter json)
    {
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
    }

    public override void WriteModel(Utf8JsonWriter json, ReadOnlySpan<byte> id, ModelModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, model.Created);
        json.WriteString("owned_by"u8, model.Targets[0].Provider.Name);
        json.WriteEndObject();
    }

    private static (byte[] Id, long CreatedAt) Identity(Exchange exchange, OpenAiStreamReader reader) => (
        reader.ResponseId.IsEmpty ? [.. "resp_"u8, .. exchange.EdgeId] : reader.ResponseId.ToArray(),
        reader.ResponseCreatedAt > 0 ? reader.ResponseCreatedAt : TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>What the stream's error event calls an error of this kind.</summary>
    private static string StreamCode(EdgeError error) => error.Kind switch
    {
        ErrorKind.UpstreamTimeout => "timeout",
        ErrorKind.Draining => "draining",
        ErrorKind.Revoked => "revoked",
        ErrorKind.Internal => "internal",
        _ when error.IsOfLimit || error.Kind == ErrorKind.ProviderLimited => ErrorTable.Row(error.Kind).Code!,
        _ => "upstream_error",
    };

    private static byte[] Body(EdgeError error, string? code)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteStartObject("error"u8);
            json.WriteString("message"u8, Message(error));
            json.WriteString("type"u8, ErrorTable.Row(error.Kind).Type);
            json.WriteString("param"u8, error.Param);
            json.WriteString("code"u8, code);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An error in a stream of the Responses API, which has an event of its own for it.</summary>
    private static byte[] ResponseFailed(EdgeError error, string code, ReadOnlySpan<byte> id, long createdAt, long sequence)
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
            json.WriteString("message"u8, Message(error));
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
}
