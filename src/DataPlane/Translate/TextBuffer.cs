using System.Buffers;
using System.Buffers.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Bytes that are put together, in an array of the shared pool. Reused: <see cref="Clear"/> empties it, <see cref="Release"/> gives the array
/// back.
/// </summary>
internal sealed class TextBuffer
{
    private const int FirstBytes = 1024;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets what stands behind <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Release()
    {
        Length = 0;
        if (_bytes.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    public TextBuffer Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
        return this;
    }

    public TextBuffer Add(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out var written);
        Length += written;
        return this;
    }

    /// <summary>Makes one line of all: a line break becomes a space.</summary>
    public void JoinLines()
    {
        foreach (ref var octet in _bytes.AsSpan(0, Length))
        {
            if (octet is (byte)'\n' or (byte)'\r')
                octet = (byte)' ';
        }
    }

    /// <summary>The text of a JSON string in plain; what has no plain form, half a surrogate pair, becomes U+FFFD.</summary>
    public TextBuffer AddUnescaped(ReadOnlySpan<byte> raw)
    {
        if (JsonUnescape.TryUnescape(raw, Room(raw.Length), out var written))
            Length += written;
        else
            Add("\uFFFD"u8);
        return this;
    }

    /// <summary>Plain text as the inside of a JSON string.</summary>
    public TextBuffer AddEscaped(ReadOnlySpan<byte> plain)
    {
        while (true)
        {
            var stop = plain.IndexOfAny(Escaped);
            if (stop < 0)
                return Add(plain);
            Add(plain[..stop]);
            AddEscape(plain[stop]);
            plain = plain[(stop + 1)..];
        }
    }

    /// <summary>What it has itself once more.</summary>
    public TextBuffer Repeat(int start, int length)
    {
        _ = Room(length);
        return Add(_bytes.AsSpan(start, length));
    }

    /// <summary>What it has itself as the inside of a JSON string.</summary>
    public TextBuffer AddEscaped(int start, int length)
    {
        const int stepBytes = 512;
        const int escapeBytesMax = 6;
        while (length > 0)
        {
            // Room for the longest that it may become is made first: what is read must not move.
            var step = Math.Min(length, stepBytes);
            Room(step * escapeBytesMax);
            AddEscaped(_bytes.AsSpan(start, step));
            (start, length) = (start + step, length - step);
        }

        return this;
    }

    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)'"', (byte)'\\']);

    private void AddEscape(byte octet)
    {
        switch (octet)
        {
            case (byte)'"':
                Add("\\\""u8);
                break;
            case (byte)'\\':
                Add("\\\\"u8);
                break;
            case (byte)'\n':
                Add("\\n"u8);
                break;
            case (byte)'\r':
                Add("\\r"u8);
                break;
            case (byte)'\t':
                Add("\\t"u8);
                break;
            default:
                Add("\\u00"u8).Add(["0123456789abcdef"u8[octet >> 4], "0123456789abcdef"u8[octet & 15]]);
                break;
        }
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(_bytes.Length * 2, Length + count)));
            Written.CopyTo(larger);
            if (_bytes.Length > 0)
                ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(Length);
    }
}
