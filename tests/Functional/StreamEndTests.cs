using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>A cut is never dressed as a clean end.</summary>
public sealed class StreamEndTests
{
    private const string BrokeOff = "The provider's stream broke off.";

    [Theory]
    [InlineData("fin")]
    [InlineData("rst")]
    [InlineData("frame")]
    [InlineData("size")]
    public async Task A_stream_that_is_cut_ends_in_an_error_event_and_a_whole_body(string how)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream($"n=9; b=0; cut=4; gap=100000; how={how}"));

        Assert.Equal(200, answer.Status);
        Assert.True(answer.IsWhole);
        Assert.Equal("data: " + RawAnswer.Error(BrokeOff, "server_error", "upstream_error") + "\n\n", answer.Frames[^1]);
        Assert.DoesNotContain("[DONE]", answer.Text);
        Assert.Equal(how == "frame" ? FakeText.All(2) : FakeText.All(3), answer.Content);
        await client.SeeEndAsync();
        var record = await edge.RecordAsync();
        Assert.Equal("upstream_fault", record.GetProperty("end").GetString());
        Assert.Equal(200, record.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_stream_that_stalls_ends_in_a_timeout_event()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = "idle: 3s" });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream("n=9; b=0; stall=4"));

        Assert.Equal("data: " + RawAnswer.Error("The provider took too long to answer.", "server_error", "timeout") + "\n\n", answer.Frames[^1]);
        Assert.DoesNotContain("[DONE]", answer.Text);
        Assert.True(answer.IsWhole);
        await client.SeeEndAsync();
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(RequestEnd.ClientLeft, await request.End);
        Assert.Equal("timeout", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task The_total_binds_a_stream_that_goes_on_and_on()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = "total: 6s" });

        var answer = await edge.AskAsync(Ask.Stream("n=100000; d=20000"));

        Assert.Contains("\"code\":\"timeout\"", answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        Assert.NotEmpty(answer.Content);
    }

    [Fact]
    public async Task A_slow_stream_is_not_cut_while_it_moves()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = "idle: 2s" });

        // A busy machine may stand still for longer than that; one that cut what moves would do it each time.
        var answer = await edge.AskAsync(Ask.Stream("n=8; d=400000"));
        for (var tries = 0; tries < 10 && answer.Events[^1] != "[DONE]"; tries++)
            answer = await edge.AskAsync(Ask.Stream("n=8; d=400000"));

        Assert.Equal(FakeText.All(8), answer.Content);
        Assert.Equal("[DONE]", answer.Events[^1]);
    }

    [Theory]
    [InlineData("cut=0", 502, "The provider's stream broke off.", "upstream_error")]
    [InlineData("cut=0; how=rst", 502, "The provider's stream broke off.", "upstream_error")]
    [InlineData("b=0; cut=1; how=frame", 502, "The provider's stream broke off.", "upstream_error")]
    [InlineData("stall=0", 504, "The provider took too long to answer.", "upstream_timeout")]
    public async Task A_stream_that_breaks_before_its_first_event_is_an_honest_error(string script, int status, string message, string code)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = IdleFor(script) });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream("n=9; " + script));

        Assert.Equal(status, answer.Status);
        Assert.Equal(RawAnswer.Error(message, "server_error", code), answer.Text);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(status, (await edge.RecordAsync()).GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Without_its_last_event_a_stream_is_whole_if_every_choice_is_finished()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream("n=5; done=off"));

        Assert.True(answer.IsWhole);
        Assert.DoesNotContain("error", answer.Text);
        Assert.Equal(FakeText.All(5), answer.Content);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    [Theory]
    [InlineData("n=5; done=off; finish=off")]
    [InlineData("n=5; done=off; finish=off; framing=eof")]
    [InlineData("n=5; b=0; done=off; cut=7")]
    public async Task Without_its_last_event_a_stream_with_an_open_choice_or_framing_is_broken(string script)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream(script));

        Assert.Equal("data: " + RawAnswer.Error(BrokeOff, "server_error", "upstream_error") + "\n\n", answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        Assert.Equal(FakeText.All(5), answer.Content);
    }

    [Theory]
    [InlineData("cut=8; how=rst; gap=100000")]
    [InlineData("cut=8")]
    [InlineData("stall=8")]
    public async Task Behind_its_last_event_a_stream_is_whole_whatever_the_framing_does(string script)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "usageChunk: never", Timeouts = IdleFor(script) });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream("n=5; b=0; " + script));

        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(2, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task An_error_event_of_the_provider_passes_and_ends_the_stream()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream("n=9; b=0; fail=4"));

        Assert.Contains("The server had an error processing your request.", answer.Frames[^1]);
        Assert.Single(answer.Events, data => data.Contains("\"error\"", StringComparison.Ordinal));
        Assert.True(answer.IsWhole);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    /// <summary>Events of pictures are as long as those; what all exchanges together may hold bounds them.</summary>
    [Theory]
    [InlineData(1_100_000, "\n\n")]
    [InlineData(1_100_000, "")]
    [InlineData(600_000, "\n\n")]
    public async Task An_event_for_which_there_is_no_room_is_told(int length, string end)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 1mb, bufferedBytesMax: 1mb" });
        var huge = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + new string('x', length) + "\"}}]}" + end;
        edge.Fake.EnqueueRaw(Ask.StreamAnswer("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n" + huge + "data: [DONE]\n\n"));

        var answer = await edge.AskAsync(Ask.Stream());

        Assert.Equal(2, answer.Frames.Length);
        Assert.Equal("data: " + RawAnswer.Error("The gateway is overloaded; try again later.", "server_error", "upstream_error") + "\n\n", answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target=""} 0""");
    }

    [Fact]
    public async Task Long_events_pass_and_are_read()
    {
        await using var edge = await Edge.StartAsync();
        foreach (var length in (int[])[1_000_000, 9_000_000])
        {
            var answer = await edge.AskAsync(Ask.Stream($"n=2; bytes={length}; usage=always"));
            Assert.StartsWith(FakeText.Filler(length), answer.Content, StringComparison.Ordinal);
            Assert.Equal("[DONE]", answer.Events[^1]);
            Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
        }

        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
    }

    [Theory]
    [InlineData("cut=6", BrokeOff, "upstream_error", 6)]
    [InlineData("cut=6; how=rst; gap=100000", BrokeOff, "upstream_error", 6)]
    [InlineData("stall=5", "The provider took too long to answer.", "timeout", 5)]
    [InlineData("cut=5", BrokeOff, "upstream_error", 5)]
    [InlineData("finish=off", BrokeOff, "upstream_error", 16)]
    public async Task A_broken_responses_stream_ends_in_response_failed(string script, string message, string code, int sequence)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = IdleFor(script) });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Responses("n=9; b=0; " + script));

        Assert.True(answer.IsWhole);
        var created = JsonElement.Parse(answer.Events[0]).GetProperty("response");
        var id = created.GetProperty("id").GetString();
        var createdAt = created.GetProperty("created_at").GetInt64();
        var failed = $$$"""
            event: response.failed
            data: {"type":"response.failed","sequence_number":{{{sequence}}},"response":{"id":"{{{id}}}","object":"response",
            "created_at":{{{createdAt}}},"status":"failed","error":{"code":"{{{code}}}","message":"{{{message}}}"},"output":[],"usage":null}}
            """;
        Assert.Equal(failed.Replace(",\n", ",", StringComparison.Ordinal) + "\n\n", answer.Frames[^1]);
        Assert.Equal(Enumerable.Range(0, sequence + 1), answer.Events.Select(data => JsonElement.Parse(data).GetProperty("sequence_number").GetInt32()));
        await client.SeeEndAsync();
    }

    [Theory]
    [InlineData("""{"type":"response.output_text.delta","sequence_number":41,"delta":"x"}""", 42)]
    [InlineData("""{"type":"response.output_text.delta","delta":"x","sequence_number":41}""", 42)]
    [InlineData("""{"sequence_number":41,"delta":"x","type":"response.output_text.delta"}""", 42)]
    [InlineData("""{"type":"response.output_text.delta","delta":"x"}""", 9)]
    [InlineData("""{"type":"response.output_item.done","item":{"sequence_number":99},"sequence_number":41}""", 42)]
    public async Task The_sequence_goes_on_from_the_last_event(string last, int sequence)
    {
        await using var edge = await Edge.StartAsync();
        const string created =
            """{"type":"response.created","response":{"created_at":1700000000,"output":[{"id":"no"}],"id":"resp_\u0041"},"sequence_number":7}""";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer($"data: {created}\n\ndata: {last}\n\n"));

        var failed = JsonElement.Parse((await edge.AskAsync(Ask.Responses())).Events[^1]);

        Assert.Equal(sequence, failed.GetProperty("sequence_number").GetInt32());
        Assert.Equal("resp_A", failed.GetProperty("response").GetProperty("id").GetString());
        Assert.Equal(1_700_000_000, failed.GetProperty("response").GetProperty("created_at").GetInt64());
    }

    [Fact]
    public async Task A_responses_stream_that_never_named_itself_is_named_by_us()
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.StreamAnswer("event: x\ndata: {\"type\":\"odd\"}\n\n"));

        var answer = await edge.AskAsync(Ask.Responses());

        var failed = JsonElement.Parse(answer.Events[^1]);
        Assert.Equal(1, failed.GetProperty("sequence_number").GetInt32());
        Assert.Equal("resp_" + answer.Field("x-aiedge-request-id"), failed.GetProperty("response").GetProperty("id").GetString());
        Assert.InRange(failed.GetProperty("response").GetProperty("created_at").GetInt64(), 1_700_000_000, 10_000_000_000);
    }

    [Fact]
    public async Task A_done_line_does_not_complete_a_responses_stream()
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(
            "data: {\"type\":\"response.created\",\"sequence_number\":0}\n\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"delta\":\"x\"}\n\ndata: [DONE]\n\n"));

        Assert.StartsWith("event: response.failed\n", (await edge.AskAsync(Ask.Responses())).Frames[^1]);
    }

    [Theory]
    [InlineData("/v1/audio/speech", "binary=100000; cut=50000")]
    [InlineData("/v1/audio/speech", "binary=100000; framing=length; cut=50000")]
    [InlineData("/v1/chat/completions", "n=100000; cut=300000")]
    [InlineData("/v1/chat/completions", "n=100000; framing=chunked; cut=300000")]
    public async Task What_has_no_way_to_tell_an_error_is_cut(string path, string script)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Post(path, Ask.ChatBody(more: ",\"input\":\"x\""), Ask.Script(script)));

        Assert.Equal(200, answer.Status);
        Assert.False(answer.IsWhole);
        Assert.True(client.Ended);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_long_json_answer_that_only_the_connections_end_closes_is_cut_when_it_breaks_off()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat("n=100000; framing=eof; cut=300000"));

        Assert.Equal("chunked", answer.Field("Transfer-Encoding"));
        Assert.False(answer.IsWhole);
    }

    [Fact]
    public async Task An_encoded_stream_that_is_cut_ends_in_an_error_event()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream("n=20; b=0; encoding=gzip; cut=9"));

        Assert.Contains("\"code\":\"upstream_error\"", answer.Frames[^1]);
        Assert.DoesNotContain("[DONE]", answer.Text);
        Assert.True(answer.IsWhole);
    }

    [Fact]
    public async Task Bytes_that_are_not_of_the_coding_announced_are_a_fault()
    {
        await using var edge = await Edge.StartAsync();
        foreach (var coding in (string[])["gzip", "br"])
        {
            edge.Fake.EnqueueRaw(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {coding}\r\nContent-Length: 40\r\n\r\n" + new string('!', 40)));
            Assert.Equal(502, (await edge.AskAsync(Ask.Chat())).Status);
        }
    }

    /// <summary>Short only where it is to run out: on a busy machine it would else end what is to end otherwise.</summary>
    private static string IdleFor(string script) => script.StartsWith("stall", StringComparison.Ordinal) ? "idle: 3s" : "idle: 60s";
}
