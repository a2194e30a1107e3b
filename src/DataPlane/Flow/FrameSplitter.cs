using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Cuts a stream into whole frames of server-sent events. A frame that lies in one piece is a slice of it; one that is spread
/// over pieces is put together in a buffer of its own, up to <see cref="FrameBytesMax"/>.
/// </summary>
internal sealed class FrameSplitter
{
    /// <summary>A longer event is a fault of the provider's.</summary>
    public const int FrameBytesMax = 1024 * 1024;

    private const int KeptBytes = 16 * 1024;

    [ThreadStatic]
    private static byte[]? Joined;

    private SseScanner _scanner;
    private byte[] _carried = [];
    private int _length;
    private bool _carryIsTaken;

    /// <summary>An event went beyond the bound.</summary>
    public bool IsOverflown { get; private set; }

    public void Reset()
    {
        _scanner.Reset();
        _length = 0;
        _carryIsTaken = false;
        IsOverflown = false;
        if (_carried.Length > KeptBytes)
            _carried = [];
    }

    /// <summary>The next whole frame that ends in <paramref name="piece"/> at or behind <paramref name="position"/>, which moves to its end.</summary>
    public bool TryNext(ReadOnlySpan<byte> piece, ref int position, out ReadOnlySpan<byte> frame, out bool isCarried)
    {
        if (_carryIsTaken)
        {
            _length = 0;
            _carryIsTaken = false;
        }

        isCarried = _length > 0;
        var end = IsOverflown ? -1 : _scanner.FindEnd(piece[position..]);
        if (end < 0)
        {
            frame = default;
            return false;
        }

        frame = piece.Slice(position, end);
        if (isCarried)
            Append(frame);
        if (IsOverflown)
        {
            // The end of an event whose beginning was not kept: nobody must take it for an event.
            frame = default;
            return false;
        }

        position += end;
        if (!isCarried)
            return true;
        frame = _carried.AsSpan(0, _length);
        _carryIsTaken = true;
        return true;
    }

    /// <summary>Keeps the beginning of a frame whose end has not come.</summary>
    public void Carry(ReadOnlySpan<byte> rest)
    {
        if (!rest.IsEmpty)
            Append(rest);
    }

    /// <summary>What is left when the stream ends without an empty line behind its last event: closed by one.</summary>
    public bool TryTakeLast(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_length == 0 || IsOverflown || _carryIsTaken)
            return false;
        Append("\n\n"u8);
        frame = _carried.AsSpan(0, _length);
        _length = 0;
        return !IsOverflown;
    }

    /// <summary>The data of <paramref name="frame"/>; several lines are joined in a buffer that the next call reuses.</summary>
    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> frame)
    {
        // Used up before anything is awaited, so one for each thread is enough.
        if (Joined is null || Joined.Length < frame.Length)
            Joined = new byte[Math.Max(1024, frame.Length * 2)];
        return SseFrame.Read(frame, Joined).Data;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > FrameBytesMax)
        {
            IsOverflown = true;
            return;
        }

        if (_length + bytes.Length > _carried.Length)
            Array.Resize(ref _carried, Math.Max(1024, (_length + bytes.Length) * 2));
        bytes.CopyTo(_carried.AsSpan(_length));
        _length += bytes.Length;
    }
}
