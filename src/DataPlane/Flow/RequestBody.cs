using System.Buffers;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Reads a request's body whole and has it scanned as it comes, so that no scan is longer than one receive. A body of known
/// length stays where it was received; a chunked one is copied out of its framing.
/// </summary>
internal sealed partial class RequestBody(EdgeServices services)
{
    /// <summary>Bodies up to this size are not counted against <c>bufferedBytesMax</c>: the connection cap bounds them.</summary>
    public const int UncountedBytes = BlockPool.LargeBytes;

    private ClientLink _link = null!;
    private Exchange _exchange = null!;
    private Block? _first;
    private Block? _last;
    private long _counted;
    private bool _countsTranslation;
    private int _headLength;
    private BodyFraming _framing;
    private bool _expectsContinue;
    private bool _isLetGo;
    private long _done;
    private long _framed;
    private ChunkedReader _decoder;

    /// <summary>What reads this request; null once it was let go.</summary>
    public Intake? Intake { get; private set; }

    /// <summary>The body's bytes, valid until <see cref="Release"/>.</summary>
    public ReadOnlySequence<byte> Bytes { get; private set; }

    /// <summary>Whether a body has these bytes anywhere.</summary>
    public static bool Holds(in ReadOnlySequence<byte> body, ReadOnlySpan<byte> word)
    {
        if (body.IsSingleSegment)
            return body.FirstSpan.IndexOf(word) >= 0;
        var reader = new SequenceReader<byte>(body);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, word);
    }

    /// <summary>Where the next request begins in the client's input.</summary>
    public SequencePosition End { get; private set; }

    public bool IsRead { get; private set; }

    public void Begin(ClientLink link, Exchange exchange, RequestHead head, SequencePosition afterHead)
    {
        _link = link;
        _exchange = exchange;
        _headLength = head.Length;
        _framing = head.Framing;
        _expectsContinue = head.ExpectContinue;
        _isLetGo = false;
        _done = head.Length;
        _framed = 0;
        if (_framing.Kind == BodyKind.Chunked)
            head.Retain();
        _decoder = default;
        Bytes = default;
        End = afterHead;
        IsRead = _framing.Kind == BodyKind.None || _framing is { Kind: BodyKind.Length, Length: 0 };
    }

    /// <summary>Reads to the body's end. <paramref name="buffer"/> begins with the head, which stays in place.</summary>
    public ValueTask<EdgeError> ReadAsync(ReadOnlySequence<byte> buffer)
    {
        if (!IsRead && _framing.Kind == BodyKind.Length && _framing.Length > _exchange.Config.Server.BodyBytesMax)
            return new ValueTask<EdgeError>(EdgeError.Client(ErrorKind.BodyTooLarge));
        if (!IsRead && _framing.Kind == BodyKind.Length && !TryCount(_framing.Length))
            return new ValueTask<EdgeError>(EdgeError.Edge(ErrorKind.Overloaded));
        return TryTake(buffer, out var error) ? new ValueTask<EdgeError>(error) : AwaitRestAsync(buffer);
    }

    /// <summary>Takes what is there; true if that is all of it, or wrong.</summary>
    private bool TryTake(ReadOnlySequence<byte> buffer, out EdgeError error)
    {
        error = default;
        if (!IsRead)
        {
            var fresh = buffer.Slice(_done);
            error = _framing.Kind == BodyKind.Length ? TakeLength(buffer, fresh) : TakeChunks(buffer, fresh);
        }

        if (IsRead && !error.IsError)
            error = Intake!.Scan.Finish();
        return IsRead || error.IsError;
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AwaitRestAsync(ReadOnlySequence<byte> buffer)
    {
        var isTimed = false;
        while (true)
        {
            if (_expectsContinue && !await SendContinueAsync(buffer.Length > _headLength))
                return EdgeError.Client(ErrorKind.ClientClosed);
            if (!isTimed)
                _link.SetStep(Step.Body, _exchange.Config.Server.BodyTimeout);
            isTimed = true;
            PassTaken(buffer);
            var result = await _link.Input.ReadAsync();
            if (_link.Reason == StopReason.BodyTooSlow)
                return EdgeError.Client(ErrorKind.RequestTooSlow);
            if (result.IsCompleted && result.Buffer.Length <= _done)
                return EdgeError.Client(ErrorKind.ClientClosed);
            buffer = result.Buffer;
            if (TryTake(buffer, out var error))
                return error;
        }
    }

    /// <summary>
    /// A body of known length stays in place. Chunks have been copied out of their framing: the input lets go of them, and of
    /// the head, which was copied as well.
    /// </summary>
    private void PassTaken(ReadOnlySequence<byte> buffer)
    {
        if (_framing.Kind != BodyKind.Chunked)
        {
            _link.Input.AdvanceTo(buffer.Start, buffer.End);
            return;
        }

        _link.Input.AdvanceTo(buffer.GetPosition(_done));
        _done = 0;
    }

    /// <summary>Passes over a body that was not read, if all of it lies in <paramref name="buffer"/> already: the connection can go on.</summary>
    public void TrySkip(ReadOnlySequence<byte> buffer)
    {
        if (IsRead || _framing.Kind != BodyKind.Length || buffer.Length < _headLength + _framing.Length)
            return;
        End = buffer.GetPosition(_headLength + _framing.Length);
        IsRead = true;
    }

    /// <summary>Moves the client's input to the next request, so that the blocks that hold this one are free. The head goes with it.</summary>
    public void LetGo()
    {
        if (!IsRead || _isLetGo)
            return;
        _isLetGo = true;
        _link.Input.AdvanceTo(End);
        Release();
    }

    /// <summary>Takes what it needs to read a request.</summary>
    public Intake TakeIntake()
    {
        if (!services.Intakes.TryPop(out var intake))
            intake = new Intake();
        intake.Reset();
        return Intake = intake;
    }

    /// <summary>Gives back what was copied and what was counted.</summary>
    public void Release()
    {
        Intake?.LetGo();
        if (Intake is { } intake)
            services.Intakes.TryPush(intake);
        Intake = null;
        services.Blocks.ReturnChain(_first);
        _first = _last = null;
        Bytes = default;
        if (_counted > 0)
            services.Bodies.Return(_counted);
        _counted = 0;
        _countsTranslation = false;
    }

    /// <summary>Counts what a translation holds besides: the body in one piece, and what it becomes. False where there is no room.</summary>
    public bool TryCountTranslation()
    {
        if (_countsTranslation || Bytes.Length <= UncountedBytes)
            return true;
        _countsTranslation = services.Bodies.TryTake(2 * Bytes.Length, _exchange.Config.Server.BufferedBytesMax);
        _counted += _countsTranslation ? 2 * Bytes.Length : 0;
        return _countsTranslation;
    }

    private EdgeError TakeLength(ReadOnlySequence<byte> buffer, ReadOnlySequence<byte> fresh)
    {
        var left = _headLength + _framing.Length - _done;
        if (fresh.Length > left)
            fresh = fresh.Slice(0, left);
        foreach (var segment in fresh)
        {
            var error = Intake!.Scan.Feed(segment.Span);
            if (error.IsError)
                return error;
        }

        _done += fresh.Length;
        _exchange.BytesIn = _done - _headLength;
        if (_done < _headLength + _framing.Length)
            return default;
        IsRead = true;
        End = buffer.GetPosition(_done);
        Bytes = buffer.Slice(_headLength, _framing.Length);
        return default;
    }

    private EdgeError TakeChunks(ReadOnlySequence<byte> buffer, ReadOnlySequence<byte> fresh)
    {
        while (!fresh.IsEmpty)
        {
            var span = fresh.FirstSpan;
            var status = _decoder.Read(span, out var consumed, out var start, out var length);
            _done += consumed;
            _framed += consumed;
            fresh = fresh.Slice(consumed);
            if (status == ChunkStatus.Invalid)
                return EdgeError.Client(ErrorKind.MalformedHttp);
            if (status == ChunkStatus.Data)
            {
                var error = Copy(span.Slice(start, length));
                if (error.IsError)
                    return error;
            }

            if (status == ChunkStatus.End)
            {
                IsRead = true;
                End = buffer.GetPosition(_done);
                Bytes = _first is null ? default : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Written);
                return default;
            }
        }

        // Chunks of a byte each must not make a small body hold many times its size.
        return _framed > 2 * _exchange.Config.Server.BodyBytesMax + UncountedBytes ? EdgeError.Client(ErrorKind.BodyTooLarge) : default;
    }

    private EdgeError Copy(ReadOnlySpan<byte> data)
    {
        _exchange.BytesIn += data.Length;
        if (_exchange.BytesIn > _exchange.Config.Server.BodyBytesMax)
            return EdgeError.Client(ErrorKind.BodyTooLarge);
        if (_exchange.BytesIn > UncountedBytes && !TryCount(data.Length))
            return EdgeError.Edge(ErrorKind.Overloaded);
        var error = Intake!.Scan.Feed(data);
        if (!error.IsError)
            Store(data);
        return error;
    }

    private void Store(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_last is null || _last.Written == _last.Capacity)
                Append();
            var part = data[..Math.Min(data.Length, _last!.Capacity - _last.Written)];
            part.CopyTo(_last.Free.Span);
            _last.Advance(part.Length);
            data = data[part.Length..];
        }
    }

    private void Append()
    {
        var block = _first is null ? services.Blocks.RentSmall() : services.Blocks.RentLarge();
        if (_first is null)
            _first = block;
        else
            _last!.NextBlock = block;
        _last = block;
    }

    private bool TryCount(long bytes)
    {
        if (bytes <= UncountedBytes && _framing.Kind == BodyKind.Length)
            return true;
        if (!services.Bodies.TryTake(bytes, _exchange.Config.Server.BufferedBytesMax))
            return false;
        _counted += bytes;
        return true;
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<bool> SendContinueAsync(bool bodyHasBegun)
    {
        _expectsContinue = false;
        if (bodyHasBegun)
            return true;
        _link.Output.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
        return !(await _link.Output.FlushAsync()).IsCompleted;
    }
}
