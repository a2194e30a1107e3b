using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Relays a stream of server-sent events: scan a frame in the receive buffer, read it, copy it once, flush once per receive.
/// Only whole frames are passed on, so whatever has to be said in between (a heartbeat, the reason of a break) stands between
/// frames. The stream is complete only on its terminal event; anything else is told as an error in the stream itself.
/// </summary>
internal sealed class StreamRelay(
    UpstreamBody body, BodyDecoder decoder, ClientWriter client, JournalHold journal, IOutputCredit credit, ExchangeMeter meter)
{
    /// <summary>How long an answer whose last event has come may still take to end, where that event is held back.</summary>
    private static readonly TimeSpan LastWait = TimeSpan.FromMilliseconds(500);

    private readonly FrameSplitter _frames = new();
    private OpenAiStreamReader _reader = null!;
    private ClientLink _link = null!;
    private Exchange _exchange = null!;

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer, bool stripUsage)
    {
        Begin(link, exchange, upstream, answer, stripUsage);
        var idle = exchange.Target!.Timeouts.Idle;
        var heartbeat = exchange.Config.Server.Heartbeat;
        link.SetHeartbeat(heartbeat);
        var isMoving = true;
        while (body.State == BodyState.Open)
        {
            // A heartbeat wakes this loop, too, and must not pass for a sign of the provider's.
            if (isMoving)
                link.SetStep(Step.Idle, idle);
            isMoving = await body.FillAsync();
            if (link.Reason != StopReason.None)
                return await StopAsync();
            var before = exchange.BytesOut;
            Take();
            body.Release();
            if (_frames.IsOverflown || decoder.IsFaulted)
                return await EndAsync(EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
            if (link.TakeHeartbeat() && exchange.BytesOut == before)
                client.Write(": ping\n\n"u8);
            if (exchange.BytesOut == before)
                continue;
            link.SetHeartbeat(heartbeat);
            if (journal.IsProgressDue(exchange, _reader.Events))
                Progress();
            if (body.State != BodyState.Open || link.Output.UnflushedBytes == 0)
                continue;
            if (journal.IsNeeded && _reader.IsTerminal)
            {
                // To a client its last event is the end: it waits for the record, which waits for the body's end, but not for long.
                idle = LastWait;
                isMoving = true;
                continue;
            }

            var flush = client.FlushAsync();
            isMoving |= !flush.IsCompleted;
            if (!await flush)
                return await EndAsync(EdgeError.Client(ErrorKind.ClientClosed));
        }

        if (body.State == BodyState.Ended)
            TakeLast();
        var whole = _reader.IsComplete(body.State == BodyState.Ended);
        return await EndAsync(whole ? default : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's stream broke off."));
    }

    private void Begin(ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer, bool stripUsage)
    {
        _link = link;
        _exchange = exchange;
        var framing = exchange.HttpMinor == 0 ? AnswerFraming.UntilClose : AnswerFraming.Chunked;
        if (framing == AnswerFraming.UntilClose)
            exchange.KeepAlive = false;
        client.UseFraming(framing);
        _frames.Reset();
        (_reader ??= new OpenAiStreamReader()).Reset(exchange.Endpoint!.Shape, stripUsage);
        if (credit.IsMetered || journal.IsOn)
            meter.BeginOutput(exchange);
        decoder.Begin(answer.Coding);
        AnswerHead.WriteProviders(link, exchange, upstream.HeadReader.Head, framing, 0, decoder.IsActive);
        body.Begin(upstream.Input, upstream.HeadReader.Head.Framing);
        upstream.Input.AdvanceTo(upstream.AfterHead);
    }

    private void Take()
    {
        while (body.TryNext(out var piece))
        {
            if (!decoder.IsActive)
            {
                TakePiece(piece);
                continue;
            }

            decoder.Feed(piece);
            while (decoder.TryNext(out var decoded))
                TakePiece(decoded);
        }
    }

    /// <summary>Frames that pass unchanged and lie one behind the other go out as one run.</summary>
    private void TakePiece(ReadOnlySpan<byte> piece)
    {
        var runStart = 0;
        var position = 0;
        while (_frames.TryNext(piece, ref position, out var frame, out var isCarried))
        {
            var action = _reader.OnEvent(frame, FrameSplitter.Data(frame), out var cutStart, out var cutLength);
            OnFrame();
            if (action == EventAction.Forward && !isCarried)
                continue;
            var frameStart = isCarried ? 0 : position - frame.Length;
            client.Write(piece[runStart..frameStart]);
            Write(frame, action, cutStart, cutLength);
            runStart = position;
        }

        client.Write(piece[runStart..position]);
        _frames.Carry(piece[position..]);
    }

    /// <summary>An event at the very end that no empty line closes.</summary>
    private void TakeLast()
    {
        if (!_frames.TryTakeLast(out var frame))
            return;
        var action = _reader.OnEvent(frame, FrameSplitter.Data(frame), out var cutStart, out var cutLength);
        OnFrame();
        Write(frame, action, cutStart, cutLength);
    }

    private void OnFrame()
    {
        if (_exchange.FirstTokenAt == 0 && _reader.SawContent)
            _exchange.FirstTokenAt = System.Diagnostics.Stopwatch.GetTimestamp();
    }

    private void Progress()
    {
        _exchange.Usage = _reader.Usage;
        _exchange.Events = _reader.Events;
        journal.Progress(_exchange);
    }

    private void Write(ReadOnlySpan<byte> frame, EventAction action, int cutStart, int cutLength)
    {
        if (action == EventAction.Forward)
            client.Write(frame);
        else if (action == EventAction.Cut)
            client.Write(frame[..cutStart], frame[(cutStart + cutLength)..]);
    }

    /// <summary>What it has to stop for does not matter to a stream whose last event has passed, unless the client is gone.</summary>
    private ValueTask<EdgeError> StopAsync()
    {
        var error = AttemptLoop.Stopped(_link);
        return EndAsync(_reader.IsTerminal && error.Kind != ErrorKind.ClientClosed ? default : error);
    }

    /// <summary>
    /// Says how the stream ended, in the stream's own way, and sends what is left. Where nothing of the stream was passed on yet,
    /// the head neither, the error becomes the answer itself.
    /// </summary>
    private async ValueTask<EdgeError> EndAsync(EdgeError error)
    {
        _link.ClearStep();
        _link.ClearHeartbeat();
        _exchange.Usage = _reader.Usage;
        _exchange.Events = _reader.Events;
        meter.End(_exchange, isWhole: !error.IsError);
        if (error.Kind == ErrorKind.ClientClosed)
            return error;
        if (error.IsError && !client.IsStarted && _exchange.BytesOut == 0)
        {
            _link.Output.Discard();
            return error;
        }

        if (error.IsError)
        {
            _exchange.KeepAlive = false;
            client.Write(ErrorEvent(error));
        }

        // The provider is through: a client that leaves on the last event takes no connection with it.
        if (body.State == BodyState.Ended)
            _link.Detach();
        client.WriteEnd();
        return await client.FinishAsync(error);
    }

    private byte[] ErrorEvent(EdgeError error)
    {
        var code = ErrorResponder.StreamCode(error.Kind);
        if (_exchange.Endpoint!.Shape != RequestShape.Responses)
            return ErrorResponder.StreamEvent(error, code);
        ReadOnlySpan<byte> id = _reader.ResponseId.IsEmpty ? [.. "resp_"u8, .. _exchange.EdgeId] : _reader.ResponseId;
        var createdAt = _reader.ResponseCreatedAt > 0 ? _reader.ResponseCreatedAt : TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return ErrorResponder.ResponseFailed(error, code, id, createdAt, _reader.NextSequence);
    }
}
