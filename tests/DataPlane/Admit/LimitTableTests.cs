using System.Net;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>Which limits bind whom, and whose bucket it is.</summary>
public sealed class LimitTableTests
{
    private static readonly QuantityModel Requests = LimitWorld.Amount(LimitUnit.Requests, 10);
    private static readonly QuantityModel Cost = LimitWorld.Amount(LimitUnit.Cost, 10, LimitPeriod.Day);

    [Fact]
    public void Each_member_of_a_selector_must_hold_and_any_of_its_patterns_is_enough()
    {
        var table = new LimitTable(
        [
            Limit("all", LimitSelector.All),
            Limit("key", new LimitSelector { Keys = LimitWorld.Names("checkout", "batch-*") }),
            Limit("team", new LimitSelector { Teams = LimitWorld.Names("blue") }),
            Limit("tier", new LimitSelector { Tiers = LimitWorld.Names("pro") }),
            Limit("model", new LimitSelector { Models = LimitWorld.Names("gpt-*") }),
            Limit("tag", new LimitSelector { Tags = [new("env", LimitWorld.Names("prod", "stag*"))] }),
            Limit("both", new LimitSelector { Teams = LimitWorld.Names("blue"), Models = LimitWorld.Names("claude") }),
        ]);
        var models = new ModelTable([LimitWorld.Model("gpt-4o"), LimitWorld.Model("claude")]).All;

        Assert.Equal(["all", "key", "model"], Names(table.Resolve(LimitWorld.Key("batch-7"), models[0])));
        Assert.Equal(["all", "team", "tier", "model", "tag"], Names(table.Resolve(LimitWorld.Key("x", "blue", "pro", ("env", "staging")), models[0])));
        Assert.Equal(["all", "team", "both"], Names(table.Resolve(LimitWorld.Key("x", "blue", "free", ("env", "dev")), models[1])));
        Assert.Equal(["all"], Names(table.Resolve(LimitWorld.Key("y"), models[1])));
    }

    [Fact]
    public void What_depends_on_who_answers_is_drawn_for_the_attempt()
    {
        var table = new LimitTable(
        [
            LimitWorld.Limit("mixed", quantities: [Requests, Cost]),
            LimitWorld.Limit("per", LimitScope.Provider, quantities: Requests),
            LimitWorld.Limit("of", match: new LimitSelector { Providers = LimitWorld.Names("sec*") }, quantities: Requests),
        ]);
        var bound = table.Resolve(LimitWorld.Key("k"), LimitWorld.Model("m"));

        Assert.Equal(["mixed:Requests"], LimitWorld.Shown(bound.First));
        Assert.Equal(["mixed:Cost", "per:Requests"], LimitWorld.Shown(bound.Of(LimitWorld.First)));
        Assert.Equal(["mixed:Cost", "per:Requests", "of:Requests"], LimitWorld.Shown(bound.Of(LimitWorld.Second)));
        Assert.Same(bound.Of(LimitWorld.Second), bound.Of(LimitWorld.Second));
    }

    [Fact]
    public void Keys_that_are_bound_alike_share_what_was_found()
    {
        var table = new LimitTable([Limit("a", new LimitSelector { Tiers = LimitWorld.Names("pro") }), Limit("b", LimitSelector.All)]);
        var models = new ModelTable([LimitWorld.Model("m0"), LimitWorld.Model("m1"), LimitWorld.Model("m2")]).All;
        var found = new HashSet<BoundLimits>();
        for (var i = 0; i < 1000; i++)
            found.Add(table.Resolve(LimitWorld.Key($"k{i}", tier: i % 2 == 0 ? "pro" : null), models[i % 3]));

        Assert.Equal(6, found.Count);
    }

    [Fact]
    public void Resolving_again_allocates_nothing()
    {
        var table = new LimitTable([Limit("a", LimitSelector.All), LimitWorld.Limit("c", quantities: Cost)]);
        var (key, model) = (LimitWorld.Key("k"), LimitWorld.Model("m"));
        table.Resolve(key, model).Of(LimitWorld.First);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var parts = 0;
        for (var i = 0; i < 100; i++)
            parts += table.Resolve(key, model).Of(LimitWorld.First).Length;
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(100, parts);
    }

    [Fact]
    public void Names_alone_find_the_same()
    {
        var table = new LimitTable(
        [
            Limit("tier", new LimitSelector { Tiers = LimitWorld.Names("pro") }),
            LimitWorld.Limit("of", match: new LimitSelector { Providers = LimitWorld.Names("second") }, quantities: [Requests, Cost]),
            LimitWorld.Limit("money", quantities: Cost),
        ]);

        Assert.Equal(["tier:Requests", "money:Cost"], LimitWorld.Shown(table.Bind("k", null, "pro", [], "m", "first")));
        Assert.Equal(["of:Requests", "of:Cost", "money:Cost"], LimitWorld.Shown(table.Bind("k", "blue", null, [], "m", "second")));
        Assert.Equal(["money:Cost"], LimitWorld.Shown(table.Bind("k", null, null, [], "m", null)));
    }

    [Fact]
    public void Only_keys_under_a_limit_on_tokens_or_money_have_to_be_counted()
    {
        var table = new LimitTable(
        [
            Limit("requests", LimitSelector.All),
            LimitWorld.Limit("money", match: new LimitSelector { Tiers = LimitWorld.Names("pro") }, quantities: Cost),
        ]);

        Assert.True(table.MayCountTokens(LimitWorld.Key("a", tier: "pro")));
        Assert.False(table.MayCountTokens(LimitWorld.Key("b")));
        Assert.False(table.Resolve(LimitWorld.Key("b"), LimitWorld.Model("m")).CountsTokens);
    }

    [Fact]
    public void A_bucket_belongs_to_whom_the_limit_is_kept_for()
    {
        var exchange = new Exchange();
        exchange.Reset(null!);
        exchange.Key = LimitWorld.Key("k", "blue", null, ("feature", "chat"));
        exchange.Model = LimitWorld.Model("gpt-*");
        exchange.Target = exchange.Model.Targets[1];
        exchange.ClientAddress = "192.0.2.7";

        Assert.Equal("k", Value(LimitScope.Key));
        Assert.Equal("blue", Value(LimitScope.Team));
        Assert.Equal("gpt-*", Value(LimitScope.Model));
        Assert.Equal("second", Value(LimitScope.Provider));
        Assert.Equal("192.0.2.7", Value(LimitScope.Ip));
        Assert.Equal("*", Value(LimitScope.Global));
        Assert.Equal("chat", Value(LimitScope.Tag, "feature"));
        Assert.Equal("__none__", Value(LimitScope.Tag, "env"));
        Assert.True(exchange.TrySetTag("feature", "search"));
        Assert.Equal("search", Value(LimitScope.Tag, "feature"));
        exchange.Key = LimitWorld.Key("k");
        Assert.Equal("__none__", Value(LimitScope.Team));

        string Value(LimitScope per, string? tag = null) => LimitTable.ScopeValue(LimitWorld.Limit("l", per, tag: tag), exchange);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")]
    [InlineData("fe80::1%3", "fe80::/64")]
    [InlineData("::1", "::/64")]
    public void Of_an_IPv6_address_the_first_half_counts(string address, string value) =>
        Assert.Equal(value, ClientAddress.Of(IPAddress.Parse(address)));

    private static LimitModel Limit(string name, LimitSelector match) => LimitWorld.Limit(name, match: match, quantities: Requests);

    private static string[] Names(BoundLimits bound) => [.. bound.First.Select(part => part.Limit.Name)];
}
