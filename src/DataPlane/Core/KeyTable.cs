using System.Buffers.Binary;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Keys by the SHA-256 of their secret: open addressing over a power of two of slots. The digest is uniform and not
/// chosen freely by a client, so its first eight bytes serve as the hash.
/// </summary>
internal sealed class KeyTable
{
    private readonly KeyModel?[] _slots;
    private readonly int _mask;

    public KeyTable(IReadOnlyList<KeyModel> keys)
    {
        var size = 4;
        while (size < keys.Count * 2)
            size *= 2;
        _slots = new KeyModel?[size];
        _mask = size - 1;
        Count = keys.Count;
        foreach (var key in keys)
        {
            var i = Slot(key.Sha256);
            while (_slots[i] is not null)
                i = (i + 1) & _mask;
            _slots[i] = key;
        }
    }

    public int Count { get; }

    /// <summary>The key whose digest is <paramref name="sha256"/> (32 bytes), or null.</summary>
    public KeyModel? Find(ReadOnlySpan<byte> sha256)
    {
        for (var i = Slot(sha256); _slots[i] is { } key; i = (i + 1) & _mask)
        {
            if (key.Sha256.AsSpan().SequenceEqual(sha256))
                return key;
        }

        return null;
    }

    private int Slot(ReadOnlySpan<byte> sha256) => (int)BinaryPrimitives.ReadUInt64LittleEndian(sha256) & _mask;
}
