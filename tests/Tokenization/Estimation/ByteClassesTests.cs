using AiEdge.Tokenization.Estimation;

namespace AiEdge.Tokenization.Tests.Estimation;

public sealed class ByteClassesTests
{
    [Fact]
    public void Each_byte_is_of_the_class_that_its_character_is()
    {
        for (int b = 0; b < 256; b++)
        {
            bool isSymbol = b < 128 && (char.IsAsciiDigit((char)b) || char.IsPunctuation((char)b) || char.IsSymbol((char)b));
            var expected = new ByteClasses(b >= 128 ? 1 : 0, isSymbol ? 1 : 0);
            Assert.Equal(expected, ByteClasses.Of([(byte)b]));
            byte[] many = Enumerable.Repeat((byte)b, 77).ToArray();
            Assert.Equal(new ByteClasses(expected.NonAscii * 77, expected.Symbols * 77), ByteClasses.Of(many));
        }
    }

    [Fact]
    public void Any_text_has_the_sum_of_its_halves()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            byte[] text = new byte[random.Next(300)];
            random.NextBytes(text);
            int cut = random.Next(text.Length + 1);
            Assert.Equal(ByteClasses.Of(text), ByteClasses.Of(text.AsSpan(0, cut)) + ByteClasses.Of(text.AsSpan(cut)));
        }
    }
}
