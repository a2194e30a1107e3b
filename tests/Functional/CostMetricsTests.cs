using System.Globalization;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Functional.Tests.Routing;

namespace AiEdge.Functional.Tests;

/// <summary>What the metrics say of cost is what the journal has of bills, to the nanodollar: one for each attempt.</summary>
public sealed class CostMetricsTests
{
    private const string Price = "price: { input: 1.5, output: 7.000000001, request: 0.0000001 }";
    private const string Usage = "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}";

    [Fact]
    public async Task Whole_answers_and_streams_that_were_cut_or_left()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = $"  way: {{ targets: [ {{ provider: fake, model: fake-n3 }} ], {Price}, tokenizer: o200k_base }}",
            Runaway = "outputTokens: 5",
            Journal = "mode: group",
        });
        foreach (var request in (string[])[Ask.Chat("n=5; cached=3; reasoning=2", "way"), Ask.Stream("n=4", "way"), Ask.Stream("n=4; usage=off", "way"),
            Ask.Stream("n=40; usage=off", "way"), Ask.Stream("n=9; b=0; cut=4", "way"), Ask.Chat("status=500", "way"), Ask.Chat()])
            await edge.AskAsync(request);
        using (var leaver = await edge.ConnectAsync())
        {
            await leaver.SendAsync(Ask.Stream("n=9; b=0; stall=2", "way"));
            await leaver.SeeAsync("data:");
            leaver.LeaveWithReset();
        }

        Assert.Equal(["done", "done", "done", "cut", "upstream_fault", "done", "done", "client_closed"], await EndsAsync(edge, 8));
        await SeeSumsAsync(edge, paid: 7, "way", "gpt-4o");
    }

    [Theory]
    [InlineData("n=3; b=0; cut=0", Ways.Good, "", 2)]
    [InlineData("status=500", Ways.Good, "", 1)]
    [InlineData("n=3; b=0; stall=0", Ways.Good, "hedge: { after: 300ms, budget: 100% }, ", null)]
    [InlineData("noanswer=hang", Ways.Good, "hedge: { after: 300ms, budget: 100% }, ", null)]
    public async Task Attempts_in_vain_and_those_that_were_outrun(string first, string second, string more, int? paid)
    {
        await using var edge = await Ways.StartAsync(
            [first, second == Ways.Good ? "n=3" : second], $"{more}retry: {{ attempts: 4 }}, {Price}", static setup => setup with { Journal = "mode: group" }, wait: Ways.AfterTheFirst());
        Assert.Equal("way-1", (await edge.AskAsync(Ways.Stream())).Field("x-aiedge-model"));
        await SeeSumsAsync(edge, paid);
    }

    [Fact]
    public async Task A_cheaper_model_that_was_given_up_at_its_own_price()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = $$"""
                  large: { targets: [ { provider: fake, model: fake-n3-large } ], {{Price}}, cascade: [ { model: small } ] }
                  small: { targets: [ { provider: fake, model: fake-n3-small } ], price: { input: 1, output: 1 } }
                """,
            Journal = "mode: group",
        });
        edge.Fake.EnqueueRaw(Ask.Answer(Said("null,\"refusal\":\"no\"")), close: false);
        Assert.Equal("fake-n3-large", (await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-model"));
        await SeeSumsAsync(edge, paid: 2, "large", "small");
    }

    [Fact]
    public async Task Each_of_several_answers()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = $"  way: {{ targets: [ {{ provider: fake, model: way-0 }}, {{ provider: fake, model: way-1 }}, {{ provider: closed, model: way-2 }} ], {Price}, ensemble: {{ size: 3, pick: longest }} }}",
            Journal = "mode: group",
            Fake = new FakeUpstreamOptions { RawFor = request => request.Model is ['w', ..] ? Ask.Answer(Said($"\"{new string('x', request.Model[4] - '/')}\"")) : null },
        });
        Assert.Equal("way-1", (await edge.AskAsync(Ask.Chat(model: "way"))).Field("x-aiedge-model"));
        await SeeSumsAsync(edge, paid: 2);
    }

    private static string Said(string content) =>
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
        + content + "},\"finish_reason\":\"stop\"}]," + Usage + "}";

    private static async Task<string[]> EndsAsync(Edge edge, int records)
    {
        var ends = new string[records];
        for (var i = 0; i < records; i++)
            ends[i] = (await edge.RecordAsync()).GetProperty("end").GetString()!;
        return ends;
    }

    /// <summary>Both say the same.</summary>
    /// <param name="edge">The gateway.</param>
    /// <param name="paid">Attempts that cost something; null where it may be that one was outrun before it was sent.</param>
    /// <param name="rules">Rules that have cost something.</param>
    private static async Task SeeSumsAsync(Edge edge, int? paid, params string[] rules)
    {
        await edge.SeeNothingLeftAsync();
        var told = (await edge.AdminAsync("/metrics")).Text.Split('\n').Where(line => line.StartsWith("aiedge_cost_dollars_total{", StringComparison.Ordinal));
        await edge.Host.DisposeAsync();
        var attempts = JournalTests.Dump(edge).FindAll(line => line.GetProperty("kind").GetString() == "attempt");
        var count = attempts.Count(line => JournalTests.Cost(line) > 0);
        Assert.True(count == (paid ?? Math.Max(1, count)), string.Join('\n', attempts));
        var sums = attempts.GroupBy(
            line => $"gen_ai_request_model=\"{line.GetProperty("rule").GetString()}\",gen_ai_provider_name=\"{line.GetProperty("provider").GetString()}\"",
            (labels, lines) => string.Create(CultureInfo.InvariantCulture, $"aiedge_cost_dollars_total{{{labels}}} {lines.Sum(JournalTests.Cost) / 1_000_000_000m:0.000000000}"));
        Assert.Equal(sums.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        Assert.All(rules, rule => Assert.Contains(attempts, line => line.GetProperty("rule").GetString() == rule && JournalTests.Cost(line) > 0));
    }
}
