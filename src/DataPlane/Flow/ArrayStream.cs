using System.Buffers;
using AiEdge.DataPlane.Translate;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Puts a stream of server-sent events into one JSON array, an element for each event's data, as Gemini's clients have it that do not ask for
/// events. The array is closed where the stream is whole, and behind an error that says why it is not: it never ends as if it were.
/// </summary>
internal sealed class ArrayStream
{
    private SseScanner _scanner;
    private byte[] _joined = [];
    private bool _isBegun;
    private bool _isFaulted;

    /// <summary>A new stream.</summary>
    public void Reset()
    {
        _scanner.Reset();
        _isBegun = _isFaulted = false;
    }

    /// <summary>Writes whole frames. False once an event is no object in JSON: it would make the array none, and nothing is written behind it.</summary>
    public bool Write(ClientWriter client, ReadOnlySpan<byte> frames)
    {
        while (!_isFaulted && _scanner.FindEnd(frames) is var end and > 0)
        {
            var data = Data(frames[..end]);
            frames = frames[end..];
            if (data.IsEmpty)
                continue;
            _isFaulted = !CallArguments.IsObject(data);
            if (!_isFaulted)
                Add(client, data);
        }

        return !_isFaulted;
    }

    /// <summary>Writes the end, behind the frames of an error if there is one.</summary>
    public void End(ClientWriter client, ReadOnlySpan<byte> error)
    {
        _isFaulted = false;
        Write(client, error);
        client.Write(_isBegun ? "]"u8 : "[]"u8);
    }

    private void Add(ClientWriter client, ReadOnlySpan<byte> data)
    {
        client.Write(_isBegun ? ",\r\n"u8 : "["u8, data);
        _isBegun = true;
    }

    /// <summary>Of lines that are joined in a buffer of its own: whoever has the stream's events may still need theirs.</summary>
    private ReadOnlySpan<byte> Data(ReadOnlySpan<byte> frame)
    {
        if (frame.Length > RequestBody.UncountedBytes)
            return SseFrame.Read(frame, new ArrayBufferWriter<byte>()).Data;
        if (_joined.Length < frame.Length)
            _joined = new byte[Math.Max(1024, frame.Length * 2)];
        return SseFrame.Read(frame, _joined).Data;
    }
}
