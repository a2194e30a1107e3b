using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using OpenAI.Chat;

namespace AiEdge.Sdk.Tests;

/// <summary>Chat completions through the .NET client.</summary>
public sealed class ChatTests
{
    private static readonly ChatMessage[] Hello = [new UserChatMessage("Hello")];

    [Theory]
    [InlineData("fake")]
    [InlineData("answers")]
    public async Task A_completion_arrives_whole_with_its_usage(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        ChatCompletion answer = await plane.Client().GetChatClient("fake-n40").CompleteChatAsync(Hello);
        Assert.Equal(FakeText.All(40), answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal((212, 40), (answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount));

        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal("done", record.GetProperty("end").GetString());
        Assert.Equal(40, record.GetProperty("outputTokens").GetInt32());
    }

    [Theory]
    [InlineData("fake")]
    [InlineData("answers")]
    public async Task A_stream_brings_every_delta_as_the_provider_sent_it(string provider)
    {
        await using var plane = await Plane.StartAsync(provider: provider);
        var heard = await StreamAsync(plane.Client().GetChatClient("fake-n300"), Hello);
        Assert.Equal(Deltas(300), heard.Deltas);
        Assert.Equal(ChatFinishReason.Stop, heard.Finish);

        // This client asks for usage by itself.
        Assert.Equal(300, heard.Usage?.OutputTokenCount);
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal((212, 300), (record.GetProperty("inputTokens").GetInt32(), record.GetProperty("outputTokens").GetInt32()));
    }

    [Fact]
    public async Task The_provider_sees_its_own_model_name_and_credential_and_none_of_the_client()
    {
        await using var plane = await Plane.StartAsync();
        ChatCompletion answer = await plane.Client().GetChatClient("gpt-4o-mini").CompleteChatAsync(Hello);
        Assert.Equal(FakeText.All(9), answer.Content[0].Text);
        var seen = await plane.Provider.NextRequestAsync();
        Assert.Equal("fake-n9", seen.Model);
        Assert.DoesNotContain(Plane.Key, Encoding.UTF8.GetString(seen.RawHead.Span), StringComparison.Ordinal);
        Assert.Equal("identity", seen.Header("accept-encoding"));
    }

    [Theory]
    [InlineData("fake-n200-split=utf8-gap=0")]
    [InlineData("fake-n60-split=1-gap=0")]
    [InlineData("fake-n60-split=7-gap=0")]
    [InlineData("fake-n200-chunk=3")]
    [InlineData("fake-n100-eol=crlf")]
    [InlineData("fake-n100-eol=cr")]
    [InlineData("fake-n100-comments=3")]
    [InlineData("fake-n100-b0")]
    [InlineData("fake-n100-b64")]
    [InlineData("fake-n100-azure")]
    public async Task A_stream_arrives_right_however_its_bytes_are_cut_and_dressed(string model)
    {
        await using var plane = await Plane.StartAsync();
        var heard = await StreamAsync(plane.Client().GetChatClient(model), Hello);
        var count = int.Parse(model["fake-n".Length..].Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(Deltas(count), heard.Deltas);
        Assert.Equal(ChatFinishReason.Stop, heard.Finish);
    }

    [Fact]
    public async Task Slow_tokens_with_heartbeats_between_them_arrive_as_if_there_were_none()
    {
        await using var plane = await Plane.StartAsync(heartbeat: "100ms");
        var heard = await StreamAsync(plane.Client().GetChatClient("fake-n4-d600000"), Hello);
        Assert.Equal(Deltas(4), heard.Deltas);
    }

    [Fact]
    public async Task A_prompt_of_100_KB_reaches_the_provider_byte_for_byte()
    {
        await using var plane = await Plane.StartAsync();
        var prompt = FakeText.All(24_000);
        Assert.True(Encoding.UTF8.GetByteCount(prompt) > 100_000);
        ChatCompletion answer = await plane.Client().GetChatClient("fake-n5").CompleteChatAsync([new UserChatMessage(prompt)]);
        Assert.Equal(FakeText.All(5), answer.Content[0].Text);
        var seen = await plane.Provider.NextRequestAsync();
        using var body = JsonDocument.Parse(seen.Body);
        Assert.Equal(prompt, body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal(seen.BodyLength.ToString(System.Globalization.CultureInfo.InvariantCulture), seen.Header("content-length"));
    }

    [Fact]
    public async Task Fifty_streams_at_once_each_bring_their_own_text()
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client();
        var streams = Enumerable.Range(0, 50).Select(async i =>
        {
            var count = 30 + i;
            var heard = await StreamAsync(client.GetChatClient($"fake-n{count}-d1000"), [new UserChatMessage($"stream {i}")]);
            Assert.Equal(Deltas(count), heard.Deltas);
            Assert.Equal(count, heard.Usage?.OutputTokenCount);
        });
        await Task.WhenAll(streams);
        Assert.Equal(50, plane.Provider.RequestCount);
        var records = await plane.StopAsync();
        Assert.Equal(50, records.Count);
        Assert.All(records, r => Assert.Equal("done", r.GetProperty("end").GetString()));
        Assert.Equal(Enumerable.Range(30, 50), records.Select(r => r.GetProperty("outputTokens").GetInt32()).Order());
    }

    [Fact]
    public async Task A_cap_on_tokens_is_passed_on_and_the_cut_told()
    {
        await using var plane = await Plane.StartAsync();
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 12 };
        ChatCompletion answer = await plane.Client().GetChatClient("fake-n40").CompleteChatAsync(Hello, options);
        Assert.Equal(FakeText.All(12), answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
    }

    [Theory]
    [InlineData("fake-n50-cut=20-how=fin")]
    [InlineData("fake-n50-cut=20-how=rst")]
    [InlineData("fake-n50-cut=20-how=frame")]
    [InlineData("fake-n50-cut=20-how=size")]
    public async Task A_broken_stream_is_never_a_finished_one(string model)
    {
        await using var plane = await Plane.StartAsync();

        // This client passes over error events in silence: what it can tell is that no choice was finished and no usage came.
        var heard = await StreamAsync(plane.Client().GetChatClient(model), Hello);
        Assert.Null(heard.Finish);
        Assert.Null(heard.Usage);
        Assert.InRange(heard.Deltas.Count, 1, 20);
        Assert.Equal(Deltas(50).Take(heard.Deltas.Count), heard.Deltas);
        var record = Assert.Single(await plane.StopAsync());
        Assert.Equal("upstream_fault", record.GetProperty("end").GetString());
    }

    internal static IEnumerable<string> Deltas(int count) => Enumerable.Range(0, count).Select(FakeText.Chunk);

    [Fact]
    public async Task A_stream_that_a_limit_ends_reads_as_one_that_reached_its_length()
    {
        await using var plane = await Plane.StartAsync();
        var heard = await StreamAsync(plane.Client().GetChatClient("fake-guarded"), Hello);
        Assert.InRange(heard.Deltas.Count, 10, 30);
        Assert.Equal(Deltas(60).Take(heard.Deltas.Count), heard.Deltas);
        Assert.Equal(ChatFinishReason.Length, heard.Finish);
        Assert.InRange(heard.Usage!.OutputTokenCount, 25, 30);
        Assert.Equal("cut", Assert.Single(await plane.StopAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_stream_that_a_limit_of_tokens_ends_reads_so_too_and_no_second_one_begins()
    {
        await using var plane = await Plane.StartAsync();
        var client = plane.Client().GetChatClient("capped-dotnet");
        var heard = await StreamAsync(client, Hello);
        Assert.Equal(Deltas(400).Take(heard.Deltas.Count), heard.Deltas);
        Assert.Equal(ChatFinishReason.Length, heard.Finish);
        Assert.InRange(heard.Usage!.OutputTokenCount, 61, 100);
        Assert.Equal(429, (await Assert.ThrowsAsync<System.ClientModel.ClientResultException>(() => StreamAsync(client, Hello))).Status);
        Assert.Equal("cut", (await plane.StopAsync())[0].GetProperty("end").GetString());
    }

    private static async Task<Heard> StreamAsync(ChatClient client, ChatMessage[] messages)
    {
        var heard = new Heard();
        await foreach (var update in client.CompleteChatStreamingAsync(messages))
        {
            // The first event brings the role and an empty text.
            heard.Deltas.AddRange(update.ContentUpdate.Select(part => part.Text).Where(text => text.Length > 0));
            heard.Finish ??= update.FinishReason;
            heard.Usage ??= update.Usage;
        }

        return heard;
    }

    private sealed class Heard
    {
        public List<string> Deltas { get; } = [];

        public ChatFinishReason? Finish { get; set; }

        public ChatTokenUsage? Usage { get; set; }
    }
}
