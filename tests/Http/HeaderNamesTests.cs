using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class HeaderNamesTests
{
    [Fact]
    public void Every_id_has_a_name_that_leads_back_to_it_in_any_case()
    {
        foreach (var id in Enum.GetValues<HeaderId>())
        {
            if (id == HeaderId.Other) continue;
            var lower = HeadPrint.Latin(HeaderNames.Lower(id));
            Assert.Equal(lower.Replace("-", "", StringComparison.Ordinal), id.ToString().ToLowerInvariant());
            Assert.Equal(id, HeaderNames.Match(Wire.Bytes(lower)));
            Assert.Equal(id, HeaderNames.Match(Wire.Bytes(lower.ToUpperInvariant())));
            Assert.Equal(HeaderId.Other, HeaderNames.Match(Wire.Bytes(lower + "s")));
            Assert.NotEqual(id, HeaderNames.Match(Wire.Bytes(lower[..^1])));
        }
        Assert.Equal(Enum.GetValues<HeaderId>().Length, HeaderNames.Count);
        Assert.InRange(HeaderNames.Count, 1, 64);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("content_length")]
    [InlineData("content-lengtH\u0001")]
    [InlineData("\u212Aeep-alive")]
    [InlineData("transfer-encodinG\0")]
    [InlineData("\u0068ost ")]
    public void Other_names_have_no_id(string name) => Assert.Equal(HeaderId.Other, HeaderNames.Match(Wire.Bytes(name)));

    [Fact]
    public void Case_is_folded_for_letters_only()
    {
        // '-' is 0x2D; with the case bit turned off it would be 0x0D.
        Assert.Equal(HeaderId.Other, HeaderNames.Match("content\rlength"u8));
        Assert.Equal(HeaderId.Other, HeaderNames.Match("transfer\u000Dencoding"u8));
    }
}
