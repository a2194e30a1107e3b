using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Answers that are encoded although identity was asked for.</summary>
public sealed class EncodingTests
{
    [Theory]
    [InlineData("gzip", 30)]
    [InlineData("br", 30)]
    [InlineData("gzip", 100_000)]
    [InlineData("br", 100_000)]
    public async Task A_json_answer_is_decoded_and_metered(string coding, int count)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat($"n={count}; encoding={coding}"));

        Assert.Null(answer.Field("Content-Encoding"));
        Assert.True(answer.IsWhole);
        Assert.True(FakeText.All(count) == answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(count, (await edge.RecordAsync()).GetProperty("outputTokens").GetInt64());
    }

    [Theory]
    [InlineData("gzip", "")]
    [InlineData("br", "")]
    [InlineData("gzip", "; b=0; d=500")]
    [InlineData("br", "; b=0; d=500")]
    [InlineData("gzip", "; chunk=1")]
    [InlineData("br", "; chunk=1")]
    public async Task A_stream_is_decoded_edited_and_metered(string coding, string script)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream($"n=60; encoding={coding}{script}"));

        Assert.Null(answer.Field("Content-Encoding"));
        Assert.Equal(FakeText.All(60), answer.Content);
        Assert.DoesNotContain("usage", answer.Text);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
        var record = await edge.RecordAsync();
        Assert.Equal(60, record.GetProperty("outputTokens").GetInt64());
        Assert.Equal("done", record.GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Events_of_an_encoded_stream_are_passed_on_as_they_come(string coding)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        await client.SendAsync(Ask.Stream($"n=60; b=0; stall=5; encoding={coding}"));

        await client.SeeAsync("\" past\"");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unknown_coding_is_passed_on(bool stream)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(stream ? Ask.Stream("encoding=x-odd") : Ask.Chat("encoding=x-odd"));

        Assert.Equal("x-odd", answer.Field("Content-Encoding"));
        Assert.True(answer.IsWhole);
        Assert.Equal(stream ? "[DONE]" : "chat.completion", stream ? answer.Events[^1] : answer.Json.GetProperty("object").GetString());
        var record = await edge.RecordAsync();
        Assert.Equal("done", record.GetProperty("end").GetString());
        Assert.False(record.TryGetProperty("outputTokens", out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_it_has_to_be_counted_one_that_nobody_can_read_is_no_answer(bool stream)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: some, tokens: 1m/hour"] });

        var answer = await edge.AskAsync(stream ? Ask.Stream("encoding=deflate") : Ask.Chat("encoding=deflate"));

        Assert.Equal(502, answer.Status);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Bytes_that_are_no_json_pass_encoded_as_they_are(string coding)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Post("/v1/audio/speech", """{"model":"gpt-4o"}""", $"x-fake: binary=3000; encoding={coding}\r\n"));

        Assert.Equal(coding, answer.Field("Content-Encoding"));
        Assert.True(answer.IsWhole);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_error_is_decoded(string coding)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat($"status=429; retryafter=none; encoding={coding}"));

        Assert.Equal(429, answer.Status);
        Assert.Null(answer.Field("Content-Encoding"));
        Assert.Equal("rate_limit_exceeded", answer.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("upstream_quota", (await edge.AskAsync(Ask.Chat($"status=429; error=quota; encoding={coding}")))
            .Json.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Json_whose_coding_breaks_off_is_502(string coding)
    {
        await using var edge = await Edge.StartAsync();

        Assert.Equal(502, (await edge.AskAsync(Ask.Chat($"n=500; encoding={coding}; framing=chunked; cut=60"))).Status);
        Assert.Equal(502, (await edge.AskAsync(Ask.Chat($"n=500; encoding={coding}; framing=eof; cut=60"))).Status);
    }
}
