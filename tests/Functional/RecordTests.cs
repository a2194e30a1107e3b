using System.Globalization;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>One JSON line an exchange, with what happened and nothing that was said.</summary>
public sealed class RecordTests
{
    [Fact]
    public async Task A_stream_is_told_in_full()
    {
        await using var edge = await Edge.StartAsync();
        var before = DateTimeOffset.UtcNow;

        var request = Ask.Stream("n=9; cached=4; reasoning=2", fields: "X-Request-Id: my-id.1\r\nUser-Agent: agent-canary\r\n");
        var answer = await edge.AskAsync(request);

        var line = await edge.Records.NextAsync();
        var record = JsonElement.Parse(line);
        Assert.Equal("exchange", Text(record, "kind"));
        Assert.Equal("my-id.1", Text(record, "requestId"));
        Assert.Equal(answer.Field("x-aiedge-request-id"), Text(record, "edgeRequestId"));
        Assert.Equal(answer.Field("x-aiedge-provider-request-id"), Text(record, "providerRequestId"));
        Assert.Equal("full", Text(record, "key"));
        Assert.Equal("blue", Text(record, "team"));
        Assert.Equal("""{"env":"prod","feature":"chat"}""", Sorted(record.GetProperty("tags")));
        Assert.Equal("/v1/chat/completions", Text(record, "path"));
        Assert.Equal("gpt-4o", Text(record, "model"));
        Assert.Equal("fake", Text(record, "provider"));
        Assert.Equal("fake-n3", Text(record, "providerModel"));
        Assert.True(record.GetProperty("stream").GetBoolean());
        Assert.Equal(200, Number(record, "status"));
        Assert.Equal("done", Text(record, "end"));
        Assert.False(record.TryGetProperty("error", out _));
        Assert.Equal(1, Number(record, "attempts"));
        Assert.Equal(212, Number(record, "inputTokens"));
        Assert.Equal(11, Number(record, "outputTokens"));
        Assert.Equal(4, Number(record, "cachedInputTokens"));
        Assert.Equal(2, Number(record, "reasoningTokens"));
        Assert.Equal(request.Length - request.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4, Number(record, "bytesIn"));
        Assert.Equal(answer.Body.Length, Number(record, "bytesOut"));
        Assert.Equal(12, Number(record, "events"));
        Assert.Equal(1, Number(record, "config"));
        Assert.InRange(DateTimeOffset.Parse(Text(record, "time")!, CultureInfo.InvariantCulture), before.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(2));
        long[] times = [.. ((string[])["bodyUs", "sentUs", "firstByteUs", "firstTokenUs", "totalUs"]).Select(name => Number(record, name))];
        Assert.Equal(times.Order(), times);
        Assert.True(Number(record, "overheadUs") >= 0);
        Assert.DoesNotContain("agent-canary", line);
    }

    [Fact]
    public async Task Every_exchange_leaves_one_line()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        (string Request, string End, int Status, string? Error)[] asked =
        [
            (Ask.Chat(), "done", 200, null),
            (Ask.Get("/v1/models"), "done", 200, null),
            (Ask.Chat(key: null), "refused", 401, "invalid_api_key"),
            (Ask.Post("/v1/nothing", "{}"), "refused", 404, "unknown_url"),
            (Ask.Post("/v1/chat/completions", "{}"), "refused", 400, "invalid_request"),
            (Ask.Chat(model: "unreachable"), "upstream_fault", 502, "upstream_error"),
            (Ask.Chat("status=401"), "upstream_fault", 502, "upstream_auth"),
            (Ask.Chat("status=429"), "done", 429, null),
            ("nonsense\r\n\r\n", "refused", 400, "invalid_request"),
        ];

        foreach (var (request, end, status, error) in asked)
        {
            Assert.Equal(status, (await client.AskAsync(request)).Status);
            var record = await edge.RecordAsync();
            Assert.Equal(end, Text(record, "end"));
            Assert.Equal(status, Number(record, "status"));
            Assert.Equal(error, record.TryGetProperty("error", out var code) ? code.GetString() : null);
        }

        await edge.Host.DisposeAsync();
        Assert.Equal(asked.Length, edge.Records.All.Split('\n').Length - 1);
    }

    [Fact]
    public async Task A_connection_without_a_request_leaves_none()
    {
        await using var edge = await Edge.StartAsync();
        (await edge.ConnectAsync()).Dispose();
        using (var client = await edge.ConnectAsync())
        {
            client.FinishSending();
            await client.SeeEndAsync();
        }

        await edge.Host.DisposeAsync();

        Assert.Equal("", edge.Records.All);
    }

    [Fact]
    public async Task A_record_holds_no_text_of_clients_but_a_harmless_id()
    {
        await using var edge = await Edge.StartAsync();
        const string canary = "canary-text-5527";
        await edge.AskAsync(Ask.Post($"/v1/chat/completions?q={canary}", Ask.ChatBody(more: $",\"user\":\"{canary}\""), $"X-Request-Id: a {canary}\r\nX-Other: {canary}\r\n"));
        await edge.AskAsync(Ask.Post($"/v1/{canary}", "{}"));
        await edge.AskAsync(Ask.Chat(model: canary));
        await edge.AskAsync(Ask.Post("/v1/chat/completions", $"{{\"{canary}\""));
        await edge.AskAsync(Ask.Chat(key: canary));
        await edge.AskAsync(Ask.Get($"/v1/models/{canary}"));
        await edge.AskAsync($"{canary}\r\n\r\n");
        for (var i = 0; i < 7; i++)
            await edge.RecordAsync();

        Assert.DoesNotContain(canary, edge.Records.All);
        Assert.DoesNotContain(canary, edge.Log.All);
    }

    private static string? Text(JsonElement record, string name) => record.GetProperty(name).GetString();

    private static long Number(JsonElement record, string name) => record.GetProperty(name).GetInt64();

    private static string Sorted(JsonElement tags) =>
        "{" + string.Join(',', tags.EnumerateObject().Select(tag => $"\"{tag.Name}\":\"{tag.Value}\"").Order(StringComparer.Ordinal)) + "}";
}
