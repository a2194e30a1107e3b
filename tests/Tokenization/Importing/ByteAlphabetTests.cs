using AiEdge.Tokenization.Importing;

namespace AiEdge.Tokenization.Tests.Importing;

public sealed class ByteAlphabetTests
{
    [Fact]
    public void Every_byte_has_one_letter_and_every_letter_one_byte()
    {
        var seen = new HashSet<byte>();
        for (var letter = 0; letter < 0x10000; letter++)
        {
            if (!ByteAlphabet.TryDecode(((char)letter).ToString(), out var bytes))
                continue;
            Assert.True(seen.Add(Assert.Single(bytes)));
            Assert.Equal(TestFiles.Spelled(((char)letter).ToString()), bytes);
        }

        Assert.Equal(256, seen.Count);
    }

    [Theory]
    [InlineData("Ġthe", " the")]
    [InlineData("Ċ", "\n")]
    [InlineData("ĉ", "\t")]
    [InlineData("Ã©", "é")]
    [InlineData("æĹ¥", "日")]
    public void Well_known_spellings_are_read(string spelling, string text)
    {
        Assert.True(ByteAlphabet.TryDecode(spelling, out var bytes));
        Assert.Equal(text, System.Text.Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("▁the")]
    [InlineData("<｜x｜>")]
    [InlineData("\u0000")]
    [InlineData("\u00AD")]
    [InlineData("\u0144")]
    [InlineData("\U0001F600")]
    public void Other_letters_are_refused(string spelling) => Assert.False(ByteAlphabet.TryDecode(spelling, out _));
}
