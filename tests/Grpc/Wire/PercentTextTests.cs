namespace AiEdge.Grpc.Tests.Wire;

public sealed class PercentTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain words, with ~ and !", "plain words, with ~ and !")]
    [InlineData("100 %", "100 %25")]
    [InlineData("line\r\nbreak", "line%0D%0Abreak")]
    [InlineData("größer", "gr%C3%B6%C3%9Fer")]
    [InlineData("日本", "%E6%97%A5%E6%9C%AC")]
    [InlineData("😀", "%F0%9F%98%80")]
    [InlineData(" edges ", "%20edges%20")]
    [InlineData("\u007F", "%7F")]
    public void Texts_are_encoded_and_come_back(string text, string encoded)
    {
        Assert.Equal(encoded, PercentText.Encode(text));
        Assert.Equal(text, PercentText.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("a%2", "a%2")]
    [InlineData("%%41", "%A")]
    [InlineData("%c3%b6", "ö")]
    [InlineData("%FF", "\uFFFD")]
    [InlineData("ö%41", "öA")]
    public void What_is_broken_is_read_as_far_as_it_can_be(string encoded, string text) => Assert.Equal(text, PercentText.Decode(encoded));

    [Fact]
    public void A_long_message_is_cut_between_characters()
    {
        var text = new string('x', PercentText.CharsMax - 1) + "😀 and more";
        Assert.Equal(new string('x', PercentText.CharsMax - 1), PercentText.Encode(text));
    }

    [Fact]
    public void Half_a_character_is_replaced_and_never_fails() => Assert.Equal("%EF%BF%BDx", PercentText.Encode("\uD83Dx"));
}
