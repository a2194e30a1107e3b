using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>A comment in each silence, between events only.</summary>
public sealed class HeartbeatTests
{
    private const string Ping = ": ping\n\n";

    [Fact]
    public async Task Each_silence_of_a_stream_brings_a_comment_as_an_event_of_its_own()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "heartbeat: 1s" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));

        await client.SeeAsync("8\r\n: ping\n\n\r\n8\r\n: ping\n\n\r\n");
        await edge.Host.DisposeAsync();
        var answer = await client.ReadAnswerAsync();

        Assert.Equal(FakeText.All(3), answer.Content);

        // Until the stream begins a busy machine may be silent for long enough.
        Assert.DoesNotContain(Ping, string.Concat(answer.Frames.SkipWhile(frame => frame == Ping).Take(4)));
        Assert.True(answer.Frames.Count(frame => frame == Ping) >= 2);
    }

    [Fact]
    public async Task Before_the_first_event_it_brings_the_head_along()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "heartbeat: 100ms" });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; stall=0"));

        await client.SeeAsync("\r\n\r\n8\r\n: ping\n\n\r\n");
    }

    [Fact]
    public async Task It_never_stands_inside_an_event()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "heartbeat: 100ms" });

        var answer = await edge.AskAsync(Ask.Stream("n=2; b=0; split=120; gap=260000"));

        var pings = answer.Text.Split(Ping).Length - 1;
        Assert.True(pings > 0);
        answer.Body = Encoding.UTF8.GetBytes(answer.Text.Replace(Ping, "", StringComparison.Ordinal));
        Assert.Equal(FakeText.All(2), answer.Content);
        Assert.All(answer.Frames, frame => Assert.StartsWith("data: ", frame));
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
    }

    [Fact]
    public async Task It_goes_on_while_an_event_trickles_in()
    {
        // Bytes that come faster than the beat are no event: the client hears nothing but the comments.
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "heartbeat: 200ms" });

        var answer = await edge.AskAsync(Ask.Stream("n=1; b=0; split=10; gap=20000"));

        Assert.Contains(Ping, answer.Text);
        answer.Body = Encoding.UTF8.GetBytes(answer.Text.Replace(Ping, "", StringComparison.Ordinal));
        Assert.Equal(FakeText.All(1), answer.Content);
    }

    [Fact]
    public async Task It_does_not_keep_a_stalled_stream_alive()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = "heartbeat: 100ms", Timeouts = "idle: 3s" });

        var answer = await edge.AskAsync(Ask.Stream("n=9; b=0; stall=4"));

        Assert.Contains(Ping, answer.Text);
        Assert.Contains("\"code\":\"timeout\"", answer.Frames[^1]);
    }

    [Theory]
    [InlineData("heartbeat: off", true)]
    [InlineData("heartbeat: 100ms", false)]
    public async Task It_can_be_off_and_is_for_streams_only(string server, bool stream)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Server = server });

        var answer = await edge.AskAsync(stream ? Ask.Stream("n=2; f=500000") : Ask.Chat("n=2; f=500000"));

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("ping", answer.Text);
    }
}
