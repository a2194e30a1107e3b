namespace AiEdge.Contracts.Dialects;

/// <summary>The OpenAI dialect.</summary>
internal static class OpenAiSheet
{
    public static DialectSheet Value { get; } = new()
    {
        Name = "openai",
        AuthHeader = "Authorization",
        BaseEndsIn = "/v1",
        Hosts = ["azure"],
        HasResponses = true,
        Paths =
        [
            "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/responses/input_tokens", "/v1/moderations",
            "/v1/images/generations", "/v1/images/edits", "/v1/images/variations", "/v1/audio/speech", "/v1/audio/transcriptions",
            "/v1/audio/translations", "/v1/models",
        ],
    };
}
