using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Caps that a provider of another dialect would refuse: its model cannot give so much, or its window has no room for it behind the prompt.</summary>
public sealed class CapTests
{
    private const string Chats = """
          assistant: { targets: [ { provider: fake, model: gpt-4o } ] }
          told: { targets: [ { provider: fake, model: deepseek-chat } ], outputTokensMax: 8192 }
          narrow: { targets: [ { provider: fake, model: narrow } ], contextWindow: 5000 }
        """;

    [Theory]
    [InlineData("assistant", 16_384)]
    [InlineData("told", 8192)]
    public async Task A_cap_beyond_what_the_model_gives_is_lowered_and_told(string model, long most)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Chats });
        var answer = await edge.AskAsync(Ask.Post("/v1/messages", $$"""{"model":"{{model}}","max_tokens":32000,"messages":[{"role":"user","content":"Q"}]}"""));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(("max_tokens", $"{most}"), (answer.Field("x-aiedge-translation-loss"), answer.Field("x-aiedge-max-tokens")));
        Assert.Contains($"\"max_tokens\":{most}", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        var record = await edge.RecordAsync();
        Assert.Equal((most, "max_tokens"), (record.GetProperty("maxTokens").GetInt64(), record.GetProperty("translationLoss").GetString()));
        Assert.Equal(400, (await edge.AskAsync(Ask.Chat("", "assistant", ",\"max_tokens\":32000"))).Status);
    }

    [Fact]
    public async Task A_cap_that_the_window_has_no_room_for_is_lowered_to_what_it_has()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Chats });
        var prompt = string.Concat(Enumerable.Repeat("word ", 2000));
        var answer = await edge.AskAsync(Ask.Post("/v1/messages", $$"""{"model":"narrow","max_tokens":4000,"messages":[{"role":"user","content":"{{prompt}}"}]}"""));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal("max_tokens", answer.Field("x-aiedge-translation-loss"));
        var told = long.Parse(answer.Field("x-aiedge-max-tokens")!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(told, 1024, 3000);
        Assert.Contains($"\"max_tokens\":{told}", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_told_to_be_strict_is_not_asked_for_less_than_the_client_wants()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with
        {
            Providers = Claude.Setup.Providers.Replace(" }", ", translation: strict }", StringComparison.Ordinal),
            Models = "  gpt-4.1: { targets: [ { provider: claude, model: claude-3-5-haiku-20241022 }, { provider: fake, model: gpt-4.1, priority: 1 } ] }",
        });
        var (near, far) = (await edge.AskAsync(Ask.Chat("", "gpt-4.1", ",\"max_tokens\":8192")), await edge.AskAsync(Ask.Chat("", "gpt-4.1", ",\"max_tokens\":8193")));
        Assert.Equal(("claude", "fake"), (near.Field("x-aiedge-provider"), far.Field("x-aiedge-provider")));
        Assert.Null(far.Field("x-aiedge-max-tokens"));
    }
}
