namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What is written well and leads nowhere, or back to where it came from.</summary>
public sealed class IdleWordsTests
{
    private const string Head = """
        providers:
          a: { dialect: openai, baseUrl: "http://h/v1", region: eu-west }
          b: { dialect: openai, baseUrl: "http://h/v1", accounts: { one: { key: sk-canary-1 }, two: { key: "${env:TWO}" }, three: { key: sk-canary-3 } } }
        models:
          m: { targets: [ { provider: a }, { provider: b, region: us } ], aliases: [ other ] }
          s: { targets: [ { provider: b } ] }
          "gpt-*": { targets: [ { provider: a } ] }

        """;

    [Theory]
    [InlineData("fallback: [ s, s ]", "models.x.fallback[1]: stands there already: each model is asked once")]
    [InlineData("fallback: [ m, s, other ]", "models.x.fallback[2]: stands there already: each model is asked once")]
    [InlineData("fallback: [ gpt-4, gpt-4 ]", "models.x.fallback[1]: stands there already: each model is asked once")]
    [InlineData("fallback: [ gpt-4, gpt-5, s, m ]", null)]
    public void A_model_is_fallen_back_to_once(string field, string? fault) =>
        Assert.Equal(fault is null ? [] : ["8: " + fault], Doc.Faults(Head.Replace("${env:TWO}", "k", StringComparison.Ordinal) + $"  x: {{ targets: [ {{ provider: a }} ], {field} }}\n"));

    [Theory]
    [InlineData("match: { model: s }", "s", true)]
    [InlineData("match: { model: m }", "other", true)]
    [InlineData("match: { model: gpt-* }", "gpt-4", false)]
    [InlineData("match: { model: [ m, s ] }", "s", false)]
    [InlineData("match: { model: m }", "s", false)]
    [InlineData("per: key", "s", false)]
    public void A_limit_on_one_model_alone_makes_nothing_of_it_by_turning_to_the_same(string binds, string model, bool isFault) => Assert.Equal(
        isFault ? ["8: limits[0].degrade[0].model: changes nothing: the limit binds no other model"] : [],
        Doc.Faults(Head.Replace("${env:TWO}", "k", StringComparison.Ordinal) + $"limits: [ {{ name: l, requests: 9/min, {binds}, degrade: [ {{ at: 90%, model: {model} }} ] }} ]\n"));

    [Theory]
    [InlineData("regions: [ \"asia*\" ]", "regions[0]: is the region of no target")]
    [InlineData("regions: [ us, asia, \"eu*\" ]", "regions[1]: is the region of no target")]
    [InlineData("models: [ s ], modelMap: { gpt-4: m }", "modelMap.gpt-4: is none of the key's models, so that whoever asks for it is refused")]
    [InlineData("models: [ s ], modelMap: { x: other }", "modelMap.x: is none of the key's models, so that whoever asks for it is refused")]
    [InlineData("models: [ s, \"gpt-4*\" ], modelMap: { x: gpt-5 }", "modelMap.x: is none of the key's models, so that whoever asks for it is refused")]
    [InlineData("models: [ m, \"gpt-4*\" ], modelMap: { x: other, y: gpt-4o }", null)]
    [InlineData("modelMap: { x: s }", null)]
    public void A_key_that_is_led_nowhere_is_warned_of(string field, string? warning) => Assert.Equal(
        warning is null ? [] : ["8: keys[0]." + warning], Warnings($"keys: [ {{ name: k, sha256: \"{Doc.Sha}\", {field} }} ]\n{Doc.Limits}"));

    [Fact]
    public void So_is_a_team() => Assert.Equal(
        ["8: teams.t.regions[0]: is the region of no target"],
        Warnings($"teams: {{ t: {{ regions: [ asia ] }} }}\nkeys: [ {{ name: k, sha256: \"{Doc.Sha}\", team: t }} ]\n{Doc.Limits}"));

    [Fact]
    public void Two_accounts_by_one_key_are_one()
    {
        var rest = $"keys: [ {{ name: k, sha256: \"{Doc.Sha}\" }} ]\n{Doc.Limits}";
        Assert.Equal(
            ["3: providers.b.accounts.two.key: is the key of one, too: to the provider both are one account, with one limit"], Warnings(rest, "sk-canary-1"));
        Assert.Empty(Warnings(rest));
    }

    private static string[] Warnings(string rest, string two = "sk-canary-2")
    {
        var load = Doc.Load(Head + rest, name => name == "TWO" ? two : null);
        Assert.Empty(Doc.Lines(load.Faults));
        return Doc.Lines(load.Warnings);
    }
}
