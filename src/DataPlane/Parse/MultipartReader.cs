using System.Buffers;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>
/// Finds <c>model</c> and <c>stream</c> in a multipart/form-data body (RFC 7578), span by span; files are passed over by a
/// vectorised search for the boundary. Strict, since a provider's parser must not see other fields than this one does: no
/// preamble, no epilogue but one line end, CRLF alone, no padding behind a boundary, nothing given twice.
/// </summary>
internal sealed class MultipartReader
{
    /// <summary>Bytes of one part's header section.</summary>
    public const int PartHeadBytesMax = 4096;

    /// <summary>Parts of one body.</summary>
    public const int PartsMax = 1024;

    private const int DelimiterMax = 4 + MultipartBoundary.LengthMax;

    private readonly byte[] _delimiter = new byte[DelimiterMax];
    private readonly byte[] _head = new byte[PartHeadBytesMax];
    private readonly byte[] _text = new byte[RequestFacts.ModelBytesMax];
    private RequestFacts _facts = new();
    private int _delimiterLength;
    private int _matched;
    private int _headLength;
    private int _textLength;
    private long _textStart;
    private long _offset;
    private int _parts;
    private State _state;
    private RequestField _part;
    private RequestField _seen;
    private EdgeError _error;

    private enum State : byte
    {
        /// <summary>The first boundary, at the body's first byte.</summary>
        Opening,

        /// <summary>Just behind a boundary: CRLF or the closing dashes.</summary>
        AfterDelimiter,
        Head,
        Content,

        /// <summary>Behind the closing dashes: at most one CRLF.</summary>
        Closed,
    }

    /// <summary>Starts a body.</summary>
    /// <param name="facts">Emptied, then filled while the body is fed.</param>
    /// <param name="contentType">The request's Content-Type.</param>
    public EdgeError Begin(RequestFacts facts, ReadOnlySpan<byte> contentType)
    {
        facts.Reset();
        _facts = facts;
        _state = State.Opening;
        _matched = 2;
        _headLength = 0;
        _textLength = 0;
        _offset = 0;
        _parts = 0;
        _part = RequestField.None;
        _seen = RequestField.None;
        _error = default;
        if (!MultipartBoundary.TryFind(contentType, out ReadOnlySpan<byte> boundary))
            return _error = EdgeError.Invalid("The content type must be multipart/form-data with one valid boundary.");
        "\r\n--"u8.CopyTo(_delimiter);
        boundary.CopyTo(_delimiter.AsSpan(4));
        _delimiterLength = 4 + boundary.Length;
        return default;
    }

    public EdgeError Feed(in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> segment in bytes)
            Feed(segment.Span);
        return _error;
    }

    /// <summary>The next bytes. The first error stays: later calls return it again.</summary>
    public EdgeError Feed(ReadOnlySpan<byte> bytes)
    {
        int p = 0;
        while (p < bytes.Length && !_error.IsError)
        {
            p = _state switch
            {
                State.Content => Content(bytes, p),
                State.Head => Head(bytes, p),
                State.Opening => Opening(bytes, p),
                State.AfterDelimiter => AfterDelimiter(bytes[p], p),
                _ => Closed(bytes[p], p),
            };
        }

        _offset += bytes.Length;
        return _error;
    }

    /// <summary>The body's end.</summary>
    public EdgeError Finish()
    {
        if (_error.IsError)
            return _error;
        if (_state != State.Closed || _matched == 1)
            return _error = EdgeError.Invalid("The multipart body ends too early.");
        if ((_seen & RequestField.Model) == 0)
            _error = RequestFields.Missing("model");
        return _error;
    }

    private int Fail()
    {
        _error = EdgeError.Invalid("The request body is not valid multipart/form-data.");
        return 0;
    }

    private int Opening(ReadOnlySpan<byte> bytes, int p)
    {
        if (bytes[p] != _delimiter[_matched++])
            return Fail();
        if (_matched == _delimiterLength)
            EndDelimiter();
        return p + 1;
    }

    private void EndDelimiter()
    {
        _state = State.AfterDelimiter;
        _matched = 0;
    }

    private int AfterDelimiter(byte c, int p)
    {
        // _matched: 0 nothing yet, 1 a CR, 2 a dash.
        switch (_matched, c)
        {
            case (0, (byte)'\r'):
                _matched = 1;
                return p + 1;
            case (0, (byte)'-'):
                _matched = 2;
                return p + 1;
            case (1, (byte)'\n'):
                if (++_parts > PartsMax)
                    return Fail();
                _state = State.Head;
                _headLength = 0;
                return p + 1;
            case (2, (byte)'-'):
                _state = State.Closed;
                _matched = 0;
                return p + 1;
            default:
                return Fail();
        }
    }

    private int Closed(byte c, int p)
    {
        if (_matched >= 2 || c != (_matched == 0 ? (byte)'\r' : (byte)'\n'))
            return Fail();
        _matched++;
        return p + 1;
    }

    /// <summary>Collects the part's header section up to its empty line.</summary>
    private int Head(ReadOnlySpan<byte> bytes, int p)
    {
        while (p < bytes.Length)
        {
            if (_headLength == PartHeadBytesMax)
                return Fail();
            byte c = bytes[p++];
            _head[_headLength++] = c;
            if (c != (byte)'\n')
                continue;
            ReadOnlySpan<byte> head = _head.AsSpan(0, _headLength);
            if (!head.EndsWith("\r\n\r\n"u8) && !head.SequenceEqual("\r\n"u8))
                continue;
            RequestField field = MultipartPart.Read(head, out bool valid);
            if (!valid)
                return Fail();
            return BeginContent(field, p);
        }

        return p;
    }

    private int BeginContent(RequestField field, int p)
    {
        if ((_seen & field) != 0)
        {
            _error = RequestFields.Duplicate(field == RequestField.Model ? "model" : "stream");
            return 0;
        }

        _seen |= field;
        _part = field;
        _state = State.Content;
        _matched = 0;
        _textLength = 0;
        _textStart = _offset + p;
        return p;
    }

    private int Content(ReadOnlySpan<byte> bytes, int p)
    {
        ReadOnlySpan<byte> delimiter = _delimiter.AsSpan(0, _delimiterLength);
        if (_matched > 0)
            return GoOnMatching(bytes, p);
        int found = bytes[p..].IndexOf(delimiter);
        if (found >= 0)
        {
            Keep(bytes.Slice(p, found));
            EndContent(p + found);
            return p + found + _delimiterLength;
        }

        // The delimiter may have begun at the span's end. A CR stands only at its head, so the last one is the only candidate.
        int tail = bytes[p..].LastIndexOf((byte)'\r');
        int from = tail < 0 ? bytes.Length : p + tail;
        if (!delimiter.StartsWith(bytes[from..]))
            from = bytes.Length;
        Keep(bytes[p..from]);
        _matched = bytes.Length - from;
        return bytes.Length;
    }

    private int GoOnMatching(ReadOnlySpan<byte> bytes, int p)
    {
        while (p < bytes.Length)
        {
            if (bytes[p] != _delimiter[_matched])
            {
                // What looked like a delimiter was content; the byte at hand is looked at anew.
                Keep(_delimiter.AsSpan(0, _matched));
                _matched = 0;
                return p;
            }

            p++;
            if (++_matched < _delimiterLength)
                continue;
            EndContent(p - _delimiterLength);
            return p;
        }

        return p;
    }

    private void Keep(ReadOnlySpan<byte> content)
    {
        if (_part == RequestField.None)
            return;
        if (_textLength + content.Length > _text.Length)
        {
            _error = BadText();
            return;
        }

        content.CopyTo(_text.AsSpan(_textLength));
        _textLength += content.Length;
    }

    /// <summary>The part ends before the byte at <paramref name="end"/>, counted in the span (negative: in an earlier one).</summary>
    private void EndContent(int end)
    {
        EndDelimiter();
        if (_part == RequestField.None || _error.IsError)
            return;
        var range = new ByteRange(_textStart, _offset + end - _textStart);
        ReadOnlySpan<byte> text = _text.AsSpan(0, _textLength);
        if (_part == RequestField.Model)
        {
            _facts.ModelToken = range;
            if (!System.Text.Unicode.Utf8.IsValid(text) || !_facts.TrySetModel(text))
                _error = BadText();
            return;
        }

        _facts.StreamToken = range;
        _facts.Stream = HeaderParameters.EqualsIgnoreCase(text, "true"u8) || text.SequenceEqual("1"u8);
        if (!_facts.Stream && !HeaderParameters.EqualsIgnoreCase(text, "false"u8) && !text.SequenceEqual("0"u8))
            _error = BadText();
    }

    private EdgeError BadText() => _part == RequestField.Model
        ? RequestFields.BadModel()
        : EdgeError.Invalid("'stream' must be true or false.", "stream");
}
