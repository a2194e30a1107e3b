using System.Buffers;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Reads a request's body whole and has it scanned as it comes, so that no scan is longer than one receive. A body of known
/// length stays where it was received; a chunked one is copied out of its framing.
/// </summary>
internal sealed class RequestBody(EdgeServices services)
{
    /// <summary>Bodies up to this size are not counted against <c>bufferedBytesMax</c>: the connection cap bounds them.</summary>
    public const int UncountedBytes = BlockPool.LargeBytes;

    private readonly BodyScan _scan = new();
    private ClientLink _link = null!;
    private Exchange _exchange = null!;
    private Block? _first;
    private Block? _last;
    private long _counted;
    private int _headLength;
    private BodyFraming _framing;
    private bool _expectsContinue;

    public BodyScan Scan => _scan;

    /// <summary>The body's bytes, valid until <see cref="Release"/>.</summary>
    public ReadOnlySequence<byte> Bytes { get; private set; }

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
        Bytes = default;
        End = afterHead;
        IsRead = _framing.Kind == BodyKind.None || _framing is { Kind: BodyKind.Length, Length: 0 };
    }

    /// <summary>Reads to the body's end. <paramref name="buffer"/> begins with the head, which stays in place.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> ReadAsync(ReadOnlySequence<byte> buffer)
    {
        if (IsRead)
            return _scan.Finish();
        var server = _exchange.Config.Server;
        if (_framing.Kind == BodyKind.Length)
        {
            if (_framing.Length > server.BodyBytesMax)
                return EdgeError.Client(ErrorKind.BodyTooLarge);
            if (!TryCount(_framing.Length))
                return EdgeError.Edge(ErrorKind.Overloaded);
        }

        var decoder = default(ChunkedReader);
        var done = (long)_headLength;
        var isTimed = false;
        while (true)
        {
            var error = Take(buffer, ref done, ref decoder);
            if (error.IsError)
                return error;
            if (IsRead)
                return _scan.Finish();
            if (_expectsContinue && !await SendContinueAsync(buffer.Length > _headLength))
                return EdgeError.Client(ErrorKind.ClientClosed);
            if (!isTimed)
                _link.SetStep(Step.Body, server.BodyTimeout);
            isTimed = true;
            _link.Input.AdvanceTo(buffer.Start, buffer.End);
            var result = await _link.Input.ReadAsync();
            if (_link.Reason == StopReason.BodyTooSlow)
                return EdgeError.Client(ErrorKind.RequestTooSlow);
            if (result.IsCompleted && result.Buffer.Length <= done)
                return EdgeError.Client(ErrorKind.ClientClosed);
            buffer = result.Buffer;
        }
    }

    /// <summary>Passes over a body that was not read, if all of it lies in <paramref name="buffer"/> already: the connection can go on.</summary>
    public void TrySkip(ReadOnlySequence<byte> buffer)
    {
        if (IsRead || _framing.Kind != BodyKind.Length || buffer.Length < _headLength + _framing.Length)
            return;
        End = buffer.GetPosition(_headLength + _framing.Length);
        IsRead = true;
    }

    /// <summary>Gives back what was copied and what was counted.</summary>
    public void Release()
    {
        services.Blocks.ReturnChain(_first);
        _first = _last = null;
        Bytes = default;
        if (_counted > 0)
            services.Bodies.Return(_counted);
        _counted = 0;
    }

    private EdgeError Take(ReadOnlySequence<byte> buffer, ref long done, ref ChunkedReader decoder)
    {
        var fresh = buffer.Slice(done);
        return _framing.Kind == BodyKind.Length ? TakeLength(buffer, fresh, ref done) : TakeChunks(buffer, fresh, ref done, ref decoder);
    }

    private EdgeError TakeLength(ReadOnlySequence<byte> buffer, ReadOnlySequence<byte> fresh, ref long done)
    {
        var left = _headLength + _framing.Length - done;
        if (fresh.Length > left)
            fresh = fresh.Slice(0, left);
        foreach (var segment in fresh)
        {
            var error = _scan.Feed(segment.Span);
            if (error.IsError)
                return error;
        }

        done += fresh.Length;
        _exchange.BytesIn = done - _headLength;
        if (done < _headLength + _framing.Length)
            return default;
        IsRead = true;
        End = buffer.GetPosition(done);
        Bytes = buffer.Slice(_headLength, _framing.Length);
        return default;
    }

    private EdgeError TakeChunks(ReadOnlySequence<byte> buffer, ReadOnlySequence<byte> fresh, ref long done, ref ChunkedReader decoder)
    {
        while (!fresh.IsEmpty)
        {
            var span = fresh.FirstSpan;
            var status = decoder.Read(span, out var consumed, out var start, out var length);
            done += consumed;
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
                End = buffer.GetPosition(done);
                Bytes = _first is null ? default : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Written);
                return default;
            }
        }

        // Chunks of a byte each must not make a small body hold many times its size.
        return done - _headLength > 2 * _exchange.Config.Server.BodyBytesMax + UncountedBytes ? EdgeError.Client(ErrorKind.BodyTooLarge) : default;
    }

    private EdgeError Copy(ReadOnlySpan<byte> data)
    {
        _exchange.BytesIn += data.Length;
        if (_exchange.BytesIn > _exchange.Config.Server.BodyBytesMax)
            return EdgeError.Client(ErrorKind.BodyTooLarge);
        if (_exchange.BytesIn > UncountedBytes && !TryCount(data.Length))
            return EdgeError.Edge(ErrorKind.Overloaded);
        var error = _scan.Feed(data);
        while (!data.IsEmpty && !error.IsError)
        {
            if (_last is null || _last.Written == _last.Capacity)
                Append();
            var part = data[..Math.Min(data.Length, _last!.Capacity - _last.Written)];
            part.CopyTo(_last.Free.Span);
            _last.Advance(part.Length);
            data = data[part.Length..];
        }

        return error;
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> SendContinueAsync(bool bodyHasBegun)
    {
        _expectsContinue = false;
        if (bodyHasBegun)
            return true;
        _link.Output.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
        return !(await _link.Output.FlushAsync()).IsCompleted;
    }
}
