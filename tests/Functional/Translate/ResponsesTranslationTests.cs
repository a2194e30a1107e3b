using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Clients of OpenAI's Responses before providers that have none: of other dialects, and of OpenAI's own that speak chat completions alone.</summary>
public sealed class ResponsesTranslationTests
{
    private const string Tools = ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"strict\":null,\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}]";

    private static EdgeSetup All => Claude.Setup with
    {
        Providers = string.Join('\n', Claude.Setup.Providers, Gem.Setup.Providers,
            $"  plain: {{ dialect: openai, responses: translated, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
        Models = string.Join('\n', Claude.Setup.Models, Gem.Setup.Models,
            "  plain: { targets: [ { provider: plain, model: fake-n3 } ] }",
            "  mixed: { targets: [ { provider: plain, model: fake-n2 }, { provider: fake, model: fake-n4 } ] }"),
    };

    public static TheoryData<string> Models => ["claude-sonnet-4-5", "gemini-2.5-flash", "plain"];

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_response_is_made_of_another_dialect_s_answer(string model)
    {
        await using var edge = await Edge.StartAsync(All);

        var answer = await edge.AskAsync(Post("n=3; cached=5", model));

        Assert.Equal((200, "application/json"), (answer.Status, answer.Field("content-type")));
        Assert.Equal(("response", "completed"), (answer.Json.GetProperty("object").GetString(), answer.Json.GetProperty("status").GetString()));
        Assert.StartsWith("resp_", answer.Json.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", answer.Json.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        var usage = answer.Json.GetProperty("usage");
        Assert.Equal((3, 5), (usage.GetProperty("output_tokens").GetInt32(), usage.GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt32()));
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var record = await edge.RecordAsync();
        Assert.Equal(("done", 3), (record.GetProperty("end").GetString(), record.GetProperty("outputTokens").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_stream_has_every_event_of_a_response(string model)
    {
        await using var edge = await Edge.StartAsync(All);

        var answer = await edge.AskAsync(Post("n=3", model, ",\"stream\":true"));

        Assert.True(answer.IsWhole);
        Assert.Equal(
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"],
            Claude.Names(answer));
        Numbered(answer);
        Assert.Equal(3, JsonElement.Parse(answer.Events[^1]).GetProperty("response").GetProperty("usage").GetProperty("output_tokens").GetInt32());
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Tools_are_called_and_their_results_go_back(string model)
    {
        await using var edge = await Edge.StartAsync(All);

        var called = await edge.AskAsync(Post("", model, ",\"stream\":true" + Tools));
        Numbered(called);
        var output = JsonElement.Parse(called.Events[^1]).GetProperty("response").GetProperty("output");
        var call = output[0];
        Assert.Equal(("function_call", "weather"), (call.GetProperty("type").GetString(), call.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(call.GetProperty("arguments").GetString()!).ValueKind);
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", $$"""
            {"model":"{{model}}","input":[{"role":"user","content":"Q"},{{output.GetRawText()[1..^1]}},
            {"type":"function_call_output","call_id":{{call.GetProperty("call_id").GetRawText()}},"output":"fine"}]{{Tools}}}
            """));

        Assert.Equal(200, answer.Status);
        Assert.Equal("message", answer.Json.GetProperty("output")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_provider_that_speaks_chat_alone_is_asked_by_chat_and_one_that_speaks_both_comes_first()
    {
        await using var edge = await Edge.StartAsync(All);

        Assert.Equal(200, (await edge.AskAsync(Post("", "plain", ",\"instructions\":\"Be brief.\"", "openai-beta: x\r\n"))).Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/chat/completions", request.Target);
        Assert.Null(request.Header("openai-beta"));
        Assert.Equal(
            $$"""{"model":"fake-n3","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"{{EdgeSetup.Prompt}}"}]}""",
            request.BodyText);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat("", "plain"))).Status);
        Assert.Equal("fake", (await edge.AskAsync(Post("", "mixed"))).Field("x-aiedge-provider"));
    }

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_1\"", "previous_response_id")]
    [InlineData("\"conversation\":\"conv_1\"", "conversation")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt")]
    [InlineData("\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]", "input.item_reference")]
    [InlineData("\"input\":[{\"id\":\"msg_1\"}]", "input.item_reference")]
    [InlineData("\"input\":[{\"role\":\"nobody\",\"content\":\"\"}]", "input.role")]
    public async Task What_refers_to_something_that_openai_keeps_is_refused(string member, string param)
    {
        await using var edge = await Edge.StartAsync(All);

        var answer = await edge.AskAsync(Ask.Post("/v1/responses", $$"""{"model":"plain",{{(member.Contains("input", StringComparison.Ordinal) ? "" : "\"input\":\"Q\",")}}{{member}}}"""));

        Assert.Equal(400, answer.Status);
        Assert.Equal(param, answer.Json.GetProperty("error").GetProperty("param").GetString());
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task What_cannot_be_carried_is_named()
    {
        await using var edge = await Edge.StartAsync(All);

        var answer = await edge.AskAsync(Post("", "claude-sonnet-4-5", ",\"store\":true,\"tools\":[{\"type\":\"web_search\"}],\"max_tool_calls\":3"));

        Assert.Equal("store,tools.web_search,max_tool_calls", answer.Field("x-aiedge-translation-loss"));
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", 4)]
    [InlineData("claude-sonnet-4-5", 5)]
    [InlineData("claude-sonnet-4-5", 7)]
    [InlineData("plain", 3)]
    [InlineData("gemini-2.5-flash", 2)]
    public async Task A_stream_that_breaks_off_fails_and_its_events_are_numbered_on(string model, int events)
    {
        await using var edge = await Edge.StartAsync(All);
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Post($"n=3; b=0; cut={events}; how=fin", model, ",\"stream\":true"));

        Assert.True(answer.IsWhole);
        Numbered(answer);
        var last = JsonElement.Parse(answer.Events[^1]);
        Assert.Equal("response.failed", last.GetProperty("type").GetString());
        Assert.Equal("upstream_error", last.GetProperty("response").GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(JsonElement.Parse(answer.Events[0]).GetProperty("response").GetProperty("id").GetString(), last.GetProperty("response").GetProperty("id").GetString());
        await client.SeeEndAsync();
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task Long_events_are_translated_and_numbered_on()
    {
        await using var edge = await Edge.StartAsync(All);
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Post("n=6; b=0; bytes=2500000; cut=4; how=fin", "plain", ",\"stream\":true"));

        Numbered(answer);
        Assert.True(answer.Text.Length > 2_500_000);
        Assert.Equal("response.failed", JsonElement.Parse(answer.Events[^1]).GetProperty("type").GetString());
        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
    }

    [Fact]
    public async Task A_provider_s_error_within_a_stream_is_its_end()
    {
        await using var edge = await Edge.StartAsync(All);

        var answer = await edge.AskAsync(Post("n=3; b=0; fail=5", "claude-sonnet-4-5", ",\"stream\":true"));

        Numbered(answer);
        var last = JsonElement.Parse(answer.Events[^1]);
        Assert.Equal(("response.failed", "overloaded_error"), (
            last.GetProperty("type").GetString(), last.GetProperty("response").GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_limit_cuts_a_translated_stream_with_all_that_was_said(string model)
    {
        await using var edge = await Edge.StartAsync(All with { Runaway = "outputTokens: 12" });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Post("n=500; cap=off", model, ",\"stream\":true"));

        Assert.True(answer.IsWhole);
        Numbered(answer);
        Assert.Equal(["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.incomplete"], Claude.Names(answer)[^4..]);
        var last = JsonElement.Parse(answer.Events[^1]);
        Assert.Equal("runaway", last.GetProperty("aiedge").GetProperty("limit").GetString());
        var said = string.Concat(answer.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("delta", out _)).Select(data => data.GetProperty("delta").GetString()));
        Assert.Equal(said, last.GetProperty("response").GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(200, (await client.AskAsync(Post("", model))).Status);
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("status=400", 400, "invalid_request_error")]
    [InlineData("status=429", 429, "tokens")]
    [InlineData("status=529", 503, "server_error")]
    public async Task A_provider_s_error_is_told_in_openai_s_shape(string script, int status, string type)
    {
        await using var edge = await Edge.StartAsync(All);

        foreach (var model in (string[])["claude-sonnet-4-5", "plain"])
        {
            var answer = await edge.AskAsync(Post(script, model));
            Assert.Equal(status, answer.Status);
            Assert.Equal(type, answer.Json.GetProperty("error").GetProperty("type").GetString());
        }
    }

    [Fact]
    public async Task Thought_goes_there_and_back_with_its_signature()
    {
        await using var edge = await Edge.StartAsync(All);
        const string more = ",\"reasoning\":{\"effort\":\"low\"},\"max_output_tokens\":4000";

        var answer = await edge.AskAsync(Post("n=2; reasoning=3", "claude-sonnet-4-5", more));

        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var output = answer.Json.GetProperty("output");
        Assert.Equal(("reasoning", "message"), (output[0].GetProperty("type").GetString(), output[1].GetProperty("type").GetString()));
        var again = await edge.AskAsync(Ask.Post("/v1/responses",
            $$"""{"model":"claude-sonnet-4-5","input":[{"role":"user","content":"Q"},{{output.GetRawText()[1..^1]}},{"role":"user","content":"And?"}]{{more}}}"""));
        Assert.Equal((200, null), (again.Status, again.Field("x-aiedge-translation-loss")));
        await edge.Fake.NextRequestAsync();
        Assert.Contains("\"type\":\"thinking\",\"thinking\":\"", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    private static string Post(string script, string model, string more = "", string fields = "") =>
        Ask.Post("/v1/responses", $$"""{"model":"{{model}}","input":"{{EdgeSetup.Prompt}}"{{more}}}""", fields + Ask.Script(script));

    private static void Numbered(RawAnswer answer) => Assert.Equal(
        Enumerable.Range(0, answer.Events.Length), answer.Events.Select(data => JsonElement.Parse(data).GetProperty("sequence_number").GetInt32()));
}
