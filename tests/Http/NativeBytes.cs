using System.Buffers;
using System.Runtime.InteropServices;

namespace AiEdge.Http.Tests;

/// <summary>Bytes in memory that no array backs.</summary>
internal sealed unsafe class NativeBytes : MemoryManager<byte>
{
    private readonly byte* _start;
    private readonly int _length;

    public NativeBytes(ReadOnlySpan<byte> bytes)
    {
        _length = bytes.Length;
        _start = (byte*)NativeMemory.Alloc((nuint)_length);
        bytes.CopyTo(GetSpan());
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => NativeMemory.Free(_start);
}
