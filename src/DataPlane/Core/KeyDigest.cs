using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Core;

/// <summary>The SHA-256 of a secret as a value: 32 bytes in the machine's order, compared without a branch for each.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct KeyDigest : IEquatable<KeyDigest>
{
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private KeyDigest(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    /// <summary>Bits that tell digests apart; other ones than <see cref="First"/>, which tells the shards apart.</summary>
    public int Hash => (int)_b;

    /// <summary>The first byte.</summary>
    public byte First
    {
        get
        {
            var digest = this;
            return MemoryMarshal.AsBytes(new ReadOnlySpan<KeyDigest>(in digest))[0];
        }
    }

    /// <summary>The digest in 32 bytes.</summary>
    public static KeyDigest Of(ReadOnlySpan<byte> sha256)
    {
        var parts = MemoryMarshal.Cast<byte, ulong>(sha256[..32]);
        return new(parts[0], parts[1], parts[2], parts[3]);
    }

    /// <summary>Its 32 bytes.</summary>
    public byte[] ToArray()
    {
        var digest = this;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<KeyDigest>(in digest)).ToArray();
    }

    public bool Equals(KeyDigest other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    public override bool Equals(object? obj) => obj is KeyDigest other && Equals(other);

    public override int GetHashCode() => Hash;
}
