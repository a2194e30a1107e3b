using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>OpenAI, and whoever imitates it.</summary>
internal sealed class OpenAiVendor : Vendor
{
    private static readonly byte[] Fields = Encoding.ASCII.GetBytes(
        "openai-organization: fake-org\r\nopenai-processing-ms: 12\r\nopenai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\n"
        + "x-ratelimit-limit-tokens: 2000000\r\nx-ratelimit-remaining-requests: 9999\r\nx-ratelimit-remaining-tokens: 1999000\r\n"
        + "x-ratelimit-reset-requests: 6ms\r\nx-ratelimit-reset-tokens: 30ms\r\nset-cookie: __cf_fake=abc; path=/; HttpOnly; Secure\r\n"
        + "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\nx-content-type-options: nosniff\r\nServer: fake\r\n");

    public override IReadOnlyList<PostPath> Posts { get; } =
    [
        new("/chat/completions", ChatAnswer.Make) { FaultOf = static asked => ChatRules.FaultOf(asked.Body, asked.RefusesUnknown && asked.Script.Server.Length == 0) },
        new("/responses/input_tokens", CountAnswer.By("{\"object\":\"response.input_tokens\",\"input_tokens\":")),
        new("/completions", CompletionAnswer.Make),
        new("/responses", ResponsesAnswer.Make) { FaultOf = static asked => ResponsesRules.FaultOf(asked.Body, asked.RefusesUnknown) },
        new("/embeddings", EmbeddingsAnswer.Make),
        new("/moderations", ModerationsAnswer.Make),
        new("/images/generations", ImagesAnswer.Make),
        new("/images/edits", ImagesAnswer.Make),
        new("/images/variations", ImagesAnswer.Make),
        new("/audio/speech", AudioAnswer.MakeSpeech),
        new("/audio/transcriptions", AudioAnswer.MakeTranscription),
        new("/audio/translations", AudioAnswer.MakeTranscription),
    ];

    public override RequestWords Words { get; } =
        new(["max_tokens", "max_completion_tokens", "max_output_tokens"], ["tools", "response_format", "text", "functions"]);

    public override byte[] IdHeader { get; } = "x-request-id"u8.ToArray();

    public override byte[] Headers => Fields;

    public override Answer Fault(string message) => ErrorAnswer.Json(400, "", "invalid_request_error", null, message);

    public override Answer Error(int status, Lack lack, string fields)
    {
        var (type, code, message) = lack switch
        {
            Lack.Quota => ("insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."),
            Lack.Leave => ("invalid_request_error", "billing_hard_limit_reached", "Billing hard limit has been reached."),
            _ => Told(status),
        };
        return ErrorAnswer.Json(status, fields, type, code, message);
    }

    /// <summary>What it says of a status; servers that imitate it say the same, each in its own place.</summary>
    public static (string Type, string? Code, string Message) Told(int status) => status switch
    {
        400 => ("invalid_request_error", null, "Invalid value."),
        401 => ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-fake***."),
        403 => ("invalid_request_error", "model_not_allowed", "Project does not have access to model."),
        404 => ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
        429 => ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
        503 => ("server_error", "overloaded", "The engine is currently overloaded, please try again later."),
        529 => ("overloaded_error", "overloaded", "Overloaded"),
        _ => ("server_error", null, "The server had an error while processing your request. Sorry about that!"),
    };
}
