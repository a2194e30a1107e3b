namespace AiEdge.Http.Tests;

public sealed class SyntaxTests
{
    [Fact]
    public void Token_bytes_are_those_of_the_RFC()
    {
        const string Marks = "!#$%&'*+-.^_`|~";
        for (var b = 0; b < 256; b++)
        {
            var isToken = b < 128 && (char.IsAsciiLetterOrDigit((char)b) || Marks.Contains((char)b, StringComparison.Ordinal));
            Assert.Equal(isToken, Syntax.IsToken([(byte)b]));
        }
        Assert.False(Syntax.IsToken([]));
        Assert.True(Syntax.IsToken("x-1"u8));
        Assert.False(Syntax.IsToken("x 1"u8));
    }

    [Fact]
    public void Value_bytes_are_those_of_the_RFC()
    {
        for (var b = 0; b < 256; b++) Assert.Equal(b == 9 || (b >= 32 && b != 127), Syntax.IsValue([(byte)b]));
        Assert.True(Syntax.IsValue([]));
    }

    [Fact]
    public void Hexadecimal_digits_have_values()
    {
        for (var b = 0; b < 256; b++)
            Assert.Equal(char.IsAsciiHexDigit((char)b) ? Convert.ToInt32(((char)b).ToString(), 16) : -1, Syntax.HexDigit((byte)b));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(" ", "")]
    [InlineData("\t a b\t ", "a b")]
    [InlineData("\va ", "\va")]
    [InlineData("\u00A0a", "\u00A0a")]
    public void Trim_takes_space_and_tab_only(string text, string trimmed) =>
        Assert.Equal(Wire.Bytes(trimmed), Syntax.Trim(Wire.Bytes(text)).ToArray());
}
