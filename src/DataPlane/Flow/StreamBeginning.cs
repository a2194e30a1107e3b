using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>How far an answer has come that is waited for.</summary>
internal enum Beginning : byte
{
    Awaited,

    /// <summary>Its first event with content is there; of one that is no stream of events, or cannot be read as it comes, any byte.</summary>
    Begun,

    /// <summary>It has ended without.</summary>
    Over,
}

/// <summary>
/// Looks whether an answer has begun by what has been received of it, from its start each time: nothing is taken, and whoever relays it reads it once more.
/// That is bounded by <see cref="StreamPrelude.BytesMax"/> and <see cref="StreamPrelude.EventsMax"/>. Touches no exchange, so that two can be waited for.
/// </summary>
internal sealed class StreamBeginning
{
    private readonly UpstreamBody _body = new();
    private readonly FrameSplitter _frames = new();
    private readonly EventReader?[] _readers = new EventReader?[DialectTable.Forms.Length];
    private EventReader _reader = null!;
    private RequestShape _shape;

    /// <summary>The answer of the exchange's target is waited for.</summary>
    public void Begin(Exchange exchange)
    {
        var spoken = exchange.SpokenEndpoint;
        _shape = spoken.Shape;
        _reader = _readers[(int)spoken.Dialect] ??= DialectTable.Of(spoken.Dialect).NewEventReader();
    }

    /// <summary>How far an answer is.</summary>
    /// <param name="head">Its head.</param>
    /// <param name="received">What has come behind it.</param>
    public Beginning Look(ResponseHead head, in ReadOnlySequence<byte> received)
    {
        if (received.IsEmpty)
            return Beginning.Awaited;
        if (received.Length > StreamPrelude.BytesMax || AnswerKind.Of(head) is not { IsEventStream: true, Coding: ContentCoding.Identity })
            return Beginning.Begun;
        _body.Peek(head.Framing, received);
        _frames.Reset();
        _reader.Reset(_shape, stripUsage: false);
        var events = 0;
        while (_body.TryNext(out var piece))
        {
            var position = 0;
            while (_frames.TryNext(piece, ref position, out var frame, out _))
            {
                var data = FrameSplitter.Data(frame);
                if (data.IsEmpty)
                    continue;
                _reader.OnEvent(frame, data, out _, out _);
                if (!_reader.IsPrelude(data) || ++events > StreamPrelude.EventsMax)
                    return Beginning.Begun;
                if (_reader.IsTerminal)
                    return Beginning.Over;
            }

            _frames.Carry(piece[position..]);
        }

        return _body.State == BodyState.Open ? Beginning.Awaited : Beginning.Over;
    }
}
