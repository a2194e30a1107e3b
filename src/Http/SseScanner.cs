namespace AiEdge.Http;

/// <summary>
/// Finds where event frames end in a stream of server-sent events (WHATWG HTML, section 9.2.5), resumable at every byte:
/// CR, LF and CRLF end lines, an empty line ends a frame. It looks at no field; <see cref="SseFrame"/> reads whole frames.
/// </summary>
public struct SseScanner
{
    private const byte BomPassed = 3;

    private byte _bomBytes;
    private bool _inLine;
    private bool _afterCr;

    private static ReadOnlySpan<byte> Bom => [0xEF, 0xBB, 0xBF];

    /// <summary>True if bytes of an unfinished frame were seen.</summary>
    public bool InFrame { get; private set; }

    /// <summary>
    /// The index behind the empty line that closes the frame, or -1 if it is not in the span: then all of the span belongs to
    /// the frame and the next call goes on with the bytes behind it. An empty line at a frame's start is a frame of its own.
    /// A frame closed by a CR that is the span's last byte is reported at once; if LF follows, that LF becomes the first byte
    /// of the next frame, where it means nothing.
    /// </summary>
    public int FindEnd(ReadOnlySpan<byte> span)
    {
        var position = _bomBytes < BomPassed ? SkipBom(span) : 0;
        while (position < span.Length)
        {
            if (_inLine)
            {
                var stop = span[position..].IndexOfAny(Syntax.LineFeed, Syntax.CarriageReturn);
                if (stop < 0) return -1;
                position += stop;
                _inLine = false;
                _afterCr = span[position++] == Syntax.CarriageReturn;
                continue;
            }
            var value = span[position];
            var isSecondHalf = value == Syntax.LineFeed && _afterCr;
            _afterCr = false;
            if (isSecondHalf)
            {
                position++;
            }
            else if (value is Syntax.LineFeed or Syntax.CarriageReturn)
            {
                return EndFrame(span, position);
            }
            else
            {
                _inLine = true;
                InFrame = true;
            }
        }
        return -1;
    }

    /// <summary>Goes back to the start of a stream.</summary>
    public void Reset() => this = default;

    private int EndFrame(ReadOnlySpan<byte> span, int position)
    {
        InFrame = false;
        if (span[position++] == Syntax.LineFeed) return position;
        if (position < span.Length) return span[position] == Syntax.LineFeed ? position + 1 : position;
        _afterCr = true;
        return position;
    }

    // A byte order mark counts only as the very first bytes; half of one is the beginning of a line.
    private int SkipBom(ReadOnlySpan<byte> span)
    {
        var position = 0;
        while (position < span.Length && _bomBytes < BomPassed)
        {
            if (span[position] != Bom[_bomBytes])
            {
                _inLine = InFrame = _bomBytes > 0;
                _bomBytes = BomPassed;
                break;
            }
            _bomBytes++;
            position++;
        }
        return position;
    }
}
