using System.Buffers;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>How far an answer's body has come.</summary>
internal enum BodyState : byte
{
    Open,

    /// <summary>It ended as its framing said it would.</summary>
    Ended,

    /// <summary>It broke off, or its framing is wrong.</summary>
    Faulted,
}

/// <summary>
/// The body of a provider's answer, out of its framing: pieces are spans of the receive buffer, valid until <see cref="Release"/>.
/// </summary>
internal sealed class UpstreamBody
{
    private WireInput _input = null!;
    private ReadOnlySequence<byte> _rest;
    private ChunkedReader _chunked;
    private BodyKind _kind;
    private long _left;
    private bool _inputEnded;
    private bool _held;
    private ReadOnlyMemory<byte> _before;
    private BodyState _after;
    private bool _resumes;

    public BodyState State { get; private set; }

    /// <summary>Body bytes seen so far.</summary>
    public long Bytes { get; private set; }

    public void Begin(WireInput input, BodyFraming framing)
    {
        _input = input;
        _rest = default;
        _chunked = default;
        _kind = framing.Kind;
        _left = framing.Length;
        _inputEnded = false;
        _held = false;
        _before = default;
        Bytes = 0;
        State = _kind == BodyKind.None || _kind == BodyKind.Length && _left == 0 ? BodyState.Ended : BodyState.Open;
    }

    /// <summary>The body of the answer whose head a connection has read last; or, once, what it was told to go on with.</summary>
    public void Begin(UpstreamConnection upstream)
    {
        if (_resumes)
        {
            _resumes = false;
            return;
        }

        Begin(upstream.Input, upstream.HeadReader.Head.Framing);
        upstream.Input.AdvanceTo(upstream.AfterHead);
    }

    /// <summary>Somebody else has read a part of the next body, or all of it: it begins with that, and goes on where the other one stands.</summary>
    /// <param name="of">Who has; it is read no more.</param>
    /// <param name="before">What that has read, valid until it is taken.</param>
    public void Resume(UpstreamBody of, ReadOnlyMemory<byte> before)
    {
        (_input, _chunked, _kind, _left, _inputEnded) = (of._input, of._chunked, of._kind, of._left, of._inputEnded);
        _rest = default;
        _held = false;
        (_before, _after) = (before, of.State);
        Bytes = 0;
        State = before.IsEmpty ? _after : BodyState.Open;
        _resumes = true;
    }

    /// <summary>There is nothing to go on with.</summary>
    public void Forget() => _resumes = false;

    /// <summary>Only looks at what has been received of a body: it is taken by somebody else. <see cref="FillAsync"/> must not be called.</summary>
    public void Peek(BodyFraming framing, in ReadOnlySequence<byte> received)
    {
        Begin(null!, framing);
        _rest = received;
    }

    /// <summary>Waits for bytes. False if it was woken without any.</summary>
    public ValueTask<bool> FillAsync()
    {
        if (!_before.IsEmpty)
            return new ValueTask<bool>(true);
        var read = _input.ReadAsync();
        if (!read.IsCompletedSuccessfully)
            return AwaitFill(read);
        return new ValueTask<bool>(Take(read.Result));
    }

    /// <summary>The next piece of what has been received.</summary>
    public bool TryNext(out ReadOnlySpan<byte> piece)
    {
        piece = default;
        if (!_before.IsEmpty)
        {
            piece = _before.Span;
            _before = default;
            State = _after;
            Bytes += piece.Length;
            return true;
        }

        while (State == BodyState.Open)
        {
            var span = _rest.FirstSpan;
            if (span.IsEmpty)
                break;
            switch (_kind)
            {
                case BodyKind.Length:
                    piece = span.Length > _left ? span[..(int)_left] : span;
                    _left -= piece.Length;
                    Skip(piece.Length);
                    if (_left == 0)
                        State = BodyState.Ended;
                    break;
                case BodyKind.UntilClose:
                    piece = span;
                    Skip(span.Length);
                    break;
                default:
                    if (!NextChunk(span, out piece))
                        continue;
                    break;
            }

            Bytes += piece.Length;
            return true;
        }

        if (State == BodyState.Open && _inputEnded)
            State = _kind == BodyKind.UntilClose && !_input.IsBroken ? BodyState.Ended : BodyState.Faulted;
        return false;
    }

    /// <summary>Gives the receive buffer back, up to what was taken.</summary>
    public void Release()
    {
        if (!_held)
            return;
        _held = false;
        _input.AdvanceTo(_rest.Start, State == BodyState.Open ? _rest.End : _rest.Start);
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitFill(ValueTask<System.IO.Pipelines.ReadResult> read) => Take(await read);

    private bool Take(System.IO.Pipelines.ReadResult result)
    {
        _rest = result.Buffer;
        _held = true;
        _inputEnded = result.IsCompleted;
        return !result.IsCanceled || !result.Buffer.IsEmpty || result.IsCompleted;
    }

    private bool NextChunk(ReadOnlySpan<byte> span, out ReadOnlySpan<byte> piece)
    {
        var status = _chunked.Read(span, out var consumed, out var start, out var length);
        piece = status == ChunkStatus.Data ? span.Slice(start, length) : default;
        Skip(consumed);
        if (status == ChunkStatus.End)
            State = BodyState.Ended;
        else if (status == ChunkStatus.Invalid)
            State = BodyState.Faulted;
        return status == ChunkStatus.Data;
    }

    private void Skip(int count) => _rest = _rest.Slice(count);
}
