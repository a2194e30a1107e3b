using System.Buffers;
using System.Collections.Concurrent;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// A piece of pinned memory, and at the same time the sequence segment that carries it: a read costs no second object. A
/// borrowed block owns no memory: it stands for bytes of another one while they are sent.
/// </summary>
internal sealed unsafe class Block : ReadOnlySequenceSegment<byte>
{
    private Memory<byte> _all;

    public Block(byte[] array, int offset, int length)
    {
        _all = new Memory<byte>(array, offset, length);
        Address = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref array[offset]);
    }

    /// <summary>A block that owns no memory.</summary>
    public Block() => IsBorrowed = true;

    /// <summary>Where the memory is; it never moves.</summary>
    public byte* Address { get; private set; }

    public bool IsBorrowed { get; }

    /// <summary>Bytes written so far.</summary>
    public int Written { get; private set; }

    public int Capacity => _all.Length;

    /// <summary>What is still free behind the written bytes.</summary>
    public Memory<byte> Free => _all[Written..];

    public Memory<byte> Filled => _all[..Written];

    public Block? NextBlock
    {
        get => System.Runtime.CompilerServices.Unsafe.As<Block?>(Next);
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

    /// <summary>Stands for <paramref name="bytes"/>, which must be pinned and live until they are sent.</summary>
    public void Borrow(ReadOnlyMemory<byte> bytes)
    {
        Address = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(bytes.Span));
        _all = System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes);
        Advance(bytes.Length);
    }

    public void Clear()
    {
        if (IsBorrowed)
        {
            _all = default;
            Address = null;
        }

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
    private readonly ConcurrentQueue<Block> _borrowed = new();
    /// <summary>Small blocks that a thread keeps for itself before it asks the others.</summary>
    private const int OwnMax = 16;

    [ThreadStatic]
    private static Block?[]? Own;

    [ThreadStatic]
    private static int OwnCount;

    private int _largeKept;

    /// <summary>Whether threads keep blocks of this pool for themselves.</summary>
    private readonly bool _isShared;

    public BlockPool()
    {
    }

    private BlockPool(bool isShared) => _isShared = isShared;

    /// <summary>The process's pool; threads keep a few of its blocks for themselves.</summary>
    public static BlockPool Shared { get; } = new(isShared: true);

    public Block RentSmall()
    {
        if (_isShared && OwnCount > 0)
        {
            var own = Own![--OwnCount]!;
            Own[OwnCount] = null;
            return own;
        }

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

    /// <summary>A block without memory, for bytes that lie elsewhere.</summary>
    public Block RentBorrowed() => _borrowed.TryDequeue(out var block) ? block : new Block();

    public void Return(Block block)
    {
        if (block.IsBorrowed)
        {
            block.Clear();
            _borrowed.Enqueue(block);
            return;
        }

        var small = block.Capacity == SmallBytes;
        block.Clear();
        if (small)
            ReturnSmall(block);
        else if (Interlocked.Increment(ref _largeKept) <= LargeKeptMax)
            _large.Enqueue(block);
        else
            Interlocked.Decrement(ref _largeKept);
    }

    private void ReturnSmall(Block block)
    {
        if (!_isShared || OwnCount == OwnMax)
        {
            _small.Enqueue(block);
            return;
        }

        Own ??= new Block?[OwnMax];
        Own[OwnCount++] = block;
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
