using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A stream that is late to begin is asked for at a second target besides; one of the two is relayed, both are paid, and nothing of either is left.</summary>
public sealed class HedgeTests
{
    private const string Silent = "n=3; b=0; stall=0";
    private const string Hedge = "hedge: { after: 300ms, budget: 100% }";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("noanswer=hang")]
    [InlineData(Silent)]
    public async Task The_second_is_relayed_where_it_begins_sooner_and_the_first_is_cancelled(string script)
    {
        await using var edge = await StartAsync([script, Ways.Good]);
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", "2", "way-1"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge).Order());
        Assert.Equal(RequestEnd.ClientLeft, await edge.Fake.Requests.Single(request => request.Model == "way-0").End.WaitAsync(Patience));
        await edge.SeeNothingLeftAsync();
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"sent\"} 1");
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"won\"} 1");
        await edge.Host.DisposeAsync();

        Assert.Equal(
            ["attempt first cancelled way-0 0", "attempt hedge done way-1 3", "exchange hedge done way-1 3"],
            JournalTests.Dump(edge).Select(Line));
        Assert.All(JournalTests.Dump(edge), line => Assert.True(line.GetProperty("inputTokens").GetInt64() > 0));
    }

    [Fact]
    public async Task The_first_goes_on_where_it_begins_sooner_and_the_second_is_cancelled()
    {
        await using var edge = await StartAsync([Silent, "noanswer=hang"]);
        var asking = edge.AskAsync(Ways.Stream());
        var (first, second) = await NextTwoAsync(edge);
        first.Resume();
        var answer = await asking;
        Assert.Equal((200, "[DONE]", "2", "way-0"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.Equal(RequestEnd.ClientLeft, await second.End.WaitAsync(Patience));
        await edge.SeeNothingLeftAsync();
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"won\"} 0");
        await edge.Host.DisposeAsync();
        Assert.Equal(
            ["attempt hedge cancelled way-1 0", "attempt first done way-0 3", "exchange first done way-0 3"],
            JournalTests.Dump(edge).Select(Line));
    }

    [Theory]
    [InlineData("fake", "claude", false, "")]
    [InlineData("fake", "claude", true, "seed")]
    [InlineData("claude", "fake", false, "seed")]
    [InlineData("claude", "fake", true, "")]
    [InlineData("gem", "claude", true, "seed")]
    [InlineData("claude", "gem", false, "seed")]
    public async Task Each_of_the_two_is_asked_in_its_own_dialect_and_the_client_is_answered_in_his(string first, string second, bool isSecond, string loss)
    {
        var key = EdgeSetup.ProviderKey;
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Journal = "mode: group",
            Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{key}\" }}\n  gem: {{ dialect: gemini, baseUrl: \"ROOT\", key: \"{key}\" }}",
            Models = $"  way: {{ targets: [ {{ provider: {first}, model: way-0 }}, {{ provider: {second}, model: way-1, priority: 1 }} ], {Hedge} }}",
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Model == "way-0" ? Silent : isSecond ? "n=3" : "noanswer=hang", AfterFor = Ways.AfterTheFirst() },
        });
        var asking = edge.AskAsync(Ask.Stream(model: "way", more: ",\"seed\":1"));
        var (late, _) = await NextTwoAsync(edge);
        if (!isSecond)
            late.Resume();
        var answer = await asking;
        Assert.Equal((200, "[DONE]", "2", isSecond ? "way-1" : "way-0"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.All(answer.Events[..^1], data => Assert.Contains("\"chat.completion.chunk\"", data, StringComparison.Ordinal));
        Assert.Equal(loss.Length > 0 ? loss : null, answer.Field("x-aiedge-translation-loss"));
        await edge.SeeNothingLeftAsync();
        await edge.Host.DisposeAsync();
        Assert.Equal(
            isSecond
                ? ["attempt first cancelled way-0 0", "attempt hedge done way-1 3", "exchange hedge done way-1 3"]
                : ["attempt hedge cancelled way-1 0", "attempt first done way-0 3", "exchange first done way-0 3"],
            JournalTests.Dump(edge).Select(Line));
    }

    /// <summary>Each waits for the other: who fails does so when both are asked, who does not begins behind that.</summary>
    [Theory]
    [InlineData("status=500", "n=3; f=1000000", "way-1", "attempt first upstream_fault way-0 0", "attempt hedge done way-1 3")]
    [InlineData("n=3; f=1000000", "status=500", "way-0", "attempt hedge upstream_fault way-1 0", "attempt first done way-0 3")]
    [InlineData("status=500", "status=429", "way-2", "attempt hedge upstream_fault way-1 0", "attempt first upstream_fault way-0 0", "attempt retry done way-2 3")]
    public async Task Who_fails_is_no_reason_to_stop_the_other_and_where_both_do_the_next_is_asked(string first, string second, string answered, params string[] lines)
    {
        var requests = new Dictionary<string, TaskCompletionSource<ReceivedRequest>> { ["way-0"] = new(), ["way-1"] = new(), ["way-2"] = new() };
        await using var edge = await StartAsync([first, second, Ways.Good], after: "100ms", wait: async request =>
        {
            requests[request.Model!].TrySetResult(request);
            if (request.Model == "way-2")
                return;
            var other = await requests[request.Model == "way-0" ? "way-1" : "way-0"].Task.WaitAsync(Patience);
            if (request.Model == answered)
                await other.End.WaitAsync(Patience);
        });
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", answered), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();
        await edge.Host.DisposeAsync();
        Assert.Equal(lines, JournalTests.Dump(edge).Where(line => line.GetProperty("kind").GetString() == "attempt").Select(Line));
    }

    [Theory]
    [InlineData("hedge: { after: 50ms, budget: 0% }", "", "refused")]
    [InlineData("hedge: { after: 50ms, budget: 100%, costMax: 0.000000001 }, price: { input: 1, output: 1 }", "", "barred")]
    [InlineData("hedge: { after: 50ms, budget: 100%, costMax: 1 }", "", "barred")]
    [InlineData(Hedge, "name: one, match: { provider: other }, requests: 9/day", "barred")]
    public async Task None_is_asked_besides_that_the_budget_the_price_or_a_limit_keeps_from_it(string hedge, string limit, string outcome)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  other: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
            Models = $"  way: {{ targets: [ {{ provider: fake, model: way-0 }}, {{ provider: other, model: way-1, priority: 1 }} ], {hedge} }}",
            Limits = limit.Length > 0 ? [limit] : [],
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Model == "way-0" ? Silent : null },
        });
        await edge.AskAsync(Ask.Chat(model: "gpt-4o"));
        await AssertAskedOnceAsync(edge, Ways.Stream(), 1);
        if (outcome == "refused")
            return;
        await edge.SeeMetricAsync($"aiedge_hedge_total{{gen_ai_request_model=\"way\",outcome=\"{outcome}\"}} 1");
    }

    [Theory]
    [InlineData("way-1, region: eu, variant: other", "")]
    [InlineData("way-1, region: us", "")]
    [InlineData("way-1, region: eu, weight: 0", "")]
    [InlineData("way-1, region: eu, capabilities: [ text ]", ",\"response_format\":{\"type\":\"json_object\"}")]
    public async Task None_is_asked_besides_that_may_not_be_asked_or_is_of_another_experiment(string target, string more)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = $"  way: {{ targets: [ {{ provider: fake, model: way-0, region: eu }}, {{ provider: fake, model: {target}, priority: 1 }} ], {Hedge} }}",
            KeyFields = "regions: [ eu ]",
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Model == "way-0" ? Silent : null },
        });
        await AssertAskedOnceAsync(edge, Ask.Stream(model: "way", more: more), 0);
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"barred\"} 1");
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"way","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/v1/responses", """{"model":"way","input":"x","stream":true}""")]
    public async Task Whole_answers_and_what_a_provider_keeps_are_asked_for_once(string path, string body)
    {
        await using var edge = await StartAsync(["head=700000", Ways.Good]);
        var answer = await edge.AskAsync(Ask.Post(path, body));
        Assert.Equal((200, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Equal(["way-0"], Ways.Asked(edge));
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"barred\"} 0");
    }

    [Fact]
    public async Task A_full_target_is_not_asked_besides_and_is_counted_once()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0 }, { provider: fake, model: way-1, priority: 1, concurrent: 1 } ], " + Hedge + " }\n"
                + "  two: { targets: [ { provider: fake, model: way-1 } ] }",
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Model!.StartsWith("way", StringComparison.Ordinal) ? Silent : null },
        });
        using var holder = await edge.ConnectAsync();
        await holder.SendAsync(Ask.Stream(model: "two"));
        var held = await edge.Fake.NextRequestAsync(Patience);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ways.Stream());
        var first = await edge.Fake.NextRequestAsync(Patience);
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"barred\"} 1");
        first.Resume();
        held.Resume();
        Assert.Equal("1", (await client.ReadAnswerAsync()).Field("x-aiedge-attempts"));
        await holder.ReadAnswerAsync();
        await edge.SeeMetricAsync("aiedge_target_full_total{gen_ai_provider_name=\"fake\",target=\"way-1\"} 1");
    }

    [Theory]
    [InlineData("noanswer=hang", "noanswer=hang")]
    [InlineData(Silent, Silent)]
    public async Task A_client_that_leaves_ends_both(string first, string second)
    {
        await using var edge = await StartAsync([first, second]);
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ways.Stream());
            await edge.Fake.NextRequestAsync(Patience);
            await edge.Fake.NextRequestAsync(Patience);
            client.LeaveWithReset();
        }

        foreach (var request in edge.Fake.Requests)
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(Patience));
        await edge.SeeNothingLeftAsync();
        await edge.Host.DisposeAsync();
        Assert.Equal(
            ["attempt hedge cancelled way-1 0", "attempt first client_closed way-0 0", "exchange first client_closed way-0 0"],
            JournalTests.Dump(edge).Select(Line));
    }

    [Fact]
    public async Task Where_both_are_late_that_is_a_timeout_and_the_next_is_asked()
    {
        await using var edge = await StartAsync(["noanswer=hang", "noanswer=hang", Ways.Good], timeouts: ["firstByte: 700ms", "firstByte: 700ms"]);
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "3", "way-2"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();
    }

    [Theory]
    [InlineData("noanswer=hang", Ways.Good)]
    [InlineData(Silent, "noanswer=hang")]
    public async Task Money_pays_for_both_and_tokens_and_requests_count_once(string first, string second)
    {
        await using var edge = await StartAsync([first, second], price: "price: { input: 1000, output: 1000 }",
            limits: ["name: money, match: { model: way }, cost: $100/day", "name: tokens, tokens: 100000/day", "name: requests, requests: 100/day"]);
        var asking = edge.AskAsync(Ways.Stream());
        (await NextTwoAsync(edge)).First.Resume();
        Assert.Equal(200, (await asking).Status);
        await edge.SeeNothingLeftAsync();
        var used = (await edge.AdminAsync("/limits")).Json.GetProperty("buckets").EnumerateArray()
            .ToDictionary(bucket => bucket.GetProperty("name").GetString()!, bucket => long.Parse(bucket.GetProperty("used").ToString()));
        await edge.Host.DisposeAsync();
        var lines = JournalTests.Dump(edge).ToList();
        var paid = lines.Where(line => line.GetProperty("kind").GetString() == "attempt").Sum(JournalTests.Cost);
        var lost = lines.Single(line => line.GetProperty("end").GetString() == "cancelled");
        var whole = lines.Single(line => line.GetProperty("kind").GetString() == "exchange");
        Assert.True(JournalTests.Cost(lost) > 0);
        Assert.Equal(paid, used["money"]);
        Assert.Equal(whole.GetProperty("inputTokens").GetInt64() + whole.GetProperty("outputTokens").GetInt64(), used["tokens"]);
        Assert.Equal(1, used["requests"]);
    }

    [Fact]
    public async Task Where_money_has_too_little_left_for_a_second_prompt_none_is_sent()
    {
        const string Price = "price: { input: 1000, output: 0 }, outputTokensMax: 100, tokenizer: o200k_base";
        long prompt;
        await using (var edge = await StartAsync([Ways.Good, Ways.Good], price: Price))
        {
            await edge.AskAsync(Ask.Stream("usage=off", model: "way"));
            await edge.Host.DisposeAsync();
            prompt = JournalTests.Dump(edge).Last().GetProperty("inputTokens").GetInt64();
        }

        // A token is a tenth of a cent.
        await using var poor = await StartAsync([Silent, Ways.Good], price: Price,
            limits: [string.Create(CultureInfo.InvariantCulture, $"name: money, match: {{ model: way }}, cost: ${prompt * 0.0015m:0.0000}/day")]);
        await AssertAskedOnceAsync(poor, Ask.Stream(model: "way", more: ",\"stream_options\":{\"include_usage\":false}"), 0);
        await poor.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"barred\"} 1");
    }

    /// <summary>What both targets are asked: on a busy machine the second may be heard first.</summary>
    private static async Task<(ReceivedRequest First, ReceivedRequest Second)> NextTwoAsync(Edge edge)
    {
        var one = await edge.Fake.NextRequestAsync(Patience);
        var other = await edge.Fake.NextRequestAsync(Patience);
        return one.Model == "way-0" ? (one, other) : (other, one);
    }

    private static async Task AssertAskedOnceAsync(Edge edge, string request, int before)
    {
        var asking = edge.AskAsync(request);
        for (var i = 0; i < before; i++)
            await edge.Fake.NextRequestAsync(Patience);
        var first = await edge.Fake.NextRequestAsync(Patience);
        for (var looks = 0; !(await edge.AdminAsync("/metrics")).Text.Split('\n').Any(IsDecided); looks++)
            Assert.True(looks < 10_000, "nobody was looked for");
        first.Resume();
        Assert.Equal((200, "1"), ((await asking) is var answer ? answer.Status : 0, answer.Field("x-aiedge-attempts")));
        Assert.Equal(before + 1, edge.Fake.Requests.Count);
    }

    private static bool IsDecided(string line) =>
        line.StartsWith("aiedge_hedge_total", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal);

    private static string Line(JsonElement line) => $"{JournalTests.Line(line)} {line.GetProperty("outputTokens").GetInt64()}";

    /// <summary>What is not known yet is a second, which is longer here than <c>firstByte</c>: then nobody is asked besides.</summary>
    [Fact]
    public async Task What_is_learnt_of_a_target_says_when_it_is_late()
    {
        var isLate = false;
        await using var edge = await StartAsync(
            ["n=3", Ways.Good], after: "p95", timeouts: ["firstByte: 1s"], raw: request => isLate && request.Model == "way-0" ? AttemptTests.Unended(": wait\n\n") : null);
        await edge.AskAsync(Ask.Stream());
        Assert.Equal((200, "1"), (await edge.AskAsync(Ways.Stream())) is var first ? (first.Status, first.Field("x-aiedge-attempts")) : default);
        isLate = true;
        Assert.Equal((200, "2", "way-1"), (await edge.AskAsync(Ways.Stream())) is var second ? (second.Status, second.Field("x-aiedge-attempts"), second.Field("x-aiedge-model")) : default);
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"won\"} 1");
    }

    [Fact]
    public async Task Comments_are_no_beginning()
    {
        await using var edge = await StartAsync(
            ["n=3", Ways.Good], raw: request => request.Model == "way-0" ? AttemptTests.Unended(": OPENROUTER PROCESSING\n\n") : null);
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", "2", "way-1"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task Who_cannot_carry_the_request_is_passed_over_for_the_next_and_is_no_attempt()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Journal = "mode: group",
            Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\", translation: strict }}",
            Models = "  way: { targets: [ { provider: fake, model: way-0 }, { provider: claude, model: way-1, priority: 1 }, { provider: fake, model: way-2, priority: 2 } ], "
                + $"{Hedge}, retry: {{ attempts: 2 }} }}",
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Model == "way-0" ? Silent : "n=3" },
        });
        var answer = await edge.AskAsync(Ask.Stream(model: "way", more: ",\"seed\":1"));
        Assert.Equal((200, "[DONE]", "2", "way-2"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));

        // The first may be late to be sent, too.
        Assert.Contains("way-2", Ways.Asked(edge));
        Assert.DoesNotContain("way-1", Ways.Asked(edge));
        await edge.SeeNothingLeftAsync();
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"sent\"} 1");
        await edge.Host.DisposeAsync();
        Assert.Equal(
            ["attempt first cancelled way-0 0", "attempt hedge done way-2 3", "exchange hedge done way-2 3"],
            JournalTests.Dump(edge).Select(Line));
    }

    [Fact]
    public async Task Two_that_begin_with_a_head_and_hang_are_waited_for_by_the_time_of_the_first_event()
    {
        await using var edge = await StartAsync([Silent, Silent, Ways.Good], timeouts: ["firstByte: 1s", "firstByte: 1s"]);
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", "3", "way-2"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();
    }

    /// <summary>Nor is it asked besides anybody for a moment.</summary>
    [Fact]
    public async Task Who_has_no_more_and_does_not_say_for_how_long_is_left_alone_for_a_moment()
    {
        await using var edge = await StartAsync(["n=3; f=150000", "status=429; retryafter=none"]);
        var began = Stopwatch.StartNew();
        for (var i = 0; i < 30; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Stream())).Status);

        // A refusal that is not read before the other begins tells nothing.
        Assert.InRange(Ways.Asked(edge).Count(way => way == "way-1"), 1, 9 + (int)began.Elapsed.TotalSeconds);
    }

    private static Task<Edge> StartAsync(
        string[] scripts, string after = "50ms", string price = "", string[]? limits = null, string[]? timeouts = null, Func<ReceivedRequest, Task>? wait = null,
        Func<ReceivedRequest, byte[]?>? raw = null) =>
        Ways.StartAsync(scripts.Select(script => script == Ways.Good ? "n=3" : script).ToArray(), $"hedge: {{ after: {after}, budget: 100% }}, retry: {{ attempts: 4 }}" + (price.Length > 0 ? ", " + price : ""),
            setup => setup with { Journal = "mode: group", Limits = limits ?? [] }, timeouts, wait ?? Ways.AfterTheFirst(), raw);
}
