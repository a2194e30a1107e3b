using System.Buffers;
using System.Buffers.Binary;

namespace AiEdge.Grpc.Wire;

/// <summary>What stands at the front of the bytes that have come.</summary>
internal enum FrameOutcome
{
    /// <summary>Not all of a message yet.</summary>
    NeedMore,

    /// <summary>A whole message.</summary>
    Message,

    /// <summary>Its flag says compressed.</summary>
    Compressed,

    /// <summary>Its flag is neither 0 nor 1.</summary>
    BadFlag,

    /// <summary>It is longer than the bound.</summary>
    TooLarge,
}

/// <summary>
/// Length-prefixed messages ("gRPC over HTTP2", Length-Prefixed-Message): one byte of flag, four of length, the message. Keeps no
/// state, so that it gives the same messages however the bytes arrive; judges the prefix before a byte of the message is buffered.
/// </summary>
internal static class FrameReader
{
    public const int PrefixBytes = 5;

    /// <summary>
    /// Looks at the front of <paramref name="buffer"/>. <see cref="FrameOutcome.Message"/> takes the message off it; anything else
    /// leaves it as it is.
    /// </summary>
    public static FrameOutcome Read(ref ReadOnlySequence<byte> buffer, int messageBytesMax, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (buffer.IsEmpty)
            return FrameOutcome.NeedMore;
        var flag = buffer.FirstSpan.Length > 0 ? buffer.FirstSpan[0] : First(buffer);
        if (flag > 1)
            return FrameOutcome.BadFlag;
        if (buffer.Length < PrefixBytes)
            return FrameOutcome.NeedMore;

        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (flag == 1)
            return FrameOutcome.Compressed;
        if (length > (uint)messageBytesMax)
            return FrameOutcome.TooLarge;
        if (buffer.Length - PrefixBytes < length)
            return FrameOutcome.NeedMore;
        message = buffer.Slice(PrefixBytes, length);
        buffer = buffer.Slice(message.End);
        return FrameOutcome.Message;
    }

    /// <summary>How long the message at the front is, by its prefix, where all of that has come.</summary>
    public static bool TryLength(in ReadOnlySequence<byte> buffer, out int bytes)
    {
        bytes = 0;
        if (buffer.Length < PrefixBytes)
            return false;
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        bytes = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]), int.MaxValue);
        return true;
    }

    /// <summary>The first byte where the first segment is empty.</summary>
    private static byte First(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.TryPeek(out var value);
        return value;
    }
}
