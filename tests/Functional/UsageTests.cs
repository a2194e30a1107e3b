using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Usage is asked for where the client did not, its traces are removed again, and it is in the record either way.</summary>
public sealed class UsageTests
{
    public static TheoryData<string, string> NotAsked => new()
    {
        { "", """{"stream_options":{"include_usage":true},"model":"fake-n3","messages":[{"role":"user","content":"prompt-canary-91c2"}],"stream":true}""" },
        { ""","stream_options":null""", """{"model":"fake-n3","messages":[{"role":"user","content":"prompt-canary-91c2"}],"stream":true,"stream_options":{"include_usage":true}}""" },
        { ""","stream_options":{}""", """{"model":"fake-n3","messages":[{"role":"user","content":"prompt-canary-91c2"}],"stream":true,"stream_options":{"include_usage":true}}""" },
        { ""","stream_options":{ "include_usage" : false }""", """{"model":"fake-n3","messages":[{"role":"user","content":"prompt-canary-91c2"}],"stream":true,"stream_options":{ "include_usage" : true }}""" },
        { ""","stream_options":{"include_usage":null}""", """{"model":"fake-n3","messages":[{"role":"user","content":"prompt-canary-91c2"}],"stream":true,"stream_options":{"include_usage":true}}""" },
        { ""","stream_options":{"include_obfuscation":false}""", """{"model":"fake-n3","messages":[{"role":"user","content":"prompt-canary-91c2"}],"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}""" },
    };

    [Theory]
    [MemberData(nameof(NotAsked))]
    public async Task A_stream_whose_client_did_not_ask_is_as_if_nobody_had(string options, string sent)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream("n=9", more: options));

        Assert.Equal(sent, (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.DoesNotContain("usage", answer.Text);
        Assert.Equal(FakeText.All(9), answer.Content);
        Assert.Equal(12, answer.Events.Length);
        Assert.All(answer.Events[..^1], data => Assert.Equal(JsonValueKind.Object, JsonElement.Parse(data).ValueKind));
        Assert.Equal("[DONE]", answer.Events[^1]);
        AssertUsage(await edge.RecordAsync(), 212, 9);
    }

    [Fact]
    public async Task A_stream_whose_client_asked_is_left_alone()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream("n=9; cached=5; reasoning=2", more: ""","stream_options":{"include_usage":true}"""));

        Assert.EndsWith(""","stream":true,"stream_options":{"include_usage":true}}""", (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal(13, answer.Events.Length);
        Assert.All(answer.Events[..^2], data => Assert.EndsWith(",\"usage\":null}", data));
        Assert.Contains("\"choices\":[],\"usage\":{", answer.Events[^2]);
        var record = await edge.RecordAsync();
        AssertUsage(record, 212, 11);
        Assert.Equal(5, record.GetProperty("cachedInputTokens").GetInt64());
        Assert.Equal(2, record.GetProperty("reasoningTokens").GetInt64());
    }

    [Fact]
    public async Task A_provider_that_must_not_be_asked_is_not()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "usageChunk: never" });

        var answer = await edge.AskAsync(Ask.Stream("n=9"));

        Assert.DoesNotContain("stream_options", (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal(12, answer.Events.Length);
        Assert.False((await edge.RecordAsync()).TryGetProperty("inputTokens", out _));
    }

    [Theory]
    [InlineData("beside=on")]
    [InlineData("beside=off")]
    public async Task Reasoning_is_output_wherever_it_is_counted(string script)
    {
        await using var edge = await Edge.StartAsync();
        foreach (var request in (string[])[Ask.Chat("n=9; reasoning=30; " + script), Ask.Stream("n=9; reasoning=30; " + script)])
        {
            await edge.AskAsync(request);
            AssertUsage(await edge.RecordAsync(), 212, 39);
        }
    }

    [Fact]
    public async Task A_usage_that_nobody_asked_for_is_counted_and_passes()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "usageChunk: never" });

        var answer = await edge.AskAsync(Ask.Stream("n=9; usage=always"));

        Assert.Contains("\"usage\":{", answer.Events[^2]);
        AssertUsage(await edge.RecordAsync(), 212, 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","stream_options":{"include_usage":true}""")]
    public async Task The_first_chunk_of_azure_stays(string options)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream("n=4; azure=on", more: options));

        Assert.Contains("\"choices\":[],\"prompt_filter_results\":[", answer.Events[0]);
        Assert.Equal(options.Length == 0 ? 8 : 9, answer.Events.Length);
        Assert.Equal(FakeText.All(4), answer.Content);
        AssertUsage(await edge.RecordAsync(), 212, 4);
    }

    [Theory]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}""", "")]
    [InlineData("""{"usage":{"prompt_tokens":7,"completion_tokens":3},"choices":[ ]}""", "")]
    [InlineData("""{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":7,"completion_tokens":3}}""", """{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":7,"completion_tokens":3}}""")]
    [InlineData("""{"usage":null,"choices":[]}""", """{"choices":[]}""")]
    [InlineData("""{"usage" : null}""", "{}")]
    [InlineData("""{"a":1, "usage":null ,"choices":[]}""", """{"a":1 ,"choices":[]}""")]
    [InlineData("""{"choices":[],"x":{"usage":null}}""", """{"choices":[],"x":{"usage":null}}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"\"usage\":null"}}],"usage":null}""", """{"choices":[{"index":0,"delta":{"content":"\"usage\":null"}}]}""")]
    public async Task Only_the_traces_of_our_own_asking_are_removed(string sent, string seen)
    {
        await using var edge = await Edge.StartAsync();
        const string rest = "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer($"data: {sent}\n\n{rest}"));

        var answer = await edge.AskAsync(Ask.Stream());

        Assert.Equal((seen.Length > 0 ? $"data: {seen}\n\n" : "") + rest, answer.Text);
    }

    [Fact]
    public async Task Traces_are_removed_however_the_stream_is_cut_up()
    {
        await using var edge = await Edge.StartAsync();

        foreach (var script in (string[])["n=6; split=3; gap=50", "n=6; chunk=1", "n=6; b=0", "n=6; b=6", "n=6; bytes=70000"])
        {
            var answer = await edge.AskAsync(Ask.Stream(script));
            Assert.DoesNotContain("usage", answer.Text);
            Assert.EndsWith(FakeText.All(6)[3..], answer.Content);
            Assert.True(answer.IsWhole);
            AssertUsage(await edge.RecordAsync(), 212, 6);
        }
    }

    [Fact]
    public async Task A_completions_stream_is_treated_like_a_chat()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Post("/v1/completions", """{"model":"gpt-4o","prompt":"x","stream":true}""", "x-fake: n=5\r\n"));

        Assert.Equal("""{"stream_options":{"include_usage":true},"model":"fake-n3","prompt":"x","stream":true}""", (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.DoesNotContain("usage", answer.Text);
        Assert.Equal("[DONE]", answer.Events[^1]);
        AssertUsage(await edge.RecordAsync(), 212, 5);
    }

    [Fact]
    public async Task Nothing_is_asked_for_where_the_answer_is_whole()
    {
        await using var edge = await Edge.StartAsync();
        var body = Ask.ChatBody(more: ""","stream":false""");

        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", body, "x-fake: n=5; cached=4; reasoning=3\r\n"));

        Assert.Equal(body.Replace("gpt-4o", "fake-n3", StringComparison.Ordinal), (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal(8, answer.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        var record = await edge.RecordAsync();
        AssertUsage(record, 212, 8);
        Assert.Equal(4, record.GetProperty("cachedInputTokens").GetInt64());
        Assert.Equal(3, record.GetProperty("reasoningTokens").GetInt64());
    }

    [Fact]
    public async Task Several_choices_are_whole_only_together()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Stream("n=4; done=off", more: ",\"n\":3"));

        Assert.True(answer.IsWhole);
        Assert.Equal(3, answer.Events.Count(data => data.Contains("\"stop\"", StringComparison.Ordinal)));
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    private static void AssertUsage(JsonElement record, long input, long output)
    {
        Assert.Equal(input, record.GetProperty("inputTokens").GetInt64());
        Assert.Equal(output, record.GetProperty("outputTokens").GetInt64());
    }
}
