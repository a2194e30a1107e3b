using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Anthropic;

/// <summary>How a streamed message ends: as the provider ends it, or with an error that the client cannot take for an end.</summary>
public sealed class StreamEndTests
{
    /// <summary>message_start, ping, content_block_start, a delta each, content_block_stop, message_delta, message_stop.</summary>
    private const int EventsOfThree = 9;

    /// <summary>The message's start, that of its text, and a ping.</summary>
    private const int EventsBeforeContent = 3;

    public static TheoryData<int, string> Cuts
    {
        get
        {
            var cuts = new TheoryData<int, string>();
            for (var events = 1; events < EventsOfThree; events++)
            {
                foreach (var how in (string[])["fin", "rst", "frame", "size"])
                    cuts.Add(events, how);
            }

            return cuts;
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_stream_that_breaks_off_anywhere_ends_in_an_error_event_and_a_whole_body(int events, string how)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Claude.Stream($"n=3; b=0; cut={events}; gap=100000; how={how}"));

        // Before the first content nothing passes, and the error is the answer; a reset may take bytes with it that were not read.
        var isBegun = events > EventsBeforeContent + (how == "frame" ? 1 : 0);
        Assert.True(how == "rst" || isBegun == (answer.Status == 200), $"{events} {how}: {answer.Status}");
        if (answer.Status == 502)
        {
            Claude.Error(answer, 502, "api_error");
            return;
        }

        Assert.Equal(200, answer.Status);
        Assert.True(answer.IsWhole);
        Assert.Equal("error", Claude.Names(answer)[^1]);
        Assert.Equal("The provider's stream broke off.", Claude.Error(JsonElement.Parse(answer.Events[^1]), "api_error", answer.Field("request-id")!));
        Assert.DoesNotContain("message_stop", answer.Text, StringComparison.Ordinal);
        await client.SeeEndAsync();
        var record = await edge.RecordAsync();
        Assert.Equal("upstream_fault", record.GetProperty("end").GetString());
        Assert.Equal(212, record.GetProperty("inputTokens").GetInt64());
    }

    [Fact]
    public async Task A_stream_without_its_last_event_is_not_whole()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Claude.Stream("n=3; done=off"));

        Assert.Equal(["content_block_stop", "message_delta", "error"], Claude.Names(answer)[^3..]);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_provider_s_error_within_a_stream_passes_and_is_the_end()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Claude.Stream("n=3; b=0; fail=5"));

        Assert.Equal(["content_block_delta", "content_block_delta", "error"], Claude.Names(answer)[^3..]);
        Assert.Equal("overloaded_error", JsonElement.Parse(answer.Events[^1]).GetProperty("error").GetProperty("type").GetString());
        Assert.Single(Claude.Names(answer), "error");
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_stream_that_stalls_ends_in_an_error_event()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Timeouts = "idle: 3s" });

        var answer = await edge.AskAsync(Claude.Stream("n=9; b=0; stall=5"));

        Assert.True(answer.IsWhole);
        Assert.Equal(
            "The provider took too long to answer.", Claude.Error(JsonElement.Parse(answer.Events[^1]), "api_error", answer.Field("request-id")!));
        Assert.Equal("timeout", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task Each_silence_brings_a_ping()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Server = "heartbeat: 100ms" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Claude.Stream("n=3; b=0; stall=5"));
        const string Ping = "\r\nevent: ping\ndata: {\"type\": \"ping\"}\n\n\r\n";
        await client.SeeAsync("content_block_delta");
        await client.SeeAsync(Ping);
        await client.SeeAsync(Ping);
        (await edge.Fake.NextRequestAsync()).Resume();

        var answer = await client.ReadAnswerAsync();

        Assert.Equal(FakeText.All(3), Claude.Text(answer));
        Assert.Equal("message_stop", Claude.Names(answer)[^1]);
    }

    [Theory]
    [InlineData("{\"type\":\"text\",\"text\":\"\"}", "text_delta", "text")]
    [InlineData("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}", "thinking_delta", "thinking")]
    [InlineData("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"\",\"input\":{}}", "input_json_delta", "partial_json")]
    public async Task A_limit_ends_the_block_that_is_open_and_the_message(string block, string delta, string member)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with
        {
            Models = Claude.Setup.Models + "\n  claude-cut: { targets: [ { provider: claude } ], tokenizer: o200k_base, runaway: { outputTokens: 2 } }",
        });
        const string Start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":"
            + "{\"input_tokens\":7,\"cache_creation_input_tokens\":4,\"cache_read_input_tokens\":5,\"output_tokens\":1}}}\n\n";
        var open = $"event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{block}}}\n\n";
        string Delta(string word) =>
            $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{{\"type\":\"{delta}\",\"{member}\":\"{word}\"}}}}\n\n";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Start + open + Delta(" one") + Delta(" two") + Delta(" three")));
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Claude.Stream(model: "claude-cut"));

        Assert.True(answer.IsWhole);
        Assert.Equal(
            Start + open + Delta(" one") + Delta(" two")
            + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":"
            + "{\"input_tokens\":7,\"cache_creation_input_tokens\":4,\"cache_read_input_tokens\":5,\"output_tokens\":2"
            + (member == "thinking" ? ",\"output_tokens_details\":{\"thinking_tokens\":2}}}\n\n" : "}}\n\n")
            + "event: message_stop\ndata: {\"type\":\"message_stop\",\"aiedge\":{\"end\":\"limit\",\"limit\":\"runaway\"}}\n\n",
            answer.Text);
        Assert.Equal(200, (await client.AskAsync(Claude.Ask())).Status);
        var record = await edge.RecordAsync();
        Assert.Equal("cut", record.GetProperty("end").GetString());
        Assert.Equal((16, 2), (record.GetProperty("inputTokens").GetInt64(), record.GetProperty("outputTokens").GetInt64()));
    }

    [Fact]
    public async Task A_limit_s_end_tells_for_how_long_what_was_cached_is_kept()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with
        {
            Models = Claude.Setup.Models + "\n  claude-cut: { targets: [ { provider: claude } ], tokenizer: o200k_base, runaway: { outputTokens: 1 } }",
        });
        const string Usage = "\"input_tokens\":7,\"cache_creation_input_tokens\":4,\"cache_read_input_tokens\":5,"
            + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":1,\"ephemeral_1h_input_tokens\":3},\"output_tokens\":1}";
        var stream = Ask.StreamAnswer(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{" + Usage + "}}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + string.Concat(Enumerable.Repeat("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" a\"}}\n\n", 3)));
        edge.Fake.EnqueueRaw(stream, close: false);

        var answer = await edge.AskAsync(Claude.Stream(model: "claude-cut"));
        Assert.EndsWith("\"usage\":{" + Usage + "}", answer.Events[^2], StringComparison.Ordinal);

        // A chat's client has them by its own names.
        edge.Fake.EnqueueRaw(stream);
        var chat = await edge.AskAsync(Ask.Stream(model: "claude-cut", more: ",\"stream_options\":{\"include_usage\":true}"));
        var usage = JsonElement.Parse(chat.Events[^2]).GetProperty("usage");
        Assert.Equal(16, usage.GetProperty("prompt_tokens").GetInt64());
        Assert.Equal("{\"cached_tokens\":5,\"cache_write_tokens\":4}", usage.GetProperty("prompt_tokens_details").GetRawText());
    }

    [Fact]
    public async Task A_limit_on_tokens_cuts_what_the_provider_gives_beyond_its_cap()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Time = new StillTime(), Limits = ["name: out, per: key, outputTokens: 200/min"] });

        var answer = await edge.AskAsync(Claude.Stream("n=2000; cap=off"));

        Assert.True(answer.IsWhole);
        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], Claude.Names(answer)[^3..]);
        Assert.Contains("\"limit\":\"out\"", answer.Events[^1], StringComparison.Ordinal);
        var record = await edge.RecordAsync();
        Assert.StartsWith("cut", record.GetProperty("end").GetString(), StringComparison.Ordinal);
        Assert.InRange(record.GetProperty("outputTokens").GetInt64(), 30, 200);
    }
}
