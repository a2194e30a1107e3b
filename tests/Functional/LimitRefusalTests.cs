using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>What a client is told by a limit: the error, and when to come again.</summary>
public sealed class LimitRefusalTests
{
    private static string Embed(int tokens = 1, string fields = "") =>
        Ask.Post("/v1/embeddings", $$"""{"model":"gpt-4o","input":"{{string.Concat(Enumerable.Repeat("a ", tokens))}}"}""", fields);

    [Fact]
    public async Task Too_many_requests()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = new StillTime(), Limits = ["name: two, per: key, requests: 2/min"] });
        using var client = await edge.ConnectAsync();
        var first = await client.AskAsync(Ask.Chat());
        Assert.Equal(200, first.Status);
        Assert.Equal(["2", "1", "30s"], Rate(first, "requests"));
        Assert.Null(first.Field("x-aiedge-limit"));
        await client.AskAsync(Ask.Chat());

        var refused = await client.AskAsync(Ask.Chat());

        Assert.Equal(429, refused.Status);
        Assert.Equal(
            RawAnswer.Error("The limit 'two' (per key) allows 2 requests per minute. 0 requests are left. Try again in 30s.", "requests", "rate_limit_exceeded"),
            refused.Text);
        Assert.Equal("two;scope=key", refused.Field("x-aiedge-limit"));
        Assert.Equal("30", refused.Field("retry-after"));
        Assert.Equal("30000", refused.Field("retry-after-ms"));
        Assert.Null(refused.Field("x-should-retry"));
        Assert.Null(refused.Field("x-aiedge-reset"));
        Assert.Equal(["2", "0", "1m0s"], Rate(refused, "requests"));
        Assert.Equal(2, edge.Fake.RequestCount);
        await edge.RecordAsync();
        await edge.RecordAsync();
        Assert.StartsWith("refused", (await edge.RecordAsync()).GetProperty("end").GetString(), StringComparison.Ordinal);
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"two\"} 1");
    }

    [Fact]
    public async Task A_client_that_waits_as_long_as_it_is_told_is_served()
    {
        var time = new StillTime();
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = time, Limits = ["name: r, per: key, requests: 7/min"] });
        using var client = await edge.ConnectAsync();
        for (var i = 0; i < 7; i++)
            Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        for (var i = 0; i < 20; i++)
        {
            var refused = await client.AskAsync(Ask.Chat());
            while (refused.Status == 200)
                refused = await client.AskAsync(Ask.Chat());
            Assert.Equal(429, refused.Status);
            time.Pass(i % 2 == 0
                ? TimeSpan.FromMilliseconds(double.Parse(refused.Field("retry-after-ms")!, System.Globalization.CultureInfo.InvariantCulture))
                : TimeSpan.FromSeconds(double.Parse(refused.Field("retry-after")!, System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        }
    }

    [Fact]
    public async Task Who_is_served_one_request_after_the_other_leaves_their_slots_to_the_refused_who_are_late()
    {
        var time = new StillTime();
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Time = time,
            Limits = ["name: r, match: { model: gpt-4o }, per: global, requests: 60/min, burst: 3", "name: all, per: global, requests: 1000/min"],
        });
        using var busy = await edge.ConnectAsync();
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await busy.AskAsync(Embed())).Status);
        Assert.Equal(429, (await busy.AskAsync(Embed())).Status);
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await busy.AskAsync(Embed())).Status);
        using var late = await edge.ConnectAsync();
        Assert.Equal("1000", (await late.AskAsync(Embed())).Field("retry-after-ms"));
        time.Pass(TimeSpan.FromSeconds(1.9));
        Assert.Equal(200, (await busy.AskAsync(Ask.Post("/v1/embeddings", """{"model":"fake-n1","input":"a"}"""))).Status);

        // One is there, and it is the late one's; the next is there in a tenth of a second.
        Assert.Equal("100", (await busy.AskAsync(Embed())).Field("retry-after-ms"));
        Assert.Equal(200, (await late.AskAsync(Embed())).Status);
        Assert.Equal(429, (await late.AskAsync(Embed())).Status);
    }

    [Fact]
    public async Task A_long_wait_is_told_as_a_moment_and_not_as_a_wait()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = new StillTime(), Limits = ["name: daily, per: team, requests: 1/day, timezone: Europe/Berlin"] });
        await edge.AskAsync(Ask.Chat());

        var refused = await edge.AskAsync(Ask.Chat());

        Assert.Equal(429, refused.Status);
        Assert.Equal("daily;scope=team", refused.Field("x-aiedge-limit"));
        Assert.Equal("false", refused.Field("x-should-retry"));
        Assert.Equal("2026-03-10T23:00:00Z", refused.Field("x-aiedge-reset"));
        Assert.Null(refused.Field("retry-after"));
        Assert.Null(refused.Field("retry-after-ms"));
        Assert.Equal(["1", "0", "11h0m0s"], Rate(refused, "requests"));
        Assert.Contains("Try again at 2026-03-10T23:00:00Z.", refused.Text);
    }

    [Fact]
    public async Task More_tokens_than_a_limit_can_ever_hold()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: small, tokens: 100/min"] });

        var refused = await edge.AskAsync(Embed(150));

        Assert.Equal(413, refused.Status);
        Assert.EndsWith(
            RawAnswer.Error(" tokens, and the limit 'small' (global) can never hold more than 100 tokens.", "invalid_request_error", "request_too_large")[21..],
            refused.Text);
        Assert.Equal("small;scope=global", refused.Field("x-aiedge-limit"));
        Assert.Null(refused.Field("retry-after"));
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Too_many_at_once()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: one, per: key, concurrent: 1"] });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("data: ");

        var refused = await edge.AskAsync(Ask.Chat());

        Assert.Equal(429, refused.Status);
        Assert.Equal(
            RawAnswer.Error("The limit 'one' (per key) allows 1 requests under way at once, and so many are. Try again in 1s.", "requests", "rate_limit_exceeded"),
            refused.Text);
        Assert.Equal("1", refused.Field("retry-after"));
        Assert.Equal("1000", refused.Field("retry-after-ms"));
        Assert.Equal("one;scope=key", refused.Field("x-aiedge-limit"));

        client.LeaveWithReset();
        await edge.RecordAsync();
        await edge.RecordAsync();
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_limit_with_a_burst_of_its_own_is_told_by_the_most_that_there_is_at_once()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = new StillTime(), Limits = ["name: r, per: key, requests: 10/s, burst: 100"] });
        Assert.Equal(["100", "99"], Rate(await edge.AskAsync(Ask.Chat()), "requests")[..2]);
    }

    [Fact]
    public async Task Who_finds_no_place_in_a_queue_is_told_one_wait_by_head_and_message()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Time = new StillTime(),
            Limits = ["name: r, per: key, requests: 12/min, burst: 1, queue: { max: 2, wait: 60s }"],
        });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        using var one = await edge.ConnectAsync();
        using var two = await edge.ConnectAsync();
        await one.SendAsync(Ask.Chat());
        await edge.SeeMetricAsync("aiedge_limit_waiting{limit=\"r\"} 1");
        await two.SendAsync(Ask.Chat());
        await edge.SeeMetricAsync("aiedge_limit_waiting{limit=\"r\"} 2");

        var refused = await edge.AskAsync(Ask.Chat());

        Assert.Equal(429, refused.Status);
        Assert.Equal("15", refused.Field("retry-after"));
        Assert.Contains("Try again in 15s.", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_completion_without_a_cap_is_not_given_a_larger_one_than_it_has_by_itself()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: t, per: key, tokens: 20000/day"] });
        const string Body = """{"model":"gpt-4o","prompt":["one","two","three"]}""";
        var sent = Body.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal);
        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/completions", Body))).Status);
        Assert.Equal(sent, edge.Fake.Requests[^1].BodyText);
        edge.Replace(edge.Config.Replace("tokens: 20000/day", "tokens: 60/day", StringComparison.Ordinal));
        edge.Host.Reload();
        await edge.RecordAsync();
        var used = Used(await edge.AdminAsync("/limits"))[0];
        edge.Replace(edge.Config.Replace("tokens: 60/day", $"tokens: {used + 3 + (3 * 16)}/day", StringComparison.Ordinal));
        edge.Host.Reload();

        // Three answers of sixteen tokens are the least, and the most, that these prompts come to.
        Assert.Equal((200, null), (await edge.AskAsync(Ask.Post("/v1/completions", Body))) is var last ? (last.Status, last.Field("x-aiedge-max-tokens")) : default);
        Assert.Equal(sent, edge.Fake.Requests[^1].BodyText);
        await edge.RecordAsync();
        Assert.Equal(429, (await edge.AskAsync(Ask.Post("/v1/completions", Body))).Status);
    }

    [Fact]
    public async Task A_shadow_refuses_nobody_and_counts()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: later, per: key, requests: 1/day, mode: shadow"] });
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        await edge.SeeMetricAsync("aiedge_limit_shadow_refusals_total{limit=\"later\"} 2");
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"later\"} 0");
    }

    [Fact]
    public async Task A_reload_keeps_what_was_used()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: daily, per: key, requests: 2/day"] });
        await edge.AskAsync(Ask.Chat());
        await edge.AskAsync(Ask.Chat());
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);

        edge.Replace(edge.Config.Replace("requests: 2/day", "requests: 3/day", StringComparison.Ordinal));
        edge.Host.Reload();
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);

        edge.Replace(edge.Config.Replace("name: daily", "was: daily, name: each", StringComparison.Ordinal));
        edge.Host.Reload();
        Assert.Equal("each;scope=key", (await edge.AskAsync(Ask.Chat())).Field("x-aiedge-limit"));
    }

    [Fact]
    public async Task Sixty_four_clients_get_what_there_is_and_no_more()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: daily, requests: 500/day", "name: each, per: key, requests: 400/day", "name: wide, per: team, requests: 10000/min"] });
        var served = 0;
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            using var client = await edge.ConnectAsync();
            for (var i = 0; i < 10; i++)
            {
                var status = (await client.AskAsync(Ask.Chat())).Status;
                Assert.True(status is 200 or 429, $"status {status}");
                Interlocked.Increment(ref status == 200 ? ref served : ref refused);
            }
        }));

        Assert.Equal(400, served);
        Assert.Equal(240, refused);
        Assert.Equal(400, edge.Fake.RequestCount);
        Assert.Equal(100, Bucket(await edge.AdminAsync("/limits?limit=daily")).GetProperty("remaining").GetInt64());
    }

    [Fact]
    public async Task What_is_left_is_shown_to_the_operator()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = new StillTime(), Limits = ["name: r, per: key, requests: 10/min", "name: all, requests: 100/day"] });
        await edge.AskAsync(Ask.Chat());
        await edge.RecordAsync();

        var answer = await edge.AdminAsync("/limits");

        Assert.Equal(
            """{"buckets":["""
            + """{"name":"r","scope":"key","value":"full","mode":"enforce","unit":"requests","period":"minute","limit":10,"used":1,"remaining":9,"resetMs":6000},"""
            + """{"name":"all","scope":"global","value":"*","mode":"enforce","unit":"requests","period":"day","limit":100,"used":1,"remaining":99,"resetMs":43200000}"""
            + """],"total":2}""",
            answer.Text);
        Assert.Equal(1, (await edge.AdminAsync("/limits?offset=0&count=1")).Json.GetProperty("buckets").GetArrayLength());
        Assert.Equal(1, (await edge.AdminAsync("/limits?offset=0&count=1")).Json.GetProperty("nextOffset").GetInt64());
    }

    [Fact]
    public async Task A_client_sets_the_tags_that_its_key_may_and_no_others()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { KeyFields = "clientTags: [ feature ]", Limits = ["name: f, per: tag:feature, requests: 1/day"] });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(fields: "x-aiedge-tags: feature=search\r\n"))).Status);
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat(fields: "x-aiedge-tags: feature=search\r\n"))).Status);

        var denied = await edge.AskAsync(Ask.Chat(fields: "x-aiedge-tags: team=red\r\n"));
        Assert.Equal(403, denied.Status);
        Assert.Equal(RawAnswer.Error("The API key may not set this tag.", "invalid_request_error", "model_not_allowed"), denied.Text);
        Assert.Equal(400, (await edge.AskAsync(Ask.Chat(fields: "x-aiedge-tags: feature\r\n"))).Status);
        Assert.Equal(400, (await edge.AskAsync(Ask.Chat(fields: "x-aiedge-priority: urgent\r\n"))).Status);
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat(fields: "x-aiedge-priority: low\r\n"))).Status);
    }

    [Fact]
    public async Task A_request_that_no_provider_saw_counts_and_its_tokens_do_not()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: t, tokens: 100000/day, requests: 10/day"] });
        Assert.Equal(502, (await edge.AskAsync(Ask.Chat(model: "unreachable"))).Status);
        await edge.RecordAsync();
        Assert.Equal([0L, 1L], Used(await edge.AdminAsync("/limits?limit=t")).Order());
    }

    private static string[] Rate(RawAnswer answer, string unit) =>
        [.. new[] { "limit", "remaining", "reset" }.Select(what => answer.Field($"x-ratelimit-{what}-{unit}") ?? "")];

    [Fact]
    public async Task Those_who_may_wait_are_served_when_it_is_their_turn()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: one, per: key, concurrent: 1, queue: { max: 2, wait: 20s }"] });
        using var first = await edge.ConnectAsync();
        await first.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await first.SeeAsync("data: ");
        using var second = await edge.ConnectAsync();
        await second.SendAsync(Ask.Chat());
        await edge.SeeMetricAsync("aiedge_limit_queued_total{limit=\"one\"} 1");
        using var third = await edge.ConnectAsync();
        await third.SendAsync(Ask.Chat());
        await edge.SeeMetricAsync("aiedge_limit_queued_total{limit=\"one\"} 2");
        await edge.SeeMetricAsync("aiedge_limit_waiting{limit=\"one\"} 2");

        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);
        third.LeaveWithReset();
        await edge.RecordAsync();
        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(1, edge.Fake.RequestCount);

        first.LeaveWithReset();
        Assert.Equal(200, (await second.ReadAnswerAsync()).Status);
        Assert.Equal(2, edge.Fake.RequestCount);
        await edge.SeeMetricAsync("aiedge_limit_queue_served_total{limit=\"one\"} 1");
        await edge.SeeMetricAsync("aiedge_limit_waiting{limit=\"one\"} 0");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task Waiting_for_a_rate_ends_when_it_has_refilled()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: r, per: key, requests: 20/s, burst: 1, queue: { max: 50, wait: 20s }"] });
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => edge.AskAsync(Ask.Chat())));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
    }

    private static JsonElement Bucket(RawAnswer limits) => Assert.Single(limits.Json.GetProperty("buckets").EnumerateArray());

    private static long[] Used(RawAnswer limits) => [.. limits.Json.GetProperty("buckets").EnumerateArray().Select(b => b.GetProperty("used").GetInt64())];
}
