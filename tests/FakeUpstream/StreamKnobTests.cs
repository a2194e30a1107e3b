using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace AiEdge.FakeUpstream.Tests;

/// <summary>Each knob that shapes or breaks an event stream, seen from a raw socket.</summary>
public sealed class StreamKnobTests : IAsyncLifetime
{
    private FakeUpstreamServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeUpstreamServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_stream_has_role_content_finish_and_done_in_order()
    {
        var answer = await RawClient.ChatAsync(_server, "n=9");
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("text/event-stream", answer.Field("Content-Type"));
        Assert.Equal(12, answer.Events.Length);
        Assert.Contains("\"role\":\"assistant\"", answer.Events[0]);
        Assert.Contains("\"finish_reason\":\"stop\"", answer.Events[^2]);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.Equal(FakeText.All(9), answer.Content);
        Assert.True(answer.LastChunk);
        Assert.DoesNotContain("usage", answer.Text);
    }

    [Fact]
    public async Task Usage_comes_in_a_last_chunk_and_as_null_before_it_when_asked_for()
    {
        var answer = await RawClient.ChatAsync(_server, "n=4; in=10; reasoning=2; cached=3", more: ""","stream_options":{"include_usage":true}""");
        Assert.All(answer.Events[..^2], data => Assert.EndsWith(",\"usage\":null}", data));
        Assert.Contains("\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":6,\"total_tokens\":16", answer.Events[^2]);
        Assert.Contains("\"cached_tokens\":3", answer.Events[^2]);
    }

    [Theory]
    [InlineData("usage=off", true, 0)]
    [InlineData("usage=always", false, 1)]
    [InlineData("", true, 1)]
    public async Task Usage_can_be_kept_back_or_forced(string script, bool asked, int objects)
    {
        var answer = await RawClient.ChatAsync(_server, script, more: asked ? ""","stream_options":{"include_usage":true}""" : "");
        Assert.Equal(objects, answer.Events.Count(data => data.Contains("\"usage\":{", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Azure_starts_with_an_event_of_empty_choices_and_filter_results()
    {
        var answer = await RawClient.ChatAsync(_server, "azure=on");
        Assert.Contains("\"choices\":[],\"prompt_filter_results\":[", answer.Events[0]);
        Assert.Contains("\"content_filter_results\"", answer.Events[2]);
    }

    [Fact]
    public async Task Done_and_finish_can_be_left_out()
    {
        Assert.Contains("\"finish_reason\":\"stop\"", (await RawClient.ChatAsync(_server, "done=off")).Events[^1]);
        var answer = await RawClient.ChatAsync(_server, "done=off; finish=off");
        Assert.DoesNotContain("\"stop\"", answer.Text);
        Assert.True(answer.LastChunk);
    }

    [Fact]
    public async Task A_cap_on_tokens_ends_the_stream_with_length()
    {
        var answer = await RawClient.ChatAsync(_server, "n=9", more: ",\"max_tokens\":4");
        Assert.Equal(FakeText.All(4), answer.Content);
        Assert.Contains("\"finish_reason\":\"length\"", answer.Events[^2]);
    }

    [Fact]
    public async Task Every_choice_gets_its_own_content_and_finish()
    {
        var answer = await RawClient.ChatAsync(_server, "n=2", more: ",\"n\":3");
        for (var choice = 0; choice < 3; choice++)
        {
            Assert.Equal(4, answer.Events.Count(data => data.Contains($"\"choices\":[{{\"index\":{choice},", StringComparison.Ordinal)));
            Assert.Single(answer.Events, data => data.Contains($"\"index\":{choice},\"delta\":{{}}", StringComparison.Ordinal) && data.Contains("\"stop\"", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("how=fin", false, null)]
    [InlineData("how=rst", true, null)]
    [InlineData("how=size", false, "zz\r\n")]
    public async Task A_cut_stops_after_the_given_number_of_events(string how, bool reset, string? badChunk)
    {
        var answer = await RawClient.ChatAsync(_server, $"n=9; cut=4; {how}");
        Assert.Equal(4, answer.Events.Length);
        Assert.False(answer.LastChunk);
        Assert.Equal(badChunk, answer.BadChunk);
        Assert.Equal(reset, answer.Reset);
    }

    [Fact]
    public async Task A_cut_inside_the_frame_ends_in_the_middle_of_a_chunk()
    {
        var answer = await RawClient.ChatAsync(_server, "n=9; cut=4; b=0; how=frame");
        Assert.True(answer.Ended);
        Assert.Equal(answer.ChunkSizes.Sum() - answer.ChunkSizes[^1] + (answer.ChunkSizes[^1] / 2), answer.Body.Length);
        Assert.False(answer.Text.EndsWith("\n\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cut_at_zero_ends_right_behind_the_head()
    {
        var answer = await RawClient.ChatAsync(_server, "cut=0");
        Assert.Equal(200, answer.Status);
        Assert.Empty(answer.Body);
        Assert.False(answer.LastChunk);
    }

    [Fact]
    public async Task A_stall_sends_its_events_and_then_waits_for_the_client_to_leave()
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest("n=9; stall=3"));
        var seen = "";
        while (seen.Split("data: ").Length < 4 || !seen.EndsWith("\n\n\r\n", StringComparison.Ordinal))
            seen += Encoding.UTF8.GetString(await client.ReceiveOnceAsync());
        var request = await _server.NextRequestAsync();
        Assert.False(request.End.IsCompleted);
        client.Dispose();
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(3, request.EventsSent);
        Assert.True(request.ClientCancelled);
    }

    [Fact]
    public async Task A_failure_comes_in_band_and_ends_the_body_properly()
    {
        var answer = await RawClient.ChatAsync(_server, "n=9; fail=2");
        Assert.Equal(3, answer.Events.Length);
        Assert.StartsWith("{\"error\":{", answer.Events[^1]);
        Assert.True(answer.LastChunk);
    }

    [Fact]
    public async Task Splitting_inside_characters_puts_chunk_and_send_boundaries_there()
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest("n=10; split=utf8; gap=1; headers=few"));
        var answer = await client.ReadAnswerAsync();
        Assert.Equal(FakeText.All(10), answer.Content);
        var at = 0;
        var inside = 0;
        foreach (var size in answer.ChunkSizes)
        {
            at += size;
            inside += at < answer.Body.Length && (answer.Body[at] & 0xc0) == 0x80 ? 1 : 0;
        }

        Assert.Equal(3, inside); // café and the two characters of Japan; each is cut once
    }

    [Fact]
    public async Task Chunks_and_splits_can_be_one_byte_long()
    {
        var chunked = await RawClient.ChatAsync(_server, "n=2; chunk=1");
        Assert.All(chunked.ChunkSizes, size => Assert.Equal(1, size));
        Assert.Equal(FakeText.All(2), chunked.Content);
        var split = await RawClient.ChatAsync(_server, "n=1; split=100; gap=1");
        Assert.All(split.ChunkSizes, size => Assert.InRange(size, 1, 100));
        Assert.Equal(FakeText.All(1), split.Content);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Encoded_streams_decode_to_the_same_events(string encoding)
    {
        var answer = await RawClient.ChatAsync(_server, $"n=30; encoding={encoding}");
        Assert.Equal(encoding, answer.Field("Content-Encoding"));
        using var decoder = Decoder(encoding, answer.Body);
        using var plain = new MemoryStream();
        await decoder.CopyToAsync(plain);
        answer.Body = plain.ToArray();
        Assert.Equal(FakeText.All(30), answer.Content);
        Assert.Equal("[DONE]", answer.Events[^1]);
    }

    [Fact]
    public async Task An_unknown_encoding_is_named_and_leaves_the_bytes_alone()
    {
        var answer = await RawClient.ChatAsync(_server, "encoding=x-fake", stream: false);
        Assert.Equal("x-fake", answer.Field("Content-Encoding"));
        Assert.StartsWith("{\"id\"", answer.Text);
    }

    [Theory]
    [InlineData("cr", "\r\r", "\n")]
    [InlineData("crlf", "\r\n\r\n", null)]
    public async Task Line_ends_can_be_others(string eol, string blank, string? absent)
    {
        var answer = await RawClient.ChatAsync(_server, $"n=3; eol={eol}; comments=2");
        Assert.Equal(FakeText.All(3), answer.Content);
        Assert.Contains(blank, answer.Text);
        Assert.Equal(3, answer.Text.Split(": comment").Length - 1);
        if (absent is not null)
            Assert.DoesNotContain(absent, answer.Text);
    }

    [Fact]
    public async Task A_byte_order_mark_can_stand_first() =>
        Assert.StartsWith("\ufeffdata: ", (await RawClient.ChatAsync(_server, "bom=on")).Text);

    [Fact]
    public async Task A_huge_event_has_the_size_asked_for()
    {
        var answer = await RawClient.ChatAsync(_server, "n=2; bytes=300000");
        Assert.Equal(FakeText.Filler(300_000) + FakeText.Chunk(1), answer.Content);
    }

    [Fact]
    public async Task Events_are_sent_in_batches_of_the_given_size()
    {
        var together = await RawClient.ChatAsync(_server, "n=10; b=5");
        Assert.Equal(2, together.ChunkSizes.Count);
        var alone = await RawClient.ChatAsync(_server, "n=10; b=0");
        Assert.Equal(13, alone.ChunkSizes.Count);
    }

    [Fact]
    public async Task Stamps_carry_the_clock_of_the_send()
    {
        var before = Stopwatch.GetTimestamp();
        var answer = await RawClient.ChatAsync(_server, "n=5; d=2000; stamp=on");
        var stamps = answer.Events.Where(data => data.Contains("\"obfuscation\":\"T", StringComparison.Ordinal))
            .Select(data => long.Parse(data[(data.LastIndexOf("\":\"T", StringComparison.Ordinal) + 4)..^2], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(7, stamps.Length);
        Assert.True(stamps[0] >= before);
        Assert.Equal(stamps.Order(), stamps);
        // The schedule is absolute: the last of five events is never before its due time.
        Assert.True(stamps[5] - before >= PacingClock.TicksOfMicroseconds(4 * 2000));
    }

    private static Stream Decoder(string encoding, byte[] body) => encoding switch
    {
        "gzip" => new GZipStream(new MemoryStream(body), CompressionMode.Decompress),
        "br" => new BrotliStream(new MemoryStream(body), CompressionMode.Decompress),
        _ => new ZLibStream(new MemoryStream(body), CompressionMode.Decompress),
    };
}
