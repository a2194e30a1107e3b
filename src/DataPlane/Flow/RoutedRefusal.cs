using System.Buffers.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What a provider that routes on to others refuses in one request by a status that others have for accounts and names. OpenRouter says 404 where none of the
/// servers that it has for a model takes what the request asks for, and 402 where the account has money, but not as much as this request may cost
/// (github.com/OpenRouterTeam/docs, Limits). Neither is anything against the target or the account.
/// </summary>
internal static class RoutedRefusal
{
    /// <summary>What it is; no error where it is nothing of the kind.</summary>
    /// <param name="status">The status, of the answer or as its error says it.</param>
    /// <param name="message">The provider's words, the inside of a JSON string. Only how they begin counts: behind that they may repeat the request.</param>
    /// <param name="body">The answer, or its words, where no more of it is known.</param>
    /// <param name="words">The provider's words for the client.</param>
    public static EdgeError Of(int status, ReadOnlySpan<byte> message, ReadOnlySpan<byte> body, string? words)
    {
        if (status == 404 && IsOfAbility(message))
            return new EdgeError(ErrorKind.NotCapable, ErrorSource.Client, words, retry: RetryPermission.Elsewhere);
        if (status != 402)
            return default;

        // What is under way fills what the account may spend at once: a limit, and the answer's head says when to come again.
        if (body.IndexOf("\"in_flight_budget_exhausted\""u8) >= 0)
            return EdgeError.Upstream(ErrorKind.ProviderLimited);
        return body.IndexOf("\"weight_exceeds_budget\""u8) >= 0 || IsOfAmount(message)
            ? EdgeError.Upstream(ErrorKind.UpstreamQuota, cause: ErrorCause.Request)
            : default;
    }

    private static bool IsOfAbility(ReadOnlySpan<byte> message) =>
        message.StartsWith("No endpoints found that "u8)
        || (message.StartsWith("No allowed providers are available"u8) && message.IndexOf("but your request's "u8) >= 0);

    /// <summary>Whether the account could pay for a shorter answer: for one of a token at least.</summary>
    private static bool IsOfAmount(ReadOnlySpan<byte> message)
    {
        var afford = "can only afford "u8;
        return message.StartsWith("This request requires more credits, or fewer max_tokens"u8) && message.IndexOf(afford) is var at and >= 0
            && Utf8Parser.TryParse(message[(at + afford.Length)..], out long tokens, out _) && tokens > 0;
    }
}
