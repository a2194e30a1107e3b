using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What a provider's 403 is about. Clients choose names and words that are refused so, and one of them must not take a provider's accounts from all others:
/// what names the model is about that; what says nothing of the account (a page of a firewall before the provider) may be about anything.
/// </summary>
internal static class RefusalCause
{
    /// <summary>Shorter names may be words.</summary>
    private const int NameBytesMin = 4;

    /// <summary>What words do not have, and names of models do.</summary>
    private static readonly SearchValues<byte> OfNames = SearchValues.Create("0123456789-./:"u8);

    private static readonly SearchValues<string> OfAccount = SearchValues.Create(
        [
            "api key", "api_key", "apikey", "api-key", "account", "organization", "organisation", "project", "credential", "billing", "suspended", "territory",
            "country", "caller",
        ],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>A refusal of us, and what it is about.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="status">The status, of the answer or as its error says it.</param>
    /// <param name="answer">The error as it was read.</param>
    /// <param name="message">The provider's words, the inside of a JSON string; empty where there are none.</param>
    public static EdgeError Of(Exchange exchange, int status, JsonAnswerReader answer, ReadOnlySpan<byte> message) =>
        EdgeError.Upstream(ErrorKind.UpstreamAuth, cause: status != 403 ? ErrorCause.Account : CauseOf(exchange, answer, message));

    private static ErrorCause CauseOf(Exchange exchange, JsonAnswerReader answer, ReadOnlySpan<byte> message)
    {
        if (IsOfName(answer.ErrorCode) || IsOfName(answer.ErrorType) || message.IndexOf("not have access to model"u8) >= 0 || Names(exchange, message))
            return ErrorCause.Name;
        return SaysAccount(answer.ErrorCode) || SaysAccount(answer.ErrorType) || SaysAccount(message) ? ErrorCause.Account : ErrorCause.None;
    }

    private static bool IsOfName(ReadOnlySpan<byte> code) => code.SequenceEqual("model_not_found"u8) || code.SequenceEqual("not_found_error"u8);

    private static bool Names(Exchange exchange, ReadOnlySpan<byte> message)
    {
        var name = exchange.Target!.UpstreamModel is { } own ? own : exchange.PassedModel;
        return name.Length >= NameBytesMin && name.ContainsAny(OfNames) && message.IndexOf(name) >= 0;
    }

    private static bool SaysAccount(ReadOnlySpan<byte> words) =>
        !words.IsEmpty && System.Text.Encoding.UTF8.GetString(words).AsSpan().ContainsAny(OfAccount);
}
