using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Clients of OpenAI's chat completions before a provider that speaks Anthropic's dialect, which judges what it is sent.</summary>
public sealed class ChatOverMessagesTests
{
    [Theory]
    [InlineData("200kb", 503)]
    [InlineData("2mb", 200)]
    public async Task An_answer_that_is_held_counts_against_the_bytes_of_all_bodies(string max, int status)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Server = $"bodyBytesMax: 200kb, bufferedBytesMax: {max}" });
        using var client = await edge.ConnectAsync();
        var text = new string('x', 300_000);

        // Three of these are more than may be held together, unless each gives back what it took.
        for (var i = 0; i < 3; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Answer($$$"""{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"""));
            Assert.Equal(status, (await client.AskAsync(Ask.Chat(model: "claude-sonnet-4-5"))).Status);
        }

        Assert.Contains("\naiedge_buffered_bytes 0\n", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    private const string Model = "claude-sonnet-4-5";
    private const string Tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}},"
        + "{\"type\":\"function\",\"function\":{\"name\":\"time\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]";

    [Fact]
    public async Task A_chat_is_answered_in_the_client_s_dialect_and_metered_in_the_provider_s()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Chat("n=3; cached=5; cachewrite=4", Model));

        Assert.Equal((200, "application/json"), (answer.Status, answer.Field("content-type")));
        var json = answer.Json;
        Assert.Equal("chat.completion", json.GetProperty("object").GetString());
        Assert.StartsWith("chatcmpl-", json.GetProperty("id").GetString(), StringComparison.Ordinal);
        var choice = json.GetProperty("choices")[0];
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.NotEqual("", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal((221, 3, 5), UsageOf(json));
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        Assert.Equal("claude", answer.Field("x-aiedge-provider"));
        var record = await edge.RecordAsync();
        Assert.Equal(("done", "claude", 221, 3), (
            record.GetProperty("end").GetString(), record.GetProperty("provider").GetString(), record.GetProperty("inputTokens").GetInt32(), record.GetProperty("outputTokens").GetInt32()));
    }

    [Fact]
    public async Task What_goes_to_the_provider_is_its_own_dialect_and_nothing_of_the_client_s()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        await edge.AskAsync(Ask.Chat(
            "", Model, ",\"max_completion_tokens\":77,\"stop\":\"X\",\"user\":\"u-1\"", "openai-beta: a\r\nx-stainless-lang: js\r\ntraceparent: 00-1\r\n"));

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/messages", request.Target);
        Assert.Equal(("2023-06-01", EdgeSetup.ProviderKey, "00-1"), (request.Header("anthropic-version"), request.Header("x-api-key"), request.Header("traceparent")));
        Assert.Null(request.Header("openai-beta") ?? request.Header("x-stainless-lang") ?? request.Header("authorization"));
        Assert.Equal(
            $$"""{"model":"fake-n3","max_tokens":77,"messages":[{"role":"user","content":[{"type":"text","text":"{{EdgeSetup.Prompt}}"}]}],"""
            + "\"stop_sequences\":[\"X\"],\"metadata\":{\"user_id\":\"u-1\"}}",
            request.BodyText);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_has_chunks_a_finish_and_its_end_and_the_usage_where_it_was_asked_for(bool asksUsage)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Stream("n=3", Model, asksUsage ? ",\"stream_options\":{\"include_usage\":true}" : ""));

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("text/event-stream", answer.Field("content-type"), StringComparison.Ordinal);
        Assert.True(answer.IsWhole);
        Assert.Equal("[DONE]", answer.Events[^1]);
        var chunks = answer.Events[..^1].Select(data => JsonElement.Parse(data)).ToArray();
        Assert.Equal(asksUsage ? 6 : 5, chunks.Length);
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal("stop", chunks[4].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
        if (asksUsage)
            Assert.Equal((212, 3, 0), UsageOf(chunks[5]));
        var record = await edge.RecordAsync();
        Assert.Equal(("done", 212, 3), (record.GetProperty("end").GetString(), record.GetProperty("inputTokens").GetInt32(), record.GetProperty("outputTokens").GetInt32()));
    }

    [Fact]
    public async Task Tools_are_called_by_streamed_arguments_and_their_results_go_back()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var called = await edge.AskAsync(Ask.Stream("", Model, Tools));

        var calls = new SortedDictionary<int, (string Id, string Name, string Arguments)>();
        foreach (var data in called.Events[..^1].Select(data => JsonElement.Parse(data)))
        {
            if (!data.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("tool_calls", out var deltas))
                continue;
            foreach (var delta in deltas.EnumerateArray())
            {
                (string Id, string Name, string Arguments) known = calls.GetValueOrDefault(delta.GetProperty("index").GetInt32(), ("", "", ""));
                var function = delta.GetProperty("function");
                calls[delta.GetProperty("index").GetInt32()] = (
                    known.Id + (delta.TryGetProperty("id", out var id) ? id.GetString() : ""),
                    known.Name + (function.TryGetProperty("name", out var name) ? name.GetString() : ""),
                    known.Arguments + function.GetProperty("arguments").GetString());
            }
        }

        Assert.Equal(["weather", "time"], calls.Values.Select(call => call.Name));
        Assert.All(calls.Values, call => Assert.Equal(JsonValueKind.Object, JsonElement.Parse(call.Arguments).ValueKind));
        Assert.Equal("tool_calls", JsonElement.Parse(called.Events[^2]).GetProperty("choices")[0].GetProperty("finish_reason").GetString());

        var told = string.Join(',', calls.Values.Select(call =>
            $$$"""{"id":"{{{call.Id}}}","type":"function","function":{"name":"{{{call.Name}}}","arguments":"{{{JsonEncodedText.Encode(call.Arguments)}}}"}}"""));
        var results = string.Join(',', calls.Values.Select(call => $$"""{"role":"tool","tool_call_id":"{{call.Id}}","content":"fine"}"""));
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions",
            $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"{{EdgeSetup.Prompt}}"},{"role":"assistant","content":null,"tool_calls":[{{told}}]},{{results}}]{{Tools}}}"""));

        Assert.Equal(200, answer.Status);
        Assert.Equal("stop", answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task What_cannot_be_carried_is_named_in_a_header_and_in_the_record()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Chat("", Model, ",\"seed\":7,\"logit_bias\":{\"1\":2},\"temperature\":1.5,\"store\":false,\"nobody knows\":1"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("logit_bias,nobody?knows,temperature,seed", answer.Field("x-aiedge-translation-loss"));
        Assert.Equal("logit_bias,nobody?knows,temperature,seed", (await edge.RecordAsync()).GetProperty("translationLoss").GetString());
    }

    [Fact]
    public async Task A_provider_that_is_told_to_be_strict_is_sent_nothing_that_lacks_something()
    {
        var setup = Claude.Setup;
        await using var edge = await Edge.StartAsync(setup with { Providers = setup.Providers.Replace(" }", ", translation: strict }", StringComparison.Ordinal) });

        var refused = await edge.AskAsync(Ask.Chat("", Model, ",\"seed\":7,\"logit_bias\":{\"1\":2}"));
        var answer = await edge.AskAsync(Ask.Chat("", Model));

        Assert.Equal(400, refused.Status);
        Assert.EndsWith("logit_bias, seed", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal((200, 1L), (answer.Status, edge.Fake.RequestCount));
    }

    [Theory]
    [InlineData("status=400", 400, "invalid_request_error")]
    [InlineData("status=429", 429, "tokens")]
    [InlineData("status=500", 502, "server_error")]
    [InlineData("status=529", 503, "server_error")]
    [InlineData("status=401", 502, "server_error")]
    public async Task A_provider_s_error_is_told_in_the_client_s_shape_with_the_status_that_it_has_there(string script, int status, string type)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Chat(script, Model));

        Assert.Equal(status, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal(type, error.GetProperty("type").GetString());
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(status == 429 ? "provider" : null, answer.Field("x-aiedge-limit"));
        if (status == 429)
            Assert.Equal("1", answer.Field("retry-after"));
    }

    [Fact]
    public async Task A_provider_s_502_after_our_own_retries_says_that_another_is_of_no_use()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Models = $"  {Model}: {{ targets: [ {{ provider: claude, model: one }}, {{ provider: claude, model: two }} ], retry: {{ budget: 100% }} }}" });
        var answer = await edge.AskAsync(Ask.Chat("status=502", Model));
        Assert.Equal((502, "2", "false"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-should-retry")));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task A_stream_that_breaks_off_is_told_as_an_error_and_never_as_an_end(int events)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream($"n=3; b=0; cut={events}; how=fin", Model));

        Assert.True(answer.IsWhole);
        Assert.Equal("upstream_error", JsonElement.Parse(answer.Events[^1]).GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", answer.Text, StringComparison.Ordinal);
        await client.SeeEndAsync();
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_provider_s_error_within_a_stream_is_the_end()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Stream("n=3; b=0; fail=5", Model));

        var error = JsonElement.Parse(answer.Events[^1]).GetProperty("error");
        Assert.Equal(("Overloaded", "overloaded_error"), (error.GetProperty("message").GetString(), error.GetProperty("code").GetString()));
        Assert.DoesNotContain("[DONE]", answer.Text, StringComparison.Ordinal);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("mode: group")]
    public async Task A_limit_cuts_a_translated_stream_as_it_cuts_a_native_one(string journal)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Runaway = "outputTokens: 12", Journal = journal });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream("n=500; cap=off", Model, ",\"stream_options\":{\"include_usage\":true}"));

        Assert.True(answer.IsWhole);
        Assert.Equal("[DONE]", answer.Events[^1]);
        var (finish, usage) = (JsonElement.Parse(answer.Events[^3]), JsonElement.Parse(answer.Events[^2]));
        Assert.Equal("length", finish.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal("runaway", usage.GetProperty("aiedge").GetProperty("limit").GetString());
        Assert.InRange(usage.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 12);
        Assert.Equal(200, (await client.AskAsync(Ask.Chat("", Model))).Status);
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_provider_s_stream()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ask.Stream("n=9; b=0; stall=5", Model));
            await client.SeeAsync("\"content\":\"");
        }

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(FakeUpstream.RequestEnd.ClientLeft, await request.End);
        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_target_of_the_client_s_dialect_comes_first()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        Assert.Equal("fake", (await edge.AskAsync(Ask.Chat("", "either"))).Field("x-aiedge-provider"));
    }

    [Theory]
    [InlineData("n=3; done=off")]
    [InlineData("n=3; encoding=gzip")]
    [InlineData("n=3; eol=crlf; comments=1")]
    public async Task Streams_are_judged_by_the_provider_s_dialect_however_they_are_coded(string script)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Stream(script, Model));

        Assert.Equal(!script.Contains("done=off", StringComparison.Ordinal), answer.Text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Thought_is_told_as_reasoning_with_what_proves_it()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Chat("n=2; reasoning=3", Model, ",\"reasoning_effort\":\"low\",\"max_tokens\":4000"));

        Assert.NotEqual("", answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content").GetString());
        Assert.Equal("aiedge.signed.0.c2lnbmF0dXJl", answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_details")[0].GetProperty("signature").GetString());
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        Assert.Contains("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    private static (int Input, int Output, int Cached) UsageOf(JsonElement json)
    {
        var usage = json.GetProperty("usage");
        return (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32(),
            usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }
}
