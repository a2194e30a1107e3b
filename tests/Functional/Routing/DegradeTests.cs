using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A limit that is nearly used up makes less of requests before it refuses them, and says so.</summary>
public sealed class DegradeTests
{
    private const string Models = """
          large: { targets: [ { provider: fake, model: fake-n300-large } ], aliases: [ big ] }
          small: { targets: [ { provider: fake, model: fake-n300-small } ] }
          blind: { targets: [ { provider: fake, model: fake-n300-blind } ], capabilities: [ json ] }
          brief: { targets: [ { provider: fake, model: fake-n300-brief } ], outputTokensMax: 200 }
        """;

    private static EdgeSetup With(params string[] limits) => new() { Models = Models, Limits = limits };

    [Fact]
    public async Task Requests_go_to_another_model_then_are_capped_too_and_at_last_refused()
    {
        await using var edge = await Edge.StartAsync(With(
            "name: daily, requests: 10/day, per: key, degrade: [ { at: 50%, model: small }, { at: 80%, maxTokens: 256 } ]"));
        var answers = new List<RawAnswer>();
        for (var i = 0; i < 11; i++)
            answers.Add(await edge.AskAsync(Ask.Chat(model: i % 2 == 0 ? "large" : "big")));

        Assert.Equal(
            [.. Repeat(5, ""), .. Repeat(3, "daily;model=small"), .. Repeat(2, "daily;model=small;max-tokens=256"), "daily;max-tokens=256"],
            answers.Select(answer => answer.Field("x-aiedge-degraded") ?? ""));
        Assert.Equal([.. Repeat(5, "fake-n300-large"), .. Repeat(5, "fake-n300-small")], edge.Fake.Requests.Select(request => request.Model!));
        Assert.Equal([.. Repeat(8, ""), "256", "256", ""], answers.Select(answer => answer.Field("x-aiedge-max-tokens") ?? ""));
        Assert.Equal([.. Repeat(8, 0), 256, 256], edge.Fake.Requests.Select(request => Cap(request.BodyText)));
        Assert.Equal([.. Repeat(10, 200), 429], answers.Select(answer => answer.Status));
        Assert.Contains("\naiedge_limit_degraded_total{limit=\"daily\"} 6\n", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);

        var records = new List<JsonElement>();
        for (var i = 0; i < 11; i++)
            records.Add(await edge.RecordAsync());
        Assert.Equal(
            [.. Repeat(5, "large "), .. Repeat(5, "small daily"), "large daily"],
            records.Select(record => $"{record.GetProperty("model").GetString()} {(record.TryGetProperty("degraded", out var by) ? by.GetString() : "")}"));
    }

    [Theory]
    [InlineData("", 128, "gate;max-tokens=128")]
    [InlineData(",\"max_tokens\":5000", 128, "gate;max-tokens=128")]
    [InlineData(",\"max_tokens\":128", 128, null)]
    [InlineData(",\"max_tokens\":7", 7, null)]
    public async Task A_cap_is_the_clients_own_where_that_is_lower(string more, int cap, string? degraded)
    {
        await using var edge = await Edge.StartAsync(With("name: gate, concurrent: 9, degrade: [ { at: 0%, maxTokens: 128 } ]"));
        var answer = await edge.AskAsync(Ask.Chat(model: "large", more: more));
        Assert.Equal((200, degraded), (answer.Status, answer.Field("x-aiedge-degraded")));
        Assert.Equal(cap, Cap(Assert.Single(edge.Fake.Requests).BodyText));
    }

    [Fact]
    public async Task What_is_under_way_counts_and_what_has_ended_does_not()
    {
        await using var edge = await Edge.StartAsync(With("name: gate, concurrent: 2, degrade: [ { at: 50%, model: small } ]"));
        using var first = await edge.ConnectAsync();
        await first.SendAsync(Ask.Stream("n=4; b=0; stall=2", model: "large"));
        var stalled = await edge.Fake.NextRequestAsync(TimeSpan.FromSeconds(60));

        Assert.Equal("gate;model=small", (await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-degraded"));
        stalled.Resume();
        Assert.True((await first.ReadAnswerAsync()).IsWhole);
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        Assert.Null((await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-degraded"));
        Assert.Equal(["fake-n300-large", "fake-n300-small", "fake-n300-large"], edge.Fake.Requests.Select(request => request.Model!));
    }

    [Fact]
    public async Task A_model_that_cannot_take_the_request_is_not_turned_to()
    {
        await using var edge = await Edge.StartAsync(With("name: all, requests: 9/day, degrade: [ { at: 0%, model: blind } ]"));
        var tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";
        var kept = await edge.AskAsync(Ask.Chat(model: "large", more: tools));
        var turned = await edge.AskAsync(Ask.Chat(model: "large"));
        var own = await edge.AskAsync(Ask.Chat(model: "blind"));

        Assert.Equal([(200, null), (200, "all;model=blind"), (200, null)], new[] { kept, turned, own }.Select(answer => (answer.Status, answer.Field("x-aiedge-degraded"))));
        Assert.Equal(["fake-n300-large", "fake-n300-blind", "fake-n300-blind"], edge.Fake.Requests.Select(request => request.Model!));
    }

    [Fact]
    public async Task A_model_is_not_asked_for_more_than_it_can_give_and_another_limit_caps_lower()
    {
        await using var edge = await Edge.StartAsync(With(
            "name: first, requests: 9/day, degrade: [ { at: 0%, model: brief, maxTokens: 400 } ]",
            "name: second, requests: 9/day, degrade: [ { at: 10%, model: small, maxTokens: 100 } ]"));
        Assert.Equal("first;model=brief;max-tokens=400", (await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-degraded"));
        Assert.Equal("first;model=brief;max-tokens=100", (await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-degraded"));
        Assert.Equal([0, 100], edge.Fake.Requests.Select(request => Cap(request.BodyText)));
    }

    [Fact]
    public async Task Only_what_the_limit_binds_is_degraded_and_another_model_has_its_own_limits()
    {
        await using var edge = await Edge.StartAsync(With(
            "name: of-large, match: { model: large }, requests: 1/day, degrade: [ { at: 100%, model: small } ]",
            "name: of-small, match: { model: small }, requests: 2/day"));
        string[] models = ["gpt-4o", "large", "large", "large", "large"];
        var answers = new List<RawAnswer>();
        foreach (var model in models)
            answers.Add(await edge.AskAsync(Ask.Chat(model: model)));
        Assert.Equal([200, 200, 200, 200, 429], answers.Select(answer => answer.Status));
        Assert.Equal(["fake-n3", "fake-n300-large", "fake-n300-small", "fake-n300-small"], edge.Fake.Requests.Select(request => request.Model!));

        // Who has no more for it leaves it with its own.
        Assert.Equal("of-large;scope=global", answers[^1].Field("x-aiedge-limit"));
    }

    [Fact]
    public async Task Embeddings_stay_with_their_model()
    {
        await using var edge = await Edge.StartAsync(With("name: all, requests: 9/day, degrade: [ { at: 0%, model: small, maxTokens: 9 } ]"));
        var answer = await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"large","input":"x"}"""));
        Assert.Equal((200, null), (answer.Status, answer.Field("x-aiedge-degraded")));
        Assert.Equal("fake-n300-large", Assert.Single(edge.Fake.Requests).Model);
    }

    private static IEnumerable<T> Repeat<T>(int count, T item) => Enumerable.Repeat(item, count);

    private static int Cap(string body) =>
        JsonElement.Parse(body) is var request && request.TryGetProperty("max_tokens", out var cap) ? cap.GetInt32() : 0;
}
