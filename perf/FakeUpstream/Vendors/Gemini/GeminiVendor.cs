using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>Google's Gemini.</summary>
internal sealed class GeminiVendor : Vendor
{
    private static readonly byte[] Fields = Encoding.ASCII.GetBytes(
        "Vary: Origin\r\nVary: X-Origin\r\nVary: Referer\r\nServer: fake\r\nX-XSS-Protection: 0\r\nX-Frame-Options: SAMEORIGIN\r\n"
        + "X-Content-Type-Options: nosniff\r\nServer-Timing: gfet4t7; dur=120\r\nAlt-Svc: h3=\":443\"; ma=2592000\r\n");

    public override IReadOnlyList<PostPath> Posts { get; } =
    [
        new(":generateContent", GenerateAnswer.Make) { FaultOf = FaultOfContents },
        new(":streamGenerateContent", GenerateAnswer.Make) { FaultOf = FaultOfContents, IsStream = true },
        new(":embedContent", EmbedAnswer.Make),
        new(":batchEmbedContents", EmbedAnswer.Make),
        new(":predict", PredictAnswer.Make),
        new(":countTokens", CountAnswer.By("{\"totalTokens\":")),
    ];

    public override RequestWords Words { get; } = new(["maxOutputTokens"], ["tools", "responseSchema", "responseJsonSchema"], "generationConfig");

    public override byte[] IdHeader => [];

    public override byte[] Headers => Fields;

    public override Answer Fault(string message) => new()
    {
        Status = 400,
        Body = to => to.Add("{\"error\":{\"code\":400,\"message\":"u8).AddJson(message).Add(",\"status\":\"INVALID_ARGUMENT\",\"details\":[]}}"u8),
    };

    /// <summary>In the shape of google.rpc.Status.</summary>
    public override Answer Error(int status, Lack lack, string fields)
    {
        var (word, message, details) = status switch
        {
            400 when lack == Lack.Leave => ("FAILED_PRECONDITION", "User location is not supported for the API use.", "[]"),
            400 when lack == Lack.Quota => ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
                "[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"API_KEY_INVALID\",\"domain\":\"googleapis.com\"}]"),
            400 => ("INVALID_ARGUMENT", "Request contains an invalid argument.", "[]"),
            401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials.", "[]"),
            403 => ("PERMISSION_DENIED", "The caller does not have permission", "[]"),
            404 => ("NOT_FOUND", "models/fake is not found", "[]"),
            429 when fields.Length == 0 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", "[]"),
            429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", "[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"1s\"}]"),
            503 => ("UNAVAILABLE", "The model is overloaded. Please try again later.", "[]"),
            _ => ("INTERNAL", "An internal error has occurred.", "[]"),
        };
        return new Answer
        {
            Status = status,
            Fields = fields,
            Body = to => to.Add("{\"error\":{\"code\":"u8).Add(status).Add(",\"message\":"u8).AddJson(message).Add(",\"status\":"u8).AddJson(word)
                .Add(",\"details\":"u8).Add(details).Add("}}"u8),
        };
    }

    private static string? FaultOfContents(AnswerContext asked) => ContentsRules.FaultOf(asked.Body, asked.Facts.Model, asked.RefusesUnknown);
}
