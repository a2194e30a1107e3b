using System.Buffers;
using System.Runtime.InteropServices;

namespace AiEdge.Http;

/// <summary>
/// What request and response heads have in common: where bytes are, how far they are read, and header fields.
/// <para>
/// A head is read strictly from left to right by phases, each of which can stop at any byte and go on later; so the answer
/// never depends on how the bytes were cut, a wrong byte is answered at once, and no byte is looked at twice.
/// </para>
/// Bytes in one segment are read in place. Only a head that goes over a segment's end is copied, into memory that is reused.
/// </summary>
public abstract class HeadReader
{
    private readonly MessageHead _head;
    private readonly int _headBytesMax;
    private readonly int _headersMax;
    private HeadStatus _status;
    private HeaderPhase _phase;
    private int _copied;
    private int _nameStart;
    private int _nameLength;
    private int _valueStart;

    private protected HeadReader(MessageHead head, int headBytesMax, int headersMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headersMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(headersMax, MessageHead.HeaderCountMax);
        _head = head;
        _headBytesMax = headBytesMax;
        _headersMax = headersMax;
    }

    private enum HeaderPhase : byte { StartLine, LineStart, Name, Value }

    /// <summary>Why the head was refused, if it was.</summary>
    public Rejection Rejection { get; private protected set; }

    /// <summary>The head that is filled.</summary>
    private protected MessageHead AnyHead => _head;

    /// <summary>The next byte to look at, from the head's first byte.</summary>
    private protected int Position { get; set; }

    /// <summary>Forgets the head, so that the next one can be read. Its spans are no longer valid.</summary>
    public virtual void Reset()
    {
        _head.Clear();
        _status = HeadStatus.NeedMore;
        _phase = HeaderPhase.StartLine;
        _copied = 0;
        Position = 0;
        Rejection = Rejection.None;
    }

    /// <summary>Reads the start line from <see cref="Position"/> on; Complete when the position is behind its CRLF.</summary>
    private protected abstract HeadStatus ReadStartLine(ReadOnlySpan<byte> bytes);

    /// <summary>Judges the head as a whole, all lines being well formed.</summary>
    private protected abstract Rejection Judge();

    /// <summary>The rejection for a start line that does not end within the bound.</summary>
    private protected abstract Rejection StartLineTooLong { get; }

    private protected HeadStatus Reject(Rejection rejection)
    {
        Rejection = rejection;
        return HeadStatus.Rejected;
    }

    /// <summary>The answer for a byte that ends something too early: <paramref name="otherwise"/>, unless it is a lone LF.</summary>
    private protected HeadStatus RejectAt(byte stop, Rejection otherwise) =>
        Reject(stop == Syntax.LineFeed ? Rejection.BareLineFeed : otherwise);

    private protected HeadStatus ReadBuffer(in ReadOnlySequence<byte> buffer)
    {
        if (_status == HeadStatus.Rejected) return _status;
        var first = buffer.First;
        if (MemoryMarshal.TryGetArray(first, out var segment))
        {
            var isLast = buffer.IsSingleSegment;
            var readInPlace = isLast || (_status == HeadStatus.Complete ? first.Length >= Position : first.Length > Position);
            if (readInPlace)
            {
                var status = ReadBytes(segment.Array!, segment.Offset, segment.Count);
                if (isLast || status != HeadStatus.NeedMore) return status;
            }
        }
        return ReadCopied(buffer);
    }

    // What was copied on an earlier call is not copied again: the bytes of an unfinished head do not change.
    private HeadStatus ReadCopied(in ReadOnlySequence<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _headBytesMax);
        if (wanted > _copied)
        {
            foreach (var memory in buffer.Slice(_copied, wanted - _copied))
            {
                var scratch = _head.ScratchOf(_copied + memory.Length);
                memory.Span.CopyTo(scratch.AsSpan(_copied));
                _copied += memory.Length;
                if (_copied > Position && ReadBytes(scratch, 0, _copied) != HeadStatus.NeedMore) return _status;
            }
        }
        return ReadBytes(_head.ScratchOf(_copied), 0, _copied);
    }

    private HeadStatus ReadBytes(byte[] array, int offset, int count)
    {
        _head.Bind(array, offset);
        if (_status != HeadStatus.NeedMore) return _status;
        _status = ReadHead(new ReadOnlySpan<byte>(array, offset, Math.Min(count, _headBytesMax)));
        if (_status == HeadStatus.NeedMore && count >= _headBytesMax)
            _status = Reject(_phase == HeaderPhase.StartLine ? StartLineTooLong : Rejection.HeadTooLarge);
        return _status;
    }

    private HeadStatus ReadHead(ReadOnlySpan<byte> bytes)
    {
        if (_phase == HeaderPhase.StartLine)
        {
            var line = ReadStartLine(bytes);
            if (line != HeadStatus.Complete) return line;
            _phase = HeaderPhase.LineStart;
        }
        var fields = ReadFields(bytes);
        if (fields != HeadStatus.Complete) return fields;
        _head.Length = Position;
        var rejection = Judge();
        return rejection == Rejection.None ? HeadStatus.Complete : Reject(rejection);
    }

    private HeadStatus ReadFields(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_phase == HeaderPhase.LineStart)
            {
                if (Position >= bytes.Length) return HeadStatus.NeedMore;
                var lead = bytes[Position];
                if (lead == Syntax.CarriageReturn) return TryEndLine(bytes);
                if (Syntax.IsBlank(lead)) return Reject(Rejection.FoldedHeader);
                if (_head.HeaderCount == _headersMax) return RejectAt(lead, Rejection.TooManyHeaders);
                _nameStart = Position;
                _phase = HeaderPhase.Name;
            }
            if (_phase == HeaderPhase.Name)
            {
                var length = bytes[Position..].IndexOfAnyExcept(Syntax.TokenBytes);
                if (length < 0)
                {
                    Position = bytes.Length;
                    return HeadStatus.NeedMore;
                }
                Position += length;
                _nameLength = Position - _nameStart;
                if (bytes[Position] != ':' || _nameLength == 0) return RejectName(bytes[Position]);
                _valueStart = ++Position;
                _phase = HeaderPhase.Value;
            }
            var stop = bytes[Position..].IndexOfAny(Syntax.ValueStops);
            if (stop < 0)
            {
                Position = bytes.Length;
                return HeadStatus.NeedMore;
            }
            Position += stop;
            if (bytes[Position] != Syntax.CarriageReturn) return RejectAt(bytes[Position], Rejection.InvalidHeaderValue);
            var valueEnd = Position;
            var line = TryEndLine(bytes);
            if (line != HeadStatus.Complete) return line;
            AddField(bytes, valueEnd);
            _phase = HeaderPhase.LineStart;
        }
    }

    /// <summary>Steps over CRLF, given that a CR is at <see cref="Position"/>.</summary>
    private protected HeadStatus TryEndLine(ReadOnlySpan<byte> bytes)
    {
        if (Position + 1 >= bytes.Length) return HeadStatus.NeedMore;
        if (bytes[Position + 1] != Syntax.LineFeed) return Reject(Rejection.BareCarriageReturn);
        Position += 2;
        return HeadStatus.Complete;
    }

    private HeadStatus RejectName(byte stop) => RejectAt(stop, stop switch
    {
        Syntax.CarriageReturn => Rejection.HeaderWithoutColon,
        Syntax.Space or Syntax.Tab => Rejection.SpaceInHeaderName,
        _ => Rejection.InvalidHeaderName,
    });

    private void AddField(ReadOnlySpan<byte> bytes, int valueEnd)
    {
        var start = _valueStart;
        while (start < valueEnd && Syntax.IsBlank(bytes[start])) start++;
        while (valueEnd > start && Syntax.IsBlank(bytes[valueEnd - 1])) valueEnd--;
        _head.Add(HeaderNames.MatchToken(bytes.Slice(_nameStart, _nameLength)), _nameStart, _nameLength, start, valueEnd - start);
    }
}
