using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Connections to a provider: kept, reused, and tried once more only where nothing can have been begun.</summary>
public sealed class PoolTests
{
    [Fact]
    public async Task A_connection_serves_request_after_request_of_all_clients()
    {
        await using var edge = await Edge.StartAsync();

        for (var i = 0; i < 4; i++)
        {
            (string Request, int Status)[] asked = [(Ask.Chat(), 200), (Ask.Stream(), 200), (Ask.Chat("status=401"), 502), (Ask.Stream("status=429; retryafter=none"), 429)];
            foreach (var (request, status) in asked)
            {
                Assert.Equal(status, (await edge.AskAsync(request)).Status);

                // The connection is given back before the record is written, and after the client has its answer.
                await edge.RecordAsync();
            }
        }

        Assert.Equal(1, edge.Fake.ConnectionsAccepted);
        Assert.Equal(Enumerable.Range(1, 16), edge.Fake.Requests.Select(request => request.NumberOnConnection));
    }

    [Theory]
    [InlineData("close=on")]
    [InlineData("framing=eof")]
    public async Task A_connection_that_ends_with_its_answer_is_not_used_again(string script)
    {
        await using var edge = await Edge.StartAsync();

        foreach (var request in (string[])[Ask.Chat(script), Ask.Stream(script)])
        {
            var answer = await edge.AskAsync(request);
            Assert.Equal(200, answer.Status);
            Assert.Equal("1", answer.Field("x-aiedge-attempts"));
        }

        Assert.Equal(2, edge.Fake.ConnectionsAccepted);
    }

    [Theory]
    [InlineData("fin", false)]
    [InlineData("rst", false)]
    [InlineData("fin", true)]
    [InlineData("rst", true)]
    public async Task A_reused_connection_that_was_stale_is_replaced_once(string how, bool stream)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.AskAsync(Ask.Chat());
        edge.Fake.Enqueue("stale=" + how);

        var answer = await client.AskAsync(stream ? Ask.Stream("n=5") : Ask.Chat("n=5"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("2", answer.Field("x-aiedge-attempts"));
        Assert.Equal(3, edge.Fake.RequestCount);
        Assert.Equal(2, edge.Fake.ConnectionsAccepted);
        var requests = edge.Fake.Requests;
        Assert.Equal(requests[1].BodyText, requests[2].BodyText);
        Assert.Equal(requests[1].RawHead.ToArray(), requests[2].RawHead.ToArray());
        await edge.RecordAsync();
        var record = await edge.RecordAsync();
        Assert.Equal(2, record.GetProperty("attempts").GetInt32());
        Assert.Equal("done", record.GetProperty("end").GetString());
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_large_body_is_sent_again_whole()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.AskAsync(Ask.Chat());
        edge.Fake.Enqueue("stale=fin");
        var body = Ask.ChatBody(more: ",\"x\":\"" + new string('y', 3_000_000) + "\"");

        var answer = await client.AskAsync(Ask.Post("/v1/chat/completions", body));

        Assert.Equal(200, answer.Status);
        Assert.Equal("2", answer.Field("x-aiedge-attempts"));
        Assert.True(body.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal) == edge.Fake.Requests[^1].BodyText);
    }

    [Fact]
    public async Task The_second_try_has_a_connection_of_its_own_and_is_the_last()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.AskAsync(Ask.Chat());
        edge.Fake.Enqueue("stale=fin");
        edge.Fake.Enqueue("noanswer=fin");

        var answer = await client.AskAsync(Ask.Chat());

        Assert.Equal(502, answer.Status);
        Assert.Equal("2", answer.Field("x-aiedge-attempts"));
        Assert.Equal("false", answer.Field("x-should-retry"));
        Assert.Equal(3, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Every_stale_connection_of_the_pool_costs_one_try_at_most()
    {
        await using var edge = await Edge.StartAsync();
        using var one = await edge.ConnectAsync();
        using var other = await edge.ConnectAsync();
        await one.SendAsync(Ask.Stream("n=9; b=0; stall=0"));
        await other.SendAsync(Ask.Stream("n=9; b=0; stall=0"));
        foreach (var request in (ReceivedRequest[])[await edge.Fake.NextRequestAsync(), await edge.Fake.NextRequestAsync()])
            request.Resume();
        await one.ReadAnswerAsync();
        await other.ReadAnswerAsync();
        Assert.Equal(2, edge.Fake.ConnectionsAccepted);
        edge.Fake.Enqueue("stale=rst");

        var answer = await one.AskAsync(Ask.Chat());

        Assert.Equal(200, answer.Status);
        Assert.Equal("2", answer.Field("x-aiedge-attempts"));
        Assert.Equal(3, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task It_can_be_told_not_to_try_again()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "retryReused: false" });
        using var client = await edge.ConnectAsync();
        await client.AskAsync(Ask.Chat());
        edge.Fake.Enqueue("stale=fin");

        var answer = await client.AskAsync(Ask.Chat());

        Assert.Equal(502, answer.Status);
        Assert.Equal(RawAnswer.Error("The provider closed the connection without an answer.", "server_error", "upstream_error"), answer.Text);
        Assert.Equal("1", answer.Field("x-aiedge-attempts"));
        Assert.Null(answer.Field("x-should-retry"));
        Assert.Equal(2, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData("interim=103; noanswer=fin")]
    [InlineData("badhead=cut")]
    [InlineData("badhead=garbage")]
    public async Task Once_a_byte_of_an_answer_has_come_it_is_never_tried_again(string script)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.AskAsync(Ask.Chat());
        edge.Fake.Enqueue(script);

        var answer = await client.AskAsync(Ask.Chat());

        Assert.Equal(502, answer.Status);
        Assert.Equal("1", answer.Field("x-aiedge-attempts"));
        Assert.Equal(2, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_connection_that_the_provider_closed_meanwhile_is_not_taken()
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.Enqueue("requests=1");
        await edge.AskAsync(Ask.Chat());
        await edge.Fake.ConnectionClosedAsync(1);

        var answer = await edge.AskAsync(Ask.Chat());

        // Seen before it is used, or else when it is: the request gets its answer either way.
        Assert.Equal(200, answer.Status);
        Assert.Contains(answer.Field("x-aiedge-attempts"), (string[])["1", "2"]);
        Assert.Equal(2, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_provider_that_restarts_fails_no_request()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await client.AskAsync(i % 2 == 0 ? Ask.Chat() : Ask.Stream())).Status);
            edge.Fake.CloseConnections();
        }
    }

    [Fact]
    public async Task A_connection_unused_for_too_long_is_closed_by_us()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "poolIdle: 100ms" });
        await edge.AskAsync(Ask.Chat());

        await edge.Fake.ConnectionClosedAsync(1);

        Assert.Equal("1", (await edge.AskAsync(Ask.Chat())).Field("x-aiedge-attempts"));
        Assert.Equal(2, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task Bytes_that_nobody_asked_for_end_a_connection()
    {
        await using var edge = await Edge.StartAsync();
        byte[] twice = [.. Ask.Answer("""{"choices":[{}]}"""), .. Ask.Answer("""{"stolen":1}""")];
        edge.Fake.EnqueueRaw(twice, close: false);

        Assert.Equal("""{"choices":[{}]}""", (await edge.AskAsync(Ask.Chat())).Text);
        await edge.Fake.ConnectionClosedAsync(1);
        Assert.NotEqual("""{"stolen":1}""", (await edge.AskAsync(Ask.Chat())).Text);
    }

    [Fact]
    public async Task Several_requests_at_once_have_a_connection_each()
    {
        await using var edge = await Edge.StartAsync();
        var clients = new List<RawClient>();
        for (var i = 0; i < 5; i++)
        {
            clients.Add(await edge.ConnectAsync());
            await clients[i].SendAsync(Ask.Stream("n=3; b=0; stall=3"));
            await clients[i].SeeAsync("data: ");
        }

        Assert.Equal(5, edge.Fake.ConnectionsOpen);
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("\naiedge_upstream_connections{provider=\"fake\",state=\"open\"} 5\n", metrics);
        Assert.Contains("\naiedge_streams_open 5\n", metrics);
        clients.ForEach(client => client.Dispose());
        for (var i = 0; i < 5; i++)
            Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Contains("\naiedge_streams_open 0\n", (await edge.AdminAsync("/metrics")).Text);
    }

    [Fact]
    public async Task An_answer_that_comes_before_the_body_was_sent_is_passed_on()
    {
        await using var edge = await Edge.StartAsync();
        var body = Ask.ChatBody(more: ",\"x\":\"" + new string('y', 20_000_000) + "\"");

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", body, "x-fake: early=on; status=413; close=on\r\n"));

        Assert.Equal(413, answer.Status);
        Assert.Equal(JsonValueKind.Object, answer.Json.GetProperty("error").ValueKind);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }
}
