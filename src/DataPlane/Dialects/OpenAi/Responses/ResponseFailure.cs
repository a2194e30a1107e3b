using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// What a response has failed in, by the code that it tells (OpenAI's API reference, <c>ResponseError</c>): it comes with a status of 200, so that the
/// code alone says what another status would.
/// </summary>
internal static class ResponseFailure
{
    /// <param name="number">The code, where it is a number, as others have it who speak the dialect: a status; else 0.</param>
    /// <param name="code">The code; empty where there is none.</param>
    /// <param name="message">The provider's words, the inside of a JSON string.</param>
    public static EdgeError Of(long number, ReadOnlySpan<byte> code, ReadOnlySpan<byte> message)
    {
        var status = ErrorText.StatusOf(number, code);
        if (status is 401 or 402 or 403 or 404 or 412)
            return EdgeError.Upstream(ErrorKind.UpstreamAuth);
        var own = number == 0 ? code : default;
        code = ErrorText.KindOf(number, code);
        var text = ErrorText.Plain(message);
        if (code.IndexOf("rate_limit"u8) >= 0)
            return EdgeError.Upstream(ErrorKind.ProviderLimited, text);
        if (OpenAiForm.IsOfQuota(code))
            return EdgeError.Upstream(ErrorKind.UpstreamQuota);
        if (code.SequenceEqual("invalid_api_key"u8))
            return EdgeError.Upstream(ErrorKind.UpstreamAuth);
        if (code.IndexOf("overload"u8) >= 0 || code.SequenceEqual("slow_down"u8))
            return EdgeError.Upstream(ErrorKind.Overloaded, text);
        if (code.IndexOf("timeout"u8) >= 0)
            return EdgeError.Upstream(ErrorKind.UpstreamTimeout, text);

        if (code.SequenceEqual("context_length_exceeded"u8) || (status is >= 400 and < 500 && DialectTable.Of(Dialect.OpenAi).IsBeyondWindow(message)))
            return EdgeError.Client(ErrorKind.ContextExceeded, text);
        if (status is 413 or 422)
            return EdgeError.Client(status == 413 ? ErrorKind.BodyTooLarge : ErrorKind.Unprocessable, text);

        // Of the input: whoever is asked would say the same.
        return IsOfInput(code)
            ? EdgeError.Client(ErrorKind.InvalidRequest, text).Coded(ErrorText.Plain(own), param: null)
            : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, text);
    }

    private static bool IsOfInput(ReadOnlySpan<byte> code) =>
        code.StartsWith("invalid_"u8) || code.IndexOf("image"u8) >= 0;
}
