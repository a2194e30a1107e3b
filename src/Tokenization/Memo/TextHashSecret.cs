using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace AiEdge.Tokenization.Memo;

/// <summary>What makes the hashes of one process unlike those of any other. Immutable; used by any number of threads.</summary>
public sealed class TextHashSecret
{
    private readonly TextHasher.Lanes _start;
    private readonly TextHasher.Lanes _rounds;

    /// <summary>A new secret from the system's random numbers.</summary>
    public TextHashSecret()
        : this(X86Aes.IsSupported || ArmAes.IsSupported)
    {
    }

    /// <summary>A new secret for the way of hashing that is named.</summary>
    internal TextHashSecret(bool usesAes)
    {
        UsesAes = usesAes;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes<byte>(Bytes(ref _start)));
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes<byte>(Bytes(ref _rounds)));
        Span<ulong> words = stackalloc ulong[2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(words));
        (SipLow, SipHigh) = (words[0], words[1]);
    }

    /// <summary>The SipHash key given: for vectors that others have published.</summary>
    internal TextHashSecret(ulong sipLow, ulong sipHigh) => (SipLow, SipHigh) = (sipLow, sipHigh);

    /// <summary>Whether the hash runs on AES instructions.</summary>
    public bool UsesAes { get; }

    internal ulong SipLow { get; }

    internal ulong SipHigh { get; }

    internal ref readonly TextHasher.Lanes Start => ref _start;

    internal ref readonly TextHasher.Lanes Rounds => ref _rounds;

    /// <summary>Starts a text.</summary>
    /// <param name="domain">Texts of different domains have different keys, whatever they say.</param>
    public TextHasher Begin(ulong domain) => new(this, domain);

    private static Span<byte> Bytes(ref TextHasher.Lanes lanes) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref lanes, 1));
}
