using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Transport;
using AiEdge.DataPlane.Translate;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Relays a whole answer in another dialect: it is held until it is there, read as the provider's, and written as the client's. What it holds
/// counts against the bytes of bodies that all exchanges hold together, from the size on that a request's body counts from.
/// </summary>
internal sealed class TranslatedBodyRelay(
    UpstreamBody body, BodyDecoder decoder, ClientWriter client, ExchangeMeter meter, Settlement settlement, ByteBudget bodies, ItemMemory items,
    Func<ReadOnlyMemory<byte>, double, bool> isGivenUp)
{
    /// <summary>A longer answer is a fault of the provider's.</summary>
    public const int AnswerBytesMax = 32 * 1024 * 1024;

    private readonly AnswerTranslation _translation = new();
    private readonly TextBuffer _bytes = new();
    private readonly JsonAnswerReader _reader = new();
    private LogprobsProbe? _probe;
    private long _counted;
    private bool _isFull;

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(
        ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer, bool readsLogprobs, bool hidesLogprobs)
    {
        var head = upstream.HeadReader.Head;
        if (!answer.IsJson)
            return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        head.Retain();
        decoder.Begin(answer.Coding);
        _bytes.Clear();
        _isFull = false;
        var words = DialectTable.Of(exchange.SpokenEndpoint.Dialect).Words;
        _reader.Reset(words, settlement.Counts && ShapeTraits.Of(exchange.Endpoint!.Shape).HasOutput, isHeld: true);
        body.Begin(upstream);
        while (body.State == BodyState.Open)
        {
            if (exchange.Stream)
                link.SetStep(Step.Idle, exchange.Target!.Timeouts.Idle);
            await body.FillAsync();
            if (link.IsStopped)
                return BreakOff(exchange, AttemptLoop.Stopped(link));
            Collect(exchange);
            body.Release();
            if (_isFull)
                return BreakOff(exchange, EdgeError.Edge(ErrorKind.Overloaded));
            if (decoder.IsFaulted || _bytes.Length > AnswerBytesMax)
                return BreakOff(exchange, EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
        }

        link.ClearStep();
        if (body.State == BodyState.Faulted || !_reader.IsComplete)
            return BreakOff(exchange, EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's answer broke off."));
        link.Detach();
        TakeUse(exchange);

        // Where a stream was asked for it can only say what has failed.
        if (exchange.Stream)
            return Break(_reader.IsErrorAlone ? AnsweredError.Of(exchange, _reader) : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
        return Answer(link, exchange, head, readsLogprobs, hidesLogprobs) is { IsError: true } untold ? untold : await client.FinishAsync(default);
    }

    /// <summary>Gives back what is held by an answer that was broken off.</summary>
    public void Abandon() => Break(default);

    private EdgeError Answer(ClientLink link, Exchange exchange, ResponseHead head, bool readsLogprobs, bool hidesLogprobs)
    {
        if (!exchange.Usage.IsPresent)
            settlement.BeforeLetGo();
        var probe = readsLogprobs ? _probe ??= new LogprobsProbe() : null;
        _translation.Begin(exchange, isStream: false, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), probe, hidesLogprobs);
        var isOwn = !exchange.Usage.IsPresent && ShapeTraits.Of(exchange.Endpoint!.Shape).HasOutput;
        var isTold = _translation.OnWhole(_bytes.Written, isOwn ? Billing.Own(exchange) : exchange.Usage);
        probe?.Release();
        exchange.Status = 200;
        if (isTold && isGivenUp(_translation.WrittenMemory, probe?.Means.Lowest ?? 0))
        {
            _translation.Release();
            return Break(EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "No better model could be asked."));
        }

        if (isTold && exchange.Target!.Provider.TranslatesStrictly && _translation.LosesSubstance)
        {
            // It is paid for, so that nobody else is asked.
            var uncarried = new EdgeError(ErrorKind.UpstreamBadAnswer, ErrorSource.Edge, StrictTranslation.OfAnswer(_translation.Lost));
            _translation.Release();
            return Break(uncarried);
        }

        if (isTold)
        {
            var written = _translation.Written;
            _translation.ReportLosses();
            items.Keep(exchange, _translation);
            client.UseFraming(AnswerFraming.Length);
            AnswerHead.WriteTranslated(link, exchange, head, AnswerFraming.Length, written.Length);
            client.Write(written);
        }

        var failure = isTold ? default : AnsweredError.Untold(exchange, _bytes.Written, _reader);
        _translation.Release();
        return Break(failure);
    }

    /// <summary>What the answer has cost: as it reports, else by the texts in it.</summary>
    private void TakeUse(Exchange exchange)
    {
        exchange.SetReported(_reader.Usage, _reader.ServedTier);
        if (!exchange.Usage.IsPresent && _reader.TextsOf(_bytes.Written) is { } texts)
            meter.CountAnswer(exchange, texts);
    }

    /// <summary>Not all of it came: what did was made, and is paid for.</summary>
    private EdgeError BreakOff(Exchange exchange, EdgeError error)
    {
        TakeUse(exchange);
        return Break(error);
    }

    /// <summary>Gives back what is held; what the exchange ends with stays as it is.</summary>
    private EdgeError Break(EdgeError error)
    {
        _bytes.Release();
        _reader.Release();
        bodies.Return(_counted);
        _counted = 0;
        return error;
    }

    private void Collect(Exchange exchange)
    {
        while (body.TryNext(out var piece))
        {
            if (exchange.FirstTokenAt == 0)
                exchange.FirstTokenAt = exchange.FirstByteAt;
            if (!decoder.IsActive)
            {
                Take(exchange, piece);
                continue;
            }

            decoder.Feed(piece);
            while (decoder.TryNext(out var decoded))
                Take(exchange, decoded);
        }
    }

    private void Take(Exchange exchange, ReadOnlySpan<byte> piece)
    {
        _isFull = _isFull || !TryCount(exchange, piece.Length);
        if (_isFull || _bytes.Length > AnswerBytesMax)
            return;
        _reader.Feed(piece);
        _bytes.Add(piece);
    }

    /// <summary>Counts what is held once more bytes have come, twice: the answer, and what it becomes.</summary>
    private bool TryCount(Exchange exchange, int bytes)
    {
        var held = (long)_bytes.Length + bytes;
        var missing = held > RequestBody.UncountedBytes ? (2 * held) - _counted : 0;
        if (missing <= 0)
            return true;
        missing = Math.Max(missing, RequestBody.UncountedBytes);
        if (!bodies.TryTake(missing, exchange.Config.Server.BufferedBytesMax))
            return false;
        _counted += missing;
        return true;
    }
}
