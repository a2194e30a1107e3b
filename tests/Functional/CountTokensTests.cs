using System.Text;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>The tokens of a prompt, where a client asks for these alone: counted here, or by a provider that is to be asked.</summary>
public sealed class CountTokensTests
{
    private const string CountPath = "/v1beta/models/gemini-x:countTokens";
    private const string Claude = "claude-x", Gemini = "gemini-x", OpenAi = "gpt-4o";

    public static TheoryData<string, string, string> Dialects => new()
    {
        { Claude, "/v1/messages/count_tokens", "{\"input_tokens\":41}" },
        { Gemini, "/v1beta/models/gemini-x:countTokens", "{\"totalTokens\":41}" },
        { OpenAi, "/v1/responses/input_tokens", "{\"object\":\"response.input_tokens\",\"input_tokens\":41}" },
    };

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task The_provider_s_own_count_is_passed_on_and_costs_nothing(string model, string path, string expected)
    {
        await using var edge = await Edge.StartAsync(Setup(["name: t, tokens: 64/day", "name: r, requests: 2/day"]));

        var answer = await edge.AskAsync(Count(model, path, "in=41"));

        Assert.Equal((200, expected), (answer.Status, answer.Text));
        Assert.Equal("provider", answer.Field("x-aiedge-counted-by"));
        var asked = Assert.Single(edge.Fake.Requests);
        Assert.Equal(path.Replace("gemini-x", "fake-n3", StringComparison.Ordinal), asked.Path);
        Assert.DoesNotContain("max_", Encoding.UTF8.GetString(asked.Body.Span), StringComparison.Ordinal);
        if (model != Gemini)
            Assert.Contains("\"model\":\"fake-n3\"", Encoding.UTF8.GetString(asked.Body.Span), StringComparison.Ordinal);
        var record = await edge.RecordAsync();
        Assert.Equal("0", record.TryGetProperty("costNanodollars", out var cost) ? cost.GetString() : "0");
        Assert.Equal(0, record.TryGetProperty("inputTokens", out var tokens) ? tokens.GetInt64() : 0);

        // It is a request all the same, and has drawn no tokens: the limit on these has refused none.
        Assert.Equal(200, (await edge.AskAsync(Count(model, path))).Status);
        var refused = await edge.AskAsync(Count(model, path));
        Assert.Equal((429, "r;scope=global"), (refused.Status, refused.Field("x-aiedge-limit")));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Unless_it_is_to_be_asked_it_is_not(string model, string path, string expected)
    {
        await using var edge = await Edge.StartAsync(Setup([], "local"));

        var answer = await edge.AskAsync(Count(model, path));

        Assert.Equal((200, "local", 0), (answer.Status, answer.Field("x-aiedge-counted-by"), edge.Fake.RequestCount));
        var name = expected.Split('"')[^2];
        Assert.InRange(answer.Json.GetProperty(name).GetInt64(), 3, 30);
    }

    [Theory]
    [InlineData("status=500")]
    [InlineData("status=429")]
    [InlineData("status=404")]
    [InlineData("status=401")]
    [InlineData("cut=0")]
    public async Task Where_the_provider_fails_the_count_is_made_here(string script)
    {
        await using var edge = await Edge.StartAsync(Setup([]));
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Count(Claude, "/v1/messages/count_tokens", script));

        Assert.Equal((200, "local"), (answer.Status, answer.Field("x-aiedge-counted-by")));
        Assert.InRange(answer.Json.GetProperty("input_tokens").GetInt64(), 3, 30);
        Assert.Equal(1, edge.Fake.RequestCount);
        Assert.Equal(200, (await client.AskAsync(Count(Claude, "/v1/messages/count_tokens", "in=5"))).Status);
    }

    [Theory]
    [InlineData("generateContentRequest", "systemInstruction")]
    [InlineData("generate_content_request", "system_instruction")]
    public async Task Of_a_whole_request_the_system_s_part_and_the_tools_count_too(string request, string system)
    {
        await using var edge = await Edge.StartAsync(Setup([], "local"));
        var contents = $$"""{"contents":[{"role":"user","parts":[{"text":"{{EdgeSetup.Prompt}}"}]}]}""";
        var whole = """
            {"REQUEST":{"model":"models/other","generationConfig":{"maxOutputTokens":5},CONTENTS,"SYSTEM":{"parts":[{"text":"one two three four five"}]},
            "tools":[{"functionDeclarations":[{"name":"weather","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}}}]}]}}
            """.Replace("REQUEST", request, StringComparison.Ordinal).Replace("CONTENTS", contents[1..^1], StringComparison.Ordinal)
            .Replace("SYSTEM", system, StringComparison.Ordinal);

        var alone = (await edge.AskAsync(Ask.Post(CountPath, contents))).Json.GetProperty("totalTokens").GetInt64();
        var bare = (await edge.AskAsync(Ask.Post(CountPath, $"{{\"{request}\":{contents}}}"))).Json.GetProperty("totalTokens").GetInt64();
        var all = await edge.AskAsync(Ask.Post(CountPath, whole));

        Assert.Equal(alone, bare);
        Assert.Equal((200, "local"), (all.Status, all.Field("x-aiedge-counted-by")));
        Assert.InRange(all.Json.GetProperty("totalTokens").GetInt64(), alone + 10, alone + 60);
    }

    [Theory]
    [InlineData("{}", "contents")]
    [InlineData("""{"generateContentRequest":[]}""", "generateContentRequest")]
    [InlineData("""{"generateContentRequest":null}""", "generateContentRequest")]
    [InlineData("""{"contents":{}}""", "contents")]
    public async Task What_has_nothing_to_count_is_refused(string body, string param)
    {
        await using var edge = await Edge.StartAsync(Setup([], "local"));
        var answer = await edge.AskAsync(Ask.Post(CountPath, body));

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(param + ": ", answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_request_names_the_provider_s_model_where_the_provider_is_asked()
    {
        await using var edge = await Edge.StartAsync(Setup([]));
        const string Body = """{"generateContentRequest":{"model":"models/gemini-x","contents":[{"parts":[{"text":"a"}]}]}}""";

        var answer = await edge.AskAsync(Ask.Post(CountPath, Body, Ask.Script("in=41")));

        Assert.Equal((200, "provider"), (answer.Status, answer.Field("x-aiedge-counted-by")));
        Assert.Equal(Body.Replace("gemini-x", "fake-n3", StringComparison.Ordinal), Assert.Single(edge.Fake.Requests).BodyText);
        var other = await edge.AskAsync(Ask.Post(CountPath, Body.Replace("gemini-x", "gemini-y", StringComparison.Ordinal)));
        Assert.Equal(400, other.Status);
        Assert.StartsWith("generateContentRequest.model: ", other.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_provider_says_of_the_request_is_passed_on()
    {
        await using var edge = await Edge.StartAsync(Setup([]));

        var answer = await edge.AskAsync(Count(Claude, "/v1/messages/count_tokens", "status=400"));

        Assert.Equal(400, answer.Status);
        Assert.Equal("error", answer.Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_provider_of_another_dialect_is_not_asked()
    {
        await using var edge = await Edge.StartAsync(Setup([]));

        var answer = await edge.AskAsync(Count(Gemini, "/v1/messages/count_tokens"));

        Assert.Equal((200, "local", 0), (answer.Status, answer.Field("x-aiedge-counted-by"), edge.Fake.RequestCount));
    }

    private static string Count(string model, string path, string script = "") =>
        Ask.Post(path, path.Contains("beta", StringComparison.Ordinal)
            ? $$"""{"contents":[{"role":"user","parts":[{"text":"{{EdgeSetup.Prompt}}"}]}]}"""
            : path.Contains("responses", StringComparison.Ordinal)
            ? $$"""{"model":"{{model}}","input":"{{EdgeSetup.Prompt}}"}"""
            : $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{EdgeSetup.Prompt}}"}]}""", Ask.Script(script));

    private static EdgeSetup Setup(string[] limits, string counts = "provider") => new()
    {
        Limits = limits,
        Provider = $"countTokens: {counts}",
        Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: k, countTokens: {counts} }}\n  google: {{ dialect: gemini, baseUrl: \"ROOT\", key: k, countTokens: {counts} }}",
        Models = $"  {Claude}: {{ targets: [ {{ provider: claude, model: fake-n3 }} ] }}\n  {Gemini}: {{ targets: [ {{ provider: google, model: fake-n3 }} ] }}",
    };
}
