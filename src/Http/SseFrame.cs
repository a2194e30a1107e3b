using System.Buffers;

namespace AiEdge.Http;

/// <summary>
/// One frame of server-sent events, read as WHATWG HTML section 9.2.6 says. Spans are slices of the frame; only data of
/// several lines is joined, in the scratch given.
/// </summary>
public ref struct SseFrame
{
    private static ReadOnlySpan<byte> Bom => [0xEF, 0xBB, 0xBF];

    private int _dataLines;
    private int _dataLength;
    private bool _hasComment;
    private bool _hasField;

    /// <summary>The event's type; empty stands for "message".</summary>
    public ReadOnlySpan<byte> EventName { get; private set; }

    /// <summary>The data, its lines joined by LF.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>The id, where <see cref="HasId"/>; an id with NUL in it counts as none.</summary>
    public ReadOnlySpan<byte> Id { get; private set; }

    /// <summary>The reconnection time in milliseconds, or -1. Values over 2^63-1 count as none.</summary>
    public long RetryMs { get; private set; }

    /// <summary>True if the frame has an id; an empty one means that there is no last id any more.</summary>
    public bool HasId { get; private set; }

    /// <summary>True if the frame has a data field, be it empty. A frame without one is no event.</summary>
    public readonly bool HasData => _dataLines > 0;

    /// <summary>True for a frame of comments only: a sign of life.</summary>
    public readonly bool IsComment => _hasComment && !_hasField;

    /// <summary>Reads a frame. Data of several lines is joined in <paramref name="scratch"/>.</summary>
    /// <param name="frame">The bytes up to the end that <see cref="SseScanner.FindEnd"/> gave.</param>
    /// <param name="scratch">At least as long as the frame, if its data may have several lines.</param>
    /// <param name="midStream">True for any frame but the first of a stream: a byte order mark is then part of a field's name.</param>
    /// <exception cref="ArgumentException">The scratch is too small for the joined data.</exception>
    public static SseFrame Read(ReadOnlySpan<byte> frame, Span<byte> scratch, bool midStream = false)
    {
        var read = Parse(frame, midStream);
        if (read._dataLines < 2) return read;
        if (scratch.Length < read._dataLength) throw new ArgumentException("Too small for the data of this frame.", nameof(scratch));
        read.Data = Join(frame, scratch[..read._dataLength], midStream);
        return read;
    }

    /// <summary>Reads a frame. Data of several lines is joined in a span of <paramref name="scratch"/>, and written there.</summary>
    /// <param name="frame">The bytes up to the end that <see cref="SseScanner.FindEnd"/> gave.</param>
    /// <param name="scratch">Takes joined data; its memory must live as long as the frame is used.</param>
    /// <param name="midStream">True for any frame but the first of a stream: a byte order mark is then part of a field's name.</param>
    public static SseFrame Read(ReadOnlySpan<byte> frame, IBufferWriter<byte> scratch, bool midStream = false)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        var read = Parse(frame, midStream);
        if (read._dataLines < 2) return read;
        read.Data = Join(frame, scratch.GetSpan(read._dataLength)[..read._dataLength], midStream);
        scratch.Advance(read._dataLength);
        return read;
    }

    private static SseFrame Parse(ReadOnlySpan<byte> frame, bool midStream)
    {
        var read = new SseFrame { RetryMs = -1 };
        var rest = WithoutBom(frame, midStream);
        while (!rest.IsEmpty)
        {
            var line = TakeLine(ref rest);
            if (line.IsEmpty) continue;
            var name = Split(line, out var value);
            if (name.IsEmpty) read._hasComment = true;
            else if (name.SequenceEqual("data"u8)) read.AddData(value);
            else read.Set(name, value);
        }
        return read;
    }

    private void AddData(ReadOnlySpan<byte> value)
    {
        if (_dataLines++ == 0) Data = value;
        else _dataLength++;
        _dataLength += value.Length;
        _hasField = true;
    }

    private void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("event"u8))
        {
            EventName = value;
            _hasField = true;
        }
        else if (name.SequenceEqual("id"u8))
        {
            _hasField = true;
            if (value.Contains((byte)0)) return;
            Id = value;
            HasId = true;
        }
        else if (name.SequenceEqual("retry"u8))
        {
            _hasField = true;
            if (TryReadDigits(value, out var retryMs)) RetryMs = retryMs;
        }
    }

    private static Span<byte> Join(ReadOnlySpan<byte> frame, Span<byte> scratch, bool midStream)
    {
        var rest = WithoutBom(frame, midStream);
        var length = 0;
        var isFirst = true;
        while (!rest.IsEmpty)
        {
            var name = Split(TakeLine(ref rest), out var value);
            if (!name.SequenceEqual("data"u8)) continue;
            if (!isFirst) scratch[length++] = Syntax.LineFeed;
            isFirst = false;
            value.CopyTo(scratch[length..]);
            length += value.Length;
        }
        return scratch;
    }

    private static ReadOnlySpan<byte> WithoutBom(ReadOnlySpan<byte> frame, bool midStream) =>
        !midStream && frame.StartsWith(Bom) ? frame[Bom.Length..] : frame;

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAny(Syntax.LineFeed, Syntax.CarriageReturn);
        if (end < 0) end = rest.Length;
        var line = rest[..end];
        var next = end + 1;
        if (next < rest.Length && rest[end] == Syntax.CarriageReturn && rest[next] == Syntax.LineFeed) next++;
        rest = next < rest.Length ? rest[next..] : default;
        return line;
    }

    // Name and value of a line; a comment has an empty name. One space behind the colon is not the value's.
    private static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> value)
    {
        var colon = line.IndexOf((byte)':');
        value = colon < 0 ? default : line[(colon + 1)..];
        if (!value.IsEmpty && value[0] == Syntax.Space) value = value[1..];
        return colon < 0 ? line : line[..colon];
    }

    private static bool TryReadDigits(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (!Syntax.IsDigit(digit) || value > (long.MaxValue - 9) / 10) return false;
            value = (value * 10) + (digit - '0');
        }
        return !digits.IsEmpty;
    }
}
