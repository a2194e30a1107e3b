using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What a model's <c>ensemble</c> may say, and how it is shown.</summary>
public sealed class EnsembleFaultTests
{
    [Theory]
    [InlineData("ensemble: []", "4: models.m.ensemble: expected ensemble (a map), found a list")]
    [InlineData("ensemble: {}", "4: models.m.ensemble.size: is required")]
    [InlineData("ensemble: { size: 1 }", "4: models.m.ensemble.size: must be between 2 and 8")]
    [InlineData("ensemble: { size: 9 }", "4: models.m.ensemble.size: must be between 2 and 8")]
    [InlineData("ensemble: { size: 3, pick: best }", "4: models.m.ensemble.pick: expected first-valid or majority or most-probable or shortest or longest, found")]
    [InlineData("ensemble: { size: 3, unless: [ sad ] }", "4: models.m.ensemble.unless[0]: must be refusal, length or json")]
    [InlineData("ensemble: { size: 3, answersMin: 4 }", "4: models.m.ensemble.answersMin: is more than size")]
    [InlineData("ensemble: { size: 3, pick: first-valid, answersMin: 2 }", "4: models.m.ensemble.answersMin: says nothing with pick: first-valid")]
    [InlineData("ensemble: { size: 3, within: 1ms }", "4: models.m.ensemble.within: must be between 100ms and 1h")]
    [InlineData("ensemble: { size: 3, vote: true }", "4: models.m.ensemble.vote: is not a field of ensemble")]
    public void Several_attempts_at_once_are_judged(string field, string fault)
    {
        var faults = Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ], {field} }}\n");
        Assert.True(faults.Any(line => line.StartsWith(fault, StringComparison.Ordinal)), string.Join('\n', faults));
    }

    [Theory]
    [InlineData("{ size: 3 }", 3, "Majority", "All", 3, 30, "size 3;pick majority;within 30s")]
    [InlineData("{ size: 5, pick: most-probable, unless: [ length ], answersMin: 2, within: off }", 5, "MostProbable", "Length", 2, -1,
        "size 5;pick most-probable;unless [\"length\"];answersMin 2;within off")]
    [InlineData("{ size: 2, pick: first-valid }", 2, "FirstValid", "All", 2, 30, "size 2;pick first-valid;within 30s")]
    public void They_have_their_defaults_and_are_shown(string written, int size, string pick, string unless, int least, int seconds, string shown)
    {
        var snapshot = Doc.Snapshot("providers:\n  p: { dialect: openai, baseUrl: \"http://h/v1\" }\nmodels:\n  m: { targets: [ { provider: p } ], ensemble: "
            + written + " }\n" + Doc.Limits);
        Assert.Equal(
            new EnsembleModel(size, Enum.Parse<EnsemblePick>(pick), Enum.Parse<CascadeRules>(unless), least, seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds)),
            snapshot.Models.All[0].Ensemble);
        var fields = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("models").GetProperty("m").GetProperty("ensemble");
        Assert.Equal(
            shown.Split(';'),
            fields.EnumerateObject().Select(field => $"{field.Name} {field.Value}".ReplaceLineEndings("").Replace("  ", "", StringComparison.Ordinal)));
    }
}
