using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Who asks.</summary>
public enum Asker
{
    Chat,
    Messages,
    Contents,
}

/// <summary>Clients of chat completions, of Anthropic and of Gemini before a provider that answers by OpenAI's Responses.</summary>
public sealed class OverResponsesTests
{
    private const string Model = "answers";
    private const string Schema = """{"type":"object","properties":{"city":{"type":"string"}}}""";

    private static EdgeSetup Setup => new()
    {
        Providers = string.Join('\n',
            $"  answers: {{ dialect: openai, responses: only, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
            $"  both: {{ dialect: openai, responses: preferred, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
        Models = string.Join('\n',
            "  answers: { targets: [ { provider: answers, model: fake-n3 } ] }",
            "  gpt-5: { targets: [ { provider: answers } ] }",
            "  both: { targets: [ { provider: both, model: fake-n3 } ] }",
            "  second: { targets: [ { provider: answers, model: fake-n3 }, { provider: both, model: fake-n4, priority: 1 } ] }"),
    };

    public static TheoryData<Asker> Askers => [Asker.Chat, Asker.Messages, Asker.Contents];

    [Theory]
    [MemberData(nameof(Askers))]
    public async Task An_answer_is_the_client_s_and_metered_as_the_provider_says(Asker asker)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Post(asker, "n=3; cached=5"));

        Assert.Equal((200, "application/json"), (answer.Status, answer.Field("content-type")));
        Assert.Equal(Said(3), TextOf(asker, answer.Json));
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/responses", request.Target);
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("authorization"));
        Assert.Null(request.Header("anthropic-version") ?? request.Header("x-api-key") ?? request.Header("x-goog-api-key"));
        var record = await edge.RecordAsync();
        Assert.Equal(("done", 212, 3), (
            record.GetProperty("end").GetString(), record.GetProperty("inputTokens").GetInt32(), record.GetProperty("outputTokens").GetInt32()));
        Assert.Equal(5, record.GetProperty("cachedInputTokens").GetInt32());
    }

    [Fact]
    public async Task What_goes_to_the_provider_is_a_request_for_a_response_that_is_not_stored()
    {
        await using var edge = await Edge.StartAsync(Setup);

        await edge.AskAsync(Ask.Chat("", Model, ",\"max_completion_tokens\":77,\"user\":\"u-1\",\"metadata\":{\"a\":\"b\"}", "openai-beta: a\r\n"));

        var request = await edge.Fake.NextRequestAsync();
        Assert.Null(request.Header("openai-beta"));
        Assert.Equal(
            $$"""{"model":"fake-n3","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"{{EdgeSetup.Prompt}}"}]}],"max_output_tokens":77,"""
            + "\"user\":\"u-1\",\"metadata\":{\"a\":\"b\"},\"store\":false}",
            request.BodyText);
    }

    [Theory]
    [MemberData(nameof(Askers))]
    public async Task A_stream_is_told_as_it_comes_and_ends_as_the_client_s_do(Asker asker)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Post(asker, "n=5; split=utf8; gap=0", isStream: true));

        Assert.True(answer.IsWhole);
        Assert.Equal(Said(5), TextOf(asker, answer));
        Assert.True(IsEnded(asker, answer), answer.Text);
        var record = await edge.RecordAsync();
        Assert.Equal(("done", 212, 5), (
            record.GetProperty("end").GetString(), record.GetProperty("inputTokens").GetInt32(), record.GetProperty("outputTokens").GetInt32()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tools_are_called_and_their_results_go_back(bool isStream)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string tools = ",\"tools\":[{\"name\":\"weather\",\"input_schema\":" + Schema + "},{\"name\":\"time\",\"input_schema\":{\"type\":\"object\"}}]";

        var used = await edge.AskAsync(isStream ? Claude.Stream("", Model, tools) : Claude.Ask("", Model, tools));

        var uses = isStream ? UsesIn(used) : [.. used.Json.GetProperty("content").EnumerateArray().Select(block => block.GetRawText())];
        Assert.Equal(["weather", "time"], uses.Select(use => JsonElement.Parse(use).GetProperty("name").GetString()));
        var results = string.Join(',', uses.Select(use => $$"""{"type":"tool_result","tool_use_id":{{JsonElement.Parse(use).GetProperty("id").GetRawText()}},"content":"fine"}"""));
        var answer = await edge.AskAsync(Ask.Post("/v1/messages",
            $$"""{"model":"{{Model}}","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{{string.Join(',', uses)}}]},{"role":"user","content":[{{results}}]}]{{tools}}}"""));
        Assert.Equal((200, "end_turn"), (answer.Status, answer.Json.GetProperty("stop_reason").GetString()));
        await edge.Fake.NextRequestAsync();
        var input = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("input");
        Assert.Equal(
            ["message", "function_call", "function_call", "function_call_output", "function_call_output"],
            input.EnumerateArray().Select(item => item.GetProperty("type").GetString()));
    }

    [Theory]
    [InlineData(Asker.Chat, "status=400", 400)]
    [InlineData(Asker.Chat, "status=429", 429)]
    [InlineData(Asker.Chat, "status=500", 502)]
    [InlineData(Asker.Messages, "status=429", 429)]
    [InlineData(Asker.Messages, "status=503", 529)]
    [InlineData(Asker.Messages, "error=quota; status=429", 502)]
    [InlineData(Asker.Contents, "status=400", 400)]
    [InlineData(Asker.Contents, "status=401", 502)]
    public async Task A_refusal_has_the_status_that_it_has_for_the_client(Asker asker, string script, int status)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Post(asker, script));

        Assert.Equal(status, answer.Status);
        Assert.True(answer.Json.TryGetProperty("error", out _));
    }

    [Theory]
    [InlineData(Asker.Chat, "rate_limit_exceeded", 429)]
    [InlineData(Asker.Chat, "server_error", 502)]
    [InlineData(Asker.Chat, "invalid_prompt", 400)]
    [InlineData(Asker.Messages, "rate_limit_exceeded", 429)]
    [InlineData(Asker.Messages, "server_is_overloaded", 529)]
    [InlineData(Asker.Contents, "invalid_image_url", 400)]
    [InlineData(Asker.Contents, "insufficient_quota", 502)]
    public async Task A_response_that_fails_before_it_has_said_anything_is_told_by_a_status(Asker asker, string code, int status)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var failed = $$"""{"id":"r","object":"response","status":"failed","error":{"code":"{{code}}","message":"In \"its\" words."},"output":[],"usage":null}""";

        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Created + $"event: response.failed\ndata: {{\"type\":\"response.failed\",\"sequence_number\":1,\"response\":{failed}}}\n\n"));
        var stream = await edge.AskAsync(Post(asker, isStream: true));
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Created + $"event: error\ndata: {{\"type\":\"error\",\"code\":\"{code}\",\"message\":\"In \\\"its\\\" words.\",\"param\":null}}\n\n"));
        var error = await edge.AskAsync(Post(asker, isStream: true));
        edge.Fake.EnqueueRaw(Ask.Answer(failed));
        var whole = await edge.AskAsync(Post(asker));

        foreach (var answer in (RawAnswer[])[stream, error, whole])
        {
            Assert.Equal((status, "application/json"), (answer.Status, answer.Field("content-type")));
            if (code != "insufficient_quota")
                Assert.Equal("In \"its\" words.", answer.Json.GetProperty("error").GetProperty("message").GetString());
            Assert.Equal(status == 429 ? "provider" : null, answer.Field("x-aiedge-limit"));
        }
    }

    [Fact]
    public async Task A_response_that_fails_before_it_has_said_anything_is_asked_of_the_next()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Created
            + "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":1,\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}\n\n"));

        var answer = await edge.AskAsync(Claude.Stream("", "second"));

        Assert.Equal((200, "both", "2"), (answer.Status, answer.Field("x-aiedge-provider"), answer.Field("x-aiedge-attempts")));
        Assert.Equal(Said(4), Claude.Text(answer));
    }

    [Theory]
    [InlineData(Asker.Chat, "n=3; b=0; cut=6; how=fin")]
    [InlineData(Asker.Chat, "n=3; finish=off")]
    [InlineData(Asker.Chat, "n=3; b=0; fail=6")]
    [InlineData(Asker.Messages, "n=3; b=0; cut=7; how=frame")]
    [InlineData(Asker.Messages, "n=3; b=0; fail=6")]
    [InlineData(Asker.Contents, "n=3; b=0; cut=5; how=rst")]
    [InlineData(Asker.Contents, "n=3; b=0; fail=6")]
    public async Task A_stream_that_fails_ends_in_an_error_and_never_in_an_end(Asker asker, string script)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Post(asker, script, isStream: true));

        Assert.True(answer.IsWhole);
        Assert.False(IsEnded(asker, answer), answer.Text);
        Assert.True(JsonElement.Parse(answer.Events[^1]).TryGetProperty("error", out _), answer.Text);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [MemberData(nameof(Askers))]
    public async Task A_limit_cuts_the_stream_and_the_text_so_far_is_counted(Asker asker)
    {
        await using var edge = await Edge.StartAsync(Setup with { Runaway = "outputTokens: 12" });

        var answer = await edge.AskAsync(Post(asker, "n=500; cap=off", isStream: true));

        Assert.True(answer.IsWhole);
        Assert.Contains(asker switch { Asker.Chat => "\"finish_reason\":\"length\"", Asker.Messages => "\"stop_reason\":\"max_tokens\"", _ => "MAX_TOKENS" }, answer.Text, StringComparison.Ordinal);
        Assert.Contains("runaway", answer.Text, StringComparison.Ordinal);
        var record = await edge.RecordAsync();
        Assert.Equal("cut", record.GetProperty("end").GetString());
        Assert.InRange(record.GetProperty("countedOutputTokens").GetInt32(), 1, 12);
    }

    [Fact]
    public async Task A_limit_that_cuts_lowers_the_cap_beforehand()
    {
        await using var edge = await Edge.StartAsync(Setup with { Limits = ["name: cut, per: key, outputTokens: 200/hour, onStream: cut"] });

        await edge.AskAsync(Ask.Stream("", Model, ",\"max_tokens\":5000"));

        Assert.Equal(200, JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("max_output_tokens").GetInt32());
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_provider_s_stream()
    {
        await using var edge = await Edge.StartAsync(Setup);
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ask.Stream("n=9; b=0; stall=6", Model));
            await client.SeeAsync("\"content\":\"");
        }

        Assert.Equal(FakeUpstream.RequestEnd.ClientLeft, await (await edge.Fake.NextRequestAsync()).End);
        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Thought_is_shown_where_it_is_asked_for_and_goes_back_sealed(bool isStream)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string thinks = ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}";

        var answer = await edge.AskAsync(isStream ? Claude.Stream("n=2; reasoning=3", "gpt-5", thinks) : Claude.Ask("n=2; reasoning=3", "gpt-5", thinks));

        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var signature = isStream
            ? answer.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("delta", out _)).Select(data => data.GetProperty("delta"))
                .Where(delta => delta.TryGetProperty("signature", out _)).Select(delta => delta.GetProperty("signature").GetString()).Single()!
            : answer.Json.GetProperty("content")[0].GetProperty("signature").GetString()!;
        Assert.StartsWith("aiedge.sealed.gAAAAA-fake_", signature, StringComparison.Ordinal);
        var told = $$"""[{"type":"thinking","thinking":"hm","signature":"{{signature}}"},{"type":"text","text":"b"}]""";
        var again = await edge.AskAsync(Ask.Post("/v1/messages",
            $$"""{"model":"gpt-5","max_tokens":500,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":{{told}}},{"role":"user","content":"c"}]}"""));

        Assert.Equal((200, null), (again.Status, again.Field("x-aiedge-translation-loss")));
        Assert.Contains("\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"include\":[\"reasoning.encrypted_content\"]", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        Assert.Contains(
            $$"""{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"{{signature["aiedge.sealed.".Length..]}}"}""",
            (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        Assert.Equal(5, (await edge.RecordAsync()).GetProperty("outputTokens").GetInt32());
    }

    [Fact]
    public async Task A_provider_that_prefers_responses_takes_chats_as_they_are_and_others_as_responses()
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal(200, (await edge.AskAsync(Post(Asker.Messages, model: "both"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Post(Asker.Chat, model: "both"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"both","input":"Q","store":true}"""))).Status);

        Assert.Equal("/v1/responses", (await edge.Fake.NextRequestAsync()).Target);
        Assert.Equal("/v1/chat/completions", (await edge.Fake.NextRequestAsync()).Target);
        Assert.Equal("""{"model":"fake-n3","input":"Q","store":true}""", (await edge.Fake.NextRequestAsync()).BodyText);
    }

    [Fact]
    public async Task What_cannot_be_carried_is_named()
    {
        await using var edge = await Edge.StartAsync(Setup);

        var chat = await edge.AskAsync(Ask.Chat("", Model, ",\"n\":2,\"stop\":[\"a\"],\"seed\":1,\"logit_bias\":{\"1\":2},\"presence_penalty\":1,\"max_tokens\":3"));
        var contents = await edge.AskAsync(Gem.Ask("", Model, ",\"generationConfig\":{\"candidateCount\":2,\"topK\":4}"));

        Assert.Equal("logit_bias,max_tokens,n,stop,seed,presence_penalty", chat.Field("x-aiedge-translation-loss"));
        Assert.Equal("generationConfig.candidateCount,generationConfig.topK", contents.Field("x-aiedge-translation-loss"));
    }

    private static string Created =>
        "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"status\":\"in_progress\",\"error\":null,\"model\":\"m\",\"output\":[],\"usage\":null}}\n\n";

    private static string Said(int chunks) => string.Concat(Enumerable.Range(0, chunks).Select(FakeUpstream.FakeText.Chunk));

    private static string Post(Asker asker, string script = "", bool isStream = false, string model = Model) => asker switch
    {
        Asker.Chat => isStream ? Ask.Stream(script, model) : Ask.Chat(script, model),
        Asker.Messages => isStream ? Claude.Stream(script, model) : Claude.Ask(script, model),
        _ => isStream ? Gem.Stream(script, model) : Gem.Ask(script, model),
    };

    private static string? TextOf(Asker asker, JsonElement json) => asker switch
    {
        Asker.Chat => json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(),
        Asker.Messages => json.GetProperty("content")[0].GetProperty("text").GetString(),
        _ => json.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString(),
    };

    private static string TextOf(Asker asker, RawAnswer answer) => asker switch
    {
        Asker.Chat => string.Concat(answer.Events[..^1].Select(data => JsonElement.Parse(data).GetProperty("choices")[0].GetProperty("delta")).Select(
            delta => delta.TryGetProperty("content", out var text) ? text.GetString() : "")),
        Asker.Messages => Claude.Text(answer),
        _ => Gem.Text(answer),
    };

    private static bool IsEnded(Asker asker, RawAnswer answer) => asker switch
    {
        Asker.Chat => answer.Events[^1] == "[DONE]",
        Asker.Messages => Claude.Names(answer)[^1] == "message_stop",
        _ => answer.Text.Contains("\"finishReason\":\"STOP\"", StringComparison.Ordinal),
    };

    private static string[] UsesIn(RawAnswer answer)
    {
        var uses = new SortedDictionary<int, (string Id, string Name, string Input)>();
        foreach (var data in answer.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("index", out _)))
        {
            var index = data.GetProperty("index").GetInt32();
            if (data.TryGetProperty("content_block", out var block))
                uses.Add(index, (block.GetProperty("id").GetString()!, block.GetProperty("name").GetString()!, ""));
            else if (data.TryGetProperty("delta", out var delta))
                uses[index] = uses[index] with { Input = uses[index].Input + delta.GetProperty("partial_json").GetString() };
        }

        return [.. uses.Values.Select(use => $$$"""{"type":"tool_use","id":"{{{use.Id}}}","name":"{{{use.Name}}}","input":{{{use.Input}}}}""")];
    }
}
