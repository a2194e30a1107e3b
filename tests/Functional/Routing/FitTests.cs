using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>Over a connection: what fits goes where it fits, what a name stands for is asked, and what is bound to a region stays there.</summary>
public sealed class FitTests
{
    private const string Models = """
          short: { targets: [ { provider: fake, model: short } ], contextWindow: 100, fallback: [ long ] }
          long: { targets: [ { provider: fake, model: long } ], contextWindow: 4000, capabilities: [ tools ] }
        """;

    private static readonly EdgeSetup Setup = new() { Models = Models };

    private static string Prompt(int words) => string.Concat(Enumerable.Repeat("word ", words));

    [Theory]
    [InlineData(20, "", 200, "short")]
    [InlineData(200, "", 200, "long")]
    [InlineData(20, ", \"max_tokens\": 200", 200, "long")]
    [InlineData(9000, "", 413, null)]
    [InlineData(20, ", \"max_tokens\": 5000", 413, null)]
    public async Task A_prompt_goes_where_there_is_room(int words, string more, int status, string? model)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var answer = await edge.AskAsync(Request("short", $$"""[{"role":"user","content":"{{Prompt(words)}}"}]{{more}}"""));

        Assert.Equal((status, model), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal(model is null ? 0 : 1, edge.Fake.RequestCount);
        if (model is null)
            Assert.Equal(("request_too_large", "model"), Error(answer));
    }

    /// <summary>One of the model's targets has an answer of any length, as far as anybody knows; the prompt is far from the window.</summary>
    [Fact]
    public async Task A_prompt_that_is_not_near_the_window_leaves_the_answer_all_of_its_length()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = Claude.Setup.Providers,
            Models = "  way: { targets: [ { provider: claude, model: claude-sonnet-4-5, contextWindow: 200k }, { provider: fake, model: unknown, priority: 1 } ] }",
        });
        var answer = await edge.AskAsync(Request("way", $$"""[{"role":"user","content":"{{Prompt(12_000)}}"}]"""));

        Assert.Equal((200, null), (answer.Status, answer.Field("x-aiedge-max-tokens")));
        Assert.Equal(64_000, JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("max_tokens").GetInt64());
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", 200)]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", 400)]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"type\":\"object\"}}}", 400)]
    [InlineData("\"response_format\":{\"type\":\"text\"}", 200)]
    public async Task What_no_target_takes_is_refused_before_anything_is_sent(string field, int status)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var answer = await edge.AskAsync(Request("long", $$"""[{"role":"user","content":"x"}],{{field}}"""));
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? 1 : 0, edge.Fake.RequestCount);
        if (status != 200)
            Assert.Equal(("not_capable", "model"), Error(answer));
    }

    [Fact]
    public async Task An_image_goes_to_the_model_that_sees()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  blind: { targets: [ { provider: fake, model: blind } ], capabilities: [ tools, json ], fallback: [ seeing ] }\n  seeing: { targets: [ { provider: fake, model: seeing } ] }",
        });
        var answer = await edge.AskAsync(Request("blind", """[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://h/i.png"}}]}]"""));
        Assert.Equal((200, "seeing"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal("blind", (await edge.AskAsync(Request("blind", """[{"role":"user","content":"x"}]"""))).Field("x-aiedge-model"));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("other-name", "plain")]
    [InlineData("old-7", "plain")]
    [InlineData("to-glob", "fake-n1-x")]
    public async Task What_a_name_stands_for_is_what_the_provider_is_asked_for(string asked, string model)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  plain: { targets: [ { provider: fake } ], aliases: [ other-name ] }",
            KeyFields = "models: [ plain, \"fake-*\" ], modelMap: { \"old-*\": other-name, to-glob: fake-n1-x }",
        });
        var refused = await edge.AskAsync(Ask.Chat(model: "gpt-4o"));
        Assert.Equal(403, refused.Status);

        var answer = await edge.AskAsync(Ask.Chat(model: asked));
        Assert.Equal((200, model), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal(model, (await edge.Fake.NextRequestAsync()).Model);
    }

    [Fact]
    public async Task A_map_gives_no_key_what_it_may_not_ask_for()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { KeyFields = "models: [ \"fake-*\" ], modelMap: { fake-x: gpt-4o }" });
        Assert.Equal(403, (await edge.AskAsync(Ask.Chat(model: "fake-x"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "fake-n1"))).Status);
    }

    [Fact]
    public async Task A_fallback_that_passes_names_on_passes_on_its_own()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: closed, model: way } ], fallback: [ fake-n3-b ] }",
        });
        var answer = await edge.AskAsync(Ask.Chat(model: "way"));
        Assert.Equal((200, "fake-n3-b"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal("fake-n3-b", (await edge.Fake.NextRequestAsync()).Model);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_region_reaches_no_other()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Provider = "region: us",
            Providers = "  home: { dialect: openai, baseUrl: \"ROOT/v1\", region: eu-west }",
            Models = "  both: { targets: [ { provider: fake, model: away, weight: 1000 }, { provider: home, model: home } ], fallback: [ gpt-4o ] }",
            KeyFields = "regions: [ \"eu*\" ]",
        });
        for (var i = 0; i < 20; i++)
            Assert.Equal((200, "home"), (await edge.AskAsync(Ask.Chat(model: "both"))) is var answer ? (answer.Status, answer.Field("x-aiedge-model")) : default);
        edge.Fake.Enqueue("status=500");
        Assert.Equal(500, (await edge.AskAsync(Ask.Chat(model: "both"))).Status);
        Assert.Equal(403, (await edge.AskAsync(Ask.Chat(model: "gpt-4o"))).Status);
        Assert.All(edge.Fake.Requests, request => Assert.Equal("home", request.Model));

        var list = (await edge.AskAsync("GET /v1/models HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + EdgeSetup.Key + "\r\n\r\n")).Text;
        Assert.Contains("\"both\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("\"gpt-4o\"", list, StringComparison.Ordinal);
    }

    private static string Request(string model, string messages)
    {
        var body = $$"""{"model":"{{model}}","messages":{{messages}}}""";
        return $"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {EdgeSetup.Key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }

    private static (string?, string?) Error(RawAnswer answer)
    {
        var error = JsonDocument.Parse(answer.Text).RootElement.GetProperty("error");
        return (error.GetProperty("code").GetString(), error.GetProperty("param").GetString());
    }
}
