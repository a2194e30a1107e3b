using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>A request goes to whom it fits: by its length, and by what it asks for.</summary>
public sealed class FitTests
{
    private const string Windows = """
          m: { targets: [ { provider: a, contextWindow: 1000 }, { provider: b, priority: 1, contextWindow: 4000 }, { provider: c, priority: 2 } ], retry: { attempts: 9 } }
          n: { targets: [ { provider: a, model: n } ], contextWindow: 1000, fallback: [ large ] }
          large: { targets: [ { provider: b, model: large } ], contextWindow: 9000 }
        """;

    private static RequestNeeds Long(long prompt, long output = 0, bool isEstimate = false) => new(Capability.None, prompt, output, isEstimate);

    [Theory]
    [InlineData(1000, 0, "a b c")]
    [InlineData(900, 101, "b c")]
    [InlineData(4000, 1, "c")]
    public void Those_without_room_are_never_asked(long prompt, long output, string asked)
    {
        var world = new RouteWorld(Windows);
        Assert.True(world.Begin("m", Long(prompt, output)));
        var all = new List<string> { world.Target };
        while (world.Fail())
            all.Add(world.Target);
        Assert.Equal(asked, string.Join(' ', all));
    }

    [Fact]
    public void What_is_too_long_for_a_model_goes_to_one_that_it_falls_back_to()
    {
        var world = new RouteWorld(Windows);
        Assert.True(world.Begin("n", Long(1001)));
        Assert.Equal(("b/large", true), (world.Target, world.Exchange.IsFallback));
        Assert.True(world.Begin("n", Long(1000)));
        Assert.Equal(("a/n", false), (world.Target, world.Exchange.IsFallback));
        Assert.False(world.Begin("n", Long(18_002)));
        Assert.Equal(TargetLack.Window, world.Plan.Lack);
    }

    [Fact]
    public void An_estimate_alone_refuses_nobody_who_may_have_room()
    {
        var world = new RouteWorld(Windows);
        Assert.True(world.Begin("large", Long(18_000, isEstimate: true)));
        Assert.False(world.Begin("large", Long(18_002, isEstimate: true)));
        Assert.False(world.Begin("large", Long(18_000)));

        // Of another model's count it is the same: it was counted for n, and large may count otherwise.
        Assert.True(world.Begin("n", Long(18_000)));
        Assert.Equal("b/large", world.Target);
        Assert.True(world.Begin("n", Long(1500, isEstimate: true)));
        Assert.Equal("b/large", world.Target);
    }

    [Fact]
    public void A_model_that_answers_at_the_length_asked_for_goes_first()
    {
        var world = new RouteWorld("""
              m: { targets: [ { provider: a } ], outputTokensMax: 100, fallback: [ n ] }
              n: { targets: [ { provider: b } ], outputTokensMax: 200 }
              o: { targets: [ { provider: c } ], outputTokensMax: 100 }
            """);
        Assert.Equal(("a", "b", "a"), (First("m", 100), First("m", 200), First("m", 201)));
        Assert.Equal("c", First("o", 500));

        string First(string model, long output)
        {
            Assert.True(world.Begin(model, Long(10, output)));
            return world.Target;
        }
    }

    [Theory]
    [InlineData(9000, 1000, "b z")]
    [InlineData(8000, 3000, "z")]
    [InlineData(9500, 3000, "")]
    [InlineData(10_001, 0, "")]
    public void Where_a_cap_is_lowered_in_translation_the_window_need_not_have_room_for_all_of_it(long prompt, long output, string asked)
    {
        var world = new RouteWorld("  m: { targets: [ { provider: b }, { provider: z, priority: 1 } ], contextWindow: 10000, retry: { attempts: 9 } }", translates: true);
        var all = new List<string>();
        for (var goesOn = world.Begin("m", Long(prompt, output)); goesOn; goesOn = world.Fail())
            all.Add(world.Target);
        Assert.Equal(asked, string.Join(' ', all));
    }

    [Theory]
    [InlineData("None", "a b c")]
    [InlineData("Tools", "b c")]
    [InlineData("Tools, Json", "b c")]
    [InlineData("Vision", "c")]
    [InlineData("Audio, Files", "")]
    public void Those_that_cannot_take_what_is_asked_for_are_never_asked(string needs, string asked)
    {
        var world = new RouteWorld("""
              m: { targets: [ { provider: a, capabilities: [ text ] }, { provider: b, priority: 1 }, { provider: c, priority: 2, capabilities: [ vision, tools, json ] } ],
                   capabilities: [ tools, json ], retry: { attempts: 9 } }
            """);
        var all = new List<string>();
        for (var goesOn = world.Begin("m", new RequestNeeds(Enum.Parse<Capability>(needs), 1, 0, false)); goesOn; goesOn = world.Fail())
            all.Add(world.Target);
        Assert.Equal(asked, string.Join(' ', all));
        if (asked.Length == 0)
            Assert.Equal(TargetLack.Capability, world.Plan.Lack);
    }

    [Fact]
    public void Where_nobody_lacks_anything_nothing_is_looked_at()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ] }\n  n: { targets: [ { provider: b } ], fallback: [ o ] }\n  o: { targets: [ { provider: c, contextWindow: 10 } ] }");
        Assert.False(world.Model("m").IsFitted);
        Assert.True(world.Model("n").IsFitted);
        Assert.Equal((10, long.MaxValue), (world.Model("n").ContextWindowMin, world.Model("m").ContextWindowMin));
        Assert.True(world.Snapshot.Models.IsFitted);
    }
}
