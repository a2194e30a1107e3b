using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Anthropic;

/// <summary>Messages go to a provider of the same dialect and back, bytes through.</summary>
public sealed class MessagesTests
{
    [Fact]
    public async Task A_request_keeps_its_bytes_but_for_the_model_and_the_credential()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Claude.Ask(
            "rules=off",
            more: ""","system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}], "unknown":{"a":[1,2]} """,
            fields: "anthropic-beta: one,two\r\n",
            path: "/v1/messages?beta=true"));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(
            Claude.Body("fake-n3", ""","system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}], "unknown":{"a":[1,2]} """), request.BodyText);
        Assert.Equal("/v1/messages?beta=true", request.Target);
        Assert.Equal(EdgeSetup.ProviderKey, request.Header("x-api-key"));
        Assert.Null(request.Header("authorization"));
        Assert.Equal("2023-06-01", request.Header("anthropic-version"));
        Assert.Equal("one,two", request.Header("anthropic-beta"));
    }

    [Fact]
    public async Task An_answer_keeps_its_bytes_and_has_our_ids()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        const string Body = """{ "id":"msg_1","type":"message","content":[{"type":"text","text":"é"}],"later":null,"usage":{"input_tokens":7,"output_tokens":2} }""";
        edge.Fake.EnqueueRaw(Ask.Answer(Body, "request-id: req_theirs\r\nanthropic-organization-id: org\r\nanthropic-ratelimit-tokens-limit: 5\r\n"));

        var answer = await edge.AskAsync(Claude.Ask());

        Assert.Equal(Body, answer.Text);
        Assert.Equal(answer.Field("x-aiedge-request-id"), answer.Field("request-id"));
        Assert.Equal("req_theirs", answer.Field("x-aiedge-provider-request-id"));
        Assert.Null(answer.Field("anthropic-organization-id"));
        Assert.Null(answer.Field("anthropic-ratelimit-tokens-limit"));
        Assert.Equal("claude", answer.Field("x-aiedge-provider"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("eol=crlf")]
    [InlineData("split=utf8; gap=0")]
    [InlineData("split=1; gap=0; n=5")]
    [InlineData("encoding=gzip")]
    [InlineData("comments=1")]
    [InlineData("reasoning=4")]
    public async Task A_stream_passes_with_its_grammar(string script)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Claude.Stream(script.Length > 0 ? script : "n=30", "claude-x"));

        Assert.True(answer.IsWhole);
        answer.Body = System.Text.Encoding.UTF8.GetBytes(answer.Text.Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.Contains(FakeText.All(script is "" ? 30 : script.Contains("n=5", StringComparison.Ordinal) ? 5 : 3), Claude.Text(answer), StringComparison.Ordinal);
        Assert.Equal("{\"type\":\"message_stop\"}", answer.Events[^1]);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    /// <summary>They are in the output as it is told, and are not added to it.</summary>
    [Fact]
    public async Task What_was_thought_is_a_part_of_the_output()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Journal = "mode: group" });
        foreach (var request in (string[])[
            Claude.Ask("n=3; reasoning=4"), Claude.Stream("n=3; reasoning=4"), Ask.Chat("n=3; reasoning=4", "claude-sonnet-4-5"), Ask.Stream("n=3; reasoning=4", "claude-sonnet-4-5")])
        {
            Assert.Equal(200, (await edge.AskAsync(request)).Status);
            var record = await edge.RecordAsync();
            Assert.Equal((7, 4), (record.GetProperty("outputTokens").GetInt64(), record.GetProperty("reasoningTokens").GetInt64()));
        }
    }

    [Fact]
    public async Task A_stream_is_the_provider_s_byte_for_byte()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Journal = "mode: group", Limits = ["name: t, per: key, tokens: 1m/min"] });
        const string Events = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
            + "event: content_block_delta\ndata: {\"delta\":{\"text\":\"caf\\u00e9 \\\"\",\"type\":\"text_delta\"},\"index\":0,\"type\":\"content_block_delta\"}\n\n"
            + "event: an_unknown_one\ndata: {\"type\":\"an_unknown_one\",\"x\":[]}\n\nevent: nonsense\ndata: no json\n\n"
            + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\n"
            + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Events));

        var answer = await edge.AskAsync(Claude.Stream());

        Assert.Equal(Events, answer.Text);
        var record = await edge.RecordAsync();
        Assert.Equal((3, 9), (record.GetProperty("inputTokens").GetInt64(), record.GetProperty("outputTokens").GetInt64()));
        Assert.Equal("done", record.GetProperty("end").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_bill_has_every_class_of_tokens_at_its_price(bool stream)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        var script = "n=20; in=100; cached=50; cachewrite=25";

        await edge.AskAsync(stream ? Claude.Stream(script) : Claude.Ask(script));

        var record = await edge.RecordAsync();
        Assert.Equal(175, record.GetProperty("inputTokens").GetInt64());
        Assert.Equal(50, record.GetProperty("cachedInputTokens").GetInt64());
        Assert.Equal(25, record.GetProperty("cacheWriteTokens").GetInt64());
        Assert.Equal(20, record.GetProperty("outputTokens").GetInt64());
        // 100 x 3 + 50 x 0.30 + 25 x 3.75 + 20 x 15 dollars for a million.
        Assert.Equal("708750", record.GetProperty("costNanodollars").GetString());
        Assert.Equal("/v1/messages", record.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Tokens_of_a_prompt_are_counted_here()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        const string Body = """{"model":"claude-sonnet-4-5","system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"How many are these?"}]}]}""";

        var answer = await edge.AskAsync(Ask.Post("/v1/messages/count_tokens", Body, $"x-api-key: {EdgeSetup.Key}\r\n", key: null));

        Assert.Equal(200, answer.Status);
        Assert.Equal(["input_tokens"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.InRange(answer.Json.GetProperty("input_tokens").GetInt64(), 8, 30);
        Assert.Equal(0, edge.Fake.RequestCount);
        Assert.Equal(200, (await edge.RecordAsync()).GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_model_with_targets_of_both_dialects_answers_each_client_in_its_own()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        Assert.Equal(FakeText.All(2), (await edge.AskAsync(Ask.Chat(model: "either"))).Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(FakeText.All(4), (await edge.AskAsync(Claude.Ask(model: "either"))).Json.GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Models_are_listed_in_the_shape_of_who_asks()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var list = (await edge.AskAsync(Ask.Get("/v1/models", "anthropic-version: 2023-06-01\r\n"))).Json;

        Assert.Equal(["data", "has_more", "first_id", "last_id"], list.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["gpt-4o", "unreachable", "claude-sonnet-4-5", "either"], list.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        Assert.Equal(("gpt-4o", "either"), (list.GetProperty("first_id").GetString(), list.GetProperty("last_id").GetString()));
        var one = (await edge.AskAsync(Ask.Get("/v1/models/claude-opus", "anthropic-version: 2023-06-01\r\n"))).Json;
        Assert.Equal(["type", "id", "display_name", "created_at"], one.EnumerateObject().Select(member => member.Name));
        Assert.Contains("owned_by", (await edge.AskAsync(Ask.Get("/v1/models/claude-opus"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_cuts_caps_the_output_beforehand()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Limits = ["name: o, per: key, outputTokens: 300/min"] });

        var answer = await edge.AskAsync(Claude.Ask());

        Assert.Equal("300", answer.Field("x-aiedge-max-tokens"));
        Assert.Equal(300, JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task A_thought_that_holds_another_provider_s_proof_stays_here_and_the_answer_says_so()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        const string Thought = """{"type":"thinking","thinking":"","signature":"aiedge.call.SIG"},""";
        const string Turns = """{"role":"assistant","content":[THOUGHT{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"aiedge.call."}]}""";
        var body = $$$"""{"model":"claude-sonnet-4-5","max_tokens":10,"messages":[{"role":"user","content":"Q"},{{{Turns}}}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}""";

        var answer = await edge.AskAsync(Ask.Post("/v1/messages", body.Replace("THOUGHT", Thought, StringComparison.Ordinal), "anthropic-version: 2023-06-01\r\n"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("messages.content.thinking", answer.Field("x-aiedge-translation-loss"));
        Assert.Equal(
            body.Replace("THOUGHT", "", StringComparison.Ordinal).Replace("claude-sonnet-4-5", "fake-n3", StringComparison.Ordinal), (await edge.Fake.NextRequestAsync()).BodyText);
    }

    [Theory]
    [InlineData(2000, """{"type":"enabled","budget_tokens":1500}""")]
    [InlineData(1000, """{"type":"disabled"}""")]
    public async Task Thought_that_a_limit_s_cap_leaves_no_room_for_is_less_or_none_and_the_answer_says_so(int limit, string thinking)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Limits = [$"name: o, per: key, outputTokens: {limit}/min"] });
        var body = Claude.Body(more: ""","thinking":{"type":"enabled","budget_tokens":8000}""").Replace("1000", "10000", StringComparison.Ordinal);

        var answer = await edge.AskAsync(Ask.Post("/v1/messages", body, "anthropic-version: 2023-06-01\r\n"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("thinking.budget_tokens", answer.Field("x-aiedge-translation-loss"));
        Assert.Equal(thinking, JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("thinking").GetRawText());
        Assert.Equal("thinking.budget_tokens", (await edge.RecordAsync()).GetProperty("translationLoss").GetString());
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_provider_s_answer_and_pays_for_what_it_had()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Journal = "mode: group" });
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Claude.Stream("n=50; b=0; stall=20"));
            await client.SeeAsync(FakeText.Chunk(15));
        }

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        var record = await edge.RecordAsync();
        Assert.Equal("client_closed", record.GetProperty("end").GetString());
        Assert.Equal(212, record.GetProperty("inputTokens").GetInt64());
        Assert.InRange(record.GetProperty("outputTokens").GetInt64(), 10, 40);
    }
}
