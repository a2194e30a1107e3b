using System.Buffers;
using System.Text;

namespace AiEdge.Http;

/// <summary>
/// Reads request heads (RFC 9112 sections 2 to 6, RFC 9110 sections 5 and 7.2), strictly. One reader serves one connection,
/// one request after the other.
/// </summary>
/// <param name="headBytesMax">Bound on the head, skipped empty lines included.</param>
/// <param name="headersMax">Bound on the number of header fields.</param>
public sealed class RequestHeadReader(int headBytesMax, int headersMax)
    : HeadReader(new RequestHead(headBytesMax), headBytesMax, headersMax)
{
    private const int EmptyLinesMax = 2;
    private const int MethodBytesMax = 32;
    private const int HeadersMaxDefault = 128;

    private static ReadOnlySpan<byte> VersionPattern => "HTTP/0.0\r\n"u8;

    private RequestPhase _phase;
    private int _partStart;
    private int _emptyLines;

    /// <summary>A reader that takes at most 128 header fields.</summary>
    public RequestHeadReader(int headBytesMax) : this(headBytesMax, HeadersMaxDefault)
    {
    }

    private enum RequestPhase : byte { EmptyLines, Method, Target, Version }

    /// <summary>The head; complete when <see cref="Read"/> says so.</summary>
    public RequestHead Head => (RequestHead)AnyHead;

    private protected override Rejection StartLineTooLong => Rejection.TargetTooLong;

    /// <summary>
    /// Reads on. Give all bytes that are not consumed yet, old and new, each time; what was looked at is not looked at again.
    /// When complete, <see cref="MessageHead.Length"/> bytes are the head's.
    /// </summary>
    public HeadStatus Read(in ReadOnlySequence<byte> buffer) => ReadBuffer(buffer);

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        _phase = RequestPhase.EmptyLines;
        _partStart = 0;
        _emptyLines = 0;
    }

    private protected override HeadStatus ReadStartLine(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var status = _phase switch
            {
                RequestPhase.EmptyLines => ReadEmptyLines(bytes),
                RequestPhase.Method => ReadMethod(bytes),
                RequestPhase.Target => ReadTarget(bytes),
                _ => ReadVersion(bytes),
            };
            if (status != HeadStatus.Complete || _phase == RequestPhase.Version) return status;
            _phase++;
            _partStart = Position;
        }
    }

    // A client may send an empty line behind a body (RFC 9112 section 2.2); more than a couple is no client.
    private HeadStatus ReadEmptyLines(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (Position >= bytes.Length) return HeadStatus.NeedMore;
            if (bytes[Position] != Syntax.CarriageReturn) return HeadStatus.Complete;
            var line = TryEndLine(bytes);
            if (line != HeadStatus.Complete) return line;
            if (++_emptyLines > EmptyLinesMax) return Reject(Rejection.TooManyEmptyLines);
        }
    }

    private HeadStatus ReadMethod(ReadOnlySpan<byte> bytes)
    {
        var length = bytes[Position..].IndexOfAnyExcept(Syntax.TokenBytes);
        Position = length < 0 ? bytes.Length : Position + length;
        if (Position - _partStart > MethodBytesMax) return Reject(Rejection.InvalidMethod);
        if (length < 0) return HeadStatus.NeedMore;
        if (bytes[Position] != Syntax.Space || Position == _partStart) return RejectAt(bytes[Position], Rejection.InvalidMethod);
        Head.SetMethod(_partStart, Position - _partStart);
        Position++;
        return HeadStatus.Complete;
    }

    private HeadStatus ReadTarget(ReadOnlySpan<byte> bytes)
    {
        var length = bytes[Position..].IndexOfAnyExcept(Syntax.TargetBytes);
        if (length < 0)
        {
            Position = bytes.Length;
            return HeadStatus.NeedMore;
        }
        Position += length;
        if (bytes[Position] != Syntax.Space || Position == _partStart) return RejectAt(bytes[Position], Rejection.InvalidTarget);
        Head.SetTarget(_partStart, Position - _partStart);
        Position++;
        return HeadStatus.Complete;
    }

    private HeadStatus ReadVersion(ReadOnlySpan<byte> bytes)
    {
        var pattern = VersionPattern;
        for (; Position - _partStart < pattern.Length; Position++)
        {
            if (Position >= bytes.Length) return HeadStatus.NeedMore;
            var expected = pattern[Position - _partStart];
            var actual = bytes[Position];
            if (expected == '0' ? Syntax.IsDigit(actual) : actual == expected) continue;
            if (expected == Syntax.LineFeed) return Reject(Rejection.BareCarriageReturn);
            return RejectAt(actual, Rejection.InvalidVersion);
        }
        var major = bytes[_partStart + 5];
        var minor = bytes[_partStart + 7];
        if (major != '1' || minor > '1') return Reject(Rejection.UnsupportedVersion);
        Head.MinorVersion = minor - '0';
        var target = Head.JudgeTarget();
        return target == Rejection.None ? HeadStatus.Complete : Reject(target);
    }

    private protected override Rejection Judge()
    {
        var head = Head;
        var rejection = JudgeHost(head);
        if (rejection == Rejection.None) rejection = JudgeFraming(head);
        if (rejection == Rejection.None) rejection = head.ReadConnection();
        if (rejection == Rejection.None) rejection = JudgeExpectation(head);
        return rejection;
    }

    private static Rejection JudgeFraming(RequestHead head)
    {
        var rejection = BodyFraming.JudgeRequest(head, out var framing);
        head.Framing = framing;
        return rejection;
    }

    private static Rejection JudgeHost(RequestHead head)
    {
        var host = head.IndexOf(HeaderId.Host);
        if (host < 0) return head.MinorVersion == 0 ? Rejection.None : Rejection.MissingHost;
        if (head.IndexOf(HeaderId.Host, host + 1) >= 0) return Rejection.RepeatedHost;
        var value = head.Value(host);
        return value.IsEmpty || Authority.IsValid(value) ? Rejection.None : Rejection.InvalidHost;
    }

    // HTTP/1.0 clients cannot read 100 (Continue), and where nothing follows there is nothing to wait for.
    private static Rejection JudgeExpectation(RequestHead head)
    {
        for (var i = head.IndexOf(HeaderId.Expect); i >= 0; i = head.IndexOf(HeaderId.Expect, i + 1))
        {
            if (!Ascii.EqualsIgnoreCase(head.Value(i), "100-continue"u8)) return Rejection.UnknownExpectation;
            head.ExpectContinue = head.MinorVersion == 1 && head.Framing.HasBody;
        }
        return Rejection.None;
    }
}
