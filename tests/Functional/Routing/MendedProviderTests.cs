using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What is known of a target or an account holds for where it is and whom it is asked as: with another address, or another credential, it begins anew.</summary>
public sealed class MendedProviderTests
{
    private const string One = "sk-one-canary-51a7e2";
    private const string Two = "sk-two-canary-9d3b04";
    private const string Other = "sk-other-canary-77c1f8";

    private const string Spent = "x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 24h0m0s\r\n";

    [Theory]
    [InlineData("/v1", One)]
    [InlineData("/wrong", Other)]
    public async Task A_target_that_was_ejected_is_asked_at_once(string path, string key)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  mended: {{ dialect: openai, baseUrl: \"ROOT{path}\", key: {key} }}",
            Models = "  way: { targets: [ { provider: mended, model: way-0 }, { provider: fake, model: way-1, priority: 1 } ] }",
            Fake = new FakeUpstreamOptions { ScriptFor = request => IsBad(request) ? "status=500" : "n=3" },
        });
        for (var i = 0; i < 8; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="mended",target="way-0"} 1""");

        edge.Replace(edge.Config.Replace($"{path}\", key: {key}", $"/v1\", key: {Other}", StringComparison.Ordinal));
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="mended",target="way-0"} 0""");
        var answer = await edge.AskAsync(Ways.Chat());
        Assert.Equal((200, "1", "way-0"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
    }

    [Fact]
    public async Task One_that_could_not_be_reached_is_asked_at_its_new_address()
    {
        await using var edge = await Ways.StartAsync([null, "n=3"]);
        for (var i = 0; i < 8; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="closed",target="way-0"} 1""");

        var lines = edge.Config.Split('\n');
        var closed = Array.FindIndex(lines, line => line.StartsWith("  closed:", StringComparison.Ordinal));
        lines[closed] = lines[closed - 1].Replace("fake:", "closed:", StringComparison.Ordinal);
        edge.Fake.Enqueue("n=3");
        edge.Replace(string.Join('\n', lines));
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        var answer = await edge.AskAsync(Ways.Chat());
        Assert.Equal((200, "1", "closed"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-provider")));
    }

    [Theory]
    [InlineData(429, "Retry-After: 50\r\n")]
    [InlineData(200, Spent)]
    public async Task An_account_of_another_credential_is_asked_at_once_and_the_unchanged_one_is_not(int status, string fields)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  pool: {{ dialect: openai, baseUrl: \"ROOT/v1\", accounts: {{ one: {{ key: {One} }}, two: {{ key: {Two} }} }} }}",
            Models = "  pool: { targets: [ { provider: pool, model: fake-n3 } ], retry: { waitMax: 1ms, budget: 100% } }",
        });
        for (var i = 0; i < 2; i++)
            edge.Fake.EnqueueRaw(status == 200 ? Ask.Answer("""{"choices":[{}]}""", fields) : Ask.Refusal(status, "{}", fields), close: false);
        for (var i = 0; edge.Fake.RequestCount < 2 && i < 2; i++)
            await edge.AskAsync(Ask.Chat(model: "pool"));
        Assert.Equal(["Bearer " + One, "Bearer " + Two], edge.Fake.Requests.Select(request => request.Header("authorization")).Order());

        // Another timeout of the same provider changes nothing of what is known.
        edge.Replace(edge.Config.Replace(One, Other, StringComparison.Ordinal).Replace("/v1\", accounts", "/v1\", timeouts: { idle: 29s }, accounts", StringComparison.Ordinal));
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        for (var i = 0; i < 6; i++)
            Assert.Equal((200, "1"), await edge.AskAsync(Ask.Chat(model: "pool")) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts")) : default);
        Assert.All(edge.Fake.Requests.Skip(2), request => Assert.Equal("Bearer " + Other, request.Header("authorization")));
    }

    private static bool IsBad(ReceivedRequest request) =>
        request.Model == "way-0" && (request.Path.StartsWith("/wrong", StringComparison.Ordinal) || request.Header("authorization") == "Bearer " + One);
}
