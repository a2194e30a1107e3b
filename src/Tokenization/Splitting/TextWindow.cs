using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// A pooled stretch of text that came in parts or is not valid: parts are appended, with U+FFFD for each maximal subpart of an ill-formed sequence
/// (Unicode, 3.9, as the WHATWG decoder does), and what has been dealt with is dropped. It grows only while one piece fills it.
/// </summary>
internal ref struct TextWindow
{
    // What is taken at once, and how much of it is at least free: one byte may become the three of a replacement.
    private const int ChunkBytes = 8 * 1024;
    private const int FreeBytesMin = (ChunkBytes + 4) * 3;
    private const int InitialBytes = 64 * 1024;

    private byte[] _buffer;
    private int _start;
    private int _end;
    private uint _pending;
    private int _pendingBytes;

    public TextWindow() => _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);

    /// <summary>The text that has not been dropped: valid UTF-8.</summary>
    public readonly ReadOnlySpan<byte> Text => _buffer.AsSpan(_start, _end - _start);

    /// <summary>It is time to deal with the text and to <see cref="Drop"/> it: there is no room for more.</summary>
    public readonly bool IsFull => _buffer.Length - _end < FreeBytesMin;

    /// <summary>Forgets the first bytes of the text and makes room behind the rest.</summary>
    public void Drop(int bytes)
    {
        _start += bytes;
        var length = _end - _start;
        // At most half full after a move, so that moving and scanning again stay in proportion to what is appended.
        var target = length > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        if (target != _buffer)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (target, 0, length);
    }

    /// <summary>Takes the first bytes of a part, at least one of them; an unfinished code point at its end is kept back. There must be room.</summary>
    /// <param name="part">Not empty.</param>
    /// <returns>How many bytes of the part were taken.</returns>
    public int Append(ReadOnlySpan<byte> part)
    {
        if (_pendingBytes != 0)
            return Finish(part);
        var chunk = part[..Math.Min(part.Length, ChunkBytes)];
        var whole = chunk[..^UnfinishedBytes(chunk)];
        if (Utf8.IsValid(whole))
        {
            whole.CopyTo(_buffer.AsSpan(_end));
            _end += whole.Length;
        }
        else
            Repair(whole);
        foreach (var b in chunk[whole.Length..])
            Keep(b);
        return chunk.Length;
    }

    /// <summary>The parts are at their end: an unfinished code point is an ill-formed sequence.</summary>
    public void Complete()
    {
        if (_pendingBytes != 0)
            Write(Rune.ReplacementChar);
        _pendingBytes = 0;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Goes on with the code point that the part before has begun, byte by byte: three at most are missing.</summary>
    private int Finish(ReadOnlySpan<byte> part)
    {
        for (var taken = 0; taken < part.Length; taken++)
        {
            Span<byte> bytes = stackalloc byte[4];
            for (var i = 0; i < _pendingBytes; i++)
                bytes[i] = (byte)(_pending >> (8 * i));
            bytes[_pendingBytes] = part[taken];
            var status = Rune.DecodeFromUtf8(bytes[..(_pendingBytes + 1)], out var rune, out var consumed);
            if (status == OperationStatus.NeedMoreData)
            {
                Keep(part[taken]);
                continue;
            }
            // Either the byte completes the code point, or the bytes before it were an ill-formed sequence and it is none of theirs.
            taken += consumed > _pendingBytes ? 1 : 0;
            _pendingBytes = 0;
            Write(rune);
            return taken;
        }
        return part.Length;
    }

    private void Repair(ReadOnlySpan<byte> text)
    {
        while (text.Length != 0)
        {
            _ = Rune.DecodeFromUtf8(text, out var rune, out var consumed);
            Write(rune);
            text = text[consumed..];
        }
    }

    private void Write(Rune rune) => _end += rune.EncodeToUtf8(_buffer.AsSpan(_end));

    private void Keep(byte b)
    {
        _pending = (_pendingBytes == 0 ? 0 : _pending) | ((uint)b << (8 * _pendingBytes));
        _pendingBytes++;
    }

    /// <summary>How many bytes at the end are the beginning of a code point, and may yet become one.</summary>
    private static int UnfinishedBytes(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= Math.Min(3, text.Length); back++)
        {
            if ((text[^back] & 0xC0) != 0x80)
                return Rune.DecodeFromUtf8(text[^back..], out _, out _) == OperationStatus.NeedMoreData ? back : 0;
        }
        return 0;
    }
}
