using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Functional.Tests;

/// <summary>A client that leaves is billed what it had, or what the provider says of the whole if the key's answers are read to their end.</summary>
public sealed class DisconnectTests
{
    private static readonly Tokenizer Tokens = new(Vocabulary.O200kBase);

    [Fact]
    public async Task Cancelled_it_is_billed_what_was_delivered_and_its_counted_prompt()
    {
        await using var edge = await StartAsync("");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=20; b=0; stall=7"));
        await client.SeeAsync("\" tables\"");
        var request = await edge.Fake.NextRequestAsync();

        client.LeaveWithReset();

        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        var record = await OnlyRecordAsync(edge);
        Assert.Equal("client_closed", Text(record, "end"));
        Assert.Equal(Prompt(), Number(record, "inputTokens"));
        Assert.Equal(Count(FakeText.All(6)), Number(record, "outputTokens"));
        Assert.Equal(Count(FakeText.All(6)), Number(record, "countedOutputTokens"));
        Assert.Equal(JsonValueKind.Null, record.GetProperty("reportedOutputTokens").ValueKind);
    }

    [Theory]
    [InlineData("drain")]
    [InlineData("drain:20s")]
    public async Task Drained_it_is_billed_what_the_provider_reports_and_written_nothing(string policy)
    {
        await using var edge = await StartAsync(policy);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=40; b=0; stall=7"));
        await client.SeeAsync("\" tables\"");
        var request = await edge.Fake.NextRequestAsync();

        client.LeaveWithReset();
        request.Resume();

        Assert.Equal(RequestEnd.Answered, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        var record = await OnlyRecordAsync(edge);
        Assert.Equal("client_closed", Text(record, "end"));
        Assert.Equal((212, 40, 40), (Number(record, "inputTokens"), Number(record, "outputTokens"), Number(record, "reportedOutputTokens")));
        Assert.InRange(Number(record, "countedOutputTokens"), 1, 39);
        Assert.True(Number(record, "bytesOut") < 40 * 150);
    }

    [Fact]
    public async Task Drained_without_a_report_it_is_billed_what_came_from_the_provider()
    {
        await using var edge = await StartAsync("drain");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=40; b=0; stall=7; usage=off"));
        await client.SeeAsync("\" tables\"");
        var request = await edge.Fake.NextRequestAsync();
        client.LeaveWithReset();
        request.Resume();

        Assert.Equal(RequestEnd.Answered, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        var record = await OnlyRecordAsync(edge);
        Assert.Equal((Prompt(), Count(FakeText.All(40))), (Number(record, "inputTokens"), Number(record, "outputTokens")));
        Assert.InRange(Number(record, "countedOutputTokens"), 1, Count(FakeText.All(39)));
    }

    [Fact]
    public async Task A_drain_has_an_end()
    {
        await using var edge = await StartAsync("drain:300ms");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("\" runs\"");
        client.FinishSending();

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("client_closed", Text(await OnlyRecordAsync(edge), "end"));
    }

    [Fact]
    public async Task Stopping_the_process_does_not_wait_for_one_that_drains_for_long()
    {
        await using var edge = await StartAsync("drain", server: "drainTimeout: 200ms");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("\" runs\"");
        client.LeaveWithReset();
        var request = await edge.Fake.NextRequestAsync();

        await edge.Host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));

        // Which of the two was seen first is all that the word tells.
        Assert.Contains(Text(Assert.Single(JournalTests.Exchanges(edge)), "end"), (string[])["client_closed", "draining"]);
    }

    [Fact]
    public async Task An_answer_that_is_no_stream_is_drained_too()
    {
        await using var edge = await StartAsync("drain");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Chat("n=30; stall=10"));
        var request = await edge.Fake.NextRequestAsync();
        client.LeaveWithReset();
        request.Resume();

        Assert.Equal(RequestEnd.Answered, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        var record = await OnlyRecordAsync(edge);
        Assert.Equal(("client_closed", 30), (Text(record, "end"), Number(record, "outputTokens")));
    }

    [Fact]
    public async Task Cancelled_before_its_answer_it_is_billed_its_prompt()
    {
        await using var edge = await StartAsync("");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("noanswer=hang"));
        await edge.Fake.NextRequestAsync();
        client.LeaveWithReset();
        var record = await OnlyRecordAsync(edge);
        Assert.Equal(("client_closed", Prompt(), 0), (Text(record, "end"), Number(record, "inputTokens"), Number(record, "outputTokens")));
    }

    [Fact]
    public async Task Answers_without_usage_are_billed_by_what_is_in_them()
    {
        await using var edge = await StartAsync("");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat("n=30; usage=off"))).Status);
        await edge.AskAsync(Ask.Stream("n=30; usage=off"));
        await edge.AskAsync(Ask.Chat("status=500"));
        await edge.Host.DisposeAsync();
        var records = JournalTests.Exchanges(edge);
        foreach (var record in records[..2])
            Assert.Equal((Prompt(), Count(FakeText.All(30))), (Number(record, "inputTokens"), Number(record, "outputTokens")));
        Assert.Equal((0, 0), (Number(records[2], "inputTokens"), Number(records[2], "outputTokens")));
    }

    private static Task<Edge> StartAsync(string policy, string server = "") => Edge.StartAsync(new EdgeSetup
    {
        Journal = "mode: group",
        Server = server,
        KeyFields = policy.Length > 0 ? $"onDisconnect: \"{policy}\"" : "",
    });

    private static async Task<JsonElement> OnlyRecordAsync(Edge edge)
    {
        await edge.RecordAsync();
        await edge.Host.DisposeAsync();
        return Assert.Single(JournalTests.Exchanges(edge));
    }

    private static long Prompt() => 3 + 3 + 1 + Count(EdgeSetup.Prompt);

    private static long Count(string text) => Tokens.Count(Encoding.UTF8.GetBytes(text));

    private static string? Text(JsonElement record, string name) => record.GetProperty(name).GetString();

    private static long Number(JsonElement record, string name) => record.GetProperty(name).GetInt64();
}
