using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Snapshot;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>docs/routing.md: its example loads, and means what is written beside it.</summary>
public sealed class RoutingDocumentTests
{
    private static readonly string Text = File.ReadAllText(Repository.PathOf("docs/routing.md"));

    [Fact]
    public void Its_example_is_a_document()
    {
        var load = Doc.Load(Example(), name => name == "CHECKOUT_KEY_SHA256" ? new string('a', 64) : "sk-1");
        Assert.Empty(Doc.Lines(load.Faults));
        Assert.Empty(Doc.Lines(load.Warnings));
        Assert.Empty(SchemaTests.Errors(Example()));
        var large = load.Snapshot!.Models.Find("large"u8)!;
        Assert.Equal([(3, 0), (1, 0), (1, 1)], large.Targets.Select(target => (target.Weight, target.Priority)));
        Assert.Equal(new RetryModel(4, 20, TimeSpan.FromSeconds(5), SameTarget: false), large.Retry);
        Assert.Equal("small"u8.ToArray(), Assert.Single(large.Fallback).Utf8);
    }

    [Fact]
    public void Every_way_to_balance_that_can_be_written_is_explained()
    {
        foreach (var word in Contracts.Options.ModelOptions.BalanceField.Words)
            Assert.Contains($"| `{word}` |", Text, StringComparison.Ordinal);
    }

    private static string Example()
    {
        var start = Text.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        return Text[start..Text.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
