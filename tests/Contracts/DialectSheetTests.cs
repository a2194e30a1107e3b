using System.Text.Json;
using AiEdge.Contracts.Dialects;

namespace AiEdge.Contracts.Tests;

/// <summary>What a sheet may say, and that those which are shipped are found.</summary>
public sealed class DialectSheetTests
{
    private const string Needed = """ "number": 0, "name": "new", "authHeader": "x-key" """;

    [Fact]
    public void Those_that_are_shipped_are_told_by_their_numbers()
    {
        Assert.Equal(Enumerable.Range(0, DialectSheet.All.Count), DialectSheet.All.Select(sheet => sheet.Number));
        Assert.Equal("openai", DialectSheet.All[0].Name);
        Assert.All(DialectSheet.All, sheet => Assert.Same(sheet, DialectSheet.Named(sheet.Name)));
        Assert.Null(DialectSheet.Named("opnai"));
    }

    [Fact]
    public void A_sheet_may_say_what_it_has_to_and_no_more()
    {
        var sheet = Read("{" + Needed + "}");
        Assert.Equal((0, "new", "x-key", "", false), (sheet.Number, sheet.Name, sheet.AuthHeader, sheet.BaseEndsIn, sheet.HasResponses));
        Assert.Equal((0, 0, 0), (sheet.Hosts.Count, sheet.Paths.Count, sheet.Methods.Count));
    }

    [Fact]
    public void A_sheet_says_all_of_it()
    {
        var sheet = Read("{" + Needed + """, "baseEndsIn": "/v2", "hosts": ["azure"], "hasResponses": true, "paths": ["/v2/chat", "/v2/a"], "methods": [":a"]}""");
        Assert.Equal(("/v2", true), (sheet.BaseEndsIn, sheet.HasResponses));
        Assert.Equal(["azure"], sheet.Hosts);
        Assert.Equal(["/v2/chat", "/v2/a"], sheet.Paths);
        Assert.Equal([":a"], sheet.Methods);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData(""" { "number": 0, "name": "new" } """)]
    [InlineData(""" { "number": 0, "authHeader": "x-key" } """)]
    [InlineData(""" { "name": "new", "authHeader": "x-key" } """)]
    [InlineData(""" { "number": -1, "name": "new", "authHeader": "x-key" } """)]
    [InlineData(""" { "number": "0", "name": "new", "authHeader": "x-key" } """)]
    [InlineData(""" { "number": 0.5, "name": "new", "authHeader": "x-key" } """)]
    [InlineData(""" { "number": 0, "name": null, "authHeader": "x-key" } """)]
    [InlineData("{" + Needed + """, "path": ["/v2/chat"] } """)]
    [InlineData("{" + Needed + """, "paths": "/v2/chat" } """)]
    [InlineData("{" + Needed + """, "paths": [null] } """)]
    [InlineData("{" + Needed + """, "hasResponses": 1 } """)]
    public void What_is_no_sheet_is_a_fault_that_names_the_file(string text) =>
        Assert.StartsWith("new/sheet.json: ", Assert.Throws<FormatException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "b")]
    [InlineData(2, "b")]
    [InlineData(1, "a")]
    public void Two_of_a_number_or_a_name_and_a_gap_are_faults(int number, string name)
    {
        static DialectSheet Sheet(int number, string name) => new() { Number = number, Name = name, AuthHeader = "x-key" };
        Assert.Equal(["a", "b"], DialectSheetReader.Sorted([Sheet(1, "b"), Sheet(0, "a")]).Select(sheet => sheet.Name));
        Assert.Throws<FormatException>(() => DialectSheetReader.Sorted([Sheet(number, name), Sheet(0, "a")]));
    }

    private static DialectSheet Read(string json) => DialectSheetReader.Read(JsonElement.Parse(json), "new/sheet.json");
}
