using System.Text;
using AiEdge.DataPlane.Flow;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>Ensembles over providers of several dialects: who cannot be asked for what the request is, and what heads of answers tell.</summary>
public sealed class EnsembleDialectTests
{
    private const string Lossy = ",\"seed\":7";

    [Theory]
    [InlineData("{ provider: claude, model: way-0, weight: 9 }, { provider: fake, model: way-1 }, { provider: fake, model: way-2 }", "", 2, "way-1,way-2")]
    [InlineData("{ provider: fake, model: way-0, weight: 1 }, { provider: claude, model: way-1, weight: 1 }, { provider: fake, model: way-2, weight: 1 }", "", 3, "way-0,way-2")]
    [InlineData("{ provider: claude, model: way-0 }, { provider: fake, model: way-1, priority: 1 }", "", 2, "way-1")]
    [InlineData("{ provider: claude, model: way-0 }, { provider: claude, model: way-1 }", ", fallback: [ gpt-4o ]", 1, "fake-n3")]
    public async Task Who_would_lose_something_and_may_not_is_not_asked_and_others_are_in_its_place(string targets, string more, int times, string asked)
    {
        await using var edge = await StartAsync(targets, "size: " + Math.Max(2, times), more);
        for (var i = 0; i < 4; i++)
        {
            var answer = await edge.AskAsync(Ask.Chat(model: "way", more: Lossy));
            Assert.Equal((200, "fake", null), (answer.Status, answer.Field("x-aiedge-provider"), answer.Field("x-aiedge-translation-loss")));
            Assert.Equal($"{times}", answer.Field("x-aiedge-attempts"));
        }

        Assert.Equal(asked, string.Join(',', Ways.Asked(edge).Distinct().Order(StringComparer.Ordinal)));
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task What_can_be_carried_is_asked_of_all()
    {
        await using var edge = await StartAsync("{ provider: claude, model: way-0 }, { provider: fake, model: way-1 }", "size: 2, pick: longest, within: off");
        Assert.Equal("2", (await edge.AskAsync(Ask.Chat(model: "way"))).Field("x-aiedge-attempts"));
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_none_can_be_asked_is_refused()
    {
        await using var edge = await StartAsync("{ provider: claude, model: way-0 }, { provider: claude, model: way-1 }", "size: 2");
        var refused = await edge.AskAsync(Ask.Chat(model: "way", more: Lossy));
        Assert.Equal(400, refused.Status);
        Assert.EndsWith("seed", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    /// <summary>Gemini tells the tier in its answer's head: whoever is called off behind that is billed by it.</summary>
    [Theory]
    [InlineData("priority", 2)]
    [InlineData("standard", 1)]
    public async Task An_attempt_that_is_called_off_behind_its_head_is_billed_by_the_tier_that_the_head_tells(string tier, int factor)
    {
        const string said = """{"candidates":[{"content":{"parts":[{"text":"yes"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18}}""";
        var head = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-gemini-service-tier: {tier}\r\nContent-Length: 999999\r\n\r\n";
        var isHeld = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = Gem.Setup.Providers,
            Models = "  way: { targets: [ { provider: google, model: way-0 }, { provider: google, model: way-1 } ], ensemble: { size: 2, pick: longest, within: 100ms }, "
                + "price: { input: 1, output: 10, factors: { priority: 2 } } }",
            Journal = "mode: group",
            Fake = new FakeUpstream.FakeUpstreamOptions
            {
                AfterFor = request => IsFirst(request) ? isHeld.Task : Task.CompletedTask,
                RawFor = request => IsFirst(request) ? Ask.Answer(said) : Encoding.UTF8.GetBytes(head + said + new string(' ', RequestBody.UncountedBytes)),
            },
        });
        var asking = edge.AskAsync(Gem.Ask(model: "way"));

        // So much of an answer is counted as it is held: its head has been read.
        await edge.SeeMetricAsync($"aiedge_buffered_bytes {2 * AnswerJudge.AnswerBytesMax}");
        isHeld.SetResult();
        var answer = await asking;
        Assert.Equal((200, "way-0"), (answer.Status, answer.Field("x-aiedge-model")));
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        await edge.Host.DisposeAsync();
        var lost = JournalTests.Dump(edge).Single(line => line.GetProperty("end").GetString() == "cancelled");
        var tokens = lost.GetProperty("inputTokens").GetInt64();
        Assert.True(tokens > 0);
        Assert.Equal(tokens * 1000 * factor, JournalTests.Cost(lost));
    }

    private static bool IsFirst(FakeUpstream.ReceivedRequest request) => request.Path.Contains("way-0", StringComparison.Ordinal);

    private static Task<Edge> StartAsync(string targets, string ensemble, string more = "") => Edge.StartAsync(new EdgeSetup
    {
        Providers = Claude.Setup.Providers.Replace(" }", ", translation: strict }", StringComparison.Ordinal),
        Models = $"  way: {{ targets: [ {targets} ], ensemble: {{ {ensemble} }}{more} }}",
    });
}
