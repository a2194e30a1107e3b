using System.Buffers;

namespace AiEdge.Fuzz;

/// <summary>Ways to hand the same bytes to a reader: cut in memory (segments) and in time (arrivals).</summary>
public static class Feeding
{
    /// <summary>The bytes as a sequence of segments that begin at the cuts; each segment has memory of its own.</summary>
    public static ReadOnlySequence<byte> Sequence(ReadOnlySpan<byte> bytes, IReadOnlyList<int> cuts)
    {
        var first = new Segment(bytes[..Math.Min(bytes.Length, cuts.Count > 0 ? cuts[0] : bytes.Length)].ToArray());
        var last = first;
        for (var i = 0; i < cuts.Count && cuts[i] < bytes.Length; i++)
        {
            var end = i + 1 < cuts.Count ? Math.Min(cuts[i + 1], bytes.Length) : bytes.Length;
            last = last.Then(bytes[cuts[i]..end].ToArray());
        }
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>1, 2, 3 … <paramref name="length"/>: every byte arrives alone.</summary>
    public static int[] EveryByte(int length) => [.. Enumerable.Range(1, length)];

    /// <summary>Up to eight ascending positions in 0..length; some next to each other, as line ends are cut.</summary>
    public static int[] RandomCuts(int length, Random random)
    {
        var cuts = new SortedSet<int>();
        for (var i = random.Next(0, 5); i > 0; i--)
        {
            var cut = random.Next(0, length + 1);
            cuts.Add(cut);
            if (random.Next(0, 3) == 0 && cut < length) cuts.Add(cut + 1);
        }
        return [.. cuts];
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes) => Memory = Placed(bytes);

        public Segment Then(byte[] bytes)
        {
            var next = new Segment(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }

        // Behind strangers' bytes in one array, as in a pool's block: an offset that is forgotten shows.
        private static Memory<byte> Placed(byte[] bytes)
        {
            var block = new byte[bytes.Length + 6];
            block.AsSpan().Fill((byte)'\r');
            bytes.CopyTo(block, 3);
            return block.AsMemory(3, bytes.Length);
        }
    }
}
