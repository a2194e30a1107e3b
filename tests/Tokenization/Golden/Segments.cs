using System.Buffers;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>Bytes as a sequence of short segments, each in memory of its own.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Of(byte[] bytes, int size)
    {
        var first = new Segments { Memory = bytes.AsSpan(0, Math.Min(size, bytes.Length)).ToArray() };
        var last = first;
        for (int at = size; at < bytes.Length; at += size)
        {
            var next = new Segments
            {
                Memory = bytes.AsSpan(at, Math.Min(size, bytes.Length - at)).ToArray(),
                RunningIndex = last.RunningIndex + last.Memory.Length,
            };
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
