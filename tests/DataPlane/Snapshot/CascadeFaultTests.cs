using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What a model's <c>cascade</c> may say, and how it is shown.</summary>
public sealed class CascadeFaultTests
{
    [Theory]
    [InlineData("cascade: {}", "4: models.m.cascade: expected a list, found a map")]
    [InlineData("cascade: []", "4: models.m.cascade: is empty")]
    [InlineData("cascade: [ {} ]", "4: models.m.cascade[0].model: is required")]
    [InlineData("cascade: [ { model: x } ]", "4: models.m.cascade[0].model: no model answers to")]
    [InlineData("cascade: [ { model: m } ]", "4: models.m.cascade[0].model: is the model itself")]
    [InlineData("cascade: [ { model: n }, { model: n } ]", "4: models.m.cascade[1].model: is asked by a step before")]
    [InlineData("cascade: [ { model: n }, { model: n }, { model: n }, { model: n }, { model: n } ]", "4: models.m.cascade: holds more than 4 steps")]
    [InlineData("cascade: [ { model: n, unless: [ sad ] } ]", "4: models.m.cascade[0].unless[0]: must be refusal, length or json")]
    [InlineData("cascade: [ { model: n, probabilityMin: 1.5 } ]", "4: models.m.cascade[0].probabilityMin: must be between 0 and 1")]
    [InlineData("cascade: [ { model: n, within: 1ms } ]", "4: models.m.cascade[0].within: must be between 100ms and 1h")]
    [InlineData("cascade: [ { model: n, logprob: -1 } ]", "4: models.m.cascade[0].logprob: is not a field of a step of a cascade")]
    public void Cheaper_models_before_a_model_are_judged(string field, string fault) => Assert.Contains(
        Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ], {field} }}\n  n: {{ targets: [ {{ provider: p }} ] }}\n"),
        line => line.StartsWith(fault, StringComparison.Ordinal));

    [Theory]
    [InlineData("{ model: n }", "All", double.NegativeInfinity, 30, "model n;within 30s")]
    [InlineData("{ model: n, unless: [ length ], probabilityMin: 0.5, within: off }", "Length", -0.6931, -1, "model n;unless [\"length\"];probabilityMin 0.5;within off")]
    public void Cheaper_models_have_their_defaults_and_are_shown(string step, string unless, double least, int seconds, string shown)
    {
        var snapshot = Doc.Snapshot("providers:\n  p: { dialect: openai, baseUrl: \"http://h/v1\" }\nmodels:\n  n: { targets: [ { provider: p } ] }\n"
            + "  m: { targets: [ { provider: p } ], cascade: [ " + step + " ] }\n" + Doc.Limits);
        var one = Assert.Single(snapshot.Models.All[1].Cascade);
        Assert.Equal((Enum.Parse<CascadeRules>(unless), seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds)), (one.Unless, one.Within));
        Assert.Equal(least, one.LogprobMin, 0.0001);
        var fields = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("models").GetProperty("m").GetProperty("cascade")[0];
        Assert.Equal(
            shown.Split(';'),
            fields.EnumerateObject().Select(field => $"{field.Name} {field.Value}".ReplaceLineEndings("").Replace("  ", "", StringComparison.Ordinal)));
    }
}
