using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>Whatever happens, what a key sends goes nowhere but to the regions that it is bound to.</summary>
public sealed class ResidencyTests
{
    private const string Model = """
          m: { targets: [ { provider: a, region: eu-west }, { provider: b, region: us, priority: 1 }, { provider: c, priority: 2 }, { provider: d, region: eu-north, priority: 3 } ],
               fallback: [ n, o ], retry: { attempts: 10, sameTarget: true, waitMax: 60s, budget: 100% } }
          n: { targets: [ { provider: b, model: n, region: us }, { provider: c, model: n } ] }
          o: { targets: [ { provider: b, model: o, region: us, weight: 1000 }, { provider: d, model: o, region: eu-north, weight: 1 } ] }
        """;

    private static readonly KeyModel Eu = RouteWorld.BoundTo(["eu-*"]);

    [Fact]
    public void Retries_and_fallbacks_stay_within()
    {
        var world = new RouteWorld(Model);
        Assert.True(world.Begin("m", key: Eu));
        var asked = new List<string> { world.Target };
        while (world.Fail())
            asked.Add(world.Target);
        Assert.Equal(["a", "d"], asked.Take(2));
        Assert.Contains("d/o", asked.Append(Last()));
        Assert.DoesNotContain(asked, target => target[0] is 'b' or 'c');

        // The attempts at the same targets come before other models, and use all up: without these the other model is asked.
        string Last()
        {
            var other = new RouteWorld(Model.Replace("sameTarget: true", "sameTarget: false", StringComparison.Ordinal));
            other.Begin("m", key: Eu);
            var last = other.Target;
            while (other.Fail())
                last = other.Target;
            return last;
        }
    }

    [Theory]
    [InlineData("weighted")]
    [InlineData("least-pending")]
    [InlineData("latency")]
    [InlineData("cost")]
    [InlineData("weighted, sticky: key")]
    [InlineData("weighted, sticky: tag:t")]
    public void However_it_is_balanced_and_whoever_is_ejected_all_stay_within(string balance)
    {
        var world = new RouteWorld($$"""
              m: { targets: [ { provider: a, region: us, weight: 1000 }, { provider: b, region: eu, price: { input: 9, output: 9 } },
                              { provider: c, weight: 1000 }, { provider: d, region: eu } ],
                   balance: {{balance}}, retry: { attempts: 10, budget: 100% } }
            """);
        var key = RouteWorld.BoundTo(["eu"]);
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            world.Exchange.Reset(world.Snapshot);
            Assert.True(world.Begin("m", key: key));
            world.Exchange.TrySetTag("t", "v" + i);
            do
            {
                Assert.True(world.Target is "b" or "d", world.Target);
                if (random.Next(4) == 0 && world.Plan.TrySkip())
                    Assert.True(world.Target is "b" or "d", world.Target);
            }
            while (world.Attempt(random.Next(3) == 0 ? AttemptOutcome.Answered : AttemptOutcome.Failed));
        }
    }

    [Fact]
    public void A_target_of_no_region_lies_in_none()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a } ] }");
        Assert.True(world.Begin("m"));
        Assert.False(world.Begin("m", key: RouteWorld.BoundTo(["*"])));
        Assert.Equal(TargetLack.Region, world.Plan.Lack);
    }

    [Fact]
    public void A_key_and_its_team_bind_together()
    {
        var world = new RouteWorld(Model);
        Assert.True(world.Begin("m", key: RouteWorld.BoundTo(["eu-*"], ["*-north"])));
        Assert.Equal("d", world.Target);
        Assert.False(world.Begin("m", key: RouteWorld.BoundTo(["us"], ["eu-*"])));
        Assert.True(world.Begin("m", key: RouteWorld.BoundTo(null, ["us"])));
        Assert.Equal("b", world.Target);
    }

    [Fact]
    public void Where_a_model_has_no_target_within_its_fallback_is_asked_at_once()
    {
        var world = new RouteWorld("""
              m: { targets: [ { provider: a, region: us } ], fallback: [ n, o ] }
              n: { targets: [ { provider: b } ] }
              o: { targets: [ { provider: c, region: eu } ] }
            """);
        Assert.True(world.Begin("m", key: RouteWorld.BoundTo(["eu"])));
        Assert.Equal(("c", true), (world.Target, world.Exchange.IsFallback));
        Assert.False(world.Fail());
    }
}
