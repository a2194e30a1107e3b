using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>Requests with the same beginning of the prompt go where it is in the cache.</summary>
public sealed class AffinityTests
{
    private const string Models = """
          warm: { targets: [ { provider: fake, model: a }, { provider: fake, model: b }, { provider: fake, model: c } ], balance: cache-affinity, affinity: { prefix: 64b, bound: 10 } }
          pool: { targets: [ { provider: pool, model: a } ], balance: cache-affinity }
          other: { targets: [ { provider: fake, model: a }, { provider: fake, model: b } ] }
        """;

    private const string Providers = "  pool: { dialect: openai, baseUrl: \"ROOT/v1\", accounts: { one: { key: sk-one }, two: { key: sk-two } } }";

    private static string Prompt(string text, string model) =>
        Ask.Post("/v1/chat/completions", $$"""{"messages":[{"role":"user","content":"{{text}}"}],"model":"{{model}}"}""");

    private static string Turn(int conversation, string rest) => Prompt($"{conversation:D64} {rest}", "warm");

    /// <summary>Both ways of getting at the prompt: noted while it came, for a limit counts it, and read once more.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("name: large, per: key, tokens: 900m/min")]
    public async Task A_conversation_is_answered_by_one_target_in_all_its_turns(string limits)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models, Providers = Providers, Limits = limits.Length > 0 ? [limits] : [] });
        var by = new HashSet<string>();
        for (var conversation = 0; conversation < 12; conversation++)
        {
            var first = (await edge.AskAsync(Turn(conversation, "once"))).Field("x-aiedge-model")!;
            by.Add(first);
            Assert.Equal(first, (await edge.AskAsync(Turn(conversation, "and once more"))).Field("x-aiedge-model"));
        }

        Assert.Equal(3, by.Count);
    }

    [Fact]
    public async Task The_same_prompt_is_asked_as_the_same_account()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models, Providers = Providers });
        for (var prompt = 0; prompt < 16; prompt++)
        {
            for (var i = 0; i < 2; i++)
                Assert.Equal(200, (await edge.AskAsync(Prompt($"prompt {prompt}", "pool"))).Status);
        }

        var keys = edge.Fake.Requests.Select(request => request.Header("authorization")).ToArray();
        Assert.All(Enumerable.Range(0, 16), prompt => Assert.Equal(keys[2 * prompt], keys[(2 * prompt) + 1]));
        Assert.Equal(2, keys.Distinct().Count());
    }

    [Fact]
    public async Task What_a_cache_had_is_told()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models, Providers = Providers });
        edge.Fake.EnqueueRaw(Ask.Answer("""{"choices":[{}],"usage":{"prompt_tokens":400,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":100}}}"""));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("aiedge_target_cached_tokens_total{gen_ai_provider_name=\"pool\",target=\"a\"} 100\n", metrics, StringComparison.Ordinal);
        Assert.Contains("aiedge_target_cached_ratio{gen_ai_provider_name=\"pool\",target=\"a\"} 0.25\n", metrics, StringComparison.Ordinal);
    }
}
