using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>Requests that another model is enough for go to that, say so, and are never refused for it.</summary>
public sealed class SimpleTests
{
    private const string Tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";

    [Theory]
    [InlineData("simple: { model: small, promptTokensMax: 200 }", "", true)]
    [InlineData("simple: { model: small, promptTokensMax: 3 }", "", false)]
    [InlineData("simple: { model: small, promptTokensMax: 1k }", Tools, false)]
    [InlineData("simple: { model: small, promptTokensMax: 1k, capabilities: [ tools ] }", Tools, true)]
    [InlineData("simple: { model: small, promptTokensMax: 1k, capabilities: [ tools ] }", ",\"response_format\":{\"type\":\"json_object\"}", false)]
    [InlineData("simple: { model: small, promptTokensMax: 1k, tags: { feature: chat } }", "", true)]
    [InlineData("simple: { model: small, promptTokensMax: 1k, tags: { feature: chat, env: test } }", "", false)]
    [InlineData("simple: { model: blind, promptTokensMax: 1k, capabilities: [ tools ] }", Tools, false)]
    [InlineData("simple: { model: far, promptTokensMax: 1k }", "", false)]
    [InlineData("simple: { model: off, promptTokensMax: 1k }", "", false)]
    public async Task What_is_simple_goes_to_the_other_model_and_all_else_stays(string simple, string more, bool isSimple)
    {
        await using var edge = await Edge.StartAsync(With(simple));
        var answer = await edge.AskAsync(Ask.Chat(model: "large", more: more, fields: "x-aiedge-tags: feature=chat\r\n"));
        Assert.Equal((200, isSimple ? "small" : null), (answer.Status, answer.Field("x-aiedge-simple")));
        Assert.Equal(isSimple ? "fake-n3-small" : "fake-n3-large", Assert.Single(edge.Fake.Requests).Model);
        var record = await edge.RecordAsync();
        Assert.Equal((isSimple ? "small" : "large", isSimple), (record.GetProperty("model").GetString(), record.TryGetProperty("simple", out _)));
        await edge.Host.DisposeAsync();
        var written = JournalTests.Dump(edge).Last();
        Assert.Equal(("large", isSimple), (written.GetProperty("model").GetString(), written.GetProperty("simple").GetBoolean()));
    }

    /// <summary>A bound that costs nothing says some 2,400 tokens of it: it has to be counted.</summary>
    [Theory]
    [InlineData(600, true)]
    [InlineData(80, false)]
    public async Task The_prompt_is_counted_where_a_bound_does_not_tell(int most, bool isSimple)
    {
        await using var edge = await Edge.StartAsync(With($"simple: {{ model: small, promptTokensMax: {most} }}"));
        var text = string.Concat(Enumerable.Repeat("seven words are enough for a line. ", 22));
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", $$"""{"model":"large","messages":[{"role":"user","content":"{{text}}"}]}"""));
        Assert.Equal((200, isSimple ? "small" : null), (answer.Status, answer.Field("x-aiedge-simple")));
    }

    [Fact]
    public async Task Limits_of_the_other_model_hold_and_those_that_are_nearly_used_up_are_looked_at()
    {
        await using var edge = await Edge.StartAsync(With("simple: { model: small, promptTokensMax: 1k }") with
        {
            Limits =
            [
                "name: of-large, match: { model: large }, requests: 1/day",
                "name: all, requests: 9/day, degrade: [ { at: 20%, maxTokens: 7 } ]",
                "name: of-small, match: { model: small }, requests: 4/day",
            ],
        });
        for (var i = 0; i < 4; i++)
            Assert.Equal((200, i < 2 ? null : "all;max-tokens=7"), (await edge.AskAsync(Ask.Chat(model: "large"))) is var answer ? (answer.Status, answer.Field("x-aiedge-degraded")) : default);

        // Nothing is refused for it: what the other model has no more for stays with its own.
        Assert.Equal((200, null), (await edge.AskAsync(Ask.Chat(model: "large"))) is var own ? (own.Status, own.Field("x-aiedge-simple")) : default);
        Assert.Equal("of-large;scope=global", (await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-limit"));
        Assert.Equal([0, 0, 7, 7, 7], edge.Fake.Requests.Select(request => JsonElement.Parse(request.BodyText).TryGetProperty("max_tokens", out var cap) ? cap.GetInt32() : 0));
    }

    [Fact]
    public async Task A_stream_and_other_dialects_go_so_too_and_embeddings_and_what_the_provider_keeps_do_not()
    {
        await using var edge = await Edge.StartAsync(With("simple: { model: small, promptTokensMax: 1k }"));
        Assert.Equal("small", (await edge.AskAsync(Ask.Stream(model: "large"))).Field("x-aiedge-simple"));
        Assert.Equal("small", (await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"large","input":"x"}"""))).Field("x-aiedge-simple"));
        Assert.Null((await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"large","input":"x","previous_response_id":"resp_1"}"""))).Field("x-aiedge-simple"));
        Assert.Null((await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"large","input":"x"}"""))).Field("x-aiedge-simple"));
        Assert.Equal(["fake-n3-small", "fake-n3-small", "fake-n3-large", "fake-n3-large"], edge.Fake.Requests.Select(request => request.Model!));
    }

    private static EdgeSetup With(string simple) => new()
    {
        Models = $$"""
              large: { targets: [ { provider: fake, model: fake-n3-large, region: eu } ], {{simple}} }
              small: { targets: [ { provider: fake, model: fake-n3-small, region: eu } ] }
              blind: { targets: [ { provider: fake, model: fake-n3-blind, region: eu } ], capabilities: [ json ] }
              far: { targets: [ { provider: fake, model: fake-n3-far, region: us } ] }
              "off": { targets: [ { provider: fake, model: fake-n3-off, region: eu } ], disabled: true }
            """,
        KeyFields = "regions: [ eu ], clientTags: [ feature ]",
        Journal = "mode: group",
    };
}
