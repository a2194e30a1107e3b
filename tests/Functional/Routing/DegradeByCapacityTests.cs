using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A model whose targets are nearly full makes less of requests before they are refused, and says so.</summary>
public sealed class DegradeByCapacityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task As_targets_fill_up_requests_are_capped_then_go_to_another_model_and_at_last_are_refused()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = """
                  large:
                    targets: [ { provider: fake, model: fake-n300-one, concurrent: 2 }, { provider: fake, model: fake-n300-two, concurrent: 2, priority: 1 } ]
                    degrade: [ { at: 50%, maxTokens: 256 }, { at: 100%, model: small } ]
                  small: { targets: [ { provider: fake, model: fake-n300-small, concurrent: 1 } ] }
                """,
        });
        var streams = new List<(RawClient Client, ReceivedRequest Request)>();
        for (var i = 0; i < 5; i++)
        {
            var client = await edge.ConnectAsync();
            await client.SendAsync(Ask.Stream("n=4; b=0; stall=2", model: "large"));
            streams.Add((client, await edge.Fake.NextRequestAsync(Patience)));
        }

        // By the target with most room: two of four half of it are under way before the fourth, all before the fifth.
        Assert.Equal(
            ["fake-n300-one 0", "fake-n300-one 0", "fake-n300-two 0", "fake-n300-two 256", "fake-n300-small 256"],
            streams.Select(stream => $"{stream.Request.Model} {Cap(stream.Request.BodyText)}"));
        var refused = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((503, "capacity;max-tokens=256"), (refused.Status, refused.Field("x-aiedge-degraded")));

        var answers = new List<RawAnswer>();
        foreach (var (client, request) in streams)
        {
            request.Resume();
            answers.Add(await client.ReadAnswerAsync());
            client.Dispose();
        }

        Assert.Equal([null, null, null, "capacity;max-tokens=256", "capacity;model=small;max-tokens=256"], answers.Select(answer => answer.Field("x-aiedge-degraded")));
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        await edge.SeeMetricAsync("aiedge_model_degraded_total{gen_ai_request_model=\"large\"} 3");
        Assert.Null((await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-degraded"));
        var degraded = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            var record = await edge.RecordAsync();
            degraded.Add(record.TryGetProperty("degraded", out var by) ? $"{record.GetProperty("model").GetString()} {by.GetString()}" : "");
        }

        Assert.Equal(["", "", "", "", "large capacity", "large capacity", "small capacity"], degraded.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("waiting=17", null)]
    [InlineData("waiting=18; running=9", "capacity;model=small")]
    [InlineData("kv=80", null)]
    [InlineData("kv=81", "capacity;model=small")]
    public async Task What_a_server_says_of_itself_counts(string metrics, string? degraded)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  own: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", capacity: {{ interval: 100ms, timeout: 20s, queue: 20, cache: 90% }} }}",
            Models = """
                  large: { targets: [ { provider: own, model: fake-n3-large } ], degrade: [ { at: 90%, model: small } ] }
                  small: { targets: [ { provider: fake, model: fake-n3-small } ] }
                """,
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Method == "GET" ? metrics : null },
        });
        for (var text = ""; !text.Contains("aiedge_target_reported_waiting{", StringComparison.Ordinal);)
            text = (await edge.AdminAsync("/metrics")).Text;
        var answer = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((200, degraded), (answer.Status, answer.Field("x-aiedge-degraded")));
        Assert.Equal(degraded is null ? "fake-n3-large" : "fake-n3-small", answer.Field("x-aiedge-model"));
    }

    [Fact]
    public async Task What_a_provider_says_of_its_account_counts_and_a_limit_that_degrades_goes_first()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  own: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"sk-other\" }}",
            Models = """
                  large: { targets: [ { provider: own, model: fake-n3-large } ], degrade: [ { at: 35%, model: small } ] }
                  small: { targets: [ { provider: fake, model: fake-n3-small } ] }
                  least: { targets: [ { provider: fake, model: fake-n3-least } ] }
                """,
            Limits = ["name: daily, requests: 10/day, per: key, degrade: [ { at: 60%, model: least } ]"],
            Fake = new FakeUpstreamOptions { Limits = new ProviderLimits { Requests = 10, Period = TimeSpan.FromHours(10) } },
        });
        var answers = new List<RawAnswer>();
        for (var i = 0; i < 7; i++)
            answers.Add(await edge.AskAsync(Ask.Chat(model: "large")));
        Assert.Equal(
            ["", "", "", "", "capacity;model=small", "capacity;model=small", "daily;model=least"],
            answers.Select(answer => answer.Field("x-aiedge-degraded") ?? ""));
        Assert.All(answers, static answer => Assert.Equal(200, answer.Status));
    }

    private static int Cap(string body) =>
        JsonElement.Parse(body) is var request && request.TryGetProperty("max_tokens", out var cap) ? cap.GetInt32() : 0;
}
