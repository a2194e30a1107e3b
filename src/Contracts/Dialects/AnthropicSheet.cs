namespace AiEdge.Contracts.Dialects;

/// <summary>Anthropic's Messages.</summary>
internal static class AnthropicSheet
{
    public static DialectSheet Value { get; } = new()
    {
        Name = "anthropic",
        AuthHeader = "x-api-key",
        Hosts = ["vertex"],
        Paths = ["/v1/messages", "/v1/messages/count_tokens"],
        Methods = [":rawPredict", ":streamRawPredict"],
    };
}
