using AiEdge.FakeUpstream;
using OpenAI.Responses;

namespace AiEdge.Sdk.Tests;

/// <summary>The responses endpoint through the .NET client.</summary>
public sealed class ResponsesTests
{
    [Fact]
    public async Task A_response_arrives_whole_with_its_usage()
    {
        await using var plane = await Plane.StartAsync();
        ResponseResult answer = await plane.Responses().CreateResponseAsync("fake-n25", "Hello");
        Assert.Equal(ResponseStatus.Completed, answer.Status);
        Assert.Equal(FakeText.All(25), answer.GetOutputText());
        Assert.Equal((212, 25), (answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount));
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal(25, record.GetProperty("outputTokens").GetInt32());
    }

    [Theory]
    [InlineData("fake-n150", 150)]
    [InlineData("fake-n80-split=utf8-gap=0", 80)]
    [InlineData("fake-n40-eol=crlf-b0", 40)]
    public async Task A_stream_brings_every_delta_and_ends_completed(string model, int count)
    {
        await using var plane = await Plane.StartAsync();
        var deltas = new List<string>();
        var sequence = new List<int>();
        ResponseResult? final = null;
        await foreach (var update in await plane.Responses().CreateResponseStreamingAsync(Streamed(model)))
        {
            sequence.Add(update.SequenceNumber);
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                deltas.Add(delta.Delta);
            else if (update is StreamingResponseCompletedUpdate completed)
                final = completed.Response;
        }

        Assert.Equal(ChatTests.Deltas(count), deltas);
        Assert.Equal(Enumerable.Range(0, sequence.Count), sequence);
        Assert.Equal(FakeText.All(count), final?.GetOutputText());
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal(("done", count), (record.GetProperty("end").GetString(), record.GetProperty("outputTokens").GetInt32()));
    }

    [Fact]
    public async Task A_broken_stream_ends_failed()
    {
        await using var plane = await Plane.StartAsync();
        var deltas = new List<string>();
        StreamingResponseUpdate? last = null;
        await foreach (var update in await plane.Responses().CreateResponseStreamingAsync(Streamed("fake-n50-cut=20")))
        {
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                deltas.Add(delta.Delta);
            last = update;
        }

        var failed = Assert.IsType<StreamingResponseFailedUpdate>(last);
        Assert.Equal(ResponseStatus.Failed, failed.Response.Status);
        Assert.Equal("upstream_error", failed.Response.Error.Code.ToString());
        Assert.Equal(ChatTests.Deltas(50).Take(deltas.Count), deltas);
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal("upstream_fault", record.GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_stream_that_a_limit_ends_is_incomplete_with_all_that_was_said()
    {
        await using var plane = await Plane.StartAsync();
        var deltas = new List<string>();
        var sequence = new List<int>();
        StreamingResponseUpdate? last = null;
        await foreach (var update in await plane.Responses().CreateResponseStreamingAsync(Streamed("fake-guarded")))
        {
            sequence.Add(update.SequenceNumber);
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                deltas.Add(delta.Delta);
            last = update;
        }

        var incomplete = Assert.IsType<StreamingResponseIncompleteUpdate>(last);
        Assert.Equal(ResponseStatus.Incomplete, incomplete.Response.Status);
        Assert.Equal(ResponseIncompleteStatusReason.MaxOutputTokens, incomplete.Response.IncompleteStatusDetails.Reason);
        Assert.InRange(deltas.Count, 10, 30);
        Assert.Equal(string.Concat(deltas), incomplete.Response.GetOutputText());
        Assert.Equal(Enumerable.Range(0, sequence.Count), sequence);
        Assert.InRange(incomplete.Response.Usage.OutputTokenCount, 25, 30);
    }

    private static CreateResponseOptions Streamed(string model) =>
        new(model, [ResponseItem.CreateUserMessageItem("Hello")]) { StreamingEnabled = true };
}
