using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>Where turns begin: anywhere, and not anew with each configuration.</summary>
public sealed class TurnsTests
{
    private const int Requests = 10_000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_234_567_891)]
    [InlineData(uint.MaxValue - (Requests / 2))]
    public void Weights_hold_to_a_hundredth_wherever_turns_begin(uint start)
    {
        var world = new RouteWorld(Split(70, 20, 10));
        world.Model("m").Turns = new Turns(start);
        var counts = new int[3];
        for (var i = 0; i < Requests; i++)
            counts[Balancer.Choose(world.Model("m"), 0b111, 0)]++;
        Assert.InRange(counts[0], 6_900, 7_100);
        Assert.InRange(counts[1], 1_900, 2_100);
        Assert.InRange(counts[2], 900, 1_100);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Weights_hold_however_often_the_configuration_changes(int each)
    {
        var world = new RouteWorld(Split(90, 10, 0));
        var seldom = 0;
        for (var i = 0; i < 3_000; i++)
        {
            if (i % each == 0)
                world.Reload(Split(90, 10, 0));
            seldom += Balancer.Choose(world.Model("m"), 0b11, 0);
        }

        Assert.InRange(seldom, 270, 330);
    }

    /// <summary>Many planes, one request each: the seldom one has its part of these, too.</summary>
    [Fact]
    public void First_turns_are_shared_as_all_others_are()
    {
        var seldom = 0;
        var model = RouteWorld.Compile(Split(90, 10, 0)).Models.All[0];
        for (var i = 0; i < Requests; i++)
        {
            model.Turns = new Turns();
            seldom += Balancer.Choose(model, 0b11, 0);
        }

        // Ten thousand draws of one in ten are less than 700 or more than 1,300 in one of 10^23 cases.
        Assert.InRange(seldom, 700, 1_300);
    }

    [Fact]
    public void A_compiled_model_begins_anywhere() =>
        Assert.True(Enumerable.Range(0, 20).Select(_ => Doc(Split(1, 1, 1)).Turns.Next()).Distinct().Count() > 1);

    [Fact]
    public void Accounts_keep_their_turns_over_a_new_configuration()
    {
        var world = new RouteWorld(Split(1, 1, 1));
        var turns = world.Model("m").Targets[0].Provider.Turns;
        world.Reload(Split(1, 2, 1));
        Assert.Same(turns, world.Model("m").Targets[0].Provider.Turns);
    }

    private static ModelModel Doc(string models) => RouteWorld.CompileAsIs(models).Models.All[0];

    private static string Split(int a, int b, int c) =>
        $"  m: {{ targets: [ {{ provider: a, weight: {a} }}, {{ provider: b, weight: {b} }}, {{ provider: c, weight: {c} }} ], balance: weighted }}";
}
