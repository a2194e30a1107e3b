using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Cuts a stream into whole frames of server-sent events. A frame that lies in one piece is a slice of it; one that is spread
/// over pieces is put together in a buffer of its own, up to <see cref="FrameBytesMax"/>: pictures come as one event. From
/// <see cref="RequestBody.UncountedBytes"/> on what it holds counts with the bodies that all exchanges hold together.
/// </summary>
/// <param name="bodies">What it counts with; null where nobody counts.</param>
internal sealed class FrameSplitter(ByteBudget? bodies = null)
{
    /// <summary>A longer event is a fault of the provider's.</summary>
    public const int FrameBytesMax = 64 * 1024 * 1024;

    private const int KeptBytes = 16 * 1024;

    [ThreadStatic]
    private static byte[]? Joined;

    private SseScanner _scanner;
    private byte[] _carried = [];
    private int _length;
    private bool _carryIsTaken;
    private long _counted;
    private long _heldMax;
    private int _times;

    /// <summary>An event went beyond the bound, or <see cref="IsFull"/>.</summary>
    public bool IsOverflown { get; private set; }

    /// <summary>All exchanges together hold as much as they may.</summary>
    public bool IsFull { get; private set; }

    /// <summary>A new stream.</summary>
    /// <param name="heldMax">What all exchanges together may hold, in bytes.</param>
    /// <param name="times">How many times an event is held: more than once where it is translated.</param>
    public void Reset(long heldMax = long.MaxValue, int times = 1)
    {
        _scanner.Reset();
        _carryIsTaken = false;
        IsOverflown = IsFull = false;
        (_heldMax, _times) = (heldMax, times);
        Release();
    }

    /// <summary>Gives back what is held.</summary>
    public void Release()
    {
        _length = 0;
        if (_carried.Length > KeptBytes)
            _carried = [];
        if (_counted == 0)
            return;
        bodies!.Return(_counted);
        _counted = 0;
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
        // Only what has several lines is joined: a long frame mostly has not, and nobody keeps room for it.
        if (frame.Length > RequestBody.UncountedBytes)
            return SseFrame.Read(frame, new ArrayBufferWriter<byte>()).Data;

        // Used up before anything is awaited, so one for each thread is enough.
        if (Joined is null || Joined.Length < frame.Length)
            Joined = new byte[Math.Max(1024, frame.Length * 2)];
        return SseFrame.Read(frame, Joined).Data;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var length = _length + bytes.Length;
        if (length > FrameBytesMax || (length > _carried.Length && !TryGrow(length)))
        {
            IsOverflown = true;
            return;
        }

        bytes.CopyTo(_carried.AsSpan(_length));
        _length += bytes.Length;
    }

    private bool TryGrow(int length)
    {
        var size = Math.Max(1024, Math.Min(length * 2, FrameBytesMax));
        if (bodies is not null && size > RequestBody.UncountedBytes)
        {
            var missing = ((long)size * _times) - _counted;
            IsFull = !bodies.TryTake(missing, _heldMax);
            if (IsFull)
                return false;
            _counted += missing;
        }

        Array.Resize(ref _carried, size);
        return true;
    }
}
