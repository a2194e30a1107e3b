using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>What limits of each kind do to a client: budgets, caps, prices that nobody knows, shares, queues.</summary>
public sealed class LimitKindsTests
{
    private const string DevKey = "sk-development-canary-9e8d7c";

    [Fact]
    public async Task A_budget_that_is_spent_says_so_in_the_words_that_clients_know()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Time = new StillTime(),
            Limits = ["name: budget, match: { model: gpt-4o }, per: team, cost: $0.001/day, timezone: UTC"],
        });
        var first = await edge.AskAsync(Ask.Chat("n=20; in=200"));
        Assert.Equal(200, first.Status);
        await edge.RecordAsync();
        var bucket = Assert.Single((await edge.AdminAsync("/limits")).Json.GetProperty("buckets").EnumerateArray());
        Assert.Equal(("700000", "300000"), (bucket.GetProperty("used").GetString(), bucket.GetProperty("remaining").GetString()));

        var refused = await edge.AskAsync(Ask.Chat());

        var error = refused.Json.GetProperty("error");
        Assert.Equal((429, "insufficient_quota", "insufficient_quota"), (refused.Status, error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.StartsWith(
            "The limit 'budget' (per team) allows $0.001 per day. $0.0003 is left, and the request needs $0.000", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("budget;scope=team", refused.Field("x-aiedge-limit"));
        Assert.Equal("false", refused.Field("x-should-retry"));
        Assert.Equal("2026-03-11T00:00:00Z", refused.Field("x-aiedge-reset"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "fake-n1"))).Status);
    }

    [Theory]
    [InlineData("", 150)]
    [InlineData(",\"max_tokens\":500", 150)]
    [InlineData(",\"max_completion_tokens\":500", 150)]
    [InlineData(",\"max_tokens\":500,\"n\":2", 75)]
    public async Task A_cap_takes_the_place_of_a_larger_one_and_is_shown(string more, int cap)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: t, outputTokens: 150/day"] });

        var answer = await edge.AskAsync(Ask.Stream("n=400; vary=1", more: more));

        Assert.Equal($"{cap}", answer.Field("x-aiedge-max-tokens"));
        var sent = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText);
        var caps = sent.EnumerateObject().Where(member => member.Name.StartsWith("max_", StringComparison.Ordinal)).ToList();
        Assert.Equal(cap, Assert.Single(caps).Value.GetInt32());
        Assert.Equal(more.Contains("max_tokens", StringComparison.Ordinal), caps[0].Name == "max_tokens" && more.Length > 0);
        Assert.Contains("\"finish_reason\":\"length\"", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cap_within_the_credit_stays_as_it_is()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: t, outputTokens: 100/day"] });
        var answer = await edge.AskAsync(Ask.Chat("n=400", more: ",\"max_tokens\":40"));
        Assert.Null(answer.Field("x-aiedge-max-tokens"));
        Assert.Equal(40, answer.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Contains("\"max_tokens\":40", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        await edge.RecordAsync();

        // 60 are left, and no answer is let less than 64 of its own choice.
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat("n=400", more: ",\"max_tokens\":60"))).Status);
    }

    [Fact]
    public async Task Money_for_a_model_whose_price_nobody_knows_is_refused_or_counts_as_nothing()
    {
        const string Limit = "name: money, cost: $1/day, unpriced: ";
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = [Limit + "refuse"] });
        var refused = await edge.AskAsync(Ask.Chat(model: "fake-n1"));
        Assert.Equal(403, refused.Status);
        Assert.Equal("The limit 'money' (global) counts money, and nobody knows what this model costs.", refused.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("money;scope=global", refused.Field("x-aiedge-limit"));
        Assert.Null(refused.Field("retry-after"));
        Assert.Equal(0, edge.Fake.RequestCount);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        edge.Replace(edge.Config.Replace("unpriced: refuse", "unpriced: zero", StringComparison.Ordinal));
        edge.Host.Reload();
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "fake-n1"))).Status);
    }

    [Fact]
    public async Task Each_share_has_its_part_whatever_the_others_ask_for()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Keys = $$"""  - { name: dev, sha256: "{{EdgeSetup.Sha256(DevKey)}}", tags: { env: dev } }""",
            Limits = ["name: s, requests: 10/day, shares: { \"env=prod\": 60%, \"env=dev\": 20% }"],
        });

        // What no share has is for whoever comes first, and what one has is its own.
        Assert.Equal(8, await AdmittedAsync(edge, EdgeSetup.Key));
        Assert.Equal(0, await AdmittedAsync(edge, EdgeSetup.NarrowKey));
        Assert.Equal(2, await AdmittedAsync(edge, DevKey));
        var refused = await edge.AskAsync(Ask.Chat(key: DevKey));
        Assert.Equal((429, "s;scope=global"), (refused.Status, refused.Field("x-aiedge-limit")));
        Assert.Equal(10, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_guaranteed_place_is_free_for_its_owner_though_others_wait_for_one()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Keys = $$"""  - { name: dev, sha256: "{{EdgeSetup.Sha256(DevKey)}}", tags: { env: dev } }""",
            Limits = ["name: places, concurrent: 2, shares: { \"env=prod\": 50% }, queue: { max: 9, wait: 30s }"],
        });
        using var holder = await edge.ConnectAsync();
        await holder.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: DevKey));
        await holder.SeeAsync("data: ");
        var waiting = edge.AskAsync(Ask.Chat(key: DevKey));
        await edge.SeeMetricAsync("aiedge_limit_waiting{limit=\"places\"} 1");

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Contains("\"unit\":\"concurrent\",\"limit\":2,\"used\":1,\"remaining\":1", (await edge.AdminAsync("/limits")).Text);
        Assert.False(waiting.IsCompleted);

        holder.LeaveWithReset();
        Assert.Equal(200, (await waiting).Status);
    }

    [Fact]
    public async Task A_key_that_weighs_more_has_more_turns_while_both_wait()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Keys = $$"""  - { name: dev, sha256: "{{EdgeSetup.Sha256(DevKey)}}", weight: 3 }""",
            Limits = ["name: one, concurrent: 1, queue: { max: 20, wait: 60s }"],
        });
        using var holder = await edge.ConnectAsync();
        await holder.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await holder.SeeAsync("data: ");
        var waiting = new List<Task<RawAnswer>>();
        foreach (var key in new[] { EdgeSetup.Key, DevKey })
        {
            for (var i = 0; i < 6; i++)
            {
                waiting.Add(edge.AskAsync(Ask.Chat(key: key, more: $",\"user\":\"{(key == DevKey ? "heavy" : "light")}\"")));
                await edge.SeeMetricAsync($"aiedge_limit_waiting{{limit=\"one\"}} {waiting.Count}");
            }
        }

        holder.LeaveWithReset();

        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(200, answer.Status));
        var turns = edge.Fake.Requests.Skip(1).Select(request => JsonElement.Parse(request.BodyText).GetProperty("user").GetString()).ToArray();
        Assert.InRange(turns.Take(8).Count(who => who == "heavy"), 5, 6);
        Assert.Equal(12, turns.Length);
    }

    [Fact]
    public async Task Who_asks_for_less_priority_waits_behind_and_nobody_gets_more_by_asking()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: one, concurrent: 1, queue: { max: 9, wait: 20s }"] });
        using var holder = await edge.ConnectAsync();
        await holder.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await holder.SeeAsync("data: ");
        var waiting = new List<Task<RawAnswer>>();
        foreach (var (who, priority) in ((string, string)[])[("last", "low"), ("first", "normal"), ("second", "high"), ("third", "normal")])
        {
            waiting.Add(edge.AskAsync(Ask.Chat(more: $",\"user\":\"{who}\"", fields: $"x-aiedge-priority: {priority}\r\n")));
            await edge.SeeMetricAsync($"aiedge_limit_waiting{{limit=\"one\"}} {waiting.Count}");
        }

        holder.LeaveWithReset();

        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(200, answer.Status));
        Assert.Equal(
            ["first", "second", "third", "last"],
            edge.Fake.Requests.Skip(1).Select(request => JsonElement.Parse(request.BodyText).GetProperty("user").GetString()));
        await edge.SeeMetricAsync("aiedge_limit_waiting{limit=\"one\"} 0");
    }

    [Fact]
    public async Task Who_waits_too_long_gets_the_refusal()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: one, concurrent: 1, queue: { max: 9, wait: 30ms }"] });
        using var holder = await edge.ConnectAsync();
        await holder.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await holder.SeeAsync("data: ");
        var refused = await edge.AskAsync(Ask.Chat());
        Assert.Equal((429, "one;scope=global"), (refused.Status, refused.Field("x-aiedge-limit")));
        Assert.True((await edge.RecordAsync()).GetProperty("queueMs").GetInt64() >= 29);
    }

    private static async Task<int> AdmittedAsync(Edge edge, string key)
    {
        var admitted = 0;
        while ((await edge.AskAsync(Ask.Chat(key: key))).Status == 200)
            admitted++;
        return admitted;
    }
}
