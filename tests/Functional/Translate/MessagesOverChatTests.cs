using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Clients of Anthropic's Messages before a provider that speaks OpenAI's dialect.</summary>
public sealed class MessagesOverChatTests
{
    private const string Tools = ""","tools":[{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}},{"name":"time","input_schema":{"type":"object"}}]""";

    [Fact]
    public async Task A_message_is_answered_in_the_client_s_dialect_and_metered_in_the_provider_s()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Claude.Ask("n=3; cached=5", "gpt-4o", ""","system":"Be brief.","stop_sequences":["X"],"temperature":0.5"""));

        Assert.Equal((200, "application/json"), (answer.Status, answer.Field("content-type")));
        var json = answer.Json;
        Assert.Equal(("message", "assistant", "end_turn"), (json.GetProperty("type").GetString(), json.GetProperty("role").GetString(), json.GetProperty("stop_reason").GetString()));
        Assert.NotEqual("", json.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal((207, 5, 3), UsageOf(json));
        Assert.Equal(answer.Field("x-aiedge-request-id"), answer.Field("request-id"));
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/chat/completions", request.Target);
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("authorization"));
        Assert.Null(request.Header("anthropic-version") ?? request.Header("x-api-key"));
        Assert.Equal(
            $$"""{"model":"fake-n3","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"{{EdgeSetup.Prompt}}"}],"""
            + "\"max_tokens\":1000,\"temperature\":0.5,\"stop\":[\"X\"]}",
            request.BodyText);
        var record = await edge.RecordAsync();
        Assert.Equal((212, 3), (record.GetProperty("inputTokens").GetInt32(), record.GetProperty("outputTokens").GetInt32()));
    }

    /// <summary>Who asks is told to Anthropic alone: to others it would be a prompt that is another each time.</summary>
    [Theory]
    [InlineData("""[{"type":"text","text":"LINE"},{"type":"text","text":"Be brief."}]""", "Be brief.")]
    [InlineData("""[{"type":"text","text":"LINE\nBe brief."}]""", "Be brief.")]
    [InlineData("\"LINE\\nBe brief.\"", "Be brief.")]
    [InlineData("""[{"type":"text","text":"LINE"}]""", null)]
    public async Task The_line_that_says_who_asks_is_left_out(string system, string? expected)
    {
        await using var edge = await Edge.StartAsync();
        var line = "x-anthropic-billing-header: cc_version=2.1.156.a3f; cc_entrypoint=cli; cch=8f2c1;";

        var answer = await edge.AskAsync(Claude.Ask("n=3", "gpt-4o", ",\"system\":" + system.Replace("LINE", line, StringComparison.Ordinal)));

        Assert.Equal((200, null), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        var said = expected is null ? "" : $$"""{"role":"system","content":"{{expected}}"},""";
        Assert.StartsWith(
            $$"""{"model":"fake-n3","messages":[{{said}}{"role":"user","content":"{{EdgeSetup.Prompt}}"}]""", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_has_a_message_s_events_in_their_order_and_the_usage_at_its_end()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Claude.Stream("n=3", "gpt-4o"));

        Assert.Equal(
            ["message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
            Claude.Names(answer));
        Assert.Equal((212, 0, 3), UsageOf(JsonElement.Parse(answer.Events[^2])));
        Assert.Contains("\"include_usage\":true", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("weave; b=0")]
    public async Task Tools_are_used_by_streamed_input_and_their_results_go_back(string script)
    {
        await using var edge = await Edge.StartAsync();

        var used = await edge.AskAsync(Claude.Stream(script, "gpt-4o", Tools));

        var blocks = new SortedDictionary<int, (string Id, string Name, string Input)>();
        foreach (var data in used.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("index", out _)))
        {
            var index = data.GetProperty("index").GetInt32();
            if (data.TryGetProperty("content_block", out var block))
                blocks.Add(index, (block.GetProperty("id").GetString()!, block.GetProperty("name").GetString()!, ""));
            else if (data.TryGetProperty("delta", out var delta))
                blocks[index] = blocks[index] with { Input = blocks[index].Input + delta.GetProperty("partial_json").GetString() };
        }

        Assert.Equal(["weather", "time"], blocks.Values.Select(block => block.Name));
        Assert.Equal("tool_use", JsonElement.Parse(used.Events[^2]).GetProperty("delta").GetProperty("stop_reason").GetString());
        var uses = string.Join(',', blocks.Values.Select(block => $$$"""{"type":"tool_use","id":"{{{block.Id}}}","name":"{{{block.Name}}}","input":{{{block.Input}}}}"""));
        var results = string.Join(',', blocks.Values.Select(block => $$"""{"type":"tool_result","tool_use_id":"{{block.Id}}","content":"fine"}"""));
        var answer = await edge.AskAsync(Ask.Post("/v1/messages",
            $$"""{"model":"gpt-4o","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{{uses}}]},{"role":"user","content":[{{results}}]}]{{Tools}}}"""));

        Assert.Equal((200, "end_turn"), (answer.Status, answer.Json.GetProperty("stop_reason").GetString()));
        await edge.Fake.NextRequestAsync();
        Assert.Contains("{\"role\":\"tool\",\"tool_call_id\":", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status=400", 400, "invalid_request_error")]
    [InlineData("status=429", 429, "rate_limit_error")]
    [InlineData("status=503", 529, "overloaded_error")]
    [InlineData("error=quota; status=429", 502, "api_error")]
    public async Task A_provider_s_error_is_told_in_the_client_s_shape_with_the_status_that_it_has_there(string script, int status, string type)
    {
        await using var edge = await Edge.StartAsync();

        Claude.Error(await edge.AskAsync(Claude.Ask(script, "gpt-4o")), status, type);
    }

    [Theory]
    [InlineData("n=3; b=0; cut=3; how=fin")]
    [InlineData("n=3; b=0; cut=3; how=frame")]
    [InlineData("n=3; done=off; finish=off")]
    [InlineData("n=3; b=0; fail=3")]
    public async Task A_stream_that_fails_ends_in_an_error_event_and_never_in_an_end(string script)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Claude.Stream(script, "gpt-4o"));

        Assert.True(answer.IsWhole);
        Assert.Equal("error", Claude.Names(answer)[^1]);
        Assert.DoesNotContain("message_stop", answer.Text, StringComparison.Ordinal);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_limit_cuts_a_translated_stream_as_it_cuts_a_native_one()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Runaway = "outputTokens: 12" });

        var answer = await edge.AskAsync(Claude.Stream("n=500; cap=off", "gpt-4o"));

        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], Claude.Names(answer)[^3..]);
        var delta = JsonElement.Parse(answer.Events[^2]);
        Assert.Equal("max_tokens", delta.GetProperty("delta").GetProperty("stop_reason").GetString());
        Assert.InRange(delta.GetProperty("usage").GetProperty("output_tokens").GetInt32(), 1, 12);
        Assert.Equal("runaway", JsonElement.Parse(answer.Events[^1]).GetProperty("aiedge").GetProperty("limit").GetString());
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task What_cannot_be_carried_is_named()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Claude.Ask("", "gpt-4o", ""","top_k":5,"thinking":{"type":"enabled","budget_tokens":1024}"""));

        Assert.Equal("thinking,top_k", answer.Field("x-aiedge-translation-loss"));
        var tried = await edge.AskAsync(Claude.Ask("", "gpt-4o", fields: "anthropic-beta: context-1m-2025-08-07\r\n"));
        Assert.Equal("anthropic-beta", tried.Field("x-aiedge-translation-loss"));
    }

    [Fact]
    public async Task Silence_brings_a_ping_of_the_client_s_dialect()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "heartbeat: 100ms" });
        using var client = await edge.ConnectAsync();

        await client.SendAsync(Claude.Stream("n=3; b=0; stall=2", "gpt-4o"));
        await client.SeeAsync("event: ping");
        (await edge.Fake.NextRequestAsync()).Resume();
        await client.SeeAsync("message_stop");
    }

    private static (int Input, int Cached, int Output) UsageOf(JsonElement json)
    {
        var usage = json.GetProperty("usage");
        return (usage.GetProperty("input_tokens").GetInt32(), usage.GetProperty("cache_read_input_tokens").GetInt32(), usage.GetProperty("output_tokens").GetInt32());
    }
}
