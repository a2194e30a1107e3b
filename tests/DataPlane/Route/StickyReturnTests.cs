using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>Whom those come back to that stay with one target, while those of a priority come back from an ejection.</summary>
public sealed class StickyReturnTests
{
    [Fact]
    public void Whoever_stays_with_one_does_not_go_to_and_fro_while_a_priority_comes_back()
    {
        var world = new RouteWorld("  m: { targets: [ { provider: a }, { provider: b, priority: 1 } ], sticky: key }");
        var health = world.Model("m").Targets[0].Health;
        health.Eject(0, 20_480);
        health.Return(0);
        var back = 0;
        for (var key = 0; key < 200; key++)
        {
            var asked = Enumerable.Range(0, 20).Select(_ => Asked($"key-{key}")).Distinct().ToArray();
            back += Assert.Single(asked) == "a" ? 1 : 0;
        }

        Assert.InRange(back, 1, 100);

        string Asked(string name)
        {
            Assert.True(world.Begin("m", key: new KeyModel { Name = name, Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue }));
            return world.Target;
        }
    }
}
