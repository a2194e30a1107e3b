namespace AiEdge.Http;

/// <summary>What <see cref="ChunkedReader.Read"/> found.</summary>
public enum ChunkStatus : byte
{
    /// <summary>All of the input is consumed and the body goes on.</summary>
    NeedMore,
    /// <summary>Body bytes were found; call again with the rest.</summary>
    Data,
    /// <summary>The body is complete, its trailers included.</summary>
    End,
    /// <summary>This is no chunked body; nothing behind it on the connection can be trusted.</summary>
    Invalid,
}

/// <summary>
/// Finds the data in a chunked body (RFC 9112 section 7.1), resumable at every byte. Extensions and trailers are checked
/// and dropped. Only CRLF ends a line: a lone CR or LF is an error wherever it stands, because two readers that disagree
/// about it disagree about where the next message begins.
/// <para>Bounds: a size of at most 16 digits and 2^63-1; a size line of at most 4 KiB; extensions in all of at most 16 KiB
/// more than twice the data they came with; trailers of at most 32 KiB and 100 lines.</para>
/// </summary>
public struct ChunkedReader
{
    private const int SizeDigitsMax = 16;
    private const int SizeLineBytesMax = 4096;
    private const int ExtensionExcessMax = 16 * 1024;
    private const int TrailerBytesMax = 32 * 1024;
    private const int TrailerLinesMax = 100;

    private Phase _phase;
    private ChunkExtension _extension;
    private long _size;
    private long _excess;
    private int _digits;
    private int _lineBytes;
    private int _trailerLines;

    private enum Phase : byte
    {
        Size,
        Extension,
        SizeEnd,
        Data,
        DataCr,
        DataLf,
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerEnd,
        LastLf,
        Ended,
        Failed,
    }

    /// <summary>True once the body is complete.</summary>
    public readonly bool IsEnded => _phase == Phase.Ended;

    /// <summary>
    /// Reads until the next piece of data or the end of the input. With <see cref="ChunkStatus.Data"/>, the data is
    /// <paramref name="dataLength"/> bytes at <paramref name="dataStart"/> and the first <paramref name="consumed"/> bytes
    /// are done. With <see cref="ChunkStatus.End"/>, bytes from <paramref name="consumed"/> on belong to the next message.
    /// </summary>
    public ChunkStatus Read(ReadOnlySpan<byte> input, out int consumed, out int dataStart, out int dataLength)
    {
        dataStart = 0;
        dataLength = 0;
        var position = 0;
        while (position < input.Length)
        {
            if (_phase == Phase.Data)
            {
                dataStart = position;
                dataLength = (int)Math.Min(_size, input.Length - position);
                _size -= dataLength;
                if (_size == 0) _phase = Phase.DataCr;
                consumed = position + dataLength;
                return ChunkStatus.Data;
            }
            if (_phase >= Phase.Ended) break;
            _phase = _phase == Phase.TrailerValue ? SkipValue(input, ref position) : Step(input[position++]);
        }
        consumed = position;
        return _phase switch
        {
            Phase.Ended => ChunkStatus.End,
            Phase.Failed => ChunkStatus.Invalid,
            _ => ChunkStatus.NeedMore,
        };
    }

    private Phase Step(byte value) => _phase switch
    {
        Phase.Size => StepSize(value),
        Phase.Extension => StepExtension(value),
        Phase.SizeEnd => value == Syntax.LineFeed ? BeginData() : Phase.Failed,
        Phase.DataCr => value == Syntax.CarriageReturn ? Phase.DataLf : Phase.Failed,
        Phase.DataLf => value == Syntax.LineFeed ? BeginSize() : Phase.Failed,
        Phase.LastLf => value == Syntax.LineFeed ? Phase.Ended : Phase.Failed,
        _ => StepTrailer(value),
    };

    private Phase BeginSize()
    {
        _size = 0;
        _digits = 0;
        _lineBytes = 0;
        return Phase.Size;
    }

    private Phase StepSize(byte value)
    {
        var digit = Syntax.HexDigit(value);
        if (digit >= 0)
        {
            if (++_digits > SizeDigitsMax || _size > long.MaxValue >> 4) return Phase.Failed;
            _size = (_size << 4) | (uint)digit;
            return Phase.Size;
        }
        if (_digits == 0) return Phase.Failed;
        if (value == Syntax.CarriageReturn) return Phase.SizeEnd;
        _extension = default;
        return StepExtension(value);
    }

    private Phase StepExtension(byte value)
    {
        // The bytes from the digits' end on, CR included; LF is still to come.
        if (++_lineBytes + _digits >= SizeLineBytesMax) return Phase.Failed;
        if (value != Syntax.CarriageReturn) return _extension.Accept(value) ? Phase.Extension : Phase.Failed;
        return _extension.CanEnd ? Phase.SizeEnd : Phase.Failed;
    }

    private Phase BeginData()
    {
        // Many tiny chunks with long extensions make the peer do work that no byte of the body pays for.
        _excess = Math.Max(0, _excess + _lineBytes - (_size > ExtensionExcessMax ? 2 * ExtensionExcessMax : 2 * _size));
        if (_excess > ExtensionExcessMax) return Phase.Failed;
        if (_size > 0) return Phase.Data;
        _lineBytes = 0;
        return Phase.TrailerStart;
    }

    private Phase StepTrailer(byte value)
    {
        if (++_lineBytes > TrailerBytesMax) return Phase.Failed;
        switch (_phase)
        {
            case Phase.TrailerStart when value == Syntax.CarriageReturn:
                return Phase.LastLf;
            case Phase.TrailerStart:
                return ++_trailerLines <= TrailerLinesMax && Syntax.TokenBytes.Contains(value) ? Phase.TrailerName : Phase.Failed;
            case Phase.TrailerName when value == ':':
                return Phase.TrailerValue;
            case Phase.TrailerName:
                return Syntax.TokenBytes.Contains(value) ? Phase.TrailerName : Phase.Failed;
            default:
                return value == Syntax.LineFeed ? Phase.TrailerStart : Phase.Failed;
        }
    }

    private Phase SkipValue(ReadOnlySpan<byte> input, ref int position)
    {
        var rest = input[position..];
        var stop = rest.IndexOfAny(Syntax.ValueStops);
        var length = stop < 0 ? rest.Length : stop + 1;
        position += length;
        // Compared before it is added: the input may be longer than any bound.
        if (length > TrailerBytesMax - _lineBytes) return Phase.Failed;
        _lineBytes += length;
        if (stop < 0) return Phase.TrailerValue;
        return rest[stop] == Syntax.CarriageReturn ? Phase.TrailerEnd : Phase.Failed;
    }
}
