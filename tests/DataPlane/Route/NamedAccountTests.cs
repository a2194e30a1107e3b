using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>Accounts whose provider is asked by clients' names: each name is reckoned with by itself, as soon as the provider has told limits of it.</summary>
public sealed class NamedAccountTests
{
    private const string Glob = """  "gpt-*": { targets: [ { provider: a }, { provider: b, priority: 1 } ], retry: { waitMax: 0s } }""";

    private static readonly ProviderRates Spent = Left(0);

    private static ProviderRates Left(long left) => new() { Requests = new ProviderRate(true, 100, left, 24 * 60 * 60_000) };

    [Fact]
    public void What_is_told_of_a_name_holds_for_that_name_alone()
    {
        var world = new RouteWorld(Glob);
        Assert.Equal("a", Ask(world, "gpt-5", Spent));
        Assert.Equal("b", Ask(world, "gpt-5", Left(50)));
        Assert.Equal("b", Ask(world, "gpt-5", Left(49)));
        Assert.Equal("a", Ask(world, "gpt-4", Left(50)));
        Assert.Equal(
            [("a", "gpt-5"), ("a", "gpt-4"), ("b", "gpt-5")],
            world.States.AllLimits().Where(static one => one.Limits.IsKnown).Select(static one => (one.Name.Provider, one.Name.Model)).ToArray());
    }

    [Fact]
    public void A_name_that_the_provider_did_not_serve_has_no_place_and_neither_has_one_without_limits()
    {
        var world = new RouteWorld(Glob);
        Assert.Equal("a", Ask(world, "gpt-nonsense", Spent, isServed: false));
        Assert.Equal("a", Ask(world, "gpt-nonsense", default));
        Assert.Empty(world.States.AllLimits());
    }

    [Fact]
    public void Who_is_asked_by_a_fallbacks_name_is_reckoned_with_by_that()
    {
        var world = new RouteWorld(Glob + "\n  large: { targets: [ { provider: c } ], fallback: [ gpt-5 ], retry: { waitMax: 0s } }");
        Assert.Equal("a", Ask(world, "gpt-5", Spent));
        Assert.True(world.Begin("large"));
        Assert.Equal("c", world.Target);
        Assert.True(world.Fail());
        Assert.Equal("b", world.Target);

        // Of the name that was asked for first nothing is known.
        Assert.True(world.Begin("gpt-large"));
        Assert.Equal("a", world.Target);
    }

    [Fact]
    public void A_name_that_the_configuration_gives_elsewhere_is_the_same()
    {
        var models = Glob + "\n  large: { targets: [ { provider: a, model: gpt-5 }, { provider: b, priority: 1 } ], retry: { waitMax: 0s } }";
        var world = new RouteWorld(models);
        Assert.Equal("a/gpt-5", Ask(world, "large", Spent));
        Assert.Equal("b", Ask(world, "gpt-5", default));
        Assert.Equal("a", Ask(world, "gpt-4", Spent));

        // What is known outlives the configuration, whichever of the two has the name then.
        world.Reload(models.Replace("model: gpt-5", "model: gpt-4"));
        Assert.Equal("b", Ask(world, "large", default));
        Assert.Equal("a", Ask(world, "gpt-5", default));
        world.Reload("  large: { targets: [ { provider: a, model: gpt-5 } ] }");
        Assert.Equal([("a", "gpt-5")], world.States.AllLimits().Select(static one => (one.Name.Provider, one.Name.Model)));
    }

    [Fact]
    public void The_share_of_an_account_in_use_is_that_of_the_name()
    {
        var world = new RouteWorld("""  "gpt-*": { targets: [ { provider: a } ] }""");
        Ask(world, "gpt-5", Left(20));
        world.Begin("gpt-5");
        Assert.Equal(80, world.Plan.UsedPercent(world.Exchange));
        world.Begin("gpt-4");
        Assert.Equal(0, world.Plan.UsedPercent(world.Exchange));
    }

    /// <summary>A request for a model, and what its answer's head says; whom it went to.</summary>
    private static string Ask(RouteWorld world, string model, ProviderRates rates, bool isServed = true)
    {
        Assert.True(world.Begin(model));
        Assert.True(world.Plan.TryEnter());
        Assert.True(world.Plan.TryTakeAccount(mayWait: false, out _));
        var target = world.Target;
        world.Plan.OnHead(rates, isServed, TimeSpan.Zero);
        world.Plan.Leave(AttemptOutcome.Answered);
        return target;
    }
}
