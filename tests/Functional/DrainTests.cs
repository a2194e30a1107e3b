using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>The orderly end.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task Readiness_fails_first_and_everything_is_still_served()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { DrainDelay = "10m" });
        using var client = await edge.ConnectAsync();
        Assert.Equal("ready\n", (await edge.AdminAsync("/readyz")).Text);
        using var hurry = new CancellationTokenSource();

        var draining = edge.Host.DrainAsync(hurry.Token);

        var ready = await edge.AdminAsync("/readyz");
        Assert.Equal(503, ready.Status);
        Assert.Equal("draining\n", ready.Text);
        Assert.Equal(200, (await edge.AdminAsync("/healthz")).Status);
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Stream())).Status);
        Assert.False(draining.IsCompleted);
        await hurry.CancelAsync();
        await draining;
    }

    [Fact]
    public async Task Streams_under_way_finish_idle_connections_close_and_nothing_new_begins()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "drainTimeout: 10m" });
        using var idle = await edge.ConnectAsync();
        await idle.AskAsync(Ask.Chat());
        await edge.Fake.NextRequestAsync();
        using var streaming = await edge.ConnectAsync();
        await streaming.SendAsync(Ask.Stream("n=100; b=0; stall=50"));
        await streaming.SeeAsync("data: ");
        var upstream = await edge.Fake.NextRequestAsync();
        using var half = await edge.ConnectAsync();
        await half.SendAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n");
        await edge.SeeMetricAsync("aiedge_exchanges_open 2");

        var draining = edge.Host.DrainAsync();

        await idle.SeeEndAsync();
        var refused = await edge.AskAsync(Ask.Chat());
        Assert.Equal(503, refused.Status);
        Assert.Equal(RawAnswer.Error("The gateway is shutting down; try again.", "server_error", "overloaded"), refused.Text);
        Assert.Equal("1", refused.Field("Retry-After"));
        Assert.Equal("close", refused.Field("Connection"));
        upstream.Resume();
        var answer = await streaming.ReadAnswerAsync();
        Assert.Equal(FakeText.All(100), answer.Content);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
        Assert.False(draining.IsCompleted);
        await half.SendAsync($"Authorization: Bearer {EdgeSetup.Key}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(503, (await half.ReadAnswerAsync()).Status);
        await streaming.SeeEndAsync();
        await draining;
    }

    [Fact]
    public async Task What_is_not_done_at_the_deadline_is_told_so()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "drainTimeout: 300ms" });
        using var streaming = await edge.ConnectAsync();
        using var responses = await edge.ConnectAsync();
        using var waiting = await edge.ConnectAsync();
        using var speaking = await edge.ConnectAsync();
        await streaming.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await streaming.SeeAsync("data: ");
        await responses.SendAsync(Ask.Responses("n=9; b=0; stall=6"));
        await responses.SeeAsync("data: ");
        await speaking.SendAsync(Ask.Post("/v1/audio/speech", """{"model":"gpt-4o"}""", "x-fake: binary=50000; stall=40000\r\n"));
        await speaking.SeeAsync("\r\n\r\n");
        await waiting.SendAsync(Ask.Chat("noanswer=hang"));
        while (edge.Fake.RequestCount < 4)
            await edge.Fake.NextRequestAsync();

        await edge.Host.DrainAsync();

        var answer = await streaming.ReadAnswerAsync();
        Assert.Equal(
            "data: " + RawAnswer.Error("The gateway is shutting down; try again.", "server_error", "draining") + "\n\n", answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        await streaming.SeeEndAsync();
        Assert.Contains("\"status\":\"failed\",\"error\":{\"code\":\"draining\"", (await responses.ReadAnswerAsync()).Frames[^1]);
        var refused = await waiting.ReadAnswerAsync();
        Assert.Equal(503, refused.Status);
        Assert.Equal("close", refused.Field("Connection"));
        Assert.False((await speaking.ReadAnswerAsync()).IsWhole);
        for (var i = 0; i < 4; i++)
            Assert.Equal("draining", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task Stopping_without_drain_ends_streams_truthfully_and_writes_every_record()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("data: ");

        await edge.Host.DisposeAsync();

        var answer = await client.ReadAnswerAsync();
        Assert.DoesNotContain("[DONE]", answer.Text);
        Assert.Equal("draining", (await edge.RecordAsync()).GetProperty("end").GetString());
    }
}
