using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Vocabularies;

/// <summary>The hash that sends every key of a set to a slot of its own.</summary>
public sealed unsafe class PerfectHashTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(1000)]
    [InlineData(40_000)]
    public void Every_key_has_a_slot_of_its_own(int count)
    {
        var keys = new ulong[count];
        for (var i = 0; i < count; i++)
            keys[i] = (ulong)i * 0x0101_0000_0001;
        var built = PerfectHashBuilder.Build(count, (i, seed) => PieceKey.Hash(keys[i], seed));
        Assert.Equal(count, built.Slots.Distinct().Count());
        fixed (ushort* pilots = built.Pilots)
        {
            var hash = new PerfectHash(pilots, (uint)built.Pilots.Length, (uint)built.SlotCount, built.Seed);
            for (var i = 0; i < count; i++)
                Assert.Equal(built.Slots[i], hash.Slot(PieceKey.Hash(keys[i], hash.Seed)));
            for (ulong other = 0; other < 1000; other++)
                Assert.InRange(hash.Slot(PieceKey.Hash(other, hash.Seed)), 0u, (uint)built.SlotCount - 1);
        }
    }

    [Fact]
    public void Equal_keys_are_refused()
    {
        ulong[] keys = [1, 2, 3, 2];
        Assert.Throws<VocabularyException>(() => PerfectHashBuilder.Build(keys.Length, (i, seed) => PieceKey.Hash(keys[i], seed)));
    }

    [Fact]
    public void Keys_of_different_pieces_differ()
    {
        var seen = new HashSet<(ulong, ulong)>();
        var text = new byte[32];
        for (var length = 1; length <= PieceKey.MiddleBytesMax; length++)
        {
            for (var changed = 0; changed < length; changed++)
            {
                Array.Clear(text);
                text[changed] = 1;
                text[length] = 0xFF;
                fixed (byte* piece = text)
                {
                    var key = length <= PieceKey.ShortBytesMax ? (0, PieceKey.Short(piece, length)) : (*(ulong*)piece, PieceKey.MiddleRest(piece, length));
                    Assert.True(seen.Add(key));
                }
            }
        }
    }
}
