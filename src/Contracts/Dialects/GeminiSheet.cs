namespace AiEdge.Contracts.Dialects;

/// <summary>Gemini's <c>generateContent</c> and what belongs to it.</summary>
internal static class GeminiSheet
{
    public static DialectSheet Value { get; } = new()
    {
        Name = "gemini",
        AuthHeader = "x-goog-api-key",
        Hosts = ["vertex"],
        Paths = ["/v1beta/models"],
        Methods = [":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent", ":batchEmbedContents"],
    };
}
