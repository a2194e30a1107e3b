using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What a provider refuses in a request that was put into its dialect goes on to who is asked in the client's own words, once, and to nobody else.</summary>
public sealed class RefusedTranslationTests
{
    private static EdgeSetup With(string targets, string more = "") => new()
    {
        Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}",
        Models = $"  split: {{ targets: [ {targets} ]{more} }}\n  other: {{ targets: [ {{ provider: fake, model: fake-n1 }} ] }}",
    };

    [Theory]
    [InlineData("fake-e400", "{ provider: fake, model: fake-n1, priority: 2 }", "")]
    [InlineData("fake-e422", "{ provider: fake, model: fake-n1, priority: 2 }", "")]
    [InlineData("fake-e400", "{ provider: claude, model: fake-n2, priority: 2 }", ", fallback: [ other ]")]
    public async Task Who_speaks_the_client_s_dialect_is_asked_next(string refused, string next, string more)
    {
        await using var edge = await Edge.StartAsync(With($"{{ provider: claude, model: {refused} }}, {{ provider: claude, model: fake-n2, priority: 1 }}, {next}", more));

        var answer = await edge.AskAsync(Ask.Chat("", "split"));

        Assert.Equal((200, "fake", null), (answer.Status, answer.Field("x-aiedge-provider"), answer.Field("x-aiedge-translation-loss")));
        Assert.Equal(2, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData("{ provider: claude, model: fake-e400 }, { provider: claude, model: fake-n2, priority: 1 }", "", 1)]
    [InlineData("{ provider: claude, model: fake-e400 }", ", retry: { sameTarget: true }", 1)]
    [InlineData("{ provider: claude, model: fake-e413 }, { provider: fake, model: fake-n1, priority: 1 }", "", 1)]
    [InlineData("{ provider: claude, model: fake-e400 }, { provider: fake, model: fake-n1, priority: 1 }", ", retry: { attempts: 1 }", 1)]
    [InlineData("{ provider: fake, model: fake-e400 }, { provider: fake, model: fake-n1, priority: 1 }", "", 1)]
    [InlineData("{ provider: claude, model: fake-e400 }, { provider: fake, model: fake-e400, priority: 1 }", "", 2)]
    public async Task Else_it_is_the_client_s(string targets, string more, int asked)
    {
        await using var edge = await Edge.StartAsync(With(targets, more));

        var answer = await edge.AskAsync(Ask.Chat("", "split"));

        Assert.True(answer.Status is 400 or 413, answer.Text);
        Assert.Equal("invalid_request_error", answer.Json.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal(asked, edge.Fake.RequestCount);
    }
}
