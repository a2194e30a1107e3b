namespace AiEdge.Http;

/// <summary>
/// Reads server-sent events from bytes as they come, wherever they are cut, within a bound. Frames that lie whole in the
/// input are read in place; others are put together in memory that is reused. Not thread-safe.
/// </summary>
/// <param name="frameBytesMax">Bound on one frame.</param>
public sealed class SseReader(int frameBytesMax)
{
    private SseScanner _scanner;
    private byte[] _partial = [];
    private byte[] _scratch = [];
    private byte[] _lastEventId = [];
    private int _partialLength;
    private int _lastEventIdLength;
    private bool _midStream;

    /// <summary>True once a frame went over the bound; the reader then reads no more.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>True if bytes of an unfinished frame were seen. At the end of the stream they are no event.</summary>
    public bool InFrame => _scanner.InFrame;

    /// <summary>The last id that the stream set.</summary>
    public ReadOnlySpan<byte> LastEventId => _lastEventId.AsSpan(0, _lastEventIdLength);

    /// <summary>The last reconnection time that the stream set in milliseconds, or -1.</summary>
    public long RetryMs { get; private set; } = -1;

    /// <summary>
    /// Takes the next event out of <paramref name="input"/>, which is cut to what is left. False when all input is taken (or
    /// the bound is broken); come again with more. Frames without data are no events and are stepped over. The event is
    /// valid until the next call and as long as the input is.
    /// </summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out SseFrame frame)
    {
        frame = default;
        while (!IsTooLarge && !input.IsEmpty)
        {
            var end = _scanner.FindEnd(input);
            var length = end < 0 ? input.Length : end;
            if (length > frameBytesMax - _partialLength)
            {
                IsTooLarge = true;
                return false;
            }
            var piece = input[..length];
            input = input[length..];
            if (end < 0 || _partialLength > 0) Append(piece);
            if (end < 0) return false;
            frame = ReadFrame(_partialLength > 0 ? _partial.AsSpan(0, _partialLength) : piece);
            _partialLength = 0;
            if (frame.HasData) return true;
        }
        return false;
    }

    /// <summary>Goes back to the start of a stream; the last id is forgotten too.</summary>
    public void Reset()
    {
        _scanner.Reset();
        _partialLength = 0;
        _lastEventIdLength = 0;
        _midStream = false;
        IsTooLarge = false;
        RetryMs = -1;
    }

    private SseFrame ReadFrame(ReadOnlySpan<byte> bytes)
    {
        if (_scratch.Length < bytes.Length) Array.Resize(ref _scratch, GrownTo(bytes.Length));
        var frame = SseFrame.Read(bytes, _scratch, _midStream);
        _midStream = true;
        if (frame.RetryMs >= 0) RetryMs = frame.RetryMs;
        if (frame.HasId) KeepId(frame.Id);
        return frame;
    }

    private void KeepId(ReadOnlySpan<byte> id)
    {
        if (_lastEventId.Length < id.Length) Array.Resize(ref _lastEventId, GrownTo(id.Length));
        id.CopyTo(_lastEventId);
        _lastEventIdLength = id.Length;
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        if (_partial.Length < _partialLength + piece.Length) Array.Resize(ref _partial, GrownTo(_partialLength + piece.Length));
        piece.CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += piece.Length;
    }

    private int GrownTo(int length) => (int)Math.Min(frameBytesMax, Math.Max(256L, length * 2L));
}
