using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Writes one JSON object after the other, each a line of its own. It does what a record needs and no more, at a fraction of a general
/// writer's cost: a record is a part of every exchange's price. Text goes out as UTF-8; only what RFC 8259 asks for is escaped.
/// </summary>
internal sealed class JsonLine
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(MakeEscaped());

    /// <summary>A time up to the point before its fraction.</summary>
    private const int TimeBytes = 20;

    private readonly byte[] _time = new byte[TimeBytes];
    private long _second = long.MinValue;
    private byte[] _bytes;
    private int _used;
    private bool _needsComma;

    /// <param name="capacity">Bytes to begin with; it grows where one line needs more.</param>
    public JsonLine(int capacity) => _bytes = new byte[capacity];

    /// <summary>Bytes of the lines since the last <see cref="Clear"/>.</summary>
    public int Length => _used;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _used);

    public void Clear() => _used = 0;

    /// <summary>Ends a line; the next object begins one.</summary>
    public void EndLine()
    {
        Room(1)[0] = (byte)'\n';
        _used++;
        _needsComma = false;
    }

    public void WriteStartObject()
    {
        Room(1)[0] = (byte)'{';
        _used++;
        _needsComma = false;
    }

    public void WriteStartObject(ReadOnlySpan<byte> name)
    {
        Name(name);
        WriteStartObject();
    }

    public void WriteEndObject()
    {
        Room(1)[0] = (byte)'}';
        _used++;
        _needsComma = true;
    }

    public void WriteNumber(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Utf8Formatter.TryFormat(value, Room(20), out var written);
        _used += written;
    }

    public void WriteBoolean(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        Raw(value ? "true"u8 : "false"u8);
    }

    /// <summary>UTC, to the millisecond. Records of one second share all but its fraction.</summary>
    public void WriteTime(ReadOnlySpan<byte> name, long unixMs)
    {
        Name(name);
        var (second, ms) = Math.DivRem(unixMs, 1000);
        if (second != _second)
        {
            DateTimeOffset.FromUnixTimeSeconds(second).UtcDateTime.TryFormat(_time, out _, "yyyy-MM-dd'T'HH:mm:ss.", CultureInfo.InvariantCulture);
            _second = second;
        }

        var room = Room(TimeBytes + 11);
        room[0] = (byte)'"';
        _time.CopyTo(room[1..]);
        Utf8Formatter.TryFormat(ms, room[(TimeBytes + 1)..], out _, new StandardFormat('D', 3));
        "+00:00\""u8.CopyTo(room[(TimeBytes + 4)..]);
        _used += TimeBytes + 11;
    }

    public void WriteString(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        Text(value);
    }

    public void WriteString(ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        Text(value);
    }

    public void WriteString(string name, string value)
    {
        Comma();
        Text(name);
        Room(1)[0] = (byte)':';
        _used++;
        Text(value);
    }

    private void Comma()
    {
        if (_needsComma)
        {
            Room(1)[0] = (byte)',';
            _used++;
        }

        _needsComma = true;
    }

    /// <summary>A name of ours: nothing in it needs an escape.</summary>
    private void Name(ReadOnlySpan<byte> name)
    {
        var room = Room(name.Length + 4);
        var at = 0;
        if (_needsComma)
            room[at++] = (byte)',';
        _needsComma = true;
        room[at++] = (byte)'"';
        name.CopyTo(room[at..]);
        at += name.Length;
        room[at++] = (byte)'"';
        room[at++] = (byte)':';
        _used += at;
    }

    private void Text(string value)
    {
        Span<byte> utf8 = stackalloc byte[256];
        if (value.Length * 3 > utf8.Length)
            utf8 = new byte[value.Length * 3];
        Utf8.FromUtf16(value, utf8, out _, out var written);
        Text(utf8[..written]);
    }

    private void Text(ReadOnlySpan<byte> value)
    {
        var room = Room(value.Length + 2);
        room[0] = (byte)'"';
        var stop = value.IndexOfAny(Escaped);
        if (stop < 0)
        {
            value.CopyTo(room[1..]);
            room[value.Length + 1] = (byte)'"';
            _used += value.Length + 2;
            return;
        }

        _used++;
        Raw(value[..stop]);
        for (value = value[stop..]; !value.IsEmpty;)
        {
            // What is no UTF-8 must not break the line for whoever reads it.
            var isRune = Rune.DecodeFromUtf8(value, out var rune, out var length) == OperationStatus.Done;
            if (isRune && (rune.Value < 0x20 || rune.Value is '"' or '\\' or 0x7F))
                Escape((byte)rune.Value);
            else
                Raw(isRune ? value[..length] : "\\ufffd"u8);
            value = value[length..];
        }

        Raw("\""u8);
    }

    private void Escape(byte value)
    {
        var room = Room(6);
        if (value is (byte)'"' or (byte)'\\')
        {
            room[0] = (byte)'\\';
            room[1] = value;
            _used += 2;
            return;
        }

        "\\u00"u8.CopyTo(room);
        room[4] = (byte)"0123456789abcdef"[value >> 4];
        room[5] = (byte)"0123456789abcdef"[value & 15];
        _used += 6;
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _used += bytes.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _used < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + bytes));
        return _bytes.AsSpan(_used);
    }

    /// <summary>What is looked at one by one: quotes, backslashes, control bytes, and all that is no ASCII.</summary>
    private static byte[] MakeEscaped()
    {
        var list = new List<byte> { (byte)'"', (byte)'\\', 0x7F };
        for (var value = 0; value < 0x20; value++)
            list.Add((byte)value);
        for (var value = 0x80; value < 0x100; value++)
            list.Add((byte)value);
        return [.. list];
    }
}
