using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Record;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>The usage journal as a user meets it: written beside the traffic, read back by its commands.</summary>
public sealed class JournalTests
{
    private const string Group = "mode: group";
    private const string Sync = "mode: sync";

    [Theory]
    [InlineData(Group)]
    [InlineData(Sync)]
    public async Task A_stream_is_in_the_journal_in_full(string journal)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = journal });
        var answer = await edge.AskAsync(Ask.Stream("n=9; cached=4; reasoning=2", fields: "X-Request-Id: my-id.1\r\n"));
        await edge.Host.DisposeAsync();

        var (attempt, record) = (Dump(edge)[0], Assert.Single(Exchanges(edge)));
        Assert.Equal(("attempt", "first", 11), (Text(attempt, "kind"), Text(attempt, "purpose"), Number(attempt, "outputTokens")));
        Assert.Equal("exchange", Text(record, "kind"));
        Assert.Equal("my-id.1", Text(record, "requestId"));
        Assert.Equal(answer.Field("x-aiedge-request-id"), Text(record, "edgeRequestId"));
        Assert.Equal("full", Text(record, "key"));
        Assert.Equal("blue", Text(record, "team"));
        Assert.Equal("prod", Text(record.GetProperty("tags"), "env"));
        Assert.Equal("gpt-4o", Text(record, "model"));
        Assert.Equal("gpt-4o", Text(record, "rule"));
        Assert.Equal("fake", Text(record, "provider"));
        Assert.Equal("fake-n3", Text(record, "target"));
        Assert.Equal(200, Number(record, "status"));
        Assert.Equal("done", Text(record, "end"));
        Assert.Equal(212, Number(record, "inputTokens"));
        Assert.Equal(11, Number(record, "outputTokens"));
        Assert.Equal(11, Number(record, "reportedOutputTokens"));
        Assert.InRange(Number(record, "countedOutputTokens"), 8, 16);
        Assert.True(long.Parse(Text(record, "costNanodollars")!, CultureInfo.InvariantCulture) > 0);
        Assert.True(Number(record, "priceVersion") > 0);
        Assert.Equal(answer.Body.Length, Number(record, "bytesOut"));
        Assert.Equal(1, Number(record, "attempts"));
        Assert.Equal(1, Number(record, "config"));
        Assert.True(record.GetProperty("firstTokenMs").GetDouble() <= record.GetProperty("totalMs").GetDouble());
    }

    [Theory]
    [InlineData(Group)]
    [InlineData(Sync)]
    public async Task Every_exchange_of_a_known_key_is_in_it_once(string journal)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = journal });
        using var client = await edge.ConnectAsync();
        (string Request, string End, int Status)[] asked =
        [
            (Ask.Chat(), "done", 200),
            (Ask.Get("/v1/models"), "done", 200),
            (Ask.Post("/v1/chat/completions", "{}"), "refused", 400),
            (Ask.Chat(model: "unreachable"), "upstream_fault", 502),
            (Ask.Chat("status=401"), "upstream_fault", 502),
            (Ask.Chat("status=429; retryafter=none"), "done", 429),
            (Ask.Stream("cut=4"), "upstream_fault", 200),
        ];
        foreach (var (request, _, status) in asked)
            Assert.Equal(status, (await client.AskAsync(request)).Status);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: null))).Status);
        await edge.Host.DisposeAsync();

        Assert.Equal(asked.Select(a => (a.End, a.Status)), Exchanges(edge).Select(r => (Text(r, "end")!, (int)Number(r, "status"))));
    }

    [Fact]
    public async Task What_a_client_has_seen_finished_is_on_disk_in_sync_mode()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Sync });
        using var client = await edge.ConnectAsync();
        for (var i = 1; i <= 50; i++)
        {
            // The provider's connection stays open behind [DONE] now and then: the end that counts is the client's.
            var script = (i % 5) switch { 0 => "b=0", 1 => "n=40", 2 => "n=1", 3 => "framing=chunked; n=2", _ => "" };
            Assert.Equal(200, (await client.AskAsync(i % 2 == 0 ? Ask.Stream(script) : Ask.Chat(script))).Status);
            Assert.Equal(i, Exchanges(edge).Count);
        }
    }

    [Fact]
    public async Task Each_attempt_has_a_line_and_each_exchange()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group });
        using var client = await edge.ConnectAsync();
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(200, (await client.AskAsync(Ask.Chat("stale=fin"))).Status);
        await edge.Host.DisposeAsync();

        Assert.Equal(
            [("attempt", "first", "done"), ("exchange", "first", "done"), ("attempt", "first", "upstream_fault"), ("attempt", "retry", "done"), ("exchange", "retry", "done")],
            Dump(edge).Select(r => (Text(r, "kind")!, Text(r, "purpose")!, Text(r, "end")!)));
        Assert.Equal([1, 1, 1, 2, 2], Dump(edge).Select(r => Number(r, "attempts")));
    }

    [Fact]
    public async Task While_a_second_one_is_asked_a_crash_would_find_that_it_is()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group });
        using var client = await edge.ConnectAsync();
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        await client.SendAsync(Ask.Chat("stale=fin; stall=5"));
        await SeeOpenAsync(edge, item => item is { Kind: JournalKind.Open, Attempts: 1, Purpose: "retry" or "first" } && item[JournalText.Provider] == "fake");
    }

    [Fact]
    public async Task A_crash_bills_a_stream_s_prompt_as_it_was_counted_when_its_answer_began()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group + ", progress: 10m" });
        using var client = await edge.ConnectAsync();
        var text = string.Concat(Enumerable.Repeat("word ", 8000));
        var body = $$"""{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"{{text}}"}]}""";
        await client.SendAsync(Ask.Post("/v1/chat/completions", body, Ask.Script("n=9; stall=3")));
        await SeeOpenAsync(edge, item => item.Kind == JournalKind.Progress && item.InputTokens is > 7900 and < 8200);
    }

    /// <summary>Waits until the last record of an exchange that is open is so.</summary>
    private static async Task SeeOpenAsync(Edge edge, Predicate<JournalItem> isSo)
    {
        var item = new JournalItem();
        for (var deadline = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(20))
        {
            foreach (var record in JournalRecovery.Survey(edge.DataDir, JournalRecovery.Judge(edge.DataDir)!.Value).Open)
            {
                item.Read(record);
                if (isSo(item))
                    return;
            }

            Assert.True(DateTime.UtcNow < deadline, $"the last record is of kind {item.Kind}, {item.Attempts} attempts, {item.InputTokens} tokens");
        }
    }

    [Theory]
    [InlineData("n=20000; usage=off; cut=150000; framing=chunked", 10_000)]
    [InlineData("n=20; usage=off; cut=2000; framing=chunked", 10)]
    public async Task A_whole_answer_that_breaks_off_is_billed_by_what_came_of_it(string script, int least)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group });
        await edge.AskAsync(Ask.Chat(script));
        var record = await edge.RecordAsync();
        Assert.Equal("upstream_fault", Text(record, "end"));
        Assert.True(Number(record, "inputTokens") > 0);
        Assert.InRange(Number(record, "outputTokens"), least, 40_000);
    }

    [Fact]
    public async Task Who_had_the_request_and_was_not_waited_for_is_paid_its_prompt()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group, Timeouts = "firstByte: 1s" });
        Assert.Equal(504, (await edge.AskAsync(Ask.Stream("noanswer=hang"))).Status);
        var record = await edge.RecordAsync();
        Assert.InRange(Number(record, "inputTokens"), 1, 30);
        Assert.True(long.Parse(Text(record, "costNanodollars")!, CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task The_numbers_go_on_after_a_restart_and_verify_is_content()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group });
        await edge.AskAsync(Ask.Chat());
        await edge.Host.DisposeAsync();
        var (again, _) = await EdgeHost.StartAsync(new EdgeHostOptions
        {
            ConfigPath = edge.ConfigPath,
            Overrides = new("127.0.0.1:0", "127.0.0.1:0", null),
            DataDir = edge.DataDir,
        });
        using (var client = await RawClient.ConnectAsync(again!.Listen.Port))
            Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        await again.DisposeAsync();

        // Each has one record before its last, if a commit fell between the two.
        var records = Exchanges(edge);
        Assert.Equal([1L, 2L], records.Select(r => Number(r, "epoch")));
        Assert.InRange(Number(records[0], "sequence"), 0, 1);
        Assert.InRange(Number(records[1], "sequence") - Number(records[0], "sequence"), 1, 2);
        var said = new StringWriter();
        Assert.Equal(0, JournalCommand.Verify(edge.DataDir, said, said));
        Assert.StartsWith($"ok: {Number(records[1], "sequence") + 1} records", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_data_planes_cannot_share_a_folder()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Group });
        var fault = Assert.Throws<JournalFault>(() => JournalStore.Open(edge.DataDir));
        Assert.Contains("another process", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_metrics_count()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Journal = Sync });
        await edge.AskAsync(Ask.Get("/v1/models"));
        await edge.SeeMetricAsync("aiedge_journal_records_total 1");
        await edge.SeeMetricAsync("aiedge_journal_dropped_total 0");
        await edge.SeeMetricAsync("aiedge_journal_lag_ms 0");
    }

    internal static List<JsonElement> Dump(Edge edge)
    {
        using var output = new MemoryStream();
        var errors = new StringWriter();
        Assert.True(JournalCommand.Dump(edge.DataDir, output, errors) == 0, errors.ToString());
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];
    }

    internal static List<JsonElement> Exchanges(Edge edge) => Dump(edge).FindAll(r => Text(r, "kind") == "exchange");

    /// <summary>What a line of the journal is of, how that ended, and whom it had asked.</summary>
    internal static string Line(JsonElement line) => $"{Text(line, "kind")} {Text(line, "purpose")} {Text(line, "end")} {Text(line, "target")}";

    /// <summary>In nanodollars; 0 where none is told.</summary>
    internal static long Cost(JsonElement line) => line.TryGetProperty("costNanodollars", out var cost) && cost.GetString() is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    private static string? Text(JsonElement record, string name) => record.GetProperty(name).GetString();

    private static long Number(JsonElement record, string name) => record.GetProperty(name).GetInt64();
}
