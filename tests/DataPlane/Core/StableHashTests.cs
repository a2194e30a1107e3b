using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>Hashes that are the same on all planes.</summary>
public sealed class StableHashTests
{
    [Fact]
    public void Names_have_the_number_that_they_have_always_had()
    {
        // Whom requests stay with depends on these: another number would move them all.
        Assert.Equal(0x66CC86A6A84A1763UL, StableHash.Of("openai"));
        Assert.Equal(0xE253663569F01A5BUL, StableHash.Of("gpt-4o"u8, StableHash.Of("openai")));
    }

    [Fact]
    public void Parts_have_the_number_of_the_whole_wherever_they_are_parted()
    {
        var bytes = new byte[41];
        new Random(5).NextBytes(bytes);
        var whole = Of(bytes);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal(whole, Of(bytes.AsSpan(0, first), bytes.AsSpan(first, second - first), bytes.AsSpan(second)));
        }
    }

    [Fact]
    public void Every_byte_and_the_length_count()
    {
        var seen = new HashSet<ulong>();
        var bytes = new byte[24];
        for (var length = 0; length <= bytes.Length; length++)
            Assert.True(seen.Add(Of(bytes.AsSpan(0, length))), $"{length} zeros");
        for (var place = 0; place < bytes.Length; place++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[place] = (byte)(1 << bit);
                Assert.True(seen.Add(Of(bytes)), $"{place}.{bit}");
                bytes[place] = 0;
            }
        }
    }

    private static ulong Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        var hash = new StableHashInParts();
        hash.Add(first);
        hash.Add(second);
        hash.Add(third);
        return hash.Value;
    }
}
