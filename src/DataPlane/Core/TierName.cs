using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AiEdge.DataPlane.Core;

/// <summary>Up to 32 bytes of a tier's name, kept inside its owner.</summary>
[InlineArray(Length)]
internal struct TierBytes
{
    public const int Length = 32;
    private byte _first;
}

/// <summary>The name of a tier of service, or of what else has a factor of its price, in UTF-8, kept inside its owner; empty where none was said.</summary>
internal struct TierName
{
    private TierBytes _bytes;
    private byte _length;

    /// <summary>The name, or empty.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Utf8 => ((ReadOnlySpan<byte>)_bytes)[.._length];

    /// <summary>Takes a name; a longer one than <see cref="TierBytes.Length"/> bytes is nobody's, and none.</summary>
    public void Set(ReadOnlySpan<byte> name) => _length = name.TryCopyTo(_bytes) ? (byte)name.Length : (byte)0;

    /// <summary>Takes what an answer says; of no name, or one that is too long to be anybody's, nothing is learnt.</summary>
    public void Learn(ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty && name.Length <= TierBytes.Length)
            Set(name);
    }
}
