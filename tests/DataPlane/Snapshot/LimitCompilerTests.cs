using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Tests.Snapshot;

public sealed class LimitCompilerTests
{
    private const string Head = Doc.Head + $$"""
        teams: { blue: { tags: { env: prod } } }
        keys:
          - { name: web, sha256: "{{Doc.Sha}}", team: blue, tier: pro, tags: { env: dev, feature: chat } }
          - { name: own, sha256: "0000000000000000000000000000000000000000000000000000000000000001", team: blue, tags: { feature: rag-1 } }
        limits:

        """;

    private static LimitModel Limit(string fields) => Assert.Single(Doc.Snapshot(Head + $"  - {{ name: a, {fields} }}\n").Limits);

    [Fact]
    public void What_is_left_out_takes_its_default()
    {
        var limit = Limit("requests: 600/min");
        Assert.Equal(("a", LimitScope.Global, null, null, null), (limit.Name, limit.Per, limit.PerTag, limit.Was, limit.Concurrent));
        Assert.Same(LimitSelector.All, limit.Match);
        Assert.Equal(new QuantityModel { Unit = LimitUnit.Requests, Amount = 600, Period = LimitPeriod.Minute, Burst = 600 }, Assert.Single(limit.Quantities));
        Assert.False(limit.IsShadow);
        Assert.Equal((StreamPolicy.Cut, OutagePolicy.Share, UnpricedPolicy.Fault, DebtPolicy.Carry), (limit.OnStream, limit.OnOutage, limit.Unpriced, limit.Debt));
        Assert.Equal((TimeZoneInfo.Utc, 10_000, 1000), (limit.TimeZone, limit.BucketsMax, limit.CachedInputWeight));
        Assert.Null(limit.Queue);
        Assert.Empty(limit.Shares);
    }

    [Theory]
    [InlineData("requests: 10/s", LimitUnit.Requests, 10, LimitPeriod.Second, 10, true)]
    [InlineData("requests: 10/sec, burst: 3", LimitUnit.Requests, 10, LimitPeriod.Second, 3, true)]
    [InlineData("tokens: 200k/min, burst: 1m", LimitUnit.Tokens, 200_000, LimitPeriod.Minute, 1_000_000, true)]
    [InlineData("tokens: 200k/min, burst: { tokens: 64 }", LimitUnit.Tokens, 200_000, LimitPeriod.Minute, 64, true)]
    [InlineData("inputTokens: 1.25m/hour", LimitUnit.InputTokens, 1_250_000, LimitPeriod.Hour, 1_250_000, false)]
    [InlineData("outputTokens: 1M/day", LimitUnit.OutputTokens, 1_000_000, LimitPeriod.Day, 1_000_000, false)]
    [InlineData("cost: $250/day, unpriced: zero", LimitUnit.Cost, 250_000_000_000, LimitPeriod.Day, 250_000_000_000, false)]
    [InlineData("cost: $0.000000001/min, unpriced: zero", LimitUnit.Cost, 1, LimitPeriod.Minute, 1, false)]
    [InlineData("cost: $99.90/month, unpriced: refuse", LimitUnit.Cost, 99_900_000_000, LimitPeriod.Month, 99_900_000_000, false)]
    public void An_amount_is_taken_exactly(string fields, object unit, long amount, object period, long burst, bool isRate)
    {
        var quantity = Assert.Single(Limit(fields).Quantities);
        Assert.Equal((unit, amount, period, burst, isRate), (quantity.Unit, quantity.Amount, quantity.Period, quantity.Burst, quantity.IsRate));
    }

    [Fact]
    public void What_a_limit_makes_of_requests_goes_by_the_last_step_that_is_reached_and_the_lowest_cap()
    {
        var one = Part("requests: 10/s, degrade: [ { at: 50%, model: gpt-4o }, { at: 90%, maxTokens: 256 }, { at: 100%, maxTokens: 64 } ]");
        Assert.Equal(default, default(Degradation).With(one, 49, 100));
        Assert.Equal(("gpt-4o", 0L), Made(default(Degradation).With(one, 50, 100)));
        Assert.Equal(("gpt-4o", 0L), Made(default(Degradation).With(one, 89, 100)));
        Assert.Equal(("gpt-4o", 256L), Made(default(Degradation).With(one, 9 * (long.MaxValue / 10), long.MaxValue / 10 * 10)));
        Assert.Equal(("gpt-4o", 64L), Made(default(Degradation).With(one, 101, 100)));

        var other = Part("requests: 10/s, degrade: [ { at: 0%, maxTokens: 100 } ]");
        var both = default(Degradation).With(one, 95, 100).With(other, 0, 100);
        Assert.Equal(("gpt-4o", 100L, one), (Encoding.UTF8.GetString(both.Model!.Utf8), both.MaxTokens, both.By));
        Assert.Equal(100, default(Degradation).With(other, 0, 100).With(one, 95, 100).MaxTokens);

        static LimitPart Part(string fields) => new(Limit(fields), null, 0);
        static (string, long) Made(Degradation made) => (Encoding.UTF8.GetString(made.Model!.Utf8), made.MaxTokens);
    }

    [Fact]
    public void Several_amounts_stand_in_one_limit()
    {
        var limit = Limit("requests: 10/s, tokens: 200k/min, cost: $5/day, unpriced: refuse, concurrent: 2, burst: { tokens: 1k }");
        Assert.Equal(
            [(LimitUnit.Requests, 10L, 10L), (LimitUnit.Tokens, 200_000L, 1000L), (LimitUnit.Cost, 5_000_000_000L, 5_000_000_000L)],
            limit.Quantities.Select(q => (q.Unit, q.Amount, q.Burst)));
        Assert.Equal((2, OutagePolicy.Refuse, UnpricedPolicy.Refuse), (limit.Concurrent, limit.OnOutage, limit.Unpriced));
    }

    [Fact]
    public void What_is_written_is_taken()
    {
        var limit = Limit(
            "tokens: 1k/day, per: \"tag:env\", mode: shadow, onStream: overdraw, onOutage: allow, debt: forgive, timezone: Europe/Zurich, bucketsMax: 5, weights: { cachedInput: 0.125 }, was: b");
        Assert.Equal((LimitScope.Tag, "env", true, StreamPolicy.Overdraw), (limit.Per, limit.PerTag, limit.IsShadow, limit.OnStream));
        Assert.Equal((OutagePolicy.Allow, DebtPolicy.Forgive, "Europe/Zurich"), (limit.OnOutage, limit.Debt, limit.TimeZone.Id));
        Assert.Equal((5, 125, "b"), (limit.BucketsMax, limit.CachedInputWeight, limit.Was));

        var shared = Limit("requests: 1/s, per: team, queue: { max: 1k, wait: 250ms }, shares: { \"env=prod\": 80%, \"env=dev\": 20% }");
        Assert.Equal(new QueueModel(1000, TimeSpan.FromMilliseconds(250)), shared.Queue);
        Assert.Equal([new ShareModel("env", "prod", 80), new ShareModel("env", "dev", 20)], shared.Shares);
        Assert.False(shared.IsLentByPace);
        Assert.True(Limit("requests: 1/hour, shares: { \"env=prod\": 80% }, lend: pace").IsLentByPace);
        Assert.Equal(new QueueModel(100, TimeSpan.FromSeconds(5)), Limit("concurrent: 1, queue: {}").Queue);
    }

    [Theory]
    [InlineData("global", LimitScope.Global)]
    [InlineData("key", LimitScope.Key)]
    [InlineData("team", LimitScope.Team)]
    [InlineData("model", LimitScope.Model)]
    [InlineData("provider", LimitScope.Provider)]
    [InlineData("ip", LimitScope.Ip)]
    public void A_limit_is_kept_for_whom_it_says(string per, object scope) => Assert.Equal(scope, Limit($"requests: 1/s, per: {per}").Per);

    [Fact]
    public void A_selector_holds_what_is_written_and_nothing_else()
    {
        var match = Limit(
            "requests: 1/s, match: { key: web, team: [ blue ], tier: \"p*\", model: [ gpt-4o, \"gpt-*\" ], provider: openai, tag: [ env=dev, env=prod ], tags: { feature: \"ch*\" } }").Match;
        Assert.Equal("web", Text(match.Keys));
        Assert.Equal("blue", Text(match.Teams));
        Assert.Equal("p*", Text(match.Tiers));
        Assert.Equal("gpt-4o,gpt-*", Text(match.Models));
        Assert.Equal("openai", Text(match.Providers));
        Assert.True(match.IsOfProvider);
        Assert.Equal(["feature=ch*", "env=dev,prod"], match.Tags.Select(t => t.Key + "=" + Text(t.Value)));

        var one = Limit("requests: 1/s, match: { key: web }").Match;
        Assert.Null(one.Teams ?? one.Tiers ?? one.Models ?? one.Providers);
        Assert.Empty(one.Tags);
        Assert.False(one.IsOfProvider);

        static string Text(byte[][]? patterns) => string.Join(',', patterns!.Select(Encoding.UTF8.GetString));
    }

    [Theory]
    [InlineData("", PriorityClass.Normal, 0)]
    [InlineData(", priority: high, onDisconnect: cancel", PriorityClass.High, 0)]
    [InlineData(", priority: low, onDisconnect: drain", PriorityClass.Low, long.MaxValue)]
    [InlineData(", priority: normal, onDisconnect: \"drain:30\"", PriorityClass.Normal, 30 * TimeSpan.TicksPerSecond)]
    [InlineData(", onDisconnect: \"drain:30s\"", PriorityClass.Normal, 30 * TimeSpan.TicksPerSecond)]
    [InlineData(", onDisconnect: \"drain:500ms\"", PriorityClass.Normal, TimeSpan.TicksPerSecond / 2)]
    public void A_key_has_its_priority_and_what_becomes_of_its_answers(string fields, object priority, long drainTicks)
    {
        var key = Key(fields);
        Assert.Equal(priority, key.Priority);
        Assert.Equal(drainTicks, key.OnDisconnect.DrainFor.Ticks);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData(", weight: 1000", 1000)]
    public void A_key_has_its_weight_in_queues(string fields, int weight) => Assert.Equal(weight, Key(fields).Weight);

    [Fact]
    public void A_key_has_its_tier_and_the_tags_that_clients_may_set()
    {
        var key = Key(", tier: pro-2, clientTags: [ feature, run ]");
        Assert.Equal("pro-2", key.Tier);
        Assert.Equal(["feature", "run"], key.ClientTags);
        Assert.Null(Key("").Tier);
        Assert.Empty(Key("").ClientTags);
    }

    [Theory]
    [InlineData("tier: a b", "6: keys[0].tier: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("weight: 0", "6: keys[0].weight: must be between 1 and 1000")]
    [InlineData("priority: urgent", "6: keys[0].priority: expected high or normal or low, found \"urgent\"")]
    [InlineData("onDisconnect: wait", "6: keys[0].onDisconnect: expected cancel, drain, or drain: and seconds or a duration, such as drain:30 or drain:30s, found \"wait\"")]
    [InlineData("onDisconnect: \"drain:\"", "6: keys[0].onDisconnect: expected cancel, drain, or drain: and seconds or a duration, such as drain:30 or drain:30s, found \"drain:\"")]
    [InlineData("onDisconnect: \"drain:0\"", "6: keys[0].onDisconnect: must drain for 1ms to 24h")]
    [InlineData("onDisconnect: \"drain:25h\"", "6: keys[0].onDisconnect: must drain for 1ms to 24h")]
    [InlineData("clientTags: [ a b ]", "6: keys[0].clientTags[0]: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("clientTags: feature", "6: keys[0].clientTags: expected a list, found a string")]
    public void What_is_wrong_with_them_is_named_with_its_line(string field, string fault) =>
        Assert.Equal([fault], Doc.Faults(Doc.Head + $"keys: [ {{ name: a, sha256: \"{Doc.Sha}\", {field} }} ]\n"));

    private static KeyModel Key(string fields) =>
        Doc.Snapshot(Doc.Head + $"keys: [ {{ name: a, sha256: \"{Doc.Sha}\"{fields} }} ]\n").Keys.Find(Convert.FromHexString(Doc.Sha))!;
}
