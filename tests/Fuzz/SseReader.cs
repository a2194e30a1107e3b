using AiEdge.Http;

namespace AiEdge.Fuzz;

/// <summary>Reads events from bytes as they come, wherever they are cut, with the scanner and the reader of frames that the data plane has.</summary>
internal sealed class SseReader
{
    private readonly List<byte> _partial = [];
    private SseScanner _scanner;
    private byte[] _lastEventId = [];
    private bool _midStream;

    /// <summary>True if bytes of an unfinished frame were seen. At the end of the stream they are no event.</summary>
    public bool InFrame => _scanner.InFrame;

    /// <summary>The last id that the stream set.</summary>
    public ReadOnlySpan<byte> LastEventId => _lastEventId;

    /// <summary>The last reconnection time that the stream set in milliseconds, or -1.</summary>
    public long RetryMs { get; private set; } = -1;

    /// <summary>
    /// Takes the next event out of <paramref name="input"/>, which is cut to what is left. False when all input is taken; come again with more. Frames
    /// without data are no events and are stepped over.
    /// </summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out SseFrame frame)
    {
        frame = default;
        while (!input.IsEmpty)
        {
            var end = _scanner.FindEnd(input);
            var length = end < 0 ? input.Length : end;
            _partial.AddRange(input[..length]);
            input = input[length..];
            if (end < 0) return false;
            frame = ReadFrame([.. _partial]);
            _partial.Clear();
            if (frame.HasData) return true;
        }
        return false;
    }

    private SseFrame ReadFrame(byte[] bytes)
    {
        var frame = SseFrame.Read(bytes, new byte[bytes.Length], _midStream);
        _midStream = true;
        if (frame.RetryMs >= 0) RetryMs = frame.RetryMs;
        if (frame.HasId) _lastEventId = frame.Id.ToArray();
        return frame;
    }
}
