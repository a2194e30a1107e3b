namespace AiEdge.FakeUpstream;

/// <summary>Which path is answered by what. Paths are matched by their end, so that /v1, Azure's prefixes and a bare path all work.</summary>
internal static class AnswerTable
{
    private static readonly (string PathEnd, Func<AnswerContext, Answer> Make)[] Posts =
    [
        ("/chat/completions", ChatAnswer.Make),
        (":generateContent", GenerateAnswer.Make),
        (":streamGenerateContent", GenerateAnswer.Make),
        (":embedContent", EmbedAnswer.Make),
        (":batchEmbedContents", EmbedAnswer.Make),
        (":predict", PredictAnswer.Make),
        ("/messages", MessagesAnswer.Make),
        (":rawPredict", MessagesAnswer.Make),
        (":streamRawPredict", MessagesAnswer.Make),
        ("/messages/count_tokens", CountAnswer.MakeMessages),
        (":countTokens", CountAnswer.MakeContents),
        ("/responses/input_tokens", CountAnswer.MakeResponses),
        ("/completions", CompletionAnswer.Make),
        ("/responses", ResponsesAnswer.Make),
        ("/embeddings", EmbeddingsAnswer.Make),
        ("/moderations", ModerationsAnswer.Make),
        ("/images/generations", ImagesAnswer.Make),
        ("/images/edits", ImagesAnswer.Make),
        ("/images/variations", ImagesAnswer.Make),
        ("/audio/speech", AudioAnswer.MakeSpeech),
        ("/audio/transcriptions", AudioAnswer.MakeTranscription),
        ("/audio/translations", AudioAnswer.MakeTranscription),
    ];

    /// <summary>The answer to a request, or a 404 or 405 in OpenAI's shape.</summary>
    public static Answer Find(string method, AnswerContext context)
    {
        if (method == "GET")
            return context.Path.EndsWith("/metrics", StringComparison.Ordinal) ? MetricsAnswer.Make(context) : ModelsAnswer.Make(context);
        foreach (var (pathEnd, make) in Posts)
        {
            if (!context.Path.EndsWith(pathEnd, StringComparison.Ordinal))
                continue;
            return method == "POST"
                ? context.Body.IsEmpty ? NoBody : (context.JudgesAll ? Refusal(context) : null) ?? make(context)
                : ErrorAnswer.Json(405, "Allow: POST\r\n", "invalid_request_error", "method_not_supported", $"Not allowed to {method} on {context.Path}.");
        }

        return UnknownUrl(method, context.Path);
    }

    private static Answer? Refusal(AnswerContext context)
    {
        if (context.Path.EndsWith("/chat/completions", StringComparison.Ordinal) && ChatRules.FaultOf(context.Body, context.RefusesUnknown) is { } chat)
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, chat);
        if (context.Path.EndsWith("/responses", StringComparison.Ordinal) && ResponsesRules.FaultOf(context.Body, context.RefusesUnknown) is { } response)
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, response);
        return context.Path.EndsWith("enerateContent", StringComparison.Ordinal)
            && ContentsRules.FaultOf(context.Body, GenerateAnswer.ModelIn(context.Path), context.RefusesUnknown) is { } contents
            ? ErrorAnswer.GeminiFault(contents)
            : null;
    }

    /// <summary>Whose path it is.</summary>
    public static Vendor VendorOf(string path) =>
        path.EndsWith("/messages", StringComparison.Ordinal) || path.EndsWith("/messages/count_tokens", StringComparison.Ordinal)
            || path.EndsWith("awPredict", StringComparison.Ordinal) ? Vendor.Anthropic
        : path.EndsWith("enerateContent", StringComparison.Ordinal) || path.EndsWith(":embedContent", StringComparison.Ordinal)
            || path.EndsWith(":countTokens", StringComparison.Ordinal)
            || path.EndsWith(":batchEmbedContents", StringComparison.Ordinal) || path.EndsWith(":predict", StringComparison.Ordinal) ? Vendor.Gemini : Vendor.OpenAi;

    private static Answer NoBody => ErrorAnswer.Json(400, "", "invalid_request_error", null, "The request has no body.");

    public static Answer UnknownUrl(string method, string path) =>
        ErrorAnswer.Json(404, "", "invalid_request_error", "unknown_url", $"Unknown request URL: {method} {path}.");
}
