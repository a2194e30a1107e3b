using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Splitting;

public sealed class AsciiMasksTests
{
    private delegate void Filler(ref AsciiMasks masks, ref byte text, int word);

    public static readonly TheoryData<int> Widths = [16, 32, 64];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_byte_at_every_place_is_in_the_maps_of_its_kind(int vectorBytes)
    {
        Filler fill = vectorBytes switch
        {
            16 => (ref AsciiMasks m, ref byte t, int w) => m.Fill128(ref t, w),
            32 => (ref AsciiMasks m, ref byte t, int w) => m.Fill256(ref t, w),
            _ => (ref AsciiMasks m, ref byte t, int w) => m.Fill512(ref t, w),
        };
        var text = new byte[64];
        for (var shift = 0; shift < 256; shift++)
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = (byte)(i + shift);
            var masks = default(AsciiMasks);
            fill(ref masks, ref text[0], 3);
            for (var i = 0; i < text.Length; i++)
            {
                var (b, at) = (text[i], (3 * 64) + i);
                Assert.Equal(b is >= (byte)'a' and <= (byte)'z', (masks.Lower(at) & 1) != 0);
                Assert.Equal(b is >= (byte)'A' and <= (byte)'Z', (masks.Upper(at) & 1) != 0);
                Assert.Equal(b is (>= 9 and <= 13) or 32, (masks.White(at) & 1) != 0);
                Assert.Equal(b is 10 or 13, (masks.NewLine(at) & 1) != 0);
                Assert.Equal(b < 0x80 && !char.IsAsciiLetterOrDigit((char)b) && b is not ((>= 9 and <= 13) or 32), (masks.Symbol(at) & 1) != 0);
            }
        }
    }
}
