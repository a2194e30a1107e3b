using System.Runtime.Intrinsics;
using AiEdge.Tokenization.Memo;

namespace AiEdge.Tokenization.Tests.Memo;

public sealed class TextHasherTests
{
    public static TheoryData<bool> Ways => AesIsHere ? [true, false] : [false];

    private static bool AesIsHere =>
        System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported;

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_text_has_one_key_however_it_is_cut(bool usesAes)
    {
        var secret = new TextHashSecret(usesAes);
        byte[] text = new byte[700];
        new Random(1).NextBytes(text);
        foreach (int length in new[] { 0, 1, 7, 8, 9, 127, 128, 129, 255, 256, 257, 300, 512 })
        {
            TextKey whole = Key(secret, 1, [text[..length]]);
            for (int cut = 0; cut <= length; cut++)
                Assert.Equal(whole, Key(secret, 1, [text[..cut], text[cut..length]]));
            Assert.Equal(whole, Key(secret, 1, text[..length].Select(b => new[] { b })));
        }

        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var pieces = new List<byte[]>();
            for (int at = 0; at < text.Length;)
            {
                int length = Math.Min(random.Next(400), text.Length - at);
                pieces.Add(text[at..(at + length)]);
                at += length;
            }

            Assert.Equal(Key(secret, 2, [text]), Key(secret, 2, pieces));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_bit_of_text_domain_and_length_changes_both_halves_of_the_key(bool usesAes)
    {
        var secret = new TextHashSecret(usesAes);
        var lows = new HashSet<ulong>();
        var highs = new HashSet<ulong>();
        int count = 0;
        byte[] text = new byte[300];
        foreach (int length in new[] { 1, 40, 128, 300 })
        {
            for (int bit = 0; bit < length * 8; bit++)
            {
                text[bit / 8] ^= (byte)(1 << (bit % 8));
                Add(Key(secret, 7, [text[..length]]));
                text[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }

        // Zeros alone differ in their number, and one text in its domain.
        for (int length = 0; length <= 300; length++)
            Add(Key(secret, 7, [text[..length]]));
        for (ulong domain = 1000; domain < 1100; domain++)
            Add(Key(secret, domain, [text]));
        Assert.Equal(count, lows.Count);
        Assert.Equal(count, highs.Count);

        void Add(TextKey key)
        {
            count++;
            lows.Add(key.Low);
            highs.Add(key.High);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void One_changed_bit_changes_half_the_bits_of_the_key_on_average(bool usesAes)
    {
        var secret = new TextHashSecret(usesAes);
        var random = new Random(3);
        byte[] text = new byte[500];
        long changed = 0;
        const int Rounds = 4000;
        for (int round = 0; round < Rounds; round++)
        {
            random.NextBytes(text);
            TextKey before = Key(secret, 0, [text]);
            text[random.Next(text.Length)] ^= (byte)(1 << random.Next(8));
            TextKey after = Key(secret, 0, [text]);
            changed += long.PopCount((long)(before.Low ^ after.Low)) + long.PopCount((long)(before.High ^ after.High));
        }

        // 64 of 128 with a standard deviation of 5.7 / sqrt(4000) = 0.09.
        Assert.InRange(changed / (double)Rounds, 63.3, 64.7);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Another_secret_gives_other_keys(bool usesAes)
    {
        byte[] text = new byte[200];
        var keys = Enumerable.Range(0, 100).Select(_ => Key(new TextHashSecret(usesAes), 0, [text])).ToHashSet();
        Assert.Equal(100, keys.Count);
    }

    /// <summary>The first vectors of SipHash's reference code for 128 bits: key 00 to 0F; the domain is the text's first 8 bytes.</summary>
    [Theory]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(9, "264499060ad9baabc47f8b02bb6d71ed")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    [InlineData(63, "5150d1772f50834a503e069a973fbd7c")]
    public void Without_AES_the_hash_is_SipHash(int length, string expected)
    {
        byte[] text = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var secret = new TextHashSecret(0x0706050403020100, 0x0F0E0D0C0B0A0908);
        TextKey key = Key(secret, BitConverter.ToUInt64(text), [text[8..]]);
        byte[] result = [.. BitConverter.GetBytes(key.Low), .. BitConverter.GetBytes(key.High)];
        Assert.Equal(expected, Convert.ToHexStringLower(result));
    }

    [Fact]
    public void A_round_is_the_one_of_FIPS_197()
    {
        if (!AesIsHere)
            return;
        var random = new Random(5);
        byte[] state = new byte[16], key = new byte[16];
        for (int round = 0; round < 200; round++)
        {
            random.NextBytes(state);
            random.NextBytes(key);
            byte[] hardware = new byte[16];
            TextHasher.Round(Vector128.Create(state), Vector128.Create(key)).CopyTo(hardware);
            Assert.Equal(Convert.ToHexString(PlainRound(state, key)), Convert.ToHexString(hardware));
        }
    }

    private static TextKey Key(TextHashSecret secret, ulong domain, IEnumerable<byte[]> pieces)
    {
        TextHasher hasher = secret.Begin(domain);
        foreach (byte[] piece in pieces)
            hasher.Append(piece);
        return hasher.Finish();
    }

    /// <summary>One round by the definition: inverse in GF(2^8) and affine map, rows shifted, columns mixed, key added.</summary>
    private static byte[] PlainRound(byte[] state, byte[] key)
    {
        byte[] result = new byte[16];
        for (int column = 0; column < 4; column++)
        {
            byte[] shifted = new byte[4];
            for (int row = 0; row < 4; row++)
                shifted[row] = Substitute(state[(((column + row) & 3) * 4) + row]);
            for (int row = 0; row < 4; row++)
            {
                result[(column * 4) + row] = (byte)(Multiply(2, shifted[row]) ^ Multiply(3, shifted[(row + 1) & 3])
                    ^ shifted[(row + 2) & 3] ^ shifted[(row + 3) & 3] ^ key[(column * 4) + row]);
            }
        }

        return result;
    }

    private static byte Substitute(byte value)
    {
        int inverse = Enumerable.Range(0, 256).FirstOrDefault(i => Multiply((byte)i, value) == 1);
        int result = 0x63;
        for (int i = 0; i < 5; i++)
            result ^= (inverse << i | inverse >> (8 - i)) & 0xFF;
        return (byte)result;
    }

    private static byte Multiply(byte left, byte right)
    {
        int product = 0;
        int a = left;
        for (int b = right; b != 0; b >>= 1)
        {
            product ^= (b & 1) * a;
            a = (a << 1) ^ ((a & 0x80) != 0 ? 0x11B : 0);
        }

        return (byte)product;
    }
}
