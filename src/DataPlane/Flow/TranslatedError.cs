using System.Text;
using System.Text.Unicode;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>What a provider's error is in another dialect than its own.</summary>
internal static class TranslatedError
{
    private const int MessageBytesMax = ErrorText.MessageBytesMax;

    /// <summary>The kind whose status and names say the same; what is overload to one has another status for the other.</summary>
    private static ErrorKind KindOf(int status) => status switch
    {
        413 => ErrorKind.BodyTooLarge,
        422 => ErrorKind.Unprocessable,
        429 => ErrorKind.TokensLimited,
        503 or 529 => ErrorKind.Overloaded,
        408 or 504 => ErrorKind.UpstreamTimeout,
        501 => ErrorKind.NotImplemented,
        >= 500 => ErrorKind.UpstreamBadAnswer,
        _ when PassingStatus.KindOf(status) is var passing and not ErrorKind.None => passing,
        _ => ErrorKind.InvalidRequest,
    };

    /// <summary>The same where the body is at hand: that a prompt is too long is something that clients mend by themselves, if they are told.</summary>
    public static ErrorKind KindOf(int status, ReadOnlySpan<byte> body, DialectForm spoken) =>
        KindOf(status) is var kind && kind is ErrorKind.InvalidRequest or ErrorKind.Unprocessable && spoken.IsBeyondWindow(body)
            ? ErrorKind.ContextExceeded
            : kind;

    /// <summary>The first words of an error that is too long to be read whole, whatever they are in.</summary>
    public static string Beginning(ReadOnlySpan<byte> body)
    {
        body = body[..Math.Min(body.Length, MessageBytesMax)];

        // A character that is cut in two is none.
        while (!body.IsEmpty && !Utf8.IsValid(body) && body.Length > MessageBytesMax - 4)
            body = body[..^1];
        return Encoding.UTF8.GetString(body);
    }

    /// <summary>The provider's own words, or null where it has none.</summary>
    public static string? Message(ReadOnlySpan<byte> body) => ErrorText.Plain(ErrorText.MessageIn(body));
}
