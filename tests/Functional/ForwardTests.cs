using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Bytes through: what a provider gets and what a client gets back.</summary>
public sealed class ForwardTests
{
    [Fact]
    public async Task A_request_keeps_its_bytes_but_for_the_model()
    {
        await using var edge = await Edge.StartAsync();
        const string before = "{ \"temperature\" :0.50, \"x_unknown\":{\"a\":[1, 2,\"\\u00e9\\/\"]},\t\"messages\":[{\"role\":\"user\",\"content\":\"h\u00e9\"}],\n\"model\" : ";
        const string after = " , \"seed\":1e3, \"zz\":\"\\u0000 \\ud800\" }\n";

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", before + "\"gpt-4o\"" + after));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("POST", request.Method);
        Assert.Equal("/v1/chat/completions", request.Target);
        Assert.Equal(before + "\"fake-n3\"" + after, request.BodyText);
        Assert.False(request.Chunked);
        Assert.Equal($"{request.BodyLength}", request.Header("Content-Length"));
    }

    [Fact]
    public async Task A_whole_answer_keeps_its_bytes()
    {
        await using var edge = await Edge.StartAsync();
        const string body = "{ \"id\":\"a\",\n\"choices\":[{}], \"usage\" : null, \"odd\":\"caf\u00e9 \\u0041\" }\n";
        edge.Fake.EnqueueRaw(Ask.Answer(body));

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(body, answer.Text);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.Equal($"{Encoding.UTF8.GetByteCount(body)}", answer.Field("Content-Length"));
        Assert.True(answer.IsWhole);
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"choices\": [ {\"index\":0,\"delta\":{}, \"finish_reason\":\"stop\"}]}\r\n\r\n: hello\r\n\r\nevent: x\r\nid: 4\r\ndata: not json\r\n\r\ndata: [DONE]\r\n\r\n")]
    [InlineData("data:{\"choices\":[\ndata: {\"index\":0,\"finish_reason\":\"stop\"}]}\n\nretry: 10\n\ndata: [DONE]\n\n")]
    public async Task A_stream_keeps_its_bytes(string events)
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(events));

        var answer = await edge.AskAsync(Ask.Stream());

        Assert.Equal(events, answer.Text);
        Assert.Equal("text/event-stream", answer.Field("Content-Type"));
        Assert.True(answer.IsWhole);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("n=60; split=utf8; gap=100")]
    [InlineData("n=12; split=7; gap=100")]
    [InlineData("n=40; chunk=1")]
    [InlineData("n=40; b=9")]
    [InlineData("n=5; bytes=300000")]
    [InlineData("n=9; eol=crlf; comments=3; bom=on")]
    [InlineData("n=9; framing=eof")]
    [InlineData("n=9; trailers=on; interim=103")]
    public async Task A_stream_arrives_whole_however_it_is_cut_up(string script)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream(script, more: ""","stream_options":{"include_usage":true}"""));

        var count = int.Parse(script[2..script.IndexOf(';', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
        answer.Body = Encoding.UTF8.GetBytes(answer.Text.Replace("\r\n", "\n", StringComparison.Ordinal));
        var expected = script.Contains("bytes=", StringComparison.Ordinal) ? FakeText.Filler(300_000) + FakeText.All(count)[3..] : FakeText.All(count);
        Assert.Equal(expected, answer.Content);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
    }

    [Fact]
    public async Task The_model_is_put_in_wherever_and_however_it_is_written()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        foreach (var model in (string[])["\"gpt-4o\"", "\"gpt\\u002d4o\"", "\"\\u0067pt-4o\""])
        {
            await client.AskAsync(Ask.Post("/v1/chat/completions", $$"""{"messages":[],"m\u006fdel":{{model}}}"""));
            Assert.Equal("""{"messages":[],"m\u006fdel":"fake-n3"}""", (await edge.Fake.NextRequestAsync()).BodyText);
        }
    }

    [Fact]
    public async Task A_target_without_a_model_passes_the_asked_name_on_and_tells_it()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat(model: "fake-n7"));

        Assert.Equal("fake-n7", (await edge.Fake.NextRequestAsync()).Model);
        Assert.Equal("fake-n7", answer.Field("x-aiedge-model"));
        Assert.Equal("fake-*", (await edge.RecordAsync()).GetProperty("model").GetString());
    }

    [Fact]
    public async Task A_query_goes_to_the_provider_as_it_is()
    {
        await using var edge = await Edge.StartAsync();

        await edge.AskAsync(Ask.Post("/v1/chat/completions?api-version=2024-10-21&x=%2F", Ask.ChatBody()));

        Assert.Equal("/v1/chat/completions?api-version=2024-10-21&x=%2F", (await edge.Fake.NextRequestAsync()).Target);
    }

    [Fact]
    public async Task A_chunked_body_goes_on_with_its_length()
    {
        await using var edge = await Edge.StartAsync();
        var body = Ask.ChatBody();
        var chunked = new StringBuilder();
        for (var at = 0; at < body.Length; at += 7)
            chunked.Append(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Min(7, body.Length - at):X};ext=1\r\n{body[at..Math.Min(body.Length, at + 7)]}\r\n");
        chunked.Append("0\r\nX-Trailer: 1\r\n\r\n");

        var answer = await edge.AskAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + EdgeSetup.Key + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked);

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(body.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal), request.BodyText);
        Assert.False(request.Chunked);
        Assert.Empty(request.Trailers);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task A_large_body_goes_through_unchanged(int bytes)
    {
        await using var edge = await Edge.StartAsync();
        var text = new StringBuilder();
        for (var i = 0; text.Length < bytes; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i:x8} \u00e9 ");
        var body = $$"""{"messages":[{"role":"user","content":"{{text}}"}],"model":"gpt-4o"}""";

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", body));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.True(body.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal) == request.BodyText);
        Assert.Equal(Encoding.UTF8.GetByteCount(body), (await edge.RecordAsync()).GetProperty("bytesIn").GetInt64());
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nx-a: b\r\n\r\n", 204, null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", 200, "0")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "2")]
    [InlineData("HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 202, "2")]
    public async Task An_answer_of_another_shape_passes_as_it_is(string sent, int status, string? length)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        const string body = """{"model":"gpt-4o","input":"a"}""";
        foreach (var request in (string[])[Ask.Post("/v1/moderations", body), Ask.Post("/v1/audio/speech", body)])
        {
            edge.Fake.EnqueueRaw(Encoding.ASCII.GetBytes(sent), close: false);

            var answer = await client.AskAsync(request);

            Assert.Equal(status, answer.Status);
            Assert.Equal(length, answer.Field("Content-Length"));
            Assert.Equal(sent[(sent.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..], answer.Text);
            Assert.True(answer.IsWhole);
        }

        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(1, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task Events_that_come_unasked_are_a_stream_all_the_same()
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.StreamAnswer("data: {\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n"));

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Contains("\"code\":\"upstream_error\"", answer.Frames[^1]);
    }

    [Theory]
    [InlineData(64, 200)]
    [InlineData(65, 502)]
    public async Task Interim_answers_are_passed_over_up_to_a_bound(int count, int status)
    {
        await using var edge = await Edge.StartAsync();
        var interim = string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count));
        edge.Fake.EnqueueRaw([.. Encoding.ASCII.GetBytes(interim), .. Ask.Answer("""{"choices":[{}]}""")]);

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(status, answer.Status);
        Assert.Equal("", answer.Interim);
        Assert.Null(answer.Field("Link"));
    }

    [Fact]
    public async Task A_large_whole_answer_comes_through_unchanged()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat("n=100000"));

        Assert.True(FakeText.All(100_000) == answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        var record = await edge.RecordAsync();
        Assert.Equal(100_000, record.GetProperty("outputTokens").GetInt64());
        Assert.Equal(answer.Body.Length, record.GetProperty("bytesOut").GetInt64());
    }
}
