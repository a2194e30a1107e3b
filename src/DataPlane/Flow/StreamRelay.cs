using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Relays a stream of server-sent events: scan a frame in the receive buffer, read it, copy it once, flush once per receive.
/// Only whole frames are passed on, so whatever has to be said in between (a heartbeat, the reason of a break) stands between
/// frames. The stream is complete only on its terminal event; anything else is told as an error in the stream itself.
/// </summary>
internal sealed partial class StreamRelay(
    TargetPlan plan, UpstreamBody body, BodyDecoder decoder, ClientWriter client, StoredIdWriter ids, JournalHold journal, IOutputCredit credit,
    ExchangeMeter meter, Settlement settlement, ByteBudget bodies, ItemMemory items)
{
    /// <summary>A long event is held as it came, and as it waits for the client to take it.</summary>
    private const int PassedTimes = 2;

    /// <summary>
    /// One that is translated is held besides as it is told, in room that is grown by doubling, and as what the client has seen last.
    /// </summary>
    private const int TranslatedTimes = 5;

    /// <summary>How long an answer whose last event has come may still take to end, where that event is held back.</summary>
    private static readonly TimeSpan LastWait = TimeSpan.FromMilliseconds(500);

    private readonly FrameSplitter _frames = new(bodies);
    private readonly StreamGuard _guard = new(credit, meter);
    private readonly ArrayStream _array = new();
    private readonly StreamPrelude _prelude = new();
    private readonly EventReader?[] _readers = new EventReader?[DialectTable.Forms.Length];
    private EventReader _reader = null!;
    private DialectForm _form = null!;
    private ClientLink _link = null!;
    private Exchange _exchange = null!;
    private StreamTranslation _translation = null!;
    private bool _isCut;
    private bool _isRefused;
    private EdgeError _refusal;
    private bool _isTranslated;
    private bool _isUntold;
    private bool _isBegun;
    private bool _isOpen;
    private bool _isUnsent;

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer, bool stripUsage)
    {
        Begin(link, exchange, upstream, answer, stripUsage);
        var idle = exchange.Target!.Timeouts.Idle;
        var heartbeat = exchange.IsArray ? Timeout.InfiniteTimeSpan : exchange.Config.Server.Heartbeat;
        link.SetHeartbeat(heartbeat);
        var isMoving = false;
        link.SetStep(Step.Idle, FirstWait(exchange, idle));
        while (body.State == BodyState.Open)
        {
            // A heartbeat wakes this loop, too, and must not pass for a sign of the provider's; nor does a comment before the first event.
            if (isMoving)
                link.SetStep(Step.Idle, _isBegun ? idle : FirstWait(exchange, TimeSpan.Zero));
            var hasMoved = await body.FillAsync();
            if (link.IsStopped)
                return await StopAsync();
            if (link.HasLeft)
                _guard.Freeze();
            var (before, events) = (exchange.BytesOut, _reader.Events);
            Take();
            body.Release();
            isMoving = hasMoved && (_isBegun || _reader.Events > events);
            if (_isCut && !_isUntold)
                return await CutOffAsync(upstream);
            if (_isRefused)
                return await EndAsync(_refusal);
            if (_frames.IsOverflown || decoder.IsFaulted || _isUntold)
                return await EndAsync(_frames.IsFull ? EdgeError.Edge(ErrorKind.Overloaded) : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
            if (link.TakeHeartbeat() && exchange.BytesOut == before)
                client.Write(_form.Heartbeat);
            if (exchange.BytesOut == before)
                continue;
            link.SetHeartbeat(heartbeat);
            if (!_isCut && journal.IsProgressDue(exchange, meter.IsOn ? _guard.About : _reader.Events))
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

            var flush = client.FlushAsync(_isBegun);
            isMoving |= !flush.IsCompleted;
            if (!await flush)
                return await EndAsync(EdgeError.Client(ErrorKind.ClientClosed));
        }

        if (body.State == BodyState.Ended)
            TakeLast();
        if (_isCut && !_isUntold)
            return await CutOffAsync(upstream);
        if (_isRefused)
            return await EndAsync(_refusal);
        if (_isUntold)
            return await EndAsync(EdgeError.Upstream(ErrorKind.UpstreamBadAnswer));
        var whole = _isBegun && _reader.IsComplete(body.State == BodyState.Ended);
        return await EndAsync(whole ? default : EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's stream broke off."));
    }

    private void Begin(ClientLink link, Exchange exchange, UpstreamConnection upstream, AnswerKind answer, bool stripUsage)
    {
        _link = link;
        _exchange = exchange;
        _isCut = _isRefused = false;
        var framing = exchange.HttpMinor == 0 ? AnswerFraming.UntilClose : AnswerFraming.Chunked;
        if (framing == AnswerFraming.UntilClose)
            exchange.KeepAlive = false;
        client.UseFraming(framing);
        _array.Reset();
        _guard.Begin(exchange, journal.IsOn);
        _form = DialectTable.Of(exchange.Dialect);
        _isTranslated = exchange.UpstreamEndpoint is not null;
        ids.Begin(exchange, !_isTranslated);
        _frames.Reset(exchange.Config.Server.BufferedBytesMax, _isTranslated ? TranslatedTimes : PassedTimes);
        _isUntold = _isBegun = _isUnsent = false;
        _prelude.Release();
        var spoken = exchange.SpokenEndpoint;
        _reader = ReaderOf(spoken.Dialect);
        _reader.Reset(spoken.Shape, stripUsage, meter.IsOn, _guard.MayCut && !_isTranslated);
        if (_isTranslated)
            (_translation ??= new()).Begin(exchange, _form, _guard.MayCut);
        decoder.Begin(answer.Coding);
        if (client.IsOpen)
            exchange.KeepAlive &= framing != AnswerFraming.UntilClose;
        else if (_isTranslated)
            AnswerHead.WriteTranslated(link, exchange, upstream.HeadReader.Head, framing, 0);
        else
            AnswerHead.WriteProviders(link, exchange, upstream.HeadReader.Head, framing, 0, decoder.IsActive, exchange.IsArray);
        body.Begin(upstream);
        _isOpen = true;
    }

    private EventReader ReaderOf(Dialect dialect) => _readers[(int)dialect] ??= DialectTable.Of(dialect).NewEventReader();

    private void Take()
    {
        while (!_isCut && !_isRefused && body.TryNext(out var piece))
        {
            if (!decoder.IsActive)
            {
                TakePiece(piece);
                continue;
            }

            decoder.Feed(piece);
            while (!_isCut && !_isRefused && decoder.TryNext(out var decoded))
                TakePiece(decoded);
        }
    }

    /// <summary>Frames that pass unchanged and lie one behind the other go out as one run.</summary>
    private void TakePiece(ReadOnlySpan<byte> piece)
    {
        if (_isTranslated)
        {
            TranslatePiece(piece);
            return;
        }

        var runStart = 0;
        var position = 0;
        while (_frames.TryNext(piece, ref position, out var frame, out var isCarried))
        {
            var data = FrameSplitter.Data(frame);
            _isRefused = !_isBegun && IsRefusal(data);
            if (_isRefused)
                return;
            var frameStart = isCarried ? 0 : position - frame.Length;
            EventAction action;
            Passage passage;
            int cutStart, cutLength;
            try
            {
                passage = Read(frame, data, out action, out cutStart, out cutLength);
            }
            catch
            {
                // A defect of ours: what stands before this event has been read and is still to be sent, what is told in its place goes on from there.
                Send(piece[runStart..frameStart]);
                _isUnsent = true;
                throw;
            }

            if (passage == Passage.Pass)
            {
                _reader.Keep(data);
                if (!_isBegun && IsHeld(frame, data, action, cutStart, cutLength))
                {
                    runStart = position;
                    if (IsOver())
                        return;
                    continue;
                }

                if (action == EventAction.Forward && !isCarried)
                    continue;
            }

            BeginAnswer();
            Send(piece[runStart..frameStart]);
            if (passage != Passage.Pass)
            {
                Cut(frame, data, passage == Passage.PassAndEnd ? action : EventAction.Drop, cutStart, cutLength);
                return;
            }

            Write(frame, action, cutStart, cutLength);
            runStart = position;
        }

        Send(piece[runStart..position]);
        _frames.Carry(piece[position..]);
    }

    private static TimeSpan FirstWait(Exchange exchange, TimeSpan overdue) =>
        exchange.Target!.Timeouts.FirstEvent(System.Diagnostics.Stopwatch.GetElapsedTime(exchange.SentAt), overdue);

    /// <summary>
    /// Whether an event is kept for when the first one with content is there, as what the client would see of it; else that is it, or as much is kept as
    /// may be, and all goes out.
    /// </summary>
    private bool IsHeld(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, EventAction action, int cutStart, int cutLength)
    {
        if (data.IsEmpty)
        {
            _prelude.HoldComment(frame);
            return true;
        }

        if (!_reader.IsPrelude(data) || !_prelude.TryCount(frame.Length))
        {
            BeginAnswer();
            return false;
        }

        if (action == EventAction.Forward)
            _prelude.Hold(frame);
        else if (action == EventAction.Cut)
        {
            _prelude.Hold(frame[..cutStart]);
            _prelude.Hold(frame[(cutStart + cutLength)..]);
        }

        return true;
    }

    /// <summary>Whether it says that it is over and has not begun: that is no answer.</summary>
    private bool IsOver()
    {
        _isRefused = !_isBegun && _reader.IsTerminal;
        if (_isRefused)
            _refusal = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's stream ended without an answer.");
        return _isRefused;
    }

    /// <summary>The first event with content is there, or something else that must not wait: nobody else is asked from now on.</summary>
    private void BeginAnswer()
    {
        if (_isBegun)
            return;
        _isBegun = true;
        Send(_prelude.Held);
        _prelude.Release();
    }

    /// <summary>What a piece becomes in the client's dialect goes out as one run.</summary>
    private void TranslatePiece(ReadOnlySpan<byte> piece)
    {
        var position = 0;
        while (!_isCut && !_isUntold && !_isRefused && _frames.TryNext(piece, ref position, out var frame, out _))
            Translate(frame);
        if (_isBegun)
        {
            // To a client its last event is the end: what it may refer to then is kept before.
            if (_translation.IsEnded)
                KeepItems();
            Send(_translation.Written);
            _translation.Took();
        }

        if (!_isCut)
        {
            _frames.Carry(piece[position..]);
            return;
        }

        Settle();
        var cut = _form.StreamCut(_exchange, _translation.Seen, _translation.Last, passes: true, meter.Output.Reasoning);
        _translation.OnCut(cut);
        Send(cut);
    }

    private void Translate(ReadOnlySpan<byte> frame)
    {
        var data = FrameSplitter.Data(frame);
        _isRefused = !_isBegun && IsRefusal(data);
        if (_isRefused)
            return;
        var passage = Read(frame, data, out _, out _, out _);
        if (passage != Passage.Withhold)
            _isUntold = !_translation.Take(data, _reader.IsTerminal ? ToldUsage() : _reader.Usage);
        if (!_isBegun && !data.IsEmpty)
            _isBegun = passage != Passage.Pass || !_reader.IsPrelude(data) || !_prelude.TryCount(_translation.Written.Length);
        if (IsOver())
            return;
        if (passage == Passage.Pass || _isUntold)
            return;
        _isCut = true;
        _translation.Start();
        _guard.Freeze();
    }

    /// <summary>An event at the very end that no empty line closes.</summary>
    private void TakeLast()
    {
        if (!_frames.TryTakeLast(out var frame))
            return;
        if (_isTranslated)
        {
            Translate(frame);
            TranslatePiece(default);
            return;
        }

        var data = FrameSplitter.Data(frame);
        _isRefused = !_isBegun && IsRefusal(data);
        if (_isRefused)
            return;
        var passage = Read(frame, data, out var action, out var cutStart, out var cutLength);
        if (!_isBegun && passage == Passage.Pass && IsHeld(frame, data, action, cutStart, cutLength))
            return;
        BeginAnswer();
        if (passage == Passage.Pass)
            Write(frame, action, cutStart, cutLength);
        else
            Cut(frame, data, passage == Passage.PassAndEnd ? action : EventAction.Drop, cutStart, cutLength);
    }

    /// <summary>Reads one event: what it is, and whether it may pass.</summary>
    private Passage Read(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, out EventAction action, out int cutStart, out int cutLength)
    {
        action = _reader.OnEvent(frame, data, out cutStart, out cutLength);
        OnFrame();
        return meter.IsOn ? _guard.Judge(_reader.Texts, data) : Passage.Pass;
    }

    private void OnFrame()
    {
        if (ids.IsOn)
            ids.Learn(_reader.AnswerId);
        if (_exchange.FirstTokenAt != 0 || !_reader.SawContent)
            return;
        _exchange.FirstTokenAt = System.Diagnostics.Stopwatch.GetTimestamp();
        plan.OnFirstToken();
    }

    /// <summary>
    /// An error before the first event with content is an answer that has not begun, whatever its head has said: somebody else is asked, or it is the
    /// answer's status.
    /// </summary>
    private bool IsRefusal(ReadOnlySpan<byte> data)
    {
        _refusal = StreamFault.In(_exchange, data);
        return _refusal.IsError;
    }

    /// <summary>What a translated stream tells that it has used: what its provider says, else what we have counted, which is what is charged.</summary>
    private Usage ToldUsage()
    {
        if (_reader.Usage.IsPresent || !meter.IsOn)
            return _reader.Usage;
        _guard.Note();
        return Billing.Own(_exchange, meter.Output.Reasoning);
    }

    private void Progress()
    {
        _exchange.SetReported(_reader.Usage, _reader.ServedTier);
        _exchange.Events = _reader.Events;
        _guard.Note();
        journal.Progress(_exchange);
    }

    /// <summary>Whole frames go out as they are, or as elements of an array.</summary>
    private void Send(ReadOnlySpan<byte> frames)
    {
        if (ids.IsOn)
            ids.WriteEvents(frames);
        else if (!_exchange.IsArray)
            client.Write(frames);
        else if (!_array.Write(client, frames))
            _isUntold = true;
    }

    private void Write(ReadOnlySpan<byte> frame, EventAction action, int cutStart, int cutLength)
    {
        if (action == EventAction.Forward)
            Send(frame);
        else if (action == EventAction.Cut)
            client.Write(frame[..cutStart], frame[(cutStart + cutLength)..]);
    }
}
