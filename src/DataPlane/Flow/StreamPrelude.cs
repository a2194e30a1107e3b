using System.Buffers;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What comes of a stream before its first event with content, which goes out together with that: until then somebody else may still be asked. Its room
/// is rented, and given back by <see cref="Release"/>.
/// </summary>
internal sealed class StreamPrelude
{
    /// <summary>A stream that has said so much has begun, whatever it is.</summary>
    public const int BytesMax = RequestBody.UncountedBytes;

    /// <summary>So has one that has said so often that it begins.</summary>
    public const int EventsMax = 64;

    /// <summary>Of comments more than a little tells nobody anything.</summary>
    public const int CommentBytesMax = 1024;

    private const int FirstBytes = 2048;

    private byte[] _bytes = [];
    private int _length;
    private int _events;
    private int _commentBytes;

    /// <summary>What is held, whole events one behind the other.</summary>
    public ReadOnlySpan<byte> Held => _bytes.AsSpan(0, _length);

    /// <summary>Another event that says no more than that an answer begins. False where it is one too many, or makes too long.</summary>
    /// <param name="bytes">Its length, or that of all that it has become so far.</param>
    public bool TryCount(int bytes)
    {
        if (_events == EventsMax || bytes > BytesMax - _length)
            return false;
        _events++;
        return true;
    }

    /// <summary>Keeps what has been counted.</summary>
    public void Hold(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (_length + bytes.Length > _bytes.Length)
            Grow(_length + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Keeps a comment, if there is room for it.</summary>
    public void HoldComment(ReadOnlySpan<byte> frame)
    {
        if (_commentBytes + frame.Length > CommentBytesMax || frame.Length > BytesMax - _length)
            return;
        _commentBytes += frame.Length;
        Hold(frame);
    }

    /// <summary>Nothing is held any more.</summary>
    public void Release()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = _events = _commentBytes = 0;
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, length));
        Held.CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
