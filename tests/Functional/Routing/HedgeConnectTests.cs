using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A provider that does not take connections is late, too: the time runs from the attempt's start.</summary>
public sealed class HedgeConnectTests
{
    private const string Silent = "n=3; b=0; stall=0";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [LinuxTheory]
    [InlineData("fake")]
    [InlineData("claude")]
    public async Task The_second_is_relayed_and_the_first_costs_nothing(string second)
    {
        using var full = new FullListener();
        await using var edge = await StartAsync(full, second, _ => "n=3");
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", "2", "way-1"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await SeeNothingLeftAsync(edge);
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"sent\"} 1");
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"won\"} 1");
        await edge.Host.DisposeAsync();
        Assert.Equal(
            ["attempt first cancelled way-0 free", "attempt hedge done way-1 paid", "exchange hedge done way-1 paid"], JournalTests.Dump(edge).Select(Line));
    }

    [LinuxTheory]
    [InlineData("fake")]
    [InlineData("claude")]
    public async Task The_first_goes_on_once_it_is_connected_and_begins_sooner(string second)
    {
        using var full = new FullListener();
        await using var edge = await StartAsync(full, second, _ => "noanswer=hang");
        var asking = edge.AskAsync(Ask.Stream(model: "way", more: ",\"seed\":1"));
        var beside = await edge.Fake.NextRequestAsync(Patience);
        using var provider = await full.AcceptAsync();
        var request = await FullListener.ReadRequestAsync(provider);
        await provider.SendAsync(Ask.StreamAnswer("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"));
        var answer = await asking;
        Assert.Equal((200, "[DONE]", "2", "way-0"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));

        // Each is asked for its own model, in its own dialect, whoever was written first.
        Assert.Contains("POST /v1/chat/completions ", request, StringComparison.Ordinal);
        Assert.Contains("\"model\":\"way-0\"", request, StringComparison.Ordinal);
        Assert.Contains("\"seed\":1", request, StringComparison.Ordinal);
        Assert.Equal("way-1", beside.Model);
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        Assert.Equal(RequestEnd.ClientLeft, await beside.End.WaitAsync(Patience));
        await SeeNothingLeftAsync(edge, open: 1);
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"won\"} 0");
        await edge.Host.DisposeAsync();
        Assert.Equal(
            ["attempt hedge cancelled way-1 paid", "attempt first done way-0 paid", "exchange first done way-0 paid"], JournalTests.Dump(edge).Select(Line));
    }

    [LinuxTheory]
    [InlineData("status=500")]
    [InlineData("noanswer=rst")]
    public async Task Where_both_fail_the_next_is_asked(string second)
    {
        using var full = new FullListener();
        await using var edge = await StartAsync(full, "fake", model => model == "way-1" ? second : "n=3", "connect: 5s");
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "3", "way-2"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await SeeNothingLeftAsync(edge);
        await edge.Host.DisposeAsync();
        Assert.Equal(
            ["attempt hedge upstream_fault way-1 free", "attempt first timeout way-0 free", "attempt retry done way-2 paid", "exchange retry done way-2 paid"],
            JournalTests.Dump(edge).Select(Line));
    }

    [LinuxTheory]
    [InlineData("hedge: { after: 3s, budget: 0% }", "refused")]
    [InlineData("hedge: { after: 3s, budget: 100%, costMax: 0.000000001 }", "barred")]
    public async Task None_is_asked_besides_that_the_budget_or_the_price_keeps_from_it(string hedge, string outcome)
    {
        using var full = new FullListener();
        await using var edge = await StartAsync(full, "fake", _ => "n=3", "connect: 10s", hedge);
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await edge.SeeMetricAsync($"aiedge_hedge_total{{gen_ai_request_model=\"way\",outcome=\"{outcome}\"}} 1");
        await SeeNothingLeftAsync(edge);
    }

    [LinuxFact]
    public async Task A_client_that_leaves_ends_both()
    {
        using var full = new FullListener();
        await using var edge = await StartAsync(full, "fake", _ => Silent);
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ways.Stream());
            await edge.Fake.NextRequestAsync(Patience);
            client.LeaveWithReset();
        }

        Assert.Equal(RequestEnd.ClientLeft, await edge.Fake.Requests[0].End.WaitAsync(Patience));
        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        await SeeNothingLeftAsync(edge);
    }

    private static async Task SeeNothingLeftAsync(Edge edge, int open = 0)
    {
        await edge.SeeNothingLeftAsync();
        await edge.SeeMetricAsync($"aiedge_upstream_connections{{provider=\"full\",state=\"open\"}} {open}");
    }

    private static string Line(JsonElement line) => $"{JournalTests.Line(line)} {(JournalTests.Cost(line) == 0 ? "free" : "paid")}";

    /// <param name="timeouts">Of the provider that does not take connections; the others have time.</param>
    private static Task<Edge> StartAsync(
        FullListener full, string second, Func<string, string> script, string timeouts = "connect: 10m", string hedge = "hedge: { after: 50ms, budget: 100% }")
    {
        var key = EdgeSetup.ProviderKey;
        return Edge.StartAsync(new EdgeSetup
        {
            Journal = "mode: group",
            Providers = $"  full: {{ dialect: openai, baseUrl: \"http://127.0.0.1:{full.Port}/v1\", key: \"{key}\", timeouts: {{ {timeouts} }} }}\n"
                + $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{key}\" }}",
            Models = $"  way: {{ targets: [ {{ provider: full, model: way-0 }}, {{ provider: {second}, model: way-1, priority: 1 }}, {{ provider: fake, model: way-2, priority: 2 }} ], "
                + $"{hedge}, retry: {{ attempts: 4, budget: 100% }}, price: {{ input: 1000, output: 1000 }} }}",
            Fake = new FakeUpstreamOptions { ScriptFor = request => script(request.Model!) },
        });
    }
}
