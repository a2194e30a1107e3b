using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>What a provider says is wrong reaches the clients of other dialects in its own words, whatever form its server has for them.</summary>
public sealed class ErrorWordsTests
{
    private const string TooLong = "This model's maximum context length is 8192 tokens.";

    [Theory]
    [InlineData("json")]
    [InlineData("flat")]
    [InlineData("bare")]
    [InlineData("list")]
    [InlineData("detail")]
    public async Task They_are_the_provider_s(string form)
    {
        await using var edge = await Edge.StartAsync();
        foreach (var (status, told, words) in ((int, int, string)[])[(400, 400, "Invalid value."), (429, 429, "Rate limit reached for requests.")])
        {
            var answer = await edge.AskAsync(Claude.Ask($"status={status}; error={form}", "gpt-4o"));
            Assert.Equal((told, words), (answer.Status, answer.Json.GetProperty("error").GetProperty("message").GetString()));
        }
    }

    [Theory]
    [InlineData("""{"object":"error","message":"This model's maximum context length is 8192 tokens.","code":400}""")]
    [InlineData("""{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}""")]
    public async Task A_prompt_that_is_too_long_has_its_code_with_a_client_of_responses(string body)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(400, body));
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"local","input":"hi"}"""));

        var error = answer.Json.GetProperty("error");
        Assert.Equal((400, "context_length_exceeded", TooLong), (answer.Status, error.GetProperty("code").GetString(), error.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}""")]
    [InlineData("gemini-2.5-flash", """{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}""")]
    public async Task So_it_has_in_the_words_of_every_dialect(string model, string body)
    {
        await using var edge = await Edge.StartAsync(model.StartsWith("claude", StringComparison.Ordinal) ? Claude.Setup : Gem.Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(400, body), close: false);
        edge.Fake.EnqueueRaw(Ask.Refusal(400, body.Replace("too long", "odd", StringComparison.Ordinal).Replace("exceeds", "is", StringComparison.Ordinal)));

        Assert.Equal("context_length_exceeded", (await edge.AskAsync(Ask.Chat("", model))).Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Null((await edge.AskAsync(Ask.Chat("", model))).Json.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_client_of_messages_is_told_it_in_the_words_that_it_looks_for()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(400, """{"error":{"message":"This model's maximum context length is 8192 tokens.","code":"context_length_exceeded"}}"""));

        var answer = await edge.AskAsync(Claude.Ask(model: "local"));

        Assert.Equal("prompt is too long: " + TooLong, Claude.Error(answer, 400, "invalid_request_error"));
    }

    /// <summary>Both are OpenAI's, and have the same codes.</summary>
    [Theory]
    [InlineData("local", "/v1/responses", "content_filter", "prompt")]
    [InlineData("local", "/v1/responses", "invalid_function_parameters", "tools[0].function.parameters")]
    [InlineData("codex", "/v1/chat/completions", "invalid_function_parameters", "tools[0].parameters")]
    [InlineData("codex", "/v1/chat/completions", null, null)]
    public async Task What_openai_refuses_has_its_code_and_its_field_with_a_client_of_its_other_form(string model, string path, string? code, string? param)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(400, RawAnswer.Error("Its own words.", "invalid_request_error", code, param)));
        var body = path == "/v1/responses" ? $$"""{"model":"{{model}}","input":"hi"}""" : Ask.ChatBody(model);

        var answer = await edge.AskAsync(Ask.Post(path, body));

        Assert.Equal((400, RawAnswer.Error("Its own words.", "invalid_request_error", code, param)), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task So_it_has_where_a_response_fails_that_has_not_begun()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(
            "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"invalid_prompt\",\"message\":\"Its own words.\"}}}\n\n"));
        var answer = await edge.AskAsync(Ask.Stream(model: "codex"));
        Assert.Equal((400, RawAnswer.Error("Its own words.", "invalid_request_error", "invalid_prompt")), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task What_cannot_be_processed_keeps_its_status()
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string body = """{"detail":[{"loc":["body","messages"],"msg":"Its own words.","type":"value_error"}]}""";
        foreach (var request in (string[])[Claude.Ask(model: "local"), Gem.Ask(model: "local"), Ask.Post("/v1/responses", """{"model":"local","input":"hi"}""")])
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(422, body));
            var answer = await edge.AskAsync(request);
            Assert.Equal((422, "Its own words."), (answer.Status, answer.Json.GetProperty("error").GetProperty("message").GetString()));
        }
    }

    /// <summary>Streamed it is an event with the same words.</summary>
    [Theory]
    [InlineData(",\"finishMessage\":\"Malformed function call: f(\"", "Malformed function call: f(")]
    [InlineData("", "The provider's model has made a call that is none.")]
    public async Task A_call_that_is_none_is_told_in_the_provider_s_words(string message, string words)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        foreach (var request in (string[])[Ask.Chat("", "gemini-2.5-flash"), Claude.Ask(model: "gemini-2.5-flash")])
        {
            edge.Fake.EnqueueRaw(Ask.Answer(
                $$$"""{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL","index":0{{{message}}}}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}"""));
            var answer = await edge.AskAsync(request);
            Assert.Equal((502, words), (answer.Status, answer.Json.GetProperty("error").GetProperty("message").GetString()));
        }
    }

    private static EdgeSetup Setup => new()
    {
        Providers = $"  local: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", responses: translated }}\n"
            + $"  codex: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", responses: only }}",
        Models = "  local: { targets: [ { provider: local, model: fake-n3 } ] }\n  codex: { targets: [ { provider: codex, model: fake-n3 } ] }",
    };
}
