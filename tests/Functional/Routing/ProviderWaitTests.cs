using System.Globalization;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>When a provider wants to be asked again is kept to and told, whatever its error is and whatever dialect it says it in.</summary>
public sealed class ProviderWaitTests
{
    private const string Exhausted = """
        {"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"33.2s"}]}}
        """;

    /// <summary>A model of a provider where there are two.</summary>
    internal static EdgeSetup TwoAccounts => new()
    {
        Providers = "  pool: { dialect: openai, baseUrl: \"ROOT/v1\", accounts: { one: { key: key-one-000000000000 }, two: { key: key-two-000000000000 } } }",
        Models = "  pool: { targets: [ { provider: pool, model: fake-n3 } ] }",
    };

    [Theory]
    [InlineData("status=503; error=html; retryafter=20", 502)]
    [InlineData("status=504; error=empty; retryafter=20", 502)]
    [InlineData("status=500; retryafter=20", 500)]
    [InlineData("status=502; retryafter=20", 502)]
    [InlineData("status=408; retryafter=20", 408)]
    public async Task An_account_is_left_alone_as_long_as_any_error_says_and_the_client_is_told(string script, int status)
    {
        await using var edge = await Edge.StartAsync(TwoAccounts);
        edge.Fake.Enqueue(script);
        var failed = await edge.AskAsync(Ask.Chat(model: "pool"));
        Assert.Equal((status, "20"), (failed.Status, failed.Field("retry-after")));

        for (var i = 0; i < 4; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        var asked = edge.Fake.Requests.Select(request => request.Header("authorization")).ToArray();
        Assert.DoesNotContain(asked[0], asked[1..]);
    }

    [Fact]
    public async Task Gemini_s_wait_is_a_header_to_clients_of_other_dialects()
    {
        foreach (var request in (string[])[Ask.Chat("", "gemini-2.5-flash"), Claude.Ask("", "gemini-2.5-pro")])
        {
            await using var edge = await Edge.StartAsync(Gem.Setup);
            edge.Fake.EnqueueRaw(Ask.Refusal(429, Exhausted));
            var answer = await edge.AskAsync(request);

            Assert.Equal((429, "34", "33200"), (answer.Status, answer.Field("retry-after"), answer.Field("retry-after-ms")));
        }
    }

    /// <summary>Where one of several that are asked at once says it, in its head, its body, or with a status of others, it is read.</summary>
    [Theory]
    [InlineData(429, Exhausted, "")]
    [InlineData(503, Exhausted, "")]
    [InlineData(503, "<html>", "Retry-After: 33\r\n")]
    [InlineData(402, """{"error":{"message":"Your budget is in use.","code":402,"metadata":{"reason":"in_flight_budget_exhausted"}}}""", "Retry-After: 33\r\n")]
    [InlineData(429, "never whole", "Retry-After: 33\r\n")]
    [InlineData(503, "never whole", "Retry-After: 33\r\n")]
    public async Task One_of_several_is_left_alone_as_long_as_it_says(int status, string body, string fields)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = "  pool: { dialect: gemini, baseUrl: \"ROOT\", key: key-one-000000000000 }",
            Models = "  pool: { targets: [ { provider: pool, model: fake-n3 }, { provider: fake, model: fake-n9 } ], ensemble: { size: 2, pick: longest, within: 6s } }",
            Fake = new FakeUpstreamOptions
            {
                // One that has said what it is and does not end is called off in the end.
                RawFor = request => request.Header("x-goog-api-key") is null ? null
                    : body == "never whole" ? Ask.Refusal(status, body, fields)[..^1]
                    : Ask.Refusal(status, body, fields),
            },
        });
        Assert.Equal((200, "fake-n9"), await edge.AskAsync(Ask.Chat(model: "pool")) is var answer ? (answer.Status, answer.Field("x-aiedge-model")) : default);
        var paused = (await edge.AdminAsync("/metrics")).Text.Split('\n')
            .Single(line => line.StartsWith("aiedge_target_paused_ms{gen_ai_provider_name=\"pool\",", StringComparison.Ordinal));
        Assert.InRange(long.Parse(paused.Split(' ')[^1], CultureInfo.InvariantCulture), 2000, 33_200);
        await edge.SeeNothingLeftAsync();
        Assert.Equal(status == 503 ? "1" : "0", (await FailuresAsync(edge)).Split(' ')[^1]);
    }

    private static async Task<string> FailuresAsync(Edge edge) => (await edge.AdminAsync("/metrics")).Text.Split('\n')
        .Single(line => line.StartsWith("aiedge_target_failures_total{gen_ai_provider_name=\"pool\",", StringComparison.Ordinal));

    [Fact]
    public async Task A_long_one_is_told_as_a_moment()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(429, Exhausted.Replace("33.2s", "3600s", StringComparison.Ordinal)));
        var answer = await edge.AskAsync(Ask.Chat("", "gemini-2.5-flash"));

        Assert.Equal((429, null, "false"), (answer.Status, answer.Field("retry-after"), answer.Field("x-should-retry")));
        Assert.NotNull(answer.Field("x-aiedge-reset"));
    }

    [Theory]
    [InlineData("status=429; retryafter=7", 429)]
    [InlineData("status=503; retryafter=7", 503)]
    [InlineData("status=503; retryafter=7; error=html", 502)]
    public async Task A_header_s_wait_is_in_the_details_to_a_client_of_Gemini_s(string script, int status)
    {
        await using var edge = await Edge.StartAsync();
        var answer = await edge.AskAsync(Gem.Ask(script, "gpt-4o"));

        Assert.Equal((status, "7"), (answer.Status, answer.Field("retry-after")));
        var detail = answer.Json.GetProperty("error").GetProperty("details")[0];
        Assert.Equal(("type.googleapis.com/google.rpc.RetryInfo", "7s"), (detail.GetProperty("@type").GetString(), detail.GetProperty("retryDelay").GetString()));
    }

    [Fact]
    public async Task Who_does_not_say_when_is_not_made_to()
    {
        await using var edge = await Edge.StartAsync();
        var answer = await edge.AskAsync(Gem.Ask("status=500", "gpt-4o"));

        Assert.Null(answer.Field("retry-after"));
        Assert.Equal(0, answer.Json.GetProperty("error").GetProperty("details").GetArrayLength());
    }
}
