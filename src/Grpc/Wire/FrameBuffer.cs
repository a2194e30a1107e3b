using System.Buffers;
using System.Buffers.Binary;

namespace AiEdge.Grpc.Wire;

/// <summary>One message on its way out: its prefix and its bytes in one pooled block, given back when it has been written.</summary>
internal sealed class FrameBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 512;

    private byte[] _block = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _used = FrameReader.PrefixBytes;

    private FrameBuffer()
    {
    }

    /// <summary>The prefix and the message.</summary>
    public ReadOnlyMemory<byte> Frame => _block.AsMemory(0, _used);

    /// <summary>Bytes of the message alone.</summary>
    public int MessageBytes => _used - FrameReader.PrefixBytes;

    /// <summary>A message with its prefix.</summary>
    public static FrameBuffer Of<T>(IGrpcSerializer<T> serializer, T message)
        where T : class
    {
        var buffer = new FrameBuffer();
        try
        {
            serializer.Write(message, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }

        buffer._block[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(buffer._block.AsSpan(1), (uint)buffer.MessageBytes);
        return buffer;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _block.Length - _used);
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _block.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _block.AsSpan(_used);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _block = [];
        _used = 0;
    }

    private void Reserve(int sizeHint)
    {
        var needed = _used + Math.Max(sizeHint, 1);
        if (needed <= _block.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, checked(_block.Length * 2)));
        _block.AsSpan(0, _used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }
}
