using System.Buffers;

namespace AiEdge.Http;

/// <summary>
/// Reads response heads (RFC 9112 sections 4 to 6), strictly. One reader serves one connection, one head after the other;
/// interim heads are heads of their own.
/// </summary>
/// <param name="headBytesMax">Bound on the head.</param>
/// <param name="headersMax">Bound on the number of header fields.</param>
public sealed class ResponseHeadReader(int headBytesMax, int headersMax)
    : HeadReader(new ResponseHead(headBytesMax), headBytesMax, headersMax)
{
    private const int HeadersMaxDefault = 128;

    private static ReadOnlySpan<byte> StatusPattern => "HTTP/1.0 000"u8;

    private bool _inReason;
    private bool _requestWasHead;

    /// <summary>A reader that takes at most 128 header fields.</summary>
    public ResponseHeadReader(int headBytesMax) : this(headBytesMax, HeadersMaxDefault)
    {
    }

    /// <summary>The head; complete when <see cref="Read"/> says so.</summary>
    public ResponseHead Head => (ResponseHead)AnyHead;

    private protected override Rejection StartLineTooLong => Rejection.HeadTooLarge;

    /// <summary>
    /// Reads on. Give all bytes that are not consumed yet, old and new, each time; what was looked at is not looked at again.
    /// When complete, <see cref="MessageHead.Length"/> bytes are the head's.
    /// </summary>
    public HeadStatus Read(in ReadOnlySequence<byte> buffer, bool requestWasHead)
    {
        _requestWasHead = requestWasHead;
        return ReadBuffer(buffer);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        _inReason = false;
    }

    private protected override HeadStatus ReadStartLine(ReadOnlySpan<byte> bytes)
    {
        if (!_inReason)
        {
            var line = ReadStatus(bytes);
            if (line != HeadStatus.Complete) return line;
            _inReason = true;
        }
        return ReadReason(bytes);
    }

    private HeadStatus ReadStatus(ReadOnlySpan<byte> bytes)
    {
        var pattern = StatusPattern;
        for (; Position < pattern.Length; Position++)
        {
            if (Position >= bytes.Length) return HeadStatus.NeedMore;
            var expected = pattern[Position];
            var actual = bytes[Position];
            if (expected == '0' ? !Syntax.IsDigit(actual) : actual != expected) return RejectAt(actual, Rejection.InvalidStatusLine);
        }
        if (bytes[7] > '1') return Reject(Rejection.UnsupportedVersion);
        Head.MinorVersion = bytes[7] - '0';
        Head.Status = ((bytes[9] - '0') * 100) + ((bytes[10] - '0') * 10) + (bytes[11] - '0');
        if (Head.Status is < 100 or > 599) return Reject(Rejection.InvalidStatusLine);
        return Head.Status == 101 ? Reject(Rejection.UnaskedUpgrade) : HeadStatus.Complete;
    }

    // The space behind the status is missing where old servers have no reason to give.
    private HeadStatus ReadReason(ReadOnlySpan<byte> bytes)
    {
        var start = StatusPattern.Length;
        if (Position >= bytes.Length) return HeadStatus.NeedMore;
        if (bytes[start] is not (Syntax.Space or Syntax.CarriageReturn)) return RejectAt(bytes[start], Rejection.InvalidStatusLine);
        var stop = bytes[Position..].IndexOfAny(Syntax.ValueStops);
        if (stop < 0)
        {
            Position = bytes.Length;
            return HeadStatus.NeedMore;
        }
        Position += stop;
        if (bytes[Position] != Syntax.CarriageReturn) return RejectAt(bytes[Position], Rejection.InvalidStatusLine);
        var end = Position;
        var line = TryEndLine(bytes);
        if (line == HeadStatus.Complete && end > start) Head.SetReason(start + 1, end - start - 1);
        return line;
    }

    private protected override Rejection Judge()
    {
        var head = Head;
        var rejection = BodyFraming.JudgeResponse(head, head.Status, _requestWasHead, out var framing);
        head.Framing = framing;
        return rejection == Rejection.None ? head.ReadConnection() : rejection;
    }
}
