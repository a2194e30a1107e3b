using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>A client that leaves stops the provider at once; one that does not read stops the reading.</summary>
public sealed class ClientLeavesTests
{
    public enum Leaving
    {
        Fin,
        Reset,
        Close,
    }

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    [InlineData(Leaving.Close)]
    public Task In_the_middle_of_a_stream(Leaving how) => AssertCancelledAsync(Ask.Stream("n=9; b=0; stall=4"), "data: ", how, 200);

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public Task Before_the_first_event_of_a_stream(Leaving how) => AssertCancelledAsync(Ask.Stream("n=9; stall=0"), null, how, 200);

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public Task Before_the_first_byte(Leaving how) => AssertCancelledAsync(Ask.Stream("noanswer=hang"), null, how, 0);

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public Task During_the_wait_for_a_whole_answer(Leaving how) => AssertCancelledAsync(Ask.Chat("noanswer=hang"), null, how, 0);

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public Task In_the_middle_of_a_whole_answer(Leaving how) => AssertCancelledAsync(Ask.Chat("stall=40"), null, how, 200);

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public Task In_the_middle_of_a_long_answer(Leaving how) =>
        AssertCancelledAsync(Ask.Post("/v1/audio/speech", """{"model":"gpt-4o"}""", "x-fake: binary=50000; stall=40000\r\n"), "\r\n\r\n", how, 200);

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public async Task While_its_body_is_still_coming(Leaving how)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Get("/v1/chat/completions", "Expect: 100-continue\r\nContent-Length: 1000\r\n", method: "POST"));
        await client.SeeAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync("{\"model\":");

        Leave(client, how);

        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [LinuxTheory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public async Task While_its_provider_is_being_connected_to(Leaving how)
    {
        using var full = new FullListener();
        await using var edge = await Edge.StartAsync(new EdgeSetup { ProviderUrl = $"http://127.0.0.1:{full.Port}/v1", Timeouts = "connect: 10m" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Chat());
        await edge.SeeMetricAsync("aiedge_upstream_connections{provider=\"fake\",state=\"open\"} 1");

        Leave(client, how);

        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Contains("{provider=\"fake\",state=\"open\"} 0\n", (await edge.AdminAsync("/metrics")).Text);
    }

    [Theory]
    [InlineData(Leaving.Fin)]
    [InlineData(Leaving.Reset)]
    public async Task With_another_request_sent_behind_the_one_under_way(Leaving how)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4") + Ask.Chat());
        await client.SeeAsync("data: ");
        var request = await edge.Fake.NextRequestAsync();

        Leave(client, how);

        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task What_it_cost_until_then_is_in_the_record()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "usageChunk: never" });
        using var client = await edge.ConnectAsync();
        edge.Fake.Enqueue("n=9; b=0; stall=7");
        await client.SendAsync(Ask.Stream());
        await client.SeeAsync("\" café\"");

        client.LeaveWithReset();

        var record = await edge.RecordAsync();
        Assert.Equal("client_closed", record.GetProperty("end").GetString());
        Assert.Equal(200, record.GetProperty("status").GetInt32());
        Assert.InRange(record.GetProperty("events").GetInt64(), 6, 7);
        Assert.True(record.GetProperty("bytesOut").GetInt64() > 500);
        Assert.True(record.TryGetProperty("firstTokenUs", out _));
    }

    [Fact]
    public async Task One_that_stops_reading_stops_the_reading_from_the_provider_and_is_closed_in_the_end()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "clientIdle: 1s" });
        using var client = await edge.ConnectAsync(receiveBytes: 16 * 1024);
        await client.SendAsync(Ask.Stream("n=1000000; b=200"));

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(40)));

        // What the kernel's buffers take on the way, and not the 200 MB that there would be.
        Assert.InRange(request.EventsSent, 1, 250_000);
        var record = await edge.RecordAsync();
        Assert.Equal("client_closed", record.GetProperty("end").GetString());
        Assert.InRange(record.GetProperty("bytesOut").GetInt64(), 1, 40_000_000);
        var (text, whole) = (System.Text.Encoding.UTF8.GetString(await client.TakeToEndAsync()), "\r\n0\r\n\r\n");
        Assert.DoesNotContain(whole, text);
    }

    [Fact]
    public async Task One_that_reads_late_gets_everything()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync(receiveBytes: 16 * 1024);
        await client.SendAsync(Ask.Stream("n=60000; b=100"));
        await edge.Fake.NextRequestAsync();
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        var answer = await client.ReadAnswerAsync();

        Assert.True(answer.IsWhole);
        Assert.True(FakeText.All(60_000) == answer.Content);
    }

    private static async Task AssertCancelledAsync(string asked, string? seen, Leaving how, int status)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(asked);
        var request = await edge.Fake.NextRequestAsync();
        if (seen is not null)
            await client.SeeAsync(seen);

        Leave(client, how);

        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        await edge.Fake.ConnectionClosedAsync(request.ConnectionId);
        var record = await edge.RecordAsync();
        Assert.Equal("client_closed", record.GetProperty("end").GetString());
        Assert.Equal("client_closed", record.GetProperty("error").GetString());
        Assert.True(record.GetProperty("status").GetInt32() == status || status == 200 && record.GetProperty("status").GetInt32() == 0);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(2, edge.Fake.RequestCount);
    }

    private static void Leave(RawClient client, Leaving how)
    {
        if (how == Leaving.Fin)
            client.FinishSending();
        else if (how == Leaving.Reset)
            client.LeaveWithReset();
        else
            client.Dispose();
    }
}
