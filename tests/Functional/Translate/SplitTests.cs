using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Requests are divided among targets as the model says, whatever dialect these speak.</summary>
public sealed class SplitTests
{
    private static EdgeSetup With(string fields) => new()
    {
        Providers = Claude.Setup.Providers,
        Models = $"  split: {{ targets: [ {fields} }}",
    };

    [Theory]
    [InlineData("{ provider: fake, model: fake-n1, weight: 9 }, { provider: claude, model: fake-n1, weight: 1 } ]", 90)]
    [InlineData("{ provider: fake, model: fake-n1, weight: 1 }, { provider: claude, model: fake-n1, weight: 9 } ]", 10)]
    [InlineData("{ provider: fake, model: fake-n1 }, { provider: claude, model: fake-n1 } ], balance: weighted", 50)]
    [InlineData("{ provider: fake, model: fake-n1 }, { provider: claude, model: fake-n1 } ], native: equal", 50)]
    [InlineData("{ provider: fake, model: fake-n1 }, { provider: claude, model: fake-n1 } ]", 100)]
    [InlineData("{ provider: fake, model: fake-n1, weight: 1 }, { provider: claude, model: fake-n1, weight: 9 } ], native: first", 100)]
    [InlineData("{ provider: fake, model: fake-n1, priority: 1 }, { provider: claude, model: fake-n1 } ]", 0)]
    [InlineData("{ provider: fake, model: fake-n1, priority: 1 }, { provider: claude, model: fake-n1 } ], native: first", 0)]
    public async Task Of_a_hundred_requests_in_a_row_each_target_has_its_part(string fields, int native)
    {
        await using var edge = await Edge.StartAsync(With(fields));
        using var client = await edge.ConnectAsync();
        var heard = new Dictionary<string, int> { ["fake"] = 0, ["claude"] = 0 };
        for (var i = 0; i < 100; i++)
        {
            var answer = await client.AskAsync(Ask.Chat("", "split"));
            Assert.Equal(200, answer.Status);
            heard[answer.Field("x-aiedge-provider")!]++;
        }

        Assert.InRange(heard["fake"], native - 2, native + 2);
        Assert.Equal(100, heard["fake"] + heard["claude"]);
    }

    [Fact]
    public async Task Who_stays_with_a_target_stays_with_one_of_another_dialect_too()
    {
        await using var edge = await Edge.StartAsync(With(
            "{ provider: fake, model: fake-n1, variant: a }, { provider: claude, model: fake-n1, variant: b } ], sticky: user"));
        using var client = await edge.ConnectAsync();
        var seen = new Dictionary<string, HashSet<string>> { ["a"] = [], ["b"] = [] };
        for (var i = 0; i < 60; i++)
        {
            var user = $"user-{i % 20}";
            var answer = await client.AskAsync(Ask.Chat("", "split", $",\"user\":\"{user}\""));
            seen[answer.Field("x-aiedge-variant")!].Add(user);
        }

        Assert.Empty(seen["a"].Intersect(seen["b"]));
        Assert.True(seen["a"].Count > 2 && seen["b"].Count > 2, $"{seen["a"].Count} and {seen["b"].Count} of 20 users");
    }
}
