using System.Diagnostics;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A provider that is asked whether it is there has its targets ejected before anybody's request has to find out.</summary>
public sealed class ProbeTests
{
    private const string Ejected = "aiedge_target_ejected{gen_ai_provider_name=\"own\",target=\"fake-n3-own\"}";

    /// <summary>What the provider does with probes, and with requests to the target that is probed.</summary>
    private sealed class Script
    {
        public volatile string? Probe;

        public volatile string? Chat;
    }

    private static Task<Edge> StartAsync(Script script, string probe) => Edge.StartAsync(new EdgeSetup
    {
        Providers = $"  own: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", probe: {{ path: \"/v1/models?probe=1\", interval: 100ms, {probe} }} }}",
        Models = "  way: { targets: [ { provider: own, model: fake-n3-own }, { provider: fake, model: fake-n3-other, priority: 1 } ] }",
        Fake = new FakeUpstreamOptions
        {
            ScriptFor = request => request.Method == "GET" ? script.Probe : request.Model == "fake-n3-own" ? script.Chat : null,
        },
    });

    /// <summary>Its share grows back from a tenth: of so many requests one is its own.</summary>
    private static async Task SeeOwnAsync(Edge edge)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await AskAsync(edge) == ("fake-n3-own", "1"))
                return;
        }

        Assert.Fail("It was never asked again.");
    }

    [Theory]
    [InlineData("status=500", "timeout: 20s, failures: 2")]
    [InlineData("status=404", "timeout: 20s, failures: 1")]
    [InlineData("noanswer=fin", "timeout: 20s, failures: 2")]
    [InlineData("badhead=garbage", "timeout: 20s, failures: 2")]
    [InlineData("noanswer=hang", "timeout: 250ms, failures: 2")]
    public async Task A_provider_that_does_not_answer_its_probe_is_left_out_until_it_does(string failure, string probe)
    {
        var script = new Script { Probe = failure };
        await using var edge = await StartAsync(script, probe);
        await edge.SeeMetricAsync(Ejected + " 1");
        await edge.SeeMetricAsync("aiedge_provider_probe_up{gen_ai_provider_name=\"own\"} 0");
        for (var i = 0; i < 3; i++)
            Assert.Equal(("fake-n3-other", "1"), await AskAsync(edge));

        // An answer in less than 250 ms cannot be relied on: with that timeout it only has to come back at all.
        script.Probe = null;
        await edge.SeeMetricAsync(Ejected + " 0");
        Assert.Contains("provider own: its probe has failed", edge.Log.All, StringComparison.Ordinal);
        Assert.Contains("provider own: its probe is answered again", edge.Log.All, StringComparison.Ordinal);
        if (probe.StartsWith("timeout: 20s", StringComparison.Ordinal))
            await SeeOwnAsync(edge);
        var asked = edge.Fake.Requests.First(request => request.Method == "GET");
        Assert.Equal(("/v1/models?probe=1", "Bearer " + EdgeSetup.ProviderKey), (asked.Target, asked.Header("authorization")));
        Assert.DoesNotContain(edge.Fake.Requests, request => request.Method == "GET" && request.NumberOnConnection > 1);
    }

    [Fact]
    public async Task What_requests_have_ejected_a_good_answer_does_not_bring_back()
    {
        var script = new Script { Chat = "status=500" };
        await using var edge = await StartAsync(script, "timeout: 20s");
        for (var i = 0; i < 5; i++)
            Assert.Equal(("fake-n3-other", "2"), await AskAsync(edge));
        await edge.SeeMetricAsync(Ejected + " 1");

        var probes = edge.Fake.Requests.Count(request => request.Method == "GET");
        for (var seen = 0; seen < probes + 1;)
            seen += (await edge.Fake.NextRequestAsync(TimeSpan.FromSeconds(60))).Method == "GET" ? 1 : 0;
        await edge.SeeMetricAsync("aiedge_provider_probe_up{gen_ai_provider_name=\"own\"} 1");
        await edge.SeeMetricAsync(Ejected + " 1");
        Assert.DoesNotContain("its probe", edge.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_that_is_taken_out_of_the_configuration_asks_no_more_and_one_that_is_put_in_does()
    {
        var script = new Script { Probe = "status=500" };
        await using var edge = await StartAsync(script, "timeout: 20s, failures: 1");
        await edge.SeeMetricAsync(Ejected + " 1");
        var with = edge.Config;
        var at = with.IndexOf(", probe:", StringComparison.Ordinal);
        edge.Replace(with[..at] + with[(with.IndexOf("} }", at, StringComparison.Ordinal) + 1)..]);
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        Assert.DoesNotContain("aiedge_provider_probe_up{", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);

        script.Probe = null;
        edge.Replace(with);
        await edge.SeeMetricAsync("aiedge_config_generation 3");
        var probes = edge.Fake.Requests.Count(request => request.Method == "GET");
        for (var waited = Stopwatch.StartNew(); edge.Fake.Requests.Count(request => request.Method == "GET") == probes;)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "no probe was sent");
            await edge.AdminAsync("/healthz");
        }

        await edge.SeeMetricAsync("aiedge_provider_probe_up{gen_ai_provider_name=\"own\"} 1");
    }

    private static async Task<(string?, string?)> AskAsync(Edge edge)
    {
        var answer = await edge.AskAsync(Ask.Chat(model: "way"));
        return (answer.Field("x-aiedge-model"), answer.Field("x-aiedge-attempts"));
    }
}
