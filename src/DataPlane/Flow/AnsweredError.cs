using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What a provider has failed in that answers 200 with an <c>error</c> in the place of an answer: one that routes on to others does so where those fail
/// once it has sent its head. So may a stream begin. What another status would say stands in <c>error.code</c>, as a number or a word.
/// </summary>
internal static class AnsweredError
{
    /// <param name="exchange">The exchange.</param>
    /// <param name="answer">The answer as it was read (<see cref="JsonAnswerReader.IsErrorAlone"/>).</param>
    /// <param name="text">All of it, where it is at hand: the words may stand where others than the dialect's maker have them.</param>
    public static EdgeError Of(Exchange exchange, JsonAnswerReader answer, ReadOnlySpan<byte> text = default)
    {
        var (status, form) = (StatusOf(answer), DialectTable.Of(exchange.SpokenEndpoint.Dialect));
        var message = answer.ErrorMessage.IsEmpty ? ErrorText.MessageIn(text) : answer.ErrorMessage;

        // What it says counts, and not the head before it: nothing is billed for it, and it may be an account that has no more.
        exchange.Status = status is >= 400 and < 600 ? status : 502;
        if (ProviderSecrets.IsIn(exchange.Target!.Provider, message))
            return EdgeError.Upstream(ErrorKind.UpstreamAuth);
        if (form.Refusal(status, answer, message) is var refusal and not ErrorKind.None)
            return EdgeError.Upstream(refusal);
        var words = Words(exchange.Stored, message);
        if (RoutedRefusal.Of(status, message, message, words) is { IsError: true } routed)
            return routed;
        if (status is >= 400 and < 500 && (Says(answer, "context_length_exceeded"u8) || form.IsBeyondWindow(message)))
            return EdgeError.Client(ErrorKind.ContextExceeded, words);
        return status switch
        {
            401 or 402 or 403 or 404 or 412 => RefusalCause.Of(exchange, status, answer, message),
            408 or 504 => EdgeError.Upstream(ErrorKind.UpstreamTimeout, words),
            413 => EdgeError.Client(ErrorKind.BodyTooLarge, words),
            429 => EdgeError.Upstream(ErrorKind.ProviderLimited, words),
            503 or 529 => EdgeError.Upstream(ErrorKind.Overloaded, words),
            _ when PassingStatus.KindOf(status) is var passing and not ErrorKind.None => EdgeError.Upstream(passing, words),

            // Of the request: whoever is asked would say the same.
            >= 400 and < 500 => EdgeError.Client(status == 422 ? ErrorKind.Unprocessable : ErrorKind.InvalidRequest, words)
                .Coded(answer.CodeText, answer.ParamText),
            _ => EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, words),
        };
    }

    /// <summary>What a provider has failed in, where its dialect says that in a way of its own; no error otherwise.</summary>
    /// <param name="exchange">The exchange, whose status is that of the failure from then on, but where what was made before it is told and billed.</param>
    /// <param name="data">A whole answer, or an event of a stream.</param>
    public static EdgeError In(Exchange exchange, ReadOnlySpan<byte> data)
    {
        var failure = Translations.Find(exchange.SpokenEndpoint.Shape)?.FailureIn?.Invoke(data) ?? default;
        if (failure.IsError && !exchange.Usage.IsPresent)
            exchange.Status = failure.Kind == ErrorKind.ProviderLimited ? 429 : 502;
        return failure;
    }

    /// <summary>Why a whole answer could not be told in another dialect: the provider says it itself, or it is none.</summary>
    public static EdgeError Untold(Exchange exchange, ReadOnlySpan<byte> data, JsonAnswerReader answer)
    {
        if (ProviderSecrets.IsIn(exchange.Target!.Provider, data))
            return EdgeError.Upstream(ErrorKind.UpstreamAuth);
        if (In(exchange, data) is { IsError: true } failure)
            return failure;
        return answer.IsErrorAlone ? Of(exchange, answer) : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
    }

    private static int StatusOf(JsonAnswerReader answer)
    {
        if (ErrorText.StatusOf(answer.ErrorNumber, answer.ErrorCode) is var status and > 0)
            return status;
        if (Says(answer, "invalid_api_key"u8) || Says(answer, "authentication"u8) || Says(answer, "permission"u8))
            return 401;
        if (Says(answer, "rate_limit"u8))
            return 429;
        if (Says(answer, "timeout"u8))
            return 504;
        if (Says(answer, "request_too_large"u8))
            return 413;
        return Says(answer, "overloaded"u8) ? 503 : Says(answer, "invalid_"u8) || Says(answer, "context_length"u8) ? 400 : 0;
    }

    private static bool Says(JsonAnswerReader answer, ReadOnlySpan<byte> word) => answer.ErrorCode.IndexOf(word) >= 0 || answer.ErrorType.IndexOf(word) >= 0;

    private static string? Words(StoredIds stored, ReadOnlySpan<byte> message)
    {
        var plain = new byte[JsonAnswerReader.ErrorMessageBytesMax];
        if (message.IsEmpty || !JsonUnescape.TryUnescape(message, plain, out var length))
            return null;
        length = stored.Conceal(ref plain, length);
        return Encoding.UTF8.GetString(plain, 0, length);
    }
}
