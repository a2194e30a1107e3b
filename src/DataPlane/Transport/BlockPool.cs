using System.Buffers;
using System.Collections.Concurrent;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// A piece of pinned memory, and at the same time the sequence segment that carries it: a read costs no second object.
/// </summary>
internal sealed class Block : ReadOnlySequenceSegment<byte>
{
    private readonly Memory<byte> _all;

    public Block(byte[] array, int offset, int length) => _all = new Memory<byte>(array, offset, length);

    /// <summary>Bytes written so far.</summary>
    public int Written { get; private set; }

    public int Capacity => _all.Length;

    /// <summary>What is still free behind the written bytes.</summary>
    public Memory<byte> Free => _all[Written..];

    public Memory<byte> Filled => _all[..Written];

    public Block? NextBlock
    {
        get => (Block?)Next;
        set
        {
            Next = value;
            if (value is not null)
                value.RunningIndex = RunningIndex + Written;
        }
    }

    public void Advance(int count)
    {
        Written += count;
        Memory = _all[..Written];
    }

    public void Clear()
    {
        Written = 0;
        Memory = default;
        Next = null;
        RunningIndex = 0;
    }
}

/// <summary>
/// Pinned blocks in two sizes. A connection that waits holds a small one; one that moves data holds large ones for as long as
/// the data is there. Small blocks are cut from slabs and kept for good (their number is bound by the connections); large
/// ones beyond <see cref="LargeKeptMax"/> go back to the garbage collector.
/// </summary>
internal sealed class BlockPool
{
    public const int SmallBytes = 2048;
    public const int LargeBytes = 64 * 1024;
    public const int LargeKeptMax = 256;
    private const int SlabBytes = 64 * 1024;

    private readonly ConcurrentQueue<Block> _small = new();
    private readonly ConcurrentQueue<Block> _large = new();
    private int _largeKept;

    public static BlockPool Shared { get; } = new();

    public Block RentSmall()
    {
        if (_small.TryDequeue(out var block))
            return block;
        var slab = GC.AllocateUninitializedArray<byte>(SlabBytes, pinned: true);
        for (var offset = SmallBytes; offset < SlabBytes; offset += SmallBytes)
            _small.Enqueue(new Block(slab, offset, SmallBytes));
        return new Block(slab, 0, SmallBytes);
    }

    public Block RentLarge()
    {
        if (!_large.TryDequeue(out var block))
            return new Block(GC.AllocateUninitializedArray<byte>(LargeBytes, pinned: true), 0, LargeBytes);
        Interlocked.Decrement(ref _largeKept);
        return block;
    }

    public void Return(Block block)
    {
        var small = block.Capacity == SmallBytes;
        block.Clear();
        if (small)
            _small.Enqueue(block);
        else if (Interlocked.Increment(ref _largeKept) <= LargeKeptMax)
            _large.Enqueue(block);
        else
            Interlocked.Decrement(ref _largeKept);
    }

    /// <summary>Gives back a whole chain, from <paramref name="first"/> on.</summary>
    public void ReturnChain(Block? first)
    {
        while (first is { } block)
        {
            first = block.NextBlock;
            Return(block);
        }
    }
}
