using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Translate;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// A provider's error as it is read: its text, and what that says beside its status. Of a longer text than is held the beginning is judged. Reused.
/// </summary>
internal sealed class ProviderError(BodyDecoder decoder)
{
    /// <summary>Of a longer error body the status is judged, and its beginning is told.</summary>
    public const int BodyBytesMax = 64 * 1024;

    private JsonAnswerReader? _reader;
    private byte[] _bytes = [];
    private int _length;
    private bool _isJson;

    /// <summary>Whether there is more of it than is held.</summary>
    public bool IsLong { get; private set; }

    /// <summary>What is held of its text, without its coding.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, _length);

    /// <summary>Whether it says that something is not there, or not allowed, that the request names.</summary>
    public bool IsNamed { get; private set; }

    /// <summary>The head of an error is there.</summary>
    public void Begin(Exchange exchange, ResponseHead head)
    {
        var answer = AnswerKind.Of(head);
        (_length, _isJson, IsLong, IsNamed) = (0, answer.IsJson, false, false);
        (_reader ??= new JsonAnswerReader()).Reset(DialectTable.Of(exchange.SpokenEndpoint.Dialect).Words);
        decoder.Begin(answer.Coding == ContentCoding.Unknown ? ContentCoding.Identity : answer.Coding);
    }

    /// <summary>Takes a part of its body, coded as it came.</summary>
    public void Feed(ReadOnlySpan<byte> piece)
    {
        if (!decoder.IsActive)
        {
            Append(piece);
            return;
        }

        decoder.Feed(piece);
        while (!IsLong && decoder.TryNext(out var decoded))
            Append(decoded);
    }

    /// <summary>
    /// All that is read of it is there: what the client is told instead of the provider's own words; no error where they may go to it.
    /// </summary>
    /// <param name="exchange">The exchange, whose status is that of the error; one of a limit by another status is 429 from then on.</param>
    /// <param name="head">Its head.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="isBroken">Whether it broke off.</param>
    /// <param name="hasOtherAccount">Whether another account may have what the request names.</param>
    public EdgeError Judge(Exchange exchange, ResponseHead head, RequestBody request, bool isBroken, bool hasOtherAccount)
    {
        _length = exchange.Stored.Conceal(ref _bytes, _length);
        var status = head.Status;
        var isOfUs = status is 401 or 402 or 403 || (status is 404 or 412 && exchange.Endpoint!.Kind != EndpointKind.Passthrough);
        var mayBeNamed = isOfUs ? status is 403 or 404 : status == 400 && hasOtherAccount && IsNotFound();
        IsNamed = mayBeNamed && StoredName.IsMeant(exchange, Text, request);
        if (ProviderSecrets.IsIn(exchange.Target!.Provider, Text))
            return EdgeError.Upstream(ErrorKind.UpstreamAuth);
        if (isOfUs && !IsNamed && !IsOfInput(status, Text))
            return Routed(exchange, status);
        if (DialectTable.Of(exchange.SpokenEndpoint.Dialect).Refusal(status, _reader!, Text) is var refusal and not ErrorKind.None)
            return EdgeError.Upstream(refusal);
        if (isBroken)
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off.");
        return status >= 500 && !_isJson ? EdgeError.Upstream(ErrorKind.UpstreamBadAnswer) : default;
    }

    /// <summary>Whether the same request may be answered at another time, by another target, or in other words.</summary>
    public bool MayBeMadeGood(Exchange exchange, ResponseHead head) => IsPassing(exchange) || IsOfRate(head.Status) || IsOfTranslation(exchange);

    /// <summary>
    /// Whether an error's status says that the same request may be answered at another time or by another target: too slow, too many, broken, overloaded. A
    /// conflict is one over what the request names, which nobody else has, or else one of the provider's own.
    /// </summary>
    public static bool IsPassing(Exchange exchange) =>
        exchange.Status is 408 or 429 or >= 500 and not 501 || PassingStatus.Is(exchange.Status) && !(exchange.Status == 409 && exchange.Stored.IsReferred);

    /// <summary>
    /// Whether the provider has refused what was asked in its own dialect, which is not the client's: how it was put may be why, and who is asked in the
    /// client's own words may take it.
    /// </summary>
    public static bool IsOfTranslation(Exchange exchange) => exchange is { UpstreamEndpoint: not null, Status: 400 or 422 };

    /// <summary>When it says that the provider wants to be asked again; zero where it does not.</summary>
    public TimeSpan WaitOf(Exchange exchange) => DialectTable.Of(exchange.SpokenEndpoint.Dialect).RetryDelay(Text);

    /// <summary>What it is in another dialect than its own.</summary>
    public ErrorKind KindOf(Exchange exchange, int status) =>
        TranslatedError.KindOf(status, Text, DialectTable.Of(exchange.SpokenEndpoint.Dialect));

    /// <summary>The provider's own words; null where it has none.</summary>
    public string? Words() => IsLong ? TranslatedError.Beginning(Text) : TranslatedError.Message(Text);

    /// <summary>The same as one of the gateway's own, in the provider's words, with its own code where it refuses the request.</summary>
    public EdgeError Told(ErrorKind kind) => EdgeError.Upstream(kind, Words()).Coded(_reader!.CodeText, _reader.ParamText);

    /// <summary>A refusal of ours, unless it is one of this request alone.</summary>
    private EdgeError Routed(Exchange exchange, int status)
    {
        var message = ErrorText.MessageIn(Text);
        var error = status is 402 or 404 ? RoutedRefusal.Of(status, message, Text, Words()) : default;
        if (error.Kind == ErrorKind.ProviderLimited)
            exchange.Status = 429;
        return error.IsError ? error : RefusalCause.Of(exchange, status, _reader!, message);
    }

    /// <summary>
    /// Whether the provider refuses what was said, by a status that others have for credentials: OpenRouter answers 403 to what its moderation, or a guardrail
    /// of the account's, has flagged, and tells why in <c>metadata</c> (openrouter.ai/docs, Errors).
    /// </summary>
    private static bool IsOfInput(int status, ReadOnlySpan<byte> text) =>
        status == 403 && text.IndexOf("\"metadata\""u8) >= 0 && (text.IndexOf("\"flagged_input\""u8) >= 0 || text.IndexOf("\"reasons\""u8) >= 0);

    /// <summary>Whether 413 stands for a limit of tokens per minute that one request is beyond: Groq says so; who has a wider one may answer.</summary>
    private bool IsOfRate(int status) => status == 413 && _reader!.ErrorCode.SequenceEqual("rate_limit_exceeded"u8);

    /// <summary>OpenAI answers 400 where there is no such response: <c>previous_response_not_found</c>.</summary>
    private bool IsNotFound() => Text.IndexOf("not_found"u8) >= 0 || Text.IndexOf("not found"u8) >= 0;

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _reader!.Feed(bytes);
        var room = BodyBytesMax + 1 - _length;
        if (bytes.Length > room)
            bytes = bytes[..room];
        if (_length + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(1024, (_length + bytes.Length) * 2));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
        IsLong = _length > BodyBytesMax;
    }
}
