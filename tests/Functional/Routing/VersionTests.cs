using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What a client's path begins with decides which version of a model is meant by its name.</summary>
public sealed class VersionTests
{
    private const string Models = """
          way: { targets: [ { provider: fake, model: fake-n3-own } ], versions: { /v1: one, /v2: two, /v1beta: two, /2026-02: other-name } }
          one: { targets: [ { provider: fake, model: fake-n3-one } ] }
          two: { targets: [ { provider: fake, model: fake-n3-two } ], versions: { /v2: one } }
          three: { targets: [ { provider: fake } ], aliases: [ other-name ] }
        """;

    private static readonly string Body = Ask.ChatBody("way");

    [Theory]
    [InlineData("/v1/chat/completions", "fake-n3-one", "one")]
    [InlineData("/v2/chat/completions", "fake-n3-two", "two")]
    [InlineData("/v2/v1/chat/completions", "fake-n3-two", "two")]
    [InlineData("/2026-02/chat/completions", "three", "three")]
    public async Task The_prefix_says_which_model_is_meant(string path, string model, string rule)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models, Limits = ["name: of-two, match: { model: two }, requests: 1/day"] });
        var answer = await edge.AskAsync(Ask.Post(path, Body));
        Assert.Equal((200, model), (answer.Status, answer.Field("x-aiedge-model")));
        var request = Assert.Single(edge.Fake.Requests);
        Assert.Equal(("/v1/chat/completions", model), (request.Path, request.Model));
        var record = await edge.RecordAsync();
        Assert.Equal((rule, "/v1/chat/completions"), (record.GetProperty("model").GetString(), record.GetProperty("path").GetString()));
        Assert.Equal(rule == "two" ? 429 : 200, (await edge.AskAsync(Ask.Post(path, Body))).Status);
    }

    [Theory]
    [InlineData("/v2/v1/messages", """{"model":"way","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/v2/messages", """{"model":"way","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/v2/v1beta/models/way:generateContent", """{"contents":[{"role":"user","parts":[{"text":"x"}]}]}""")]
    [InlineData("/v2/responses", """{"model":"way","input":"x"}""")]
    [InlineData("/v1beta/models/way:generateContent", """{"contents":[{"role":"user","parts":[{"text":"x"}]}]}""")]
    [InlineData("/v1beta/v1beta/models/way:generateContent", """{"contents":[{"role":"user","parts":[{"text":"x"}]}]}""")]
    [InlineData("/v1beta/responses", """{"model":"way","input":"x"}""")]
    public async Task Every_dialect_may_stand_behind_a_prefix(string path, string body)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models });
        var answer = await edge.AskAsync(Ask.Post(path, body));
        Assert.Equal((200, "fake-n3-two"), (answer.Status, answer.Field("x-aiedge-model")));
    }

    [Theory]
    [InlineData("/v3/chat/completions")]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    [InlineData("/v22/chat/completions")]
    [InlineData("/v2/v2/chat/completions")]
    [InlineData("/v2/../v1/chat/completions")]
    public async Task Other_prefixes_lead_nowhere(string path)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models });
        Assert.Equal(404, (await edge.AskAsync(Ask.Post(path, Body))).Status);
        Assert.Empty(edge.Fake.Requests);
    }

    [Fact]
    public async Task A_model_without_a_version_for_it_stays_as_it_is_and_a_prefix_gives_nobody_what_its_key_may_not_ask_for()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models, KeyFields = "models: [ way, one, gpt-4o ]" });
        Assert.Equal("fake-n3", (await edge.AskAsync(Ask.Post("/v2/chat/completions", Ask.ChatBody()))).Field("x-aiedge-model"));
        Assert.Equal("fake-n3-one", (await edge.AskAsync(Ask.Post("/v1/chat/completions", Body))).Field("x-aiedge-model"));
        Assert.Equal(403, (await edge.AskAsync(Ask.Post("/v2/chat/completions", Body))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Get("/v2/models"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Get("/v1/models/way"))).Status);
        Assert.Equal(404, (await edge.AskAsync(Ask.Get("/v2/models/way"))).Status);

        // On one connection a path is that of its own request.
        using var client = await edge.ConnectAsync();
        Assert.Equal(403, (await client.AskAsync(Ask.Post("/v2/chat/completions", Body))).Status);
        Assert.Equal("fake-n3-one", (await client.AskAsync(Ask.Post("/v1/chat/completions", Body))).Field("x-aiedge-model"));
    }

    [Fact]
    public async Task A_path_that_is_too_long_for_any_model_is_unknown()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models });
        var path = "/v2/v1beta/models/" + new string('x', 2000) + ":generateContent";
        Assert.Equal(404, (await edge.AskAsync(Ask.Post(path, "{\"contents\":[]}"))).Status);
    }
}
