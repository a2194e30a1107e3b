using System.Buffers.Text;
using System.Text;

namespace AiEdge.Load;

/// <summary>
/// Reads one HTTP/1.1 response from pieces cut anywhere and hands its body on. Its own small code, so that it does not share a mistake with
/// what it measures; it refuses what a client would stumble over.
/// </summary>
internal sealed class ResponseReader
{
    private const int LineMax = 64 * 1024;
    private readonly byte[] _line = new byte[LineMax];
    private int _lineLength;
    private State _state;
    private long _left;
    private bool _chunked;
    private bool _hasLength;
    private bool _hasStatus;

    private enum State
    {
        Head,
        Fixed,
        UntilEof,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailers,
        Done,
        Bad,
    }

    public int Status { get; private set; }

    public bool CloseAsked { get; private set; }

    public bool IsDone => _state == State.Done;

    public bool HasHead => _hasStatus && _state != State.Head;

    /// <summary>What is wrong with the answer's framing, or null.</summary>
    public string? Fault { get; private set; }

    public void Begin()
    {
        (_state, _lineLength, _left, _chunked, _hasLength, _hasStatus, Status, CloseAsked, Fault) = (State.Head, 0, -1, false, false, false, 0, false, null);
    }

    /// <summary>Takes one piece; bytes behind the answer's end are a fault, since nothing was asked for.</summary>
    public void Feed(ReadOnlySpan<byte> bytes, long now, IBodyChecker body)
    {
        while (bytes.Length > 0 && _state != State.Bad)
        {
            switch (_state)
            {
                case State.Fixed or State.ChunkData:
                    var count = (int)Math.Min(_left, bytes.Length);
                    body.Feed(bytes[..count], now);
                    bytes = bytes[count..];
                    _left -= count;
                    if (_left == 0)
                        _state = _state == State.Fixed ? State.Done : State.ChunkEnd;
                    break;
                case State.UntilEof:
                    body.Feed(bytes, now);
                    return;
                case State.Done:
                    Bad("bytes behind the answer");
                    return;
                default:
                    TakeLine(ref bytes);
                    break;
            }
        }
    }

    /// <summary>The connection has ended. True if that is where the answer ends too.</summary>
    public bool TryEnd()
    {
        if (_state == State.UntilEof)
            _state = State.Done;
        return _state == State.Done;
    }

    private void TakeLine(ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var part = end < 0 ? bytes : bytes[..(end + 1)];
        bytes = bytes[part.Length..];
        if (_lineLength + part.Length > LineMax)
        {
            Bad("line over 64 KiB");
            return;
        }

        part.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += part.Length;
        if (end < 0)
            return;
        var line = _line.AsSpan(0, _lineLength);
        _lineLength = 0;
        if (line.EndsWith("\r\n"u8))
            Line(line[..^2]);
        else
            Bad("bare line feed");
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.Head when !_hasStatus:
                StatusLine(line);
                break;
            case State.Head when line.IsEmpty:
                HeadEnds();
                break;
            case State.Head:
                Field(line);
                break;
            case State.ChunkSize:
                ChunkSize(line);
                break;
            case State.ChunkEnd when line.IsEmpty:
                _state = State.ChunkSize;
                break;
            case State.ChunkEnd:
                Bad("chunk data is not followed by CRLF");
                break;
            case State.Trailers when line.IsEmpty:
                _state = State.Done;
                break;
        }
    }

    private void StatusLine(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("HTTP/1.1 "u8) || line.Length < 12 || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out var used) || used != 3)
        {
            Bad("bad status line");
            return;
        }

        (Status, _hasStatus) = (status, true);
    }

    private void Field(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            Bad("bad field line");
            return;
        }

        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            if (_hasLength || !Utf8Parser.TryParse(value, out _left, out var used) || used != value.Length || _left < 0)
                Bad("bad Content-Length");
            _hasLength = true;
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            _chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
            if (!_chunked)
                Bad("bad Transfer-Encoding");
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            CloseAsked = Ascii.EqualsIgnoreCase(value, "close"u8);
        }
    }

    private void HeadEnds()
    {
        if (Status is >= 100 and < 200)
            (_hasStatus, _hasLength, _chunked, _left) = (false, false, false, -1);
        else if (_chunked && _hasLength)
            Bad("both Content-Length and Transfer-Encoding");
        else if (Status is 204 or 304 || (_hasLength && _left == 0))
            _state = State.Done;
        else
            _state = _chunked ? State.ChunkSize : _hasLength ? State.Fixed : State.UntilEof;
    }

    private void ChunkSize(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf((byte)';') is var cut and >= 0)
            line = line[..cut];
        if (line.Length is 0 or > 15 || !Utf8Parser.TryParse(line, out _left, out var used, 'x') || used != line.Length || _left < 0)
            Bad("bad chunk size");
        else
            _state = _left == 0 ? State.Trailers : State.ChunkData;
    }

    private void Bad(string fault)
    {
        (_state, Fault) = (State.Bad, fault);
    }
}
