using AiEdge.Contracts.Prices;

namespace AiEdge.Contracts.Tests;

public sealed class PriceCatalogueTests
{
    [Fact]
    public void The_shipped_catalogue_is_of_a_day_and_knows_the_common_models()
    {
        var catalogue = PriceCatalogue.Shipped;
        Assert.InRange(catalogue.Version, 20260101, 20991231);
        foreach (var name in (string[])["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5", "gpt-5-mini", "gpt-5.5", "o3", "o4-mini", "text-embedding-3-small", "claude-sonnet-4-5", "gemini-2.5-pro",
            "gpt-6-astra", "gpt-6.1-sol", "gpt-6.2-sol", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2", "gemini-3.8-flash"])
            Assert.NotNull(catalogue.Table.Find(name));
    }

    /// <summary>Slips of the hand that a list as long as this one invites.</summary>
    [Fact]
    public void Every_entry_of_the_shipped_catalogue_is_plausible()
    {
        foreach (var (name, model) in PriceCatalogue.Shipped.Models)
        {
            var price = model.Price;
            Assert.True(price.CachedInput <= price.Input && price.Output >= price.Input || price.Output == 0, name);
            Assert.True(price.CacheWrite >= price.Input && price.CacheWrite <= price.Input * 2, name);
            Assert.True(price.LongContext is not { } longer || (longer.Input > price.Input && longer.Output > price.Output), name);
            Assert.InRange(price.Input, 0, 200 * 1_000_000_000L);
            Assert.InRange(price.Output, 0, 1000 * 1_000_000_000L);
            Assert.InRange(model.OutputTokensMax, 0, 1_000_000);
            foreach (var (tier, factor) in price.Factors)
                Assert.True(tier is "priority" or "fast" or "ultrafast" ? factor is > 1_000_000 and <= 6_000_000 : factor == (tier == "us" ? 1_100_000 : 500_000), name);
        }
    }

    [Fact]
    public void A_line_is_a_name_and_fields()
    {
        var catalogue = PriceCatalogue.Parse(new StringReader("""
            # a comment
            version 20260102

            a input=2.5 output=10 cachedInput=0.25 outputTokensMax=16k factors.flex=0.5 longContext.above=200k longContext.input=5   # another
            b* request=0.04
            """));
        Assert.Equal(20260102, catalogue.Version);
        var a = catalogue.Table.Find("a")!;
        Assert.Equal((2_500_000_000, 250_000_000, 10_000_000_000, 16_000), (a.Price.Input, a.Price.CachedInput, a.Price.Output, a.OutputTokensMax));
        Assert.Equal((200_000, 5_000_000_000, 10_000_000_000), (a.Price.LongContextAbove, a.Price.LongContext!.Input, a.Price.LongContext.Output));
        Assert.Equal([new("flex", 500_000)], a.Price.Factors);
        Assert.Equal(40_000_000, catalogue.Table.Find("bcd")!.Price.Request);
    }

    [Theory]
    [InlineData("a input=1", "line 1")]
    [InlineData("version 20260101\nversion 20260102", "line 2")]
    [InlineData("version soon", "line 1")]
    [InlineData("version 20260101\na", "line 2: not a model and its fields")]
    [InlineData("version 20260101\na input", "line 2: not a model and its fields")]
    [InlineData("version 20260101\na input=1 input=2", "line 2: not a model and its fields")]
    [InlineData("version 20260101\na input=1 outputTokensMax=many", "line 2: not a model and its fields")]
    [InlineData("version 20260101\na input=cheap", "line 2: expected dollars for a million tokens")]
    [InlineData("version 20260101\na inputs=1", "line 2: is not a field of a price")]
    [InlineData("version 20260101\na input=1\na input=2", "line 3")]
    public void Another_line_is_refused_with_its_number(string text, string complaint) =>
        Assert.StartsWith(complaint, Assert.Throws<FormatException>(() => PriceCatalogue.Parse(new StringReader(text))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("gpt-4o", "exact")]
    [InlineData("gpt-4o-2024-11-20", "exact")]
    [InlineData("gpt-4o-20241120", "exact")]
    [InlineData("gpt-4o@20241120", "exact")]
    [InlineData("gpt-4o-latest", "exact")]
    [InlineData("gpt-4o-2024-05-13", "dated")]
    [InlineData("gpt-4o-mini", null)]
    [InlineData("gpt-4o-2024-1120", null)]
    [InlineData("gpt-4o-2024-11-2x", null)]
    [InlineData("gpt-4", null)]
    [InlineData("-2024-11-20", null)]
    [InlineData("", null)]
    [InlineData("house-1", "house")]
    [InlineData("house-model-1", "house models")]
    [InlineData("house-", "house")]
    [InlineData("house", null)]
    public void A_name_is_found_as_it_is_then_without_its_date_then_by_the_longest_beginning(string name, string? expected)
    {
        var table = new ModelNameTable<string>(
        [
            new("house-*", "house"), new("gpt-4o", "exact"), new("gpt-4o", "second"), new("gpt-4o-2024-05-13", "dated"), new("house-model-*", "house models"),
            new("house-*", "second"),
        ]);
        Assert.Equal(expected, table.Find(name));
    }

    [Fact]
    public void A_table_of_many_names_finds_each_and_no_other()
    {
        var table = new ModelNameTable<string>([.. Enumerable.Range(0, 5000).Select(i => new KeyValuePair<string, string>("m" + i, "v" + i))]);
        for (var i = 0; i < 5000; i++)
            Assert.Equal("v" + i, table.Find("m" + i));
        Assert.Null(table.Find("m5000"));
        Assert.Null(new ModelNameTable<string>([]).Find("m"));
    }
}
