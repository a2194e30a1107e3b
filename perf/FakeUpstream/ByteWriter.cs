using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace AiEdge.FakeUpstream;

/// <summary>A growing byte buffer that one connection fills and empties again and again.</summary>
internal sealed class ByteWriter
{
    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets everything and returns itself.</summary>
    public ByteWriter Reset()
    {
        Length = 0;
        return this;
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public ByteWriter Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        return this;
    }

    public ByteWriter Add(string text)
    {
        var room = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Utf8.FromUtf16(text, room, out _, out var written);
        Length -= room.Length - written;
        return this;
    }

    public ByteWriter Add(long number)
    {
        var room = Reserve(20);
        Utf8Formatter.TryFormat(number, room, out var written);
        Length -= room.Length - written;
        return this;
    }

    public ByteWriter AddHex(int number)
    {
        var room = Reserve(8);
        Utf8Formatter.TryFormat(number, room, out var written, new System.Buffers.StandardFormat('x'));
        Length -= room.Length - written;
        return this;
    }

    /// <summary>A JSON string with its quotes; only what JSON demands is escaped, so multi-byte characters stay as they are.</summary>
    public ByteWriter AddJson(string text)
    {
        Add("\""u8);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"': Add("\\\""u8); break;
                case '\\': Add("\\\\"u8); break;
                case '\n': Add("\\n"u8); break;
                case '\r': Add("\\r"u8); break;
                case '\t': Add("\\t"u8); break;
                case < 0x20: Add($"\\u{rune.Value:x4}"); break;
                default:
                    var room = Reserve(4);
                    Length -= 4 - rune.EncodeToUtf8(room);
                    break;
            }
        }

        return Add("\""u8);
    }
}
