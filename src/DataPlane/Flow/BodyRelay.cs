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
/// Relays an answer that is no event stream, bytes through. JSON is held back until it is whole, up to a bound, so that one
/// that breaks off becomes an honest 502 rather than a 200 cut short. Whole is what is a whole JSON value, too: an answer that
/// the connection's end closes, or whose length is wrong, looks whole by its framing alone. Where it is known what each answer has,
/// one that has nothing of it is none (<see cref="AnswerKind.IsExpected"/>).
/// </summary>
internal sealed class BodyRelay(
    UpstreamBody body, BodyDecoder decoder, ClientWriter client, StoredIdWriter ids, ExchangeMeter meter, Settlement settlement, Func<bool> isGivenUp)
{
    /// <summary>A JSON answer longer than this goes out as it comes.</summary>
    public const int HeldBytesMax = 64 * 1024;

    /// <summary>A count of tokens, which dialects tell in members of their own.</summary>
    private static readonly ShapeTraits AnyObject = ShapeTraits.Of(RequestShape.Native);

    private JsonAnswerReader? _reader;
    private LogprobsFilter? _filter;
    private bool _isBegun;

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(
        ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer, AnswerJudge? judge, LogprobsFilter? filter)
    {
        _filter = filter;
        _isBegun = false;
        Begin(link, exchange, upstream, answer);
        while (body.State == BodyState.Open)
        {
            if (exchange.Stream)
                link.SetStep(Step.Idle, exchange.Target!.Timeouts.Idle);
            await body.FillAsync();
            if (link.IsStopped)
                return Break(link, exchange, answer, AttemptLoop.Stopped(link));
            if (link.HasLeft)
                link.Output.Discard();
            Take(exchange, answer, judge);
            body.Release();
            if (decoder.IsFaulted || (answer.IsExpected && _reader!.IsNoAnswer))
                return Break(link, exchange, answer, EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
            if (judge is { IsHolding: true })
                continue;
            if (judge is not null)
                link.ClearStep();
            if (body.State == BodyState.Open && (!answer.IsJson || link.Output.UnflushedBytes > HeldBytesMax) && !await client.FlushAsync())
                return Break(link, exchange, answer, EdgeError.Client(ErrorKind.ClientClosed));
        }

        link.ClearStep();
        if (body.State == BodyState.Faulted || answer.IsJson && body.Bytes > 0 && _reader!.IsCut)
            return Break(link, exchange, answer, EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off."));
        if (answer.IsJson && !client.IsStarted && _reader!.IsErrorAlone && exchange.Endpoint!.Kind != EndpointKind.Passthrough)
            return Break(link, exchange, answer, AnsweredError.Of(exchange, _reader));
        if (answer.IsExpected && !_reader!.IsAnswer)
            return Break(link, exchange, answer, EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
        // The provider is through: a client that leaves as soon as it has its answer takes no connection with it.
        link.Detach();
        TakeUse(exchange, answer);
        if (judge is not null && isGivenUp())
        {
            link.Output.Discard();
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "No better model could be asked.");
        }

        if (ids.IsOn)
            ids.EndWhole();
        client.WriteEnd();
        return await client.FinishAsync(default);
    }

    private void Begin(ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer)
    {
        var head = upstream.HeadReader.Head;
        var decode = answer.IsJson && answer.Coding != ContentCoding.Identity;
        ids.Begin(exchange, answer.IsJson);
        var framing = head.Framing.Kind switch
        {
            BodyKind.None => AnswerFraming.None,
            BodyKind.Length when !decode && _filter is null && !ids.IsOn => AnswerFraming.Length,
            _ => exchange.HttpMinor == 0 ? AnswerFraming.UntilClose : AnswerFraming.Chunked,
        };
        if (framing == AnswerFraming.UntilClose)
            exchange.KeepAlive = false;
        client.UseFraming(framing);
        (_reader ??= new JsonAnswerReader()).Reset(
            DialectTable.Of(exchange.Dialect).Words, settlement.Counts && ShapeTraits.Of(exchange.Endpoint!.Shape).HasOutput);
        if (answer.IsExpected)
            _reader.Expect(exchange.Endpoint!.IsCount ? AnyObject : ShapeTraits.Of(exchange.Endpoint.Shape), mayBeList: exchange.IsArray);
        decoder.Begin(decode ? answer.Coding : ContentCoding.Identity);
        AnswerHead.WriteProviders(link, exchange, head, framing, head.Framing.Length, decode);
        body.Begin(upstream);
    }

    private void Take(Exchange exchange, AnswerKind answer, AnswerJudge? judge)
    {
        while (body.TryNext(out var piece))
        {
            if (exchange.FirstTokenAt == 0)
                exchange.FirstTokenAt = exchange.FirstByteAt;
            if (!decoder.IsActive)
            {
                if (answer.IsJson)
                    _reader!.Feed(Unmarked(piece));
                PassOn(exchange, piece, judge);
                continue;
            }

            decoder.Feed(piece);
            while (decoder.TryNext(out var decoded))
            {
                _reader!.Feed(Unmarked(decoded));
                PassOn(exchange, decoded, judge);
            }
        }
    }

    /// <summary>Without the mark of the order of its bytes, which some servers put before JSON, and clients pass over.</summary>
    private ReadOnlySpan<byte> Unmarked(ReadOnlySpan<byte> piece)
    {
        var mark = "\uFEFF"u8;
        var isMarked = !_isBegun && piece.StartsWith(mark);
        _isBegun = true;
        return isMarked ? piece[mark.Length..] : piece;
    }

    /// <summary>To whom it goes: all of it, but for what we alone have asked for.</summary>
    private void PassOn(Exchange exchange, ReadOnlySpan<byte> piece, AnswerJudge? judge)
    {
        if (_filter is not null)
            piece = _filter.Feed(piece);
        judge?.Feed(exchange, piece);
        if (ids.IsOn)
            ids.WriteWhole(piece);
        else
            client.Write(piece);
    }

    /// <summary>What the answer has cost: as it reports, else by the texts in it.</summary>
    private void TakeUse(Exchange exchange, AnswerKind answer)
    {
        if (answer.IsJson)
            exchange.SetReported(_reader!.Usage, _reader.ServedTier);
        if (answer.IsJson && !exchange.Usage.IsPresent && _reader!.Texts is { } texts)
            meter.CountAnswer(exchange, texts);
        _reader?.Release();
    }

    /// <summary>
    /// Nothing has been sent: forget it and answer with the error. Else only a cut can tell the truth. What has come of it was made, and is paid for.
    /// </summary>
    private EdgeError Break(ClientLink link, Exchange exchange, AnswerKind answer, EdgeError error)
    {
        TakeUse(exchange, answer);
        link.Output.Discard();
        return error;
    }
}
