using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Gemini's <c>generateContent</c> and what belongs to it. The model and the method stand in the path.</summary>
internal sealed class GeminiForm : DialectForm
{
    private const string Prefix = "/v1beta/models/";

    /// <summary>Where an answer is asked for that comes whole.</summary>
    public static readonly Endpoint Generate = Method(":generateContent", EndpointKind.Forward);

    /// <summary>Where embeddings are asked for.</summary>
    public static readonly Endpoint BatchEmbed = Method(":batchEmbedContents", EndpointKind.Forward, shape: RequestShape.BatchEmbed);

    /// <summary>Where they are asked for on Vertex AI; no path of a client's.</summary>
    public static readonly Endpoint Predict = Method(":predict", EndpointKind.Forward, shape: RequestShape.Predict);

    public override DialectTraits Traits { get; } = new(Dialect.Gemini, "gemini")
    {
        KeyQuery = [.. "key"u8],
        CredentialQueries = [[.. "key"u8], [.. "$key"u8], [.. "access_token"u8], [.. "oauth_token"u8]],
        EventsQuery = [.. "alt=sse"u8],
        EventsQueryToo = [.. "$alt"u8],
        ClientPrefixes = ["x-goog-"],
        AccountHeaders = ["x-goog-user-project"],
    };

    public override AnswerWords Words => GeminiAnswerWords.Shared;

    public override Func<PromptReader> PromptReader { get; } = static () => new GeminiPromptReader();

    public override ReadOnlySpan<byte> Heartbeat => ": ping\n\n"u8;

    public override IReadOnlyList<Endpoint> Endpoints { get; } =
    [
        Generate,
        Method(":streamGenerateContent", EndpointKind.Forward, isStream: true),
        Method(":countTokens", EndpointKind.CountTokens, shape: RequestShape.CountContents),
        Method(":embedContent", EndpointKind.Forward, shape: RequestShape.EmbedContent),
        BatchEmbed,
        new("/v1beta/models", RequestShape.Contents, EndpointKind.ModelList, Dialect.Gemini),
        Method("", EndpointKind.ModelOne),
    ];

    public override IReadOnlyList<ShapeTraits> Shapes { get; } =
    [
        new()
        {
            Shape = RequestShape.Contents, HasOutput = true, MayBeHedged = true, MayRepeat = true, Overhead = PromptOverhead.Unpublished,
            AnswerMembers = [[.. "candidates"u8], [.. "promptFeedback"u8]],
        },
        new() { Shape = RequestShape.CountContents, Overhead = PromptOverhead.Unpublished },
        new() { Shape = RequestShape.EmbedContent, AnswerMembers = [[.. "embedding"u8]] },
        new() { Shape = RequestShape.BatchEmbed, AnswerMembers = [[.. "embeddings"u8]], AnswerMayBeEmpty = true },
        new() { Shape = RequestShape.Predict },
    ];

    public override IReadOnlyList<RequestForm> Requests { get; } =
        [new ContentsForm(), new CountForm(), new(RequestShape.EmbedContent, []), new(RequestShape.BatchEmbed, []), new(RequestShape.Predict, [])];

    public override IReadOnlyList<DialectTranslation> Translations { get; } =
    [
        new(
            RequestShape.Contents, () => new ContentsRequestReader(), new ContentsRequestWriter(), () => new ContentsAnswerReader(),
            () => new ContentsAnswerWriter(isStream: true), () => new ContentsAnswerWriter(isStream: false))
        {
            ChoicesOf = WholeContents.ChoicesOf,
            FailureIn = ContentsAnswerReader.FailureIn,
            Logprobs = new(["candidates"], "logprobsResult", "chosenCandidates", "logProbability", ""),
            WantsJson = WholeContents.WantsJson,
        },
        new(RequestShape.CountContents, null, null, null, null, null)
        {
            IsOfCounts = true,
            FindModels = CountRequest.FindModels,
            FindHostCuts = CountRequest.FindCuts,
        },
        new(RequestShape.EmbedContent, () => new EmbedRequestReader(isBatch: false), null, null, null, () => new EmbedAnswerWriter(isBatch: false))
        {
            IsOfVectors = true,
            FindModels = EmbedModels.Find,
        },
        new(
            RequestShape.BatchEmbed, () => new EmbedRequestReader(isBatch: true), new EmbedRequestWriter(),
            () => new EmbedAnswerReader([.. "embeddings"u8], within: null), null, () => new EmbedAnswerWriter(isBatch: true))
        {
            IsOfVectors = true,
            FindModels = EmbedModels.Find,
        },
        new(
            RequestShape.Predict, null, new PredictRequestWriter(), () => new EmbedAnswerReader([.. "predictions"u8], [.. "embeddings"u8]), null, null)
        {
            IsOfVectors = true,
        },
    ];

    /// <summary>Vertex has another method for embeddings than Gemini's own API.</summary>
    public override RequestShape? ShapeFor(DialectTranslation asked, ProviderModel provider) =>
        !asked.IsOfVectors ? RequestShape.Contents : provider.Hosted is not null ? RequestShape.Predict : RequestShape.BatchEmbed;

    public override ulong Lacks(ProviderOptions provider) =>
        provider.IsOnVertex ? ShapeTraits.Set(RequestShape.EmbedContent, RequestShape.BatchEmbed) : 0;

    public override HostedPaths? HostedBy(ProviderOptions provider) =>
        provider.IsOnVertex ? new([.. "/publishers/google/models/"u8]) { CountsTokens = true } : null;

    public override bool Owns(ReadOnlySpan<byte> path) => path.StartsWith("/v1beta/"u8);

    public override EventReader NewEventReader() => new GeminiEventReader();

    /// <summary>Google has streams in other forms than JSON, too.</summary>
    public override EdgeError Accept(Endpoint endpoint, ReadOnlySpan<byte> query)
    {
        var alt = Alt(query);
        return !endpoint.IsStream || alt.IsEmpty || alt.SequenceEqual("sse"u8) || alt.SequenceEqual("json"u8)
            ? default
            : EdgeError.Client(ErrorKind.NotSupportedYet, "Of a stream's forms only alt=sse and alt=json are supported yet.", "alt");
    }

    /// <summary>Without <c>alt=sse</c> a stream is an array in JSON.</summary>
    public override bool IsArray(Endpoint endpoint, ReadOnlySpan<byte> query) => endpoint.IsStream && !Alt(query).SequenceEqual("sse"u8);

    public override byte[] Error(Exchange exchange, EdgeError error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteStartObject("error"u8);
            json.WriteNumber("code"u8, ErrorTable.Row(error.Kind).Status);
            json.WriteString("message"u8, error.Param is { } param ? $"{param}: {Message(error)}" : Message(error));
            json.WriteString("status"u8, StatusName(error.Kind));
            json.WriteStartArray("details"u8);
            if (LimitWait.IsShort(exchange.LimitWaitNs))
                WriteRetry(json, exchange.LimitWaitNs);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override byte[] StreamError(Exchange exchange, EdgeError error, EventReader reader, bool passes) =>
        [.. "data: "u8, .. Error(exchange, error), .. "\n\n"u8];

    public override byte[] StreamCut(Exchange exchange, EventReader reader, ReadOnlySpan<byte> data, bool passes, long reasoningTokens)
    {
        var read = (GeminiEventReader)reader;
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write("data: "u8);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteStartArray("candidates"u8);
            for (var index = 0; read.TryFindOpen(ref index, exchange.Choices, passes); index++)
                WriteEnd(json, index, exchange.CutBy!);
            json.WriteEndArray();
            WriteUsage(json, Billed(exchange, reasoningTokens), read.Usage);
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    public override byte[] TokenCount(long tokens) => Encoding.ASCII.GetBytes($"{{\"totalTokens\":{tokens}}}");

    public override void BeginModels(Utf8JsonWriter json) => json.WriteStartArray("models"u8);

    public override void WriteModel(Utf8JsonWriter json, ReadOnlySpan<byte> id, ModelModel model)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, [.. "models/"u8, .. id]);
        json.WriteString("displayName"u8, id);
        json.WriteStartArray("supportedGenerationMethods"u8);
        json.WriteStringValue("generateContent"u8);
        json.WriteStringValue("countTokens"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// A key that is not valid is told as a bad request, and so is an account that may not be used where the gateway is, or not without being paid for
    /// (ai.google.dev, Troubleshooting). What else lacks a precondition is the client's: a file that is not ready.
    /// </summary>
    public override ErrorKind Refusal(int status, JsonAnswerReader answer, ReadOnlySpan<byte> body)
    {
        if (status != 400)
            return ErrorKind.None;
        if (body.IndexOf("\"API_KEY_INVALID\""u8) >= 0)
            return ErrorKind.UpstreamAuth;
        var words = WordsOf(answer, body);
        return words.StartsWith("API key not valid"u8) || words.StartsWith("API key expired"u8) || words.StartsWith("User location is not supported"u8)
            || words.StartsWith("Gemini API free tier is not available"u8)
            ? ErrorKind.UpstreamAuth
            : ErrorKind.None;
    }

    public override bool IsBeyondWindow(ReadOnlySpan<byte> text) => text.IndexOf("exceeds the maximum number of tokens"u8) >= 0;

    public override byte[]? TierHeader { get; } = [.. "x-gemini-service-tier"u8];

    /// <summary>Errors say it in a detail (<c>google.rpc.RetryInfo</c>), as protobuf's JSON writes a duration: <c>"34.5s"</c>.</summary>
    public override TimeSpan RetryDelay(ReadOnlySpan<byte> body)
    {
        var name = "\"retryDelay\""u8;
        if (body.IndexOf(name) is not (var at and >= 0))
            return TimeSpan.Zero;
        var text = body[(at + name.Length)..].TrimStart(" :\t\r\n"u8);
        if (text.IsEmpty || text[0] != (byte)'"' || text[1..].IndexOf("s\""u8) is not (var end and > 0))
            return TimeSpan.Zero;
        var isNumber = Utf8Parser.TryParse(text.Slice(1, end), out double seconds, out var read) && read == end && seconds is > 0 and < 1e6;
        return isNumber ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
    }

    /// <summary>A name out of <c>google.rpc.Code</c>.</summary>
    private static string StatusName(ErrorKind kind) => ErrorTable.Row(kind).Status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 or 405 or 415 or 505 => "NOT_FOUND",
        408 or 504 => "DEADLINE_EXCEEDED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        500 => "INTERNAL",
        > 500 => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    };

    private static Endpoint Method(string name, EndpointKind kind, bool isStream = false, RequestShape shape = RequestShape.Contents) =>
        new(Prefix, shape, kind, Dialect.Gemini) { BehindModel = Encoding.ASCII.GetBytes(name), IsStream = isStream, TakesNamesOnly = true };

    /// <summary>The form that an answer is asked for in; empty where the query does not name one.</summary>
    private static ReadOnlySpan<byte> Alt(ReadOnlySpan<byte> query)
    {
        foreach (var range in query.Split((byte)'&'))
        {
            if (query[range].StartsWith("alt="u8))
                return query[range]["alt=".Length..];
        }

        return default;
    }

    private static void WriteRetry(Utf8JsonWriter json, long waitNs)
    {
        json.WriteStartObject();
        json.WriteString("@type"u8, "type.googleapis.com/google.rpc.RetryInfo"u8);
        json.WriteString("retryDelay"u8, string.Create(CultureInfo.InvariantCulture, $"{(waitNs + 999_999_999) / 1_000_000_000}s"));
        json.WriteEndObject();
    }

    private static void WriteEnd(Utf8JsonWriter json, int index, string cutBy)
    {
        json.WriteStartObject();
        json.WriteStartObject("content"u8);
        json.WriteStartArray("parts"u8);
        json.WriteStartObject();
        json.WriteString("text"u8, ""u8);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("role"u8, "model"u8);
        json.WriteEndObject();
        json.WriteString("finishReason"u8, "MAX_TOKENS"u8);
        json.WriteString("finishMessage"u8, "The limit '" + cutBy + "' was reached.");
        json.WriteNumber("index"u8, index);
        json.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter json, ReadOnlySpan<byte> kind, long tokens)
    {
        if (tokens <= 0)
            return;
        json.WriteStartObject();
        json.WriteString("modality"u8, kind);
        json.WriteNumber("tokenCount"u8, tokens);
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, in Usage billed, in Usage told)
    {
        var input = told.InputTokens > 0 ? told.InputTokens : billed.InputTokens;
        var (output, thought) = (billed.OutputTokens, billed.ReasoningTokens);
        json.WriteStartObject("usageMetadata"u8);
        json.WriteNumber("promptTokenCount"u8, input);
        json.WriteNumber("candidatesTokenCount"u8, output - thought);
        if (thought > 0)
            json.WriteNumber("thoughtsTokenCount"u8, thought);
        if (Math.Max(told.CachedInputTokens, billed.CachedInputTokens) is > 0 and var cached)
            json.WriteNumber("cachedContentTokenCount"u8, cached);
        var (audio, image) = (Math.Max(told.AudioInputTokens, billed.AudioInputTokens), Math.Max(told.ImageInputTokens, billed.ImageInputTokens));
        if (audio + image > 0)
        {
            json.WriteStartArray("promptTokensDetails"u8);
            WriteKind(json, "TEXT"u8, input - audio - image);
            WriteKind(json, "AUDIO"u8, audio);
            WriteKind(json, "IMAGE"u8, image);
            json.WriteEndArray();
        }

        json.WriteNumber("totalTokenCount"u8, input + output);
        json.WriteEndObject();
    }
}
