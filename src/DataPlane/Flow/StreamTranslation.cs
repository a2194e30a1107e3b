using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Translates a stream, and keeps an eye on what the client has seen of it where it may have to be ended in the provider's stead, or where its
/// events are numbered: how a stream is ended depends on how far it is in the client's own dialect.
/// </summary>
internal sealed class StreamTranslation
{
    private readonly AnswerTranslation _answer = new();
    private readonly EventReader?[] _readers = new EventReader?[DialectTable.Forms.Length];
    private readonly FrameSplitter _frames = new();
    private byte[] _last = [];
    private int _lastLength;
    private bool _isSeen;
    private int _watched;

    /// <summary>What has read the client's side of the stream; of meaning where the stream may be cut or is numbered.</summary>
    public EventReader Seen { get; private set; } = null!;

    /// <summary>The data of the last event on the client's side.</summary>
    public ReadOnlySpan<byte> Last => _last.AsSpan(0, _lastLength);

    /// <summary>What was translated and not taken yet.</summary>
    public ReadOnlySpan<byte> Written => _answer.Written;

    /// <summary>The whole events of it: where one could not be translated to its end, without that.</summary>
    public ReadOnlySpan<byte> Whole => _answer.Written[.._watched];

    public void Begin(Exchange exchange, DialectForm form, bool mayCut)
    {
        _answer.Begin(exchange, isStream: true, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        _isSeen = mayCut || ShapeTraits.Of(exchange.Endpoint!.Shape).IsNumbered;
        _watched = _lastLength = 0;
        Seen = _readers[(int)exchange.Dialect] ??= form.NewEventReader();
        Seen.Reset(exchange.Endpoint!.Shape, stripUsage: false, wantsTexts: false, wantsDraft: mayCut);
        _frames.Reset();
    }

    /// <summary>Translates one event; false if it cannot be told.</summary>
    public bool Take(ReadOnlySpan<byte> data, in Usage usage)
    {
        var isTold = _answer.OnEvent(data, usage);
        Watch();
        return isTold && !_frames.IsOverflown;
    }

    /// <summary>Writes the beginning, if nothing is written yet.</summary>
    public void Start()
    {
        _answer.Start();
        Watch();
    }

    public bool End(in Usage usage)
    {
        var isTold = _answer.End(usage);
        Watch();
        return isTold;
    }

    /// <summary>Whether the last event has been written.</summary>
    public bool IsEnded => _answer.IsEnded;

    /// <summary>Keeps what the client has of the answer.</summary>
    public void Keep(ItemMemory items, Exchange exchange) => items.Keep(exchange, _answer);

    /// <summary>The stream was ended by events that were made elsewhere.</summary>
    public void OnCut(ReadOnlySpan<byte> events) => _answer.OnCut(events);

    public void Took()
    {
        _answer.Took();
        _watched = 0;
    }

    public void Release()
    {
        _answer.Release();
        _frames.Release();
        if (_last.Length > RequestBody.UncountedBytes)
            (_last, _lastLength) = ([], 0);
        Seen.Release();
    }

    private void Watch()
    {
        var fresh = _answer.Written[_watched..];
        _watched = _answer.Written.Length;
        if (!_isSeen)
            return;
        var position = 0;
        while (_frames.TryNext(fresh, ref position, out var frame, out _))
        {
            var data = FrameSplitter.Data(frame);
            Seen.OnEvent(frame, data, out _, out _);
            Seen.Keep(data);
            Remember(data);
        }
    }

    private void Remember(ReadOnlySpan<byte> data)
    {
        // A long one has no room beside it: it is counted as long as it is.
        if (_last.Length < data.Length)
            _last = new byte[data.Length > RequestBody.UncountedBytes ? data.Length : Math.Max(1024, data.Length * 2)];
        data.CopyTo(_last);
        _lastLength = data.Length;
    }
}
