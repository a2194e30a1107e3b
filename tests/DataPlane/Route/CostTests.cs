using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>How long an answer <c>balance: cost</c> expects. Of a prompt of 500 tokens <c>a</c> is cheaper below 62 tokens of answer, <c>b</c> above.</summary>
public sealed class CostTests
{
    private const string A = "{ provider: a, model: x, price: { input: 1, output: 10 } }";
    private const string B = "{ provider: b, model: y, price: { input: 2, output: 2 } }";
    private const int PromptBytes = 2000;

    /// <summary>Only who was chosen has answers of its own: the other one would never be found to be cheaper.</summary>
    [Theory]
    [InlineData(A, B, 2, "a")]
    [InlineData(B, A, 2, "a")]
    [InlineData(A, B, 900, "b")]
    [InlineData(B, A, 900, "b")]
    public void An_answer_is_as_long_as_those_of_the_model_are_whoever_gave_them_and_whoever_stands_first(string first, string second, int tokens, string cheapest)
    {
        foreach (var answering in "ab")
        {
            var world = World(first, second);
            for (var i = 0; i < 300; i++)
                Answer(world, answering.ToString(), tokens);
            Assert.Equal(cheapest, Chosen(world));
            world.Reload(Models(first, second, ""));
            Assert.Equal(cheapest, Chosen(world));
        }
    }

    [Theory]
    [InlineData(-1, 0, "", 1, "b")]
    [InlineData(0, 0, "", 1, "a")]
    [InlineData(50, 0, "", 1, "a")]
    [InlineData(50, 0, "", 2, "b")]
    [InlineData(500, 0, "", 1, "b")]
    [InlineData(-1, 50, "", 1, "a")]
    [InlineData(-1, 0, ", outputTokensMax: 50", 1, "a")]
    public void No_answer_is_longer_than_it_may_be(int cap, int degraded, string more, int choices, string cheapest)
    {
        foreach (var (first, second) in new[] { (A, B), (B, A) })
        {
            var world = World(first, second, more);
            Assert.Equal(cheapest, Chosen(world, exchange =>
            {
                (exchange.OutputCap, exchange.Choices) = (cap, choices);
                exchange.Degraded = default(Degradation) with { MaxTokens = degraded };
            }));
        }
    }

    [Fact]
    public void Of_a_rule_that_stands_for_many_models_each_has_its_length()
    {
        var world = new RouteWorld($"  \"m-*\": {{ targets: [ {A.Replace(", model: x", "", StringComparison.Ordinal)}, {B.Replace(", model: y", "", StringComparison.Ordinal)} ], balance: cost }}");
        for (var i = 0; i < 300; i++)
        {
            Answer(world, "b", 2, "m-short");
            Answer(world, "b", 900, "m-long");
        }

        Assert.Equal(("a", "b"), (Chosen(world, model: "m-short"), Chosen(world, model: "m-long")));
    }

    /// <summary>Vectors are no tokens: what the prompt costs is all.</summary>
    [Fact]
    public void What_has_no_output_costs_none() =>
        Assert.Equal("a", Chosen(World(B, A), exchange => exchange.Endpoint = DialectTable.Find("/v1/embeddings"u8)));

    private static RouteWorld World(string first, string second, string more = "") => new(Models(first, second, more));

    private static string Models(string first, string second, string more) => $"  m: {{ targets: [ {first}, {second} ], balance: cost{more} }}";

    private static void Answer(RouteWorld world, string provider, int tokens, string model = "m")
    {
        Assert.True(world.Begin(model));
        var exchange = world.Exchange;
        exchange.Target = exchange.Model!.Targets.Single(target => target.Provider.Name == provider);
        exchange.Usage = new Usage { IsPresent = true, InputTokens = 500, OutputTokens = tokens, TotalTokens = 500 + tokens };
        exchange.Target.State ??= new TargetState(model, provider);
        exchange.Target.State.Add(exchange);
    }

    private static string Chosen(RouteWorld world, Action<Exchange>? prepare = null, string model = "m")
    {
        Assert.True(world.Begin(model));
        world.Exchange.PromptBytes = PromptBytes;
        prepare?.Invoke(world.Exchange);
        var found = world.Exchange.Model!;
        return found.Targets[Balancer.Choose(found, 0b11, 0, world.Exchange)].Provider.Name;
    }
}
