using System.Text;

namespace AiEdge.FakeUpstream.Tests;

/// <summary>Each knob that shapes heads, framing, errors and the connection, seen from a raw socket.</summary>
public sealed class HeadKnobTests : IAsyncLifetime
{
    private FakeUpstreamServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeUpstreamServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("status=429", 429, "1", "rate_limit_exceeded")]
    [InlineData("status=429; retryafter=none", 429, null, "rate_limit_exceeded")]
    [InlineData("status=503; retryafter=7", 503, "7", "overloaded")]
    [InlineData("status=429; error=quota", 429, null, "insufficient_quota")]
    [InlineData("e=401", 401, null, "invalid_api_key")]
    [InlineData("status=529", 529, null, "overloaded_error")]
    [InlineData("status=400; error=filter", 400, null, "content_filter")]
    [InlineData("status=502; error=html", 502, null, "<!DOCTYPE html>")]
    [InlineData("status=503; error=text", 503, null, "upstream connect error")]
    [InlineData("status=500; error=truncated", 500, null, "{\"error\":{\"message\":\"The ser")]
    public async Task Errors_have_the_status_body_and_retry_time_asked_for(string script, int status, string? retryAfter, string text)
    {
        var answer = await RawClient.ChatAsync(_server, script);
        Assert.Equal(status, answer.Status);
        Assert.Equal(retryAfter, answer.Field("retry-after"));
        Assert.Contains(text, answer.Text);
    }

    [Fact]
    public async Task Milliseconds_to_wait_and_an_empty_error_body_are_possible()
    {
        var answer = await RawClient.ChatAsync(_server, "status=500; error=empty; retryafterms=250");
        Assert.Equal("250", answer.Field("retry-after-ms"));
        Assert.Empty(answer.Body);
        Assert.Null(answer.Field("Content-Type"));
    }

    [Fact]
    public async Task A_short_length_leaves_bytes_behind_the_body_and_a_long_one_never_arrives()
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest("length=short; close=on", stream: false));
        Assert.False((await client.ReadAnswerAsync()).Text.EndsWith('}'));
        Assert.Equal(5, (await client.ReadToEndAsync()).Bytes.Length);
        var tooLong = await RawClient.ChatAsync(_server, "length=long", stream: false);
        Assert.True(tooLong.Ended);
        Assert.Equal(int.Parse(tooLong.Field("Content-Length")!, System.Globalization.CultureInfo.InvariantCulture) - 5, tooLong.Body.Length);
    }

    [Fact]
    public async Task Framing_can_be_chunked_or_the_end_of_the_connection()
    {
        var chunked = await RawClient.ChatAsync(_server, "framing=chunked; trailers=on", stream: false);
        Assert.True(chunked.LastChunk);
        Assert.Equal("x-fake-checksum: 1234\r\n", chunked.Trailers);
        var eof = await RawClient.ChatAsync(_server, "framing=eof");
        Assert.True(eof.Ended);
        Assert.Equal("close", eof.Field("Connection"));
        Assert.Equal("[DONE]", eof.Events[^1]);
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task Bad_heads_arrive_as_they_are_and_end_the_connection(string name)
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest($"badhead={name}"));
        Assert.Equal(HeadFaults.Bytes(name), (await client.ReadToEndAsync()).Bytes);
    }

    public static TheoryData<string> FaultNames() => new(HeadFaults.Names);

    [Fact]
    public async Task An_interim_answer_comes_before_the_final_one()
    {
        var answer = await RawClient.ChatAsync(_server, "interim=103");
        Assert.StartsWith("HTTP/1.1 103 ", answer.Interim);
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task A_head_can_drip_and_be_late_and_still_be_right()
    {
        var answer = await RawClient.ChatAsync(_server, "head=2000; drip=1; headers=few; n=2");
        Assert.Equal(FakeText.All(2), answer.Content);
    }

    [Fact]
    public async Task Expect_100_continue_is_answered_before_the_body()
    {
        using var client = await RawClient.ConnectAsync(_server);
        var request = RawClient.Post("/v1/chat/completions", """{"model":"fake-n1"}""", "Expect: 100-continue\r\n");
        var cut = request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        await client.SendAsync(request[..cut]);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.Latin1.GetString(await client.ReceiveOnceAsync()));
        await client.SendAsync(request[cut..]);
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task An_early_answer_does_not_wait_for_the_body()
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nx-fake: early=on; status=413\r\nContent-Length: 1000000\r\n\r\n{");
        Assert.Equal(413, (await client.ReadAnswerAsync()).Status);
        var request = await _server.NextRequestAsync();
        Assert.False(request.BodyComplete);
    }

    [Theory]
    [InlineData("noanswer=fin", false)]
    [InlineData("noanswer=rst", true)]
    public async Task A_connection_can_end_without_an_answer(string script, bool reset)
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest(script));
        var (bytes, wasReset) = await client.ReadToEndAsync();
        Assert.Empty(bytes);
        Assert.Equal(reset, wasReset);
    }

    [Fact]
    public async Task A_hanging_answer_ends_when_the_client_leaves()
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest("noanswer=hang"));
        var request = await _server.NextRequestAsync();
        Assert.Equal(1, _server.ConnectionsOpen);
        client.Reset();
        await _server.ConnectionClosedAsync(request.ConnectionId);
        Assert.Equal(RequestEnd.ClientLeft, await request.End);
        Assert.Equal(0, _server.ConnectionsOpen);
    }

    [Fact]
    public async Task A_stale_connection_answers_once_and_ends_on_the_next_request()
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest("stale=fin", stream: false));
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        await client.SendAsync(RawClient.ChatRequest("stale=fin", stream: false));
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
    }

    [Theory]
    [InlineData("requests=1", "keep-alive")]
    [InlineData("idle=1000", "keep-alive")]
    [InlineData("close=on", "close")]
    public async Task A_connection_can_close_behind_an_answer(string script, string connection)
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest(script, stream: false));
        var answer = await client.ReadAnswerAsync();
        Assert.Equal(connection, answer.Field("Connection"));
        Assert.Equal(((byte[])[], false), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Knobs_come_from_model_callback_header_and_queue_the_last_winning()
    {
        await using var server = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions
        {
            Script = "status=418",
            ScriptFor = request => request.Path.EndsWith("/completions", StringComparison.Ordinal) ? "headers=few" : null,
        });
        Assert.Equal(418, (await RawClient.ChatAsync(server, "")).Status);
        Assert.Null((await RawClient.ChatAsync(server, "")).Field("openai-version"));
        Assert.Equal(503, (await RawClient.ChatAsync(server, "status=503")).Status);
        server.Enqueue("status=200");
        server.EnqueueRaw("HTTP/1.1 204 No Content\r\n\r\n"u8);
        Assert.Equal(200, (await RawClient.ChatAsync(server, "status=503")).Status);
        Assert.Equal(204, (await RawClient.ChatAsync(server, "status=503")).Status);
        Assert.Equal(503, (await RawClient.ChatAsync(server, "status=503")).Status);
    }

    [Theory]
    [InlineData("fake-e404", 404)]
    [InlineData("mock-n3-d0-f0-b1-e500", 500)]
    [InlineData("fake-status=502-error=html", 502)]
    [InlineData("gpt-4o-e404", 200)]
    [InlineData("fake-gpt-4o-2024", 200)]
    [InlineData("fake-nope=3", 400)]
    public async Task A_models_name_carries_knobs_only_behind_its_prefix(string model, int status)
    {
        using var client = await RawClient.ConnectAsync(_server);
        await client.SendAsync(RawClient.ChatRequest("", stream: false, model: model));
        Assert.Equal(status, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task An_unknown_knob_is_named_in_a_400()
    {
        var answer = await RawClient.ChatAsync(_server, "cutt=3");
        Assert.Equal(400, answer.Status);
        Assert.Contains("No knob is named 'cutt'", answer.Text);
    }
}
