using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>What has been used of budgets, from the sums.</summary>
public sealed class BudgetSumsTests
{
    private static readonly DateTimeOffset Noon = UsageRig.Noon;

    [Fact]
    public async Task A_budget_counts_what_its_limit_matches_in_the_window_of_its_zone()
    {
        await using var rig = await UsageRig.OpenAsync();
        var document = EdgeDocument.Empty.With(
            [
                Entry("limits", """{"name":"teams","match":{"team":"b*"},"per":"team","cost":"$1/day"}"""),
                Entry("limits", """{"name":"tokyo","match":{"tier":"pro"},"cost":"$2/day","timezone":"Asia/Tokyo"}"""),
                Entry("limits", """{"name":"month","per":"key","cost":"$3/month","disabled":false}"""),
                Entry("limits", """{"name":"rate","requests":"5/min"}"""),
                Entry("keys", $$"""{"name":"k1","sha256":"{{new string('a', 64)}}","tier":"pro"}"""),
            ],
            version: 1, generation: 1);
        await rig.AddAsync(
            UsageRig.Record(Noon.AddHours(-1), "k1", "blue", cost: 1), UsageRig.Record(Noon.AddHours(-2), "k2", "black", cost: 10),
            UsageRig.Record(Noon.AddHours(-3), "k2", "red", cost: 100), UsageRig.Record(Noon.AddHours(-13), "k1", "blue", cost: 1_000),
            UsageRig.Record(Noon.AddHours(-22), "k1", "blue", cost: 10_000), UsageRig.Record(Noon.AddDays(-30), "k1", "blue", cost: 100_000));
        var uses = new BudgetSums(rig.Book.Rollups, () => document, rig.Time).Read().Select(u => $"{u.Limit} {u.Scope} {u.Value} {u.Used}/{u.Allowed}").Order();

        // In Tokyo the day began at 15:00 of yesterday in UTC.
        Assert.Equal(
            [
                "month key k1 11001/3000000000", "month key k2 110/3000000000", "teams team black 10/1000000000", "teams team blue 1/1000000000",
                "tokyo   1001/2000000000",
            ],
            uses);
    }

    [Fact]
    public async Task A_limit_of_a_model_goes_by_what_the_configuration_calls_it()
    {
        await using var rig = await UsageRig.OpenAsync();
        var document = EdgeDocument.Empty.With(
            [
                Entry("limits", """{"name":"one","match":{"model":"fast"},"cost":"$1/day"}"""),
                Entry("limits", """{"name":"each","per":"model","cost":"$1/day"}"""),
            ],
            version: 1, generation: 1);
        foreach (var (rule, cost) in new[] { ("fast", 1), ("slow", 20), ("", 300) })
        {
            var record = UsageRig.Record(Noon.AddHours(-1), model: rule.Length == 0 ? "fast" : "gpt-4o-2024-11-20", cost: cost);
            record.Rule = rule;
            await rig.AddAsync(record);
        }

        // What a plane of before does not say is taken for what its provider calls it.
        var uses = new BudgetSums(rig.Book.Rollups, () => document, rig.Time).Read().Select(u => $"{u.Limit} {u.Value} {u.Used}").Order();
        Assert.Equal(["each fast 301", "each slow 20", "one  301"], uses);
    }

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "b", false)]
    [InlineData("*", "", true)]
    [InlineData("a*", "abc", true)]
    [InlineData("*c", "abc", true)]
    [InlineData("a*c", "ac", true)]
    [InlineData("a*c", "ab", false)]
    [InlineData("a*a", "a", false)]
    [InlineData("*b*d*", "abcde", true)]
    [InlineData("*b*b*", "abc", false)]
    public void A_star_stands_for_any_text(string pattern, string text, bool isLike) => Assert.Equal(isLike, BudgetSums.IsLike(pattern, text));

    private static EntryChange Entry(string section, string json)
    {
        var name = (string)System.Text.Json.Nodes.JsonNode.Parse(json)!["name"]!;
        return new(section, name, new(Encoding.UTF8.GetBytes(json), EntryOwner.Api, 1, default));
    }
}
