using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
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
    private readonly ProviderError _error = new(decoder);

    /// <summary>Whether what was held back says that what the request names is not there, and another account may have it.</summary>
    public bool IsElsewhere { get; private set; }

    /// <summary>
    /// Reads the provider's error; <see cref="ErrorKind.UpstreamStatus"/> says that it is held back, as every error of a cheaper model is.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(
        ClientLink link, Exchange exchange, UpstreamConnection upstream, ResponseHead head, RequestBody request, bool isOfStep, bool hasOtherAccount)
    {
        _error.Begin(exchange, head);
        head.Retain();
        body.Begin(upstream);
        while (body.State == BodyState.Open && !_error.IsLong)
        {
            if (exchange.Stream)
                link.SetStep(Step.Idle, exchange.Target!.Timeouts.Idle);
            await body.FillAsync();
            if (link.IsStopped)
                return AttemptLoop.Stopped(link);
            while (body.TryNext(out var piece))
                _error.Feed(piece);
            body.Release();
            if (decoder.IsFaulted)
                return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        }

        link.ClearStep();
        var error = _error.Judge(exchange, head, request, body.State == BodyState.Faulted, hasOtherAccount);
        IsElsewhere = _error.IsNamed && hasOtherAccount;
        if (error.IsError)
            return error;
        if (isOfStep || IsElsewhere || _error.MayBeMadeGood(exchange, head))
            return EdgeError.Upstream(ErrorKind.UpstreamStatus);
        return client.IsOpen ? EdgeError.Upstream(ErrorKind.UpstreamStatus, retry: RetryPermission.Never) : await PassAsync(link, exchange, head);
    }

    /// <summary>When the error that was read says that the provider wants to be asked again; zero where it does not.</summary>
    public TimeSpan WaitOf(Exchange exchange) => _error.WaitOf(exchange);

    /// <summary>Passes on the error that was read. <paramref name="head"/> must still be the answer's.</summary>
    public ValueTask<EdgeError> PassAsync(ClientLink link, Exchange exchange, ResponseHead head)
    {
        if (exchange.UpstreamEndpoint is not null || _error.IsLong)
            return TellAsync(link, exchange, head);
        var framing = head.Framing.Kind == BodyKind.None ? AnswerFraming.None : AnswerFraming.Length;
        client.UseFraming(framing);
        AnswerHead.WriteProviders(link, exchange, head, framing, _error.Text.Length, decoded: decoder.IsActive);
        client.Write(_error.Text);
        link.Detach();
        return client.FinishAsync(default);
    }

    /// <summary>The error that was read, as one of the gateway's own: of a limit, which is the provider's, with what it says of when to come again.</summary>
    public EdgeError Told(Exchange exchange)
    {
        var kind = _error.KindOf(exchange, exchange.Status);
        return _error.Told(exchange.Status == 429 ? ErrorKind.ProviderLimited : kind);
    }

    /// <summary>
    /// Tells the provider's error in the client's dialect: with the status that means the same there, and the provider's own words. Of one that is too long
    /// to be read whole these are its beginning, and the connection that the rest is on is closed.
    /// </summary>
    private ValueTask<EdgeError> TellAsync(ClientLink link, Exchange exchange, ResponseHead head)
    {
        var kind = _error.KindOf(exchange, head.Status);
        var form = DialectTable.Of(exchange.Dialect);
        var told = form.Error(exchange, _error.Told(kind));
        if (exchange.UpstreamEndpoint is not null)
            exchange.Status = form.StatusOf(kind);
        client.UseFraming(AnswerFraming.Length);
        AnswerHead.WriteTranslated(link, exchange, head, AnswerFraming.Length, told.Length);
        client.Write(told);
        link.Detach();
        return client.FinishAsync(default);
    }
}
