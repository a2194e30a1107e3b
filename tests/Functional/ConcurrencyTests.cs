using System.Globalization;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Many exchanges at once, of which none may see anything of another.</summary>
public sealed class ConcurrencyTests
{
    private const int Clients = 24;
    private const int Requests = 12;

    [Fact]
    public async Task Every_client_gets_its_own_answer()
    {
        await using var edge = await Edge.StartAsync();
        var clients = Enumerable.Range(1, Clients).Select(number => TalkAsync(edge, number));

        await Task.WhenAll(clients);

        var ids = new HashSet<string>();
        for (var i = 0; i < Clients * Requests; i++)
        {
            var record = await edge.RecordAsync();
            Assert.Equal("done", record.GetProperty("end").GetString());
            Assert.True(ids.Add(record.GetProperty("edgeRequestId").GetString()!));
            var asked = record.GetProperty("requestId").GetString()!.Split('-');
            if (record.TryGetProperty("outputTokens", out var tokens))
                Assert.Equal(int.Parse(asked[2], CultureInfo.InvariantCulture), tokens.GetInt32());
        }

        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("\naiedge_exchanges_open 0\n", metrics);
        Assert.Contains("\naiedge_streams_open 0\n", metrics);
        Assert.Contains("\naiedge_buffered_bytes 0\n", metrics);
    }

    [Fact]
    public async Task Clients_that_leave_disturb_no_others()
    {
        await using var edge = await Edge.StartAsync();
        var staying = Enumerable.Range(1, 8).Select(number => TalkAsync(edge, number));
        var leaving = Enumerable.Range(0, 60).Select(number => LeaveAsync(edge, number));

        await Task.WhenAll([.. staying, .. leaving]);

        for (var i = 0; i < (8 * Requests) + 60; i++)
            await edge.RecordAsync();
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("\naiedge_exchanges_open 0\n", metrics);
        Assert.Contains("\naiedge_streams_open 0\n", metrics);
        Assert.Contains("\naiedge_buffered_bytes 0\n", metrics);
    }

    private static async Task TalkAsync(Edge edge, int number)
    {
        using var client = await edge.ConnectAsync();
        for (var i = 0; i < Requests; i++)
        {
            var count = (number * Requests) + i;
            var model = $"fake-n{count}";
            var fields = $"X-Request-Id: {number}-{i}-{count}\r\n";

            // Bodies of all sizes, so that they lie in one block, in several, and in ones of their own.
            var more = $",\"x\":\"{new string((char)('a' + (number % 26)), number * i * 300)}\"";
            var isStream = (number + i) % 2 == 0;
            var answer = await client.AskAsync(isStream ? Ask.Stream(model: model, more: more, fields: fields) : Ask.Chat(model: model, more: more, fields: fields));

            Assert.Equal(200, answer.Status);
            Assert.Equal(model, answer.Field("x-aiedge-model"));
            Assert.Equal($"{number}-{i}-{count}", answer.Field("x-request-id"));
            Assert.Equal(FakeText.All(count), isStream ? answer.Content : Content(answer));
            Assert.True(answer.IsWhole);
        }
    }

    /// <summary>Leaves somewhere: within the request, before the answer, within it.</summary>
    private static async Task LeaveAsync(Edge edge, int number)
    {
        using var client = await edge.ConnectAsync();
        var request = Ask.Stream("n=2000; b=5", more: $",\"x\":\"{new string('z', number * 2000)}\"");
        if (number % 3 == 0)
        {
            await client.SendAsync(request[..(request.Length * 2 / 3)]);
        }
        else
        {
            await client.SendAsync(request);
            if (number % 3 == 2)
                await client.SeeAsync("data: ");
        }

        if (number % 2 == 0)
            client.LeaveWithReset();
    }

    private static string? Content(RawAnswer answer) =>
        answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
}
