using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>A client's connection over several requests, and at its ends.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task One_connection_serves_request_after_request_of_every_kind()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
            Assert.Equal(FakeText.All(5), (await client.AskAsync(Ask.Stream("n=5"))).Content);
            Assert.Equal(200, (await client.AskAsync(Ask.Get("/v1/models"))).Status);
            Assert.Equal(400, (await client.AskAsync(Ask.Post("/v1/chat/completions", "{}"))).Status);
            Assert.Equal(401, (await client.AskAsync(Ask.Chat(key: "sk-wrong"))).Status);
            Assert.Equal(404, (await client.AskAsync(Ask.Post("/v1/nothing", "{}"))).Status);
        }

        Assert.Contains("\naiedge_connections_total 1\n", (await edge.AdminAsync("/metrics")).Text);
    }

    [Fact]
    public async Task Requests_sent_at_once_are_answered_in_order()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        var requests = new StringBuilder();
        for (var i = 1; i <= 6; i++)
            requests.Append(i % 2 == 0 ? Ask.Stream($"n={i}") : Ask.Chat($"n={i}"));
        requests.Append(Ask.Get("/v1/models")).Append(Ask.Chat(key: null));

        await client.SendAsync(requests.ToString());

        for (var i = 1; i <= 6; i++)
        {
            var answer = await client.ReadAnswerAsync();
            var content = i % 2 == 0 ? answer.Content : answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
            Assert.Equal(FakeText.All(i), content);
        }

        Assert.Equal("list", (await client.ReadAnswerAsync()).Json.GetProperty("object").GetString());
        Assert.Equal(401, (await client.ReadAnswerAsync()).Status);
        Assert.All(edge.Fake.Requests, request => Assert.False(request.Pipelined));
    }

    [Fact]
    public async Task A_request_may_come_byte_by_byte()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        foreach (var value in Encoding.UTF8.GetBytes(Ask.Stream("n=4")))
            await client.SendAsync([value]);

        Assert.Equal(FakeText.All(4), (await client.ReadAnswerAsync()).Content);
    }

    [Fact]
    public async Task Empty_lines_before_a_request_are_passed_over()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        Assert.Equal(200, (await client.AskAsync("\r\n" + Ask.Chat())).Status);
        Assert.Equal(200, (await client.AskAsync("\r\n\r\n" + Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_client_that_says_close_is_closed()
    {
        await using var edge = await Edge.StartAsync();
        foreach (var request in (string[])[Ask.Chat(fields: "Connection: close\r\n"), Ask.Stream(fields: "Connection: Close\r\n"), Ask.Get("/v1/models", "Connection: close\r\n")])
        {
            using var client = await edge.ConnectAsync();
            var answer = await client.AskAsync(request);
            Assert.Equal("close", answer.Field("Connection"));
            Assert.True(answer.IsWhole);
            await client.SeeEndAsync();
            Assert.False(client.Reset);
        }
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_its_time()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "keepAlive: 2s" });
        using var fresh = await edge.ConnectAsync();
        using var used = await edge.ConnectAsync();
        Assert.Equal(200, (await used.AskAsync(Ask.Chat())).Status);

        await fresh.SeeEndAsync();
        await used.SeeEndAsync();
    }

    [Fact]
    public async Task The_time_between_requests_does_not_run_within_one()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "keepAlive: 2s, headTimeout: 30s, bodyTimeout: 30s" });

        // A busy machine may take longer than that to read a request's first byte, and then the time between requests was over first.
        var content = "";
        for (var tries = 0; tries < 10 && edge.Fake.RequestCount == 0; tries++)
        {
            using var client = await edge.ConnectAsync();
            content = (await client.AskAsync(Ask.Stream("n=2; f=2500000"))).Content;
        }

        Assert.Equal(FakeText.All(2), content);
    }

    [Fact]
    public async Task No_time_of_the_request_runs_on_while_its_answer_is_awaited()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "keepAlive: 3s, headTimeout: 3s, bodyTimeout: 3s" });
        var request = Ask.Chat("f=3500000");
        var split = request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;

        // A busy machine may take longer than that to send a request; one whose times ran on would end it each time.
        var isAnswered = false;
        for (var tries = 0; tries < 10 && !isAnswered; tries++)
            isAnswered = await IsAnsweredAsync();
        Assert.True(isAnswered);

        async Task<bool> IsAnsweredAsync()
        {
            using var client = await edge.ConnectAsync();
            var answer = await client.AskAsync(Ask.Chat());
            foreach (var at in (int[])[0, split / 2, split + 9])
            {
                if (answer.Status != 200 || !await client.TrySendAsync(Encoding.UTF8.GetBytes(request[..at])))
                    return false;
                Assert.Equal(200, (await edge.AskAsync(Ask.Get("/v1/models"))).Status);
                if (!await client.TrySendAsync(Encoding.UTF8.GetBytes(request[at..])))
                    return false;
                answer = await client.ReadAnswerAsync();
            }

            return answer.Status == 200;
        }
    }

    [Fact]
    public async Task A_head_that_never_ends_is_408()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "headTimeout: 300ms" });
        using var client = await edge.ConnectAsync();

        await client.SendAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n");

        await AssertTooSlowAsync(edge, client);
    }

    [Fact]
    public async Task A_body_that_never_ends_is_408()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyTimeout: 300ms" });
        foreach (var framing in (string[])["Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"])
        {
            using var client = await edge.ConnectAsync();
            await client.SendAsync(Ask.Get("/v1/chat/completions", framing, method: "POST") + "3e8\r\n"[(framing[0] == 'C' ? 5 : 0)..] + "{\"model\":");
            await AssertTooSlowAsync(edge, client);
        }
    }

    [Theory]
    [InlineData("headTimeout: 1500ms", false)]
    [InlineData("bodyTimeout: 1500ms", true)]
    public async Task One_that_trickles_gains_no_time_by_each_byte(string server, bool inBody)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = server });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(inBody ? Ask.Get("/v1/chat/completions", "Content-Length: 100000\r\n", method: "POST") + "{\"x\":\"" : "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        var answering = client.ReadAnswerAsync();

        // A byte each 20 ms: this pace is what is tested. 400 of them would be eight seconds.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var sent = 0;
        for (; sent < 400 && !answering.IsCompleted && await client.TrySendAsync("y"u8.ToArray()); sent++)
            await pace.WaitForNextTickAsync();

        Assert.InRange(sent, 1, 399);
        Assert.Equal(408, (await answering).Status);
    }

    [Fact]
    public async Task Continue_goes_out_once_key_and_length_have_passed()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        var body = Ask.ChatBody();

        await client.SendAsync(Ask.Get("/v1/chat/completions", $"Expect: 100-Continue\r\nContent-Length: {body.Length}\r\n", method: "POST"));
        await client.SeeAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync(body);

        var answer = await client.ReadAnswerAsync();
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", answer.Interim);
        Assert.Equal(200, answer.Status);
        Assert.Null((await edge.Fake.NextRequestAsync()).Header("Expect"));
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task Continue_goes_out_for_a_chunked_body_too()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        var body = Ask.ChatBody();

        await client.SendAsync(Ask.Get("/v1/chat/completions", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", method: "POST"));
        await client.SeeAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync($"{body.Length:x}\r\n{body}\r\n0\r\n\r\n");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Continue_is_left_out_where_the_body_is_there_already()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat(fields: "Expect: 100-continue\r\n"));

        Assert.Equal("", answer.Interim);
        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData(null, 100, 401)]
    [InlineData("sk-wrong", 100, 401)]
    [InlineData(EdgeSetup.Key, 5000, 413)]
    public async Task Without_a_good_key_and_length_there_is_no_continue(string? key, int length, int status)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "bodyBytesMax: 4kb" });
        using var client = await edge.ConnectAsync();

        await client.SendAsync(Ask.Get("/v1/chat/completions", $"Expect: 100-continue\r\nContent-Length: {length}\r\n", key, "POST"));

        var answer = await client.ReadAnswerAsync();
        Assert.Equal("", answer.Interim);
        Assert.Equal(status, answer.Status);
        Assert.Equal("close", answer.Field("Connection"));
        await client.SeeEndAsync();
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(900_000)]
    public async Task An_early_answer_survives_the_body_that_is_still_coming(int bytes)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        await client.SendAsync(Ask.Get("/v1/chat/completions", $"Content-Length: {bytes}\r\n", "sk-wrong", "POST"));
        var sent = await client.TrySendAsync(new byte[bytes]);
        var answer = await client.ReadAnswerAsync();

        Assert.True(sent);
        Assert.Equal(401, answer.Status);
        Assert.Equal("close", answer.Field("Connection"));
        await client.SeeEndAsync();
        Assert.False(client.Reset);
    }

    [Fact]
    public async Task An_early_answer_does_not_take_a_body_without_end()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Get("/v1/chat/completions", "Content-Length: 999999999\r\n", method: "POST"));
        await client.SeeAsync("request_too_large");

        var taken = 0;
        while (taken < 200 && await client.TrySendAsync(new byte[1024 * 1024]))
            taken++;

        Assert.InRange(taken, 0, 100);
    }

    [Fact]
    public async Task A_client_of_http_1_0_gets_a_stream_that_the_close_ends()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(OldVersion(Ask.Stream("n=9")));

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Field("Transfer-Encoding"));
        Assert.Null(answer.Field("Content-Length"));
        Assert.Equal("close", answer.Field("Connection"));
        Assert.Equal(FakeText.All(9), answer.Content);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.False(answer.Reset);
    }

    [Fact]
    public async Task A_client_of_http_1_0_is_closed_unless_it_asks_to_be_kept()
    {
        await using var edge = await Edge.StartAsync();
        using var kept = await edge.ConnectAsync();
        using var closed = await edge.ConnectAsync();

        var first = await kept.AskAsync(OldVersion(Ask.Chat(fields: "Connection: keep-alive\r\n")));
        Assert.Equal("keep-alive", first.Field("Connection"));
        Assert.Equal(200, (await kept.AskAsync(OldVersion(Ask.Chat(fields: "Connection: keep-alive\r\n")))).Status);

        var second = await closed.AskAsync(OldVersion(Ask.Chat()));
        Assert.True(second.IsWhole);
        await closed.SeeEndAsync();
        Assert.All(edge.Fake.Requests, request => Assert.Equal("HTTP/1.1", Encoding.ASCII.GetString(request.RawHead.Span)
            .Split("\r\n")[0].Split(' ')[2]));
    }

    [Fact]
    public async Task A_chunked_answer_reaches_a_client_of_http_1_0_without_chunks()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(OldVersion(Ask.Post("/v1/audio/speech", """{"model":"gpt-4o"}""", "x-fake: binary=100000\r\n")));

        Assert.Null(answer.Field("Transfer-Encoding"));
        Assert.Equal(100_000, answer.Body.Length);
    }

    [Theory]
    [InlineData("http://edge.test")]
    [InlineData("HTTP://other.test:8080")]
    public async Task A_target_may_be_absolute(string origin)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Post(origin + "/v1/chat/completions?a=b", Ask.ChatBody()));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/chat/completions?a=b", request.Target);
        Assert.Equal($"127.0.0.1:{edge.Fake.Port}", request.Header("Host"));
    }

    private static string OldVersion(string request) => request.Replace(" HTTP/1.1\r\n", " HTTP/1.0\r\n", StringComparison.Ordinal);

    private static async Task AssertTooSlowAsync(Edge edge, RawClient client)
    {
        var answer = await client.ReadAnswerAsync();
        Assert.Equal(408, answer.Status);
        Assert.Equal(RawAnswer.Error("The request took too long to arrive.", "invalid_request_error", "request_timeout"), answer.Text);
        Assert.Equal("close", answer.Field("Connection"));
        await client.SeeEndAsync();
        Assert.Equal("refused", (await edge.RecordAsync()).GetProperty("end").GetString());
    }
}
