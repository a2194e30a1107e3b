using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Translate;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Relays a provider's error. What concerns the client passes as it is; what concerns our own credential, account or
/// deployment becomes our own error, for its text may name the account or the key.
/// </summary>
/// <remarks>
/// An error that another attempt may make good is read and held back: it goes to the client by <see cref="PassAsync"/>, or never.
/// </remarks>
internal sealed class ErrorRelay(UpstreamBody body, BodyDecoder decoder, ClientWriter client)
{
    /// <summary>Of a longer error body the status is judged, and its beginning is told.</summary>
    public const int BodyBytesMax = 64 * 1024;

    private JsonAnswerReader? _reader;
    private byte[] _bytes = [];
    private int _length;
    private bool _isLong;
    private bool _isNamed;

    /// <summary>Whether what was held back says that what the request names is not there, and another account may have it.</summary>
    public bool IsElsewhere { get; private set; }

    /// <summary>
    /// Reads the provider's error; <see cref="ErrorKind.UpstreamStatus"/> says that it is held back, as every error of a cheaper model is.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(
        ClientLink link, Exchange exchange, UpstreamConnection upstream, ResponseHead head, RequestBody request, bool isOfStep, bool hasOtherAccount)
    {
        var answer = AnswerKind.Of(head);
        _length = 0;
        _isLong = false;
        (_reader ??= new JsonAnswerReader()).Reset(DialectTable.Of(exchange.SpokenEndpoint.Dialect).Words);
        decoder.Begin(answer.Coding == ContentCoding.Unknown ? ContentCoding.Identity : answer.Coding);
        head.Retain();
        body.Begin(upstream);
        while (body.State == BodyState.Open && !_isLong)
        {
            if (exchange.Stream)
                link.SetStep(Step.Idle, exchange.Target!.Timeouts.Idle);
            await body.FillAsync();
            if (link.IsStopped)
                return AttemptLoop.Stopped(link);
            Collect();
            body.Release();
            _isLong = _length > BodyBytesMax;
            if (decoder.IsFaulted)
                return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        }

        link.ClearStep();
        _length = exchange.Stored.Conceal(ref _bytes, _length);
        var error = Judge(exchange, head.Status, answer, request, hasOtherAccount);
        IsElsewhere = _isNamed && hasOtherAccount;
        if (error.IsError)
            return error;
        if (isOfStep || IsElsewhere || MayBeMadeGood(exchange) || IsOfRate(head.Status) || IsOfTranslation(exchange))
            return EdgeError.Upstream(ErrorKind.UpstreamStatus);
        return client.IsOpen ? EdgeError.Upstream(ErrorKind.UpstreamStatus, retry: RetryPermission.Never) : await PassAsync(link, exchange, head);
    }

    /// <summary>When the error that was read says that the provider wants to be asked again; zero where it does not.</summary>
    public TimeSpan WaitOf(Exchange exchange) => DialectTable.Of(exchange.SpokenEndpoint.Dialect).RetryDelay(_bytes.AsSpan(0, _length));

    /// <summary>
    /// Whether the provider has refused what was asked in its own dialect, which is not the client's: how it was put may be why, and who is asked in the
    /// client's own words may take it.
    /// </summary>
    public static bool IsOfTranslation(Exchange exchange) => exchange is { UpstreamEndpoint: not null, Status: 400 or 422 };

    /// <summary>Passes on the error that was read. <paramref name="head"/> must still be the answer's.</summary>
    public ValueTask<EdgeError> PassAsync(ClientLink link, Exchange exchange, ResponseHead head)
    {
        if (exchange.UpstreamEndpoint is not null || _isLong)
            return TellAsync(link, exchange, head);
        var framing = head.Framing.Kind == BodyKind.None ? AnswerFraming.None : AnswerFraming.Length;
        client.UseFraming(framing);
        AnswerHead.WriteProviders(link, exchange, head, framing, _length, decoded: decoder.IsActive);
        client.Write(_bytes.AsSpan(0, _length));
        link.Detach();
        return client.FinishAsync(default);
    }

    /// <summary>The provider's own words of the error that was read; null where it has none.</summary>
    public string? Words()
    {
        var text = _bytes.AsSpan(0, _length);
        return _isLong ? TranslatedError.Beginning(text) : TranslatedError.Message(text);
    }

    /// <summary>The error that was read, as one of the gateway's own: of a limit, which is the provider's, with what it says of when to come again.</summary>
    public EdgeError Told(Exchange exchange)
    {
        var kind = TranslatedError.KindOf(exchange.Status, _bytes.AsSpan(0, _length), DialectTable.Of(exchange.SpokenEndpoint.Dialect));
        return EdgeError.Upstream(exchange.Status == 429 ? ErrorKind.ProviderLimited : kind, Words());
    }

    /// <summary>
    /// Whether the same request may be answered at another time or by another target: too slow, too many, broken, overloaded. A conflict is one over what the
    /// request names, which nobody else has, or else one of the provider's own.
    /// </summary>
    public static bool MayBeMadeGood(Exchange exchange) =>
        exchange.Status is 408 or 429 or >= 500 and not 501 || PassingStatus.Is(exchange.Status) && !(exchange.Status == 409 && exchange.Stored.IsReferred);

    /// <summary>
    /// Tells the provider's error in the client's dialect: with the status that means the same there, and the provider's own words. Of one that is too long
    /// to be read whole these are its beginning, and the connection that the rest is on is closed.
    /// </summary>
    private ValueTask<EdgeError> TellAsync(ClientLink link, Exchange exchange, ResponseHead head)
    {
        var text = _bytes.AsSpan(0, _length);
        var kind = TranslatedError.KindOf(head.Status, text, DialectTable.Of(exchange.SpokenEndpoint.Dialect));
        var form = DialectTable.Of(exchange.Dialect);
        var told = form.Error(exchange, EdgeError.Upstream(kind, Words()));
        if (exchange.UpstreamEndpoint is not null)
            exchange.Status = form.StatusOf(kind);
        client.UseFraming(AnswerFraming.Length);
        AnswerHead.WriteTranslated(link, exchange, head, AnswerFraming.Length, told.Length);
        client.Write(told);
        link.Detach();
        return client.FinishAsync(default);
    }

    /// <summary>What the client is told instead of the provider's own words, if anything.</summary>
    private EdgeError Judge(Exchange exchange, int status, AnswerKind answer, RequestBody request, bool hasOtherAccount)
    {
        ReadOnlySpan<byte> text = _bytes.AsSpan(0, _length);
        var isOfUs = status is 401 or 402 or 403 || (status is 404 or 412 && exchange.Endpoint!.Kind != EndpointKind.Passthrough);
        var mayBeNamed = isOfUs ? status is 403 or 404 : status == 400 && hasOtherAccount && IsNotFound();
        _isNamed = mayBeNamed && StoredName.IsMeant(exchange, text, request);
        if (ProviderSecrets.IsIn(exchange.Target!.Provider, text))
            return EdgeError.Upstream(ErrorKind.UpstreamAuth);
        if (isOfUs && !_isNamed && !IsOfInput(status, text))
            return Routed(exchange, status, text);
        if (DialectTable.Of(exchange.SpokenEndpoint.Dialect).Refusal(status, _reader!, text) is var refusal and not ErrorKind.None)
            return EdgeError.Upstream(refusal);
        if (body.State == BodyState.Faulted)
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off.");
        return status >= 500 && !answer.IsJson ? EdgeError.Upstream(ErrorKind.UpstreamBadAnswer) : default;
    }

    /// <summary>A refusal of ours, unless it is one of this request alone.</summary>
    private EdgeError Routed(Exchange exchange, int status, ReadOnlySpan<byte> text)
    {
        var error = status is 402 or 404 ? RoutedRefusal.Of(status, ErrorText.MessageIn(text), text, Words()) : default;
        if (error.Kind == ErrorKind.ProviderLimited)
            exchange.Status = 429;
        return error.IsError ? error : EdgeError.Upstream(ErrorKind.UpstreamAuth);
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
    private bool IsNotFound()
    {
        ReadOnlySpan<byte> text = _bytes.AsSpan(0, _length);
        return text.IndexOf("not_found"u8) >= 0 || text.IndexOf("not found"u8) >= 0;
    }

    private void Collect()
    {
        while (body.TryNext(out var piece))
        {
            if (!decoder.IsActive)
            {
                Append(piece);
                continue;
            }

            decoder.Feed(piece);
            while (decoder.TryNext(out var decoded))
                Append(decoded);
        }
    }

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
    }
}
