using System.Buffers;
using System.Buffers.Text;

namespace AiEdge.Http;

/// <summary>
/// Writes bytes to a buffer writer through one span at a time, so that a head costs one GetSpan and one Advance.
/// Nothing is the output's before <see cref="Commit"/>.
/// </summary>
public ref struct ByteWriter
{
    private const int SpanBytesMin = 512;

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _span;
    private int _used;

    /// <summary>Starts at the output's present end.</summary>
    public ByteWriter(IBufferWriter<byte> output)
    {
        _output = output;
        _span = output.GetSpan(SpanBytesMin);
        _used = 0;
    }

    /// <summary>Bytes written since construction.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Writes the bytes as they are.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _span.Length - _used)
        {
            WriteAcross(bytes);
            return;
        }
        bytes.CopyTo(_span[_used..]);
        Took(bytes.Length);
    }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value)
    {
        Ensure(1)[0] = value;
        Took(1);
    }

    /// <summary>Writes a decimal number, with '-' if it is negative.</summary>
    public void WriteDecimal(long value)
    {
        Utf8Formatter.TryFormat(value, Ensure(20), out var written);
        Took(written);
    }

    /// <summary>Writes lower-case hexadecimal without leading zeros; a negative number as its 64 bits.</summary>
    public void WriteHex(long value)
    {
        Utf8Formatter.TryFormat(value, Ensure(16), out var written, new StandardFormat('x'));
        Took(written);
    }

    /// <summary>Ends a line.</summary>
    public void WriteCrlf()
    {
        var span = Ensure(2);
        span[1] = Syntax.LineFeed;
        span[0] = Syntax.CarriageReturn;
        Took(2);
    }

    /// <summary>
    /// Writes a field line. The name must be a token. A byte that cannot stand in a value is written as a space
    /// (RFC 9110 section 5.5), so that no value, wherever it comes from, can begin a line of its own.
    /// </summary>
    public void WriteHeader(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Write(name);
        Write(": "u8);
        while (true)
        {
            var stop = value.IndexOfAny(Syntax.ValueStops);
            if (stop < 0) break;
            Write(value[..stop]);
            WriteByte(Syntax.Space);
            value = value[(stop + 1)..];
        }
        Write(value);
        WriteCrlf();
    }

    /// <summary>Writes a field line with a number.</summary>
    public void WriteHeader(scoped ReadOnlySpan<byte> name, long value)
    {
        Write(name);
        Write(": "u8);
        WriteDecimal(value);
        WriteCrlf();
    }

    /// <summary>Writes "HTTP/1.1 status reason" for a status of 100 to 999; the reason is empty where none is known.</summary>
    public void WriteStatusLine(int status)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 999);
        var line = StatusLines.Of(status);
        if (!line.IsEmpty)
        {
            Write(line);
            return;
        }
        Write("HTTP/1.1 "u8);
        WriteDecimal(status);
        WriteByte(Syntax.Space);
        WriteCrlf();
    }

    /// <summary>Writes a chunk's size line; the data and a CRLF must follow. A size of 0 ends the body.</summary>
    public void WriteChunkHeader(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        WriteHex(length);
        WriteCrlf();
    }

    /// <summary>Hands over what was written. The writer can go on afterwards.</summary>
    public void Commit()
    {
        if (_used == 0) return;
        _output.Advance(_used);
        _span = _span[_used..];
        _used = 0;
    }

    private void Took(int count)
    {
        _used += count;
        BytesWritten += count;
    }

    private Span<byte> Ensure(int count)
    {
        if (count > _span.Length - _used) NextSpan(count);
        return _span[_used..];
    }

    private void NextSpan(int count)
    {
        Commit();
        _span = _output.GetSpan(Math.Max(count, SpanBytesMin));
    }

    private void WriteAcross(scoped ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var free = Ensure(1);
            var count = Math.Min(free.Length, bytes.Length);
            bytes[..count].CopyTo(free);
            Took(count);
            bytes = bytes[count..];
        }
    }
}
