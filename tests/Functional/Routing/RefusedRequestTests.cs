using AiEdge.DataPlane.Core;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What a provider that routes on to others refuses in a request, by a status that stands for our account elsewhere, is nothing against target or account.</summary>
public sealed class RefusedRequestTests
{
    private const string NoImages = "No endpoints found that support image input";
    private const string Unaffordable = "This request requires more credits, or fewer max_tokens. You requested up to 16384 tokens, but can only afford 3919. To increase, visit https://router.test/credits";

    [Theory]
    [InlineData(NoImages)]
    [InlineData("No endpoints found that support tool use. Try disabling \\\"question\\\". To learn more visit: https://router.test")]
    [InlineData("No endpoints found that support the provided 'tool_choice' value.")]
    [InlineData("No endpoints found that support the requested output modalities: image, text")]
    [InlineData("No endpoints found that can handle the requested parameters.")]
    [InlineData("No allowed providers are available for the selected model. Providers serving x: y, but your request's provider.only preference permits only: z.")]
    public async Task What_none_of_its_servers_takes_another_target_is_asked_for(string message)
    {
        foreach (var body in (byte[][])[Ask.Refusal(404, Error(404, message)), Ask.Answer(Error(404, message))])
        {
            await using var edge = await Ways.StartAsync(["n=3", "n=3"], "retry: { budget: 100% }");
            for (var i = 0; i < 8; i++)
            {
                edge.Fake.EnqueueRaw(body, close: false);
                var answer = await edge.AskAsync(Ways.Chat());
                Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
            }

            Assert.Equal((200, "way-0"), await edge.AskAsync(Ways.Chat()) is var good ? (good.Status, good.Field("x-aiedge-model")) : default);
            await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
        }
    }

    [Fact]
    public async Task Where_nobody_else_is_there_it_is_the_clients_error_in_its_own_dialect()
    {
        await using var edge = await Ways.StartAsync(["n=3"], change: setup => setup with { Journal = "mode: group" });
        foreach (var request in (string[])[Ways.Chat(), Claude.Ask(model: "way"), Gem.Ask(model: "way"), Ways.Chat(), Ways.Chat(), Ways.Chat()])
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(404, Error(404, NoImages)), close: false);
            var answer = await edge.AskAsync(request);
            Assert.Equal(400, answer.Status);
            Assert.Equal(NoImages, answer.Json.GetProperty("error").GetProperty("message").GetString());
            if (request == Ways.Chat())
                Assert.Equal(RawAnswer.Error(NoImages, "invalid_request_error", "not_capable"), answer.Text);
        }

        Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
    }

    [Theory]
    [InlineData("No endpoints found for some/model.")]
    [InlineData("No endpoints found matching your data policy. Configure: https://router.test/settings/privacy")]
    [InlineData("No allowed providers are available for the selected model.")]
    public async Task What_the_account_or_the_name_is_to_blame_for_is_ours(string message)
    {
        await using var edge = await Ways.StartAsync(["n=3"]);
        edge.Fake.EnqueueRaw(Ask.Refusal(404, Error(404, message)), close: false);
        var answer = await edge.AskAsync(Ways.Chat());
        Assert.Equal((502, "upstream_auth"), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 1""");
    }

    /// <summary>The account has money, as smaller requests show: it is only not enough for what this one may cost at most.</summary>
    [Theory]
    [InlineData(Unaffordable, null)]
    [InlineData("Its cost is more than may be under way.", "weight_exceeds_budget")]
    public async Task What_one_request_may_cost_is_nothing_against_the_account(string message, string? reason)
    {
        await using var edge = await Edge.StartAsync(Accounts);
        for (var i = 0; i < 6; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(402, Error(402, message, reason)), close: false);
            var answer = await edge.AskAsync(Ask.Chat(model: "pool"));
            Assert.Equal((200, "2"), (answer.Status, answer.Field("x-aiedge-attempts")));
        }

        var asked = edge.Fake.Requests.Select(request => request.Header("authorization")).ToArray();
        for (var i = 0; i < asked.Length; i += 2)
            Assert.NotEqual(asked[i], asked[i + 1]);
        for (var i = 0; i < 6; i++)
            Assert.Equal("1", (await edge.AskAsync(Ask.Chat(model: "pool"))).Field("x-aiedge-attempts"));
        Assert.Equal(2, edge.Fake.Requests.TakeLast(6).Select(request => request.Header("authorization")).Distinct().Count());
    }

    [Fact]
    public async Task Where_nobody_else_is_there_it_is_a_quota_that_the_client_does_not_see()
    {
        await using var edge = await Ways.StartAsync(["n=3"]);
        for (var i = 0; i < 6; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(402, Error(402, Unaffordable)), close: false);
            var answer = await edge.AskAsync(Ways.Chat());
            Assert.Equal((502, "upstream_quota"), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
            Assert.DoesNotContain("3919", answer.Text, StringComparison.Ordinal);
        }

        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
    }

    [Theory]
    [InlineData("This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 0.")]
    [InlineData("This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford -12.")]
    [InlineData("Insufficient credits. Add more using https://router.test/credits")]
    public async Task An_account_that_can_afford_nothing_is_left_alone(string message)
    {
        await using var edge = await Edge.StartAsync(Accounts);
        edge.Fake.EnqueueRaw(Ask.Refusal(402, Error(402, message)), close: false);
        for (var i = 0; i < 6; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        var asked = edge.Fake.Requests.Select(request => request.Header("authorization")).ToArray();
        Assert.DoesNotContain(asked[0], asked[1..]);
    }

    /// <summary>What is under way fills what it may spend: that is over in a moment, and the provider says when.</summary>
    [Fact]
    public async Task What_is_under_way_fills_a_limit_of_the_account()
    {
        await using var edge = await Edge.StartAsync(Accounts);
        edge.Fake.EnqueueRaw(Ask.Refusal(402, Error(402, "Your budget is in use.", "in_flight_budget_exhausted"), "Retry-After: 20\r\n"), close: false);
        for (var i = 0; i < 6; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        var asked = edge.Fake.Requests.Select(request => request.Header("authorization")).ToArray();
        Assert.DoesNotContain(asked[0], asked[1..]);

        await using var single = await Ways.StartAsync(["n=3"]);
        single.Fake.EnqueueRaw(Ask.Refusal(402, Error(402, "Your budget is in use.", "in_flight_budget_exhausted"), "Retry-After: 20\r\n"), close: false);
        var answer = await single.AskAsync(Ways.Chat());
        Assert.Equal((429, "20", "provider"), (answer.Status, answer.Field("retry-after"), answer.Field("x-aiedge-limit")));
    }

    [Theory]
    [InlineData(404, NoImages)]
    [InlineData(402, Unaffordable)]
    public async Task Nor_is_it_held_against_one_of_several_that_are_asked_at_once(int status, string message)
    {
        foreach (var body in (byte[][])[Ask.Refusal(status, Error(status, message)), Ask.Answer(Error(status, message))])
        {
            await using var edge = await SeveralAsync(_ => body);
            for (var i = 0; i < TargetHealth.RowMax + 2; i++)
                Assert.Equal((200, "way-1"), await edge.AskAsync(Ways.Chat()) is var answer ? (answer.Status, answer.Field("x-aiedge-model")) : default);
            Assert.Equal(TargetHealth.RowMax + 2, Ways.Asked(edge).Count(static way => way == "way-0"));
            await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
        }
    }

    /// <summary>Its moderation has flagged the prompt: a status that stands for an account elsewhere.</summary>
    [Fact]
    public async Task Nor_what_moderation_has_flagged()
    {
        await using var edge = await SeveralAsync(static _ =>
            Ask.Refusal(403, """{"error":{"message":"Flagged.","code":403,"metadata":{"reasons":["violence"],"flagged_input":"x"}}}"""));
        for (var i = 0; i < TargetHealth.RowMax + 2; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
    }

    /// <summary>Two targets that are asked at once; what the first one answers.</summary>
    private static Task<Edge> SeveralAsync(Func<ReceivedRequest, byte[]> first) =>
        Ways.StartAsync(["n=3", "n=3"], "ensemble: { size: 2, pick: longest }", setup => setup with
        {
            Models = setup.Models.Replace("priority: 1", "priority: 0", StringComparison.Ordinal),
            Fake = new FakeUpstreamOptions
            {
                ScriptFor = setup.Fake.ScriptFor,
                RawFor = request => request.Model == "way-0" ? first(request) : null,
            },
        });

    private static EdgeSetup Accounts => new()
    {
        Providers = "  pool: { dialect: openai, baseUrl: \"ROOT/v1\", accounts: { one: { key: sk-one-canary-51a7e2 }, two: { key: sk-two-canary-9d3b04 } } }",
        Models = "  pool: { targets: [ { provider: pool, model: fake-n3 } ], retry: { waitMax: 1ms, budget: 100% } }",
        Time = new StillTime(),
    };

    private static string Error(int code, string message, string? reason = null) =>
        $$$"""{"error":{"message":"{{{message}}}","code":{{{code}}},"metadata":{"reason":"{{{reason}}}","limit_source":"openrouter_credits"}},"user_id":"user_x"}""";
}
