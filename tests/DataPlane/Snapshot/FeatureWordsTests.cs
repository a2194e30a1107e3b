using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What a provider is said to lack and to take.</summary>
public sealed class FeatureWordsTests
{
    [Theory]
    [InlineData("lacks: [ seeds ]", "p.lacks[0]: must be user, seed, stop, penalties, logprobs, choices, json, schema, strict, json-with-tools, parallel-tools, forced-tools, "
        + "urls, files, user-after-tool, pictures, cache-control, reasoning-content or late-system")]
    [InlineData("takes: []", "p.takes: is empty; leave it out or name something")]
    [InlineData("lacks: [ user, seed ], takes: [ schema, seed ]", "p.takes[1]: stands in lacks, too")]
    public void What_a_provider_lacks_and_takes_is_said_in_known_words_and_once(string fields, string fault)
    {
        var load = Doc.Load($"providers: {{ p: {{ dialect: openai, baseUrl: \"http://h/v1\", {fields} }} }}\nmodels: {{ m: {{ targets: [ {{ provider: p }} ] }} }}\n" + Doc.Limits);
        Assert.Contains(Doc.Lines(load.Faults), line => line.EndsWith("providers." + fault, StringComparison.Ordinal));
    }

    [Fact]
    public void They_are_compiled_with_what_the_host_lacks_and_shown()
    {
        var snapshot = Doc.Snapshot(
            "providers:\n  p: { dialect: anthropic, hosting: vertex, baseUrl: \"http://h/v1\", lacks: [ seed, json ], takes: [ reasoning-content ] }\n"
            + "models: { m: { targets: [ { provider: p } ] } }\n" + Doc.Limits);
        var provider = Assert.Single(snapshot.Providers);
        Assert.Equal(
            (RequestFeatures.Seed | RequestFeatures.Json | RequestFeatures.Urls | RequestFeatures.Schema | RequestFeatures.Strict, RequestFeatures.ReasoningContent), (provider.LacksFeatures, provider.TakesFeatures));
        var shown = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("providers").GetProperty("p");
        Assert.Equal("seed json reasoning-content", string.Join(' ', new[] { "lacks", "takes" }.SelectMany(name => shown.GetProperty(name).EnumerateArray()).Select(word => word.GetString())));
    }

    /// <summary>Claude on Vertex keeps to schemas where the organization's policy lets it, which whoever runs it has to say.</summary>
    [Theory]
    [InlineData("", false)]
    [InlineData(", takes: [ schema, strict ]", true)]
    public void What_a_host_lacks_may_be_taken_all_the_same(string takes, bool isTaken)
    {
        var provider = Assert.Single(Doc.Snapshot(
            "providers:\n  p: { dialect: anthropic, hosting: vertex, baseUrl: \"http://h/v1\"" + takes + " }\nmodels: { m: { targets: [ { provider: p } ] } }\n" + Doc.Limits).Providers);
        var model = ModelAbilities.Of("claude-sonnet-4-5@20250929"u8).At(provider.LacksFeatures, provider.TakesFeatures);
        Assert.Equal((isTaken, isTaken, false), (model.Takes(RequestFeatures.Schema), model.Takes(RequestFeatures.Strict), model.Takes(RequestFeatures.Urls)));
    }
}
