using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace AiEdge.Tokenization.Memo;

/// <summary>
/// Hashes one text, part by part, under a secret: begun by <see cref="TextHashSecret.Begin"/>. However the text is cut, the key
/// is the same.
/// <para>
/// With AES instructions: eight lanes take 16 bytes each in turn, <c>lane = R(lane ^ bytes)</c>, where R is four AES rounds under
/// secret round keys; at the end the lanes are chained through R together with domain and length. Two texts collide only if a
/// difference that was fed into R is met by one chosen beforehand, which no difference over four rounds does with more than
/// 2^-113 (Keliher and Sui, "Exact maximum expected differential and linear probability for two-round AES", 2007). Keys leave the
/// process by no way, so that nobody can look for a better one. Without them: SipHash-2-4 with 128 bits (Aumasson and
/// Bernstein, 2012) over domain and text.
/// </para>
/// </summary>
public ref struct TextHasher
{
    private const int BlockBytes = 128;

    private readonly TextHashSecret _secret;
    private readonly ulong _domain;
    private ulong _length;
    private int _held;
    private Lanes _lanes;
    private SipState _sip;
    private Block _block;

    internal TextHasher(TextHashSecret secret, ulong domain)
    {
        _secret = secret;
        _domain = domain;
        if (secret.UsesAes)
        {
            _lanes = secret.Start;
            return;
        }

        _sip = new SipState(secret.SipLow, secret.SipHigh);
        _sip.Take(domain);
    }

    /// <summary>The next bytes of the text.</summary>
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        Span<byte> block = _block;
        if (_held > 0)
        {
            int count = Math.Min(BlockBytes - _held, bytes.Length);
            bytes[..count].CopyTo(block[_held..]);
            _held += count;
            bytes = bytes[count..];
            if (_held < BlockBytes)
                return;
            Take(block);
            _held = 0;
        }

        int whole = bytes.Length & ~(BlockBytes - 1);
        if (whole > 0)
            Take(bytes[..whole]);
        bytes[whole..].CopyTo(block);
        _held = bytes.Length - whole;
    }

    /// <summary>The text's end.</summary>
    public TextKey Finish()
    {
        Span<byte> block = _block;
        if (!_secret.UsesAes)
            return FinishSip(block[.._held]);
        if (_held > 0)
        {
            // Padding is told from text by the length, which is hashed too.
            block[_held..].Clear();
            Take(block);
        }

        Vector128<byte> hash = Vector128.Create(_domain, _length).AsByte();
        ref readonly Lanes keys = ref _secret.Rounds;
        for (int i = 0; i < Lanes.Count; i++)
            hash = Round(Round(Round(Round(hash ^ _lanes[i], keys[0]), keys[1]), keys[2]), keys[3]);
        hash = Round(Round(Round(Round(hash, keys[4]), keys[5]), keys[6]), keys[7]);
        return new TextKey(hash.AsUInt64()[0], hash.AsUInt64()[1]);
    }

    private void Take(scoped ReadOnlySpan<byte> blocks)
    {
        if (_secret.UsesAes)
            TakeAes(ref _lanes, in _secret.Rounds, blocks);
        else
            TakeSip(ref _sip, blocks);
    }

    private static void TakeAes(ref Lanes lanes, ref readonly Lanes keys, scoped ReadOnlySpan<byte> blocks)
    {
        Vector128<byte> a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
        Vector128<byte> e = lanes[4], f = lanes[5], g = lanes[6], h = lanes[7];
        Vector128<byte> k0 = keys[0], k1 = keys[1], k2 = keys[2], k3 = keys[3];
        ref byte p = ref MemoryMarshal.GetReference(blocks);
        for (nuint at = 0; at < (nuint)blocks.Length; at += BlockBytes)
        {
            a = Round(a ^ Vector128.LoadUnsafe(ref p, at), k0);
            b = Round(b ^ Vector128.LoadUnsafe(ref p, at + 16), k0);
            c = Round(c ^ Vector128.LoadUnsafe(ref p, at + 32), k0);
            d = Round(d ^ Vector128.LoadUnsafe(ref p, at + 48), k0);
            e = Round(e ^ Vector128.LoadUnsafe(ref p, at + 64), k0);
            f = Round(f ^ Vector128.LoadUnsafe(ref p, at + 80), k0);
            g = Round(g ^ Vector128.LoadUnsafe(ref p, at + 96), k0);
            h = Round(h ^ Vector128.LoadUnsafe(ref p, at + 112), k0);
            (a, b, c, d) = (Round(a, k1), Round(b, k1), Round(c, k1), Round(d, k1));
            (e, f, g, h) = (Round(e, k1), Round(f, k1), Round(g, k1), Round(h, k1));
            (a, b, c, d) = (Round(a, k2), Round(b, k2), Round(c, k2), Round(d, k2));
            (e, f, g, h) = (Round(e, k2), Round(f, k2), Round(g, k2), Round(h, k2));
            (a, b, c, d) = (Round(a, k3), Round(b, k3), Round(c, k3), Round(d, k3));
            (e, f, g, h) = (Round(e, k3), Round(f, k3), Round(g, k3), Round(h, k3));
        }

        (lanes[0], lanes[1], lanes[2], lanes[3]) = (a, b, c, d);
        (lanes[4], lanes[5], lanes[6], lanes[7]) = (e, f, g, h);
    }

    /// <summary>SubBytes, ShiftRows, MixColumns, then the round key (FIPS 197 section 5.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key)
    {
        if (X86Aes.IsSupported)
            return X86Aes.Encrypt(state, key);
        if (ArmAes.IsSupported)
            return ArmAes.MixColumns(ArmAes.Encrypt(state, Vector128<byte>.Zero)) ^ key;
        throw new PlatformNotSupportedException();
    }

    private static void TakeSip(ref SipState state, scoped ReadOnlySpan<byte> blocks)
    {
        SipState sip = state;
        for (; blocks.Length >= 8; blocks = blocks[8..])
            sip.Take(BinaryPrimitives.ReadUInt64LittleEndian(blocks));
        state = sip;
    }

    private readonly TextKey FinishSip(scoped ReadOnlySpan<byte> rest)
    {
        SipState sip = _sip;
        TakeSip(ref sip, rest);
        ulong last = (_length + 8) << 56;
        ReadOnlySpan<byte> tail = rest[(rest.Length & ~7)..];
        for (int i = 0; i < tail.Length; i++)
            last |= (ulong)tail[i] << (8 * i);
        sip.Take(last);
        return sip.Finish();
    }

    /// <summary>Eight vectors of 16 bytes.</summary>
    [InlineArray(Count)]
    internal struct Lanes
    {
        public const int Count = 8;
        private Vector128<byte> _first;
    }

    [InlineArray(BlockBytes)]
    private struct Block
    {
        private byte _first;
    }
}
