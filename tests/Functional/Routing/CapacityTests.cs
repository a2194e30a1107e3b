using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A provider that says how busy it is has its targets passed over while it has enough to do.</summary>
public sealed class CapacityTests
{
    private const string Own = "{gen_ai_provider_name=\"own\",target=\"fake-n3-own\"}";

    /// <summary>What the provider says of itself.</summary>
    private sealed class Script
    {
        public volatile string Metrics = "";
    }

    private static Task<Edge> StartAsync(Script script, string capacity) => Edge.StartAsync(Setup(script, capacity));

    private static EdgeSetup Setup(Script script, string capacity) => new()
    {
        Providers = $"  own: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", capacity: {{ interval: 100ms, timeout: 20s, {capacity} }} }}",
        Models = """
              way: { targets: [ { provider: own, model: fake-n3-own }, { provider: fake, model: fake-n3-other, priority: 1 } ] }
              alone: { targets: [ { provider: own, model: fake-n3-own } ] }
            """,
        Fake = new FakeUpstreamOptions { ScriptFor = request => request.Method == "GET" ? script.Metrics : null },
    };

    [Theory]
    [InlineData("engine=vllm; served=fake-n3-own; waiting=22; running=64; kv=50", "engine=vllm; served=fake-n3-own; waiting=3; running=64; kv=89", "queue: 20, cache: 90%")]
    [InlineData("engine=vllm-old; waiting=0; kv=95", "engine=vllm-old; waiting=0; kv=12", "cache: 90%")]
    [InlineData("engine=sglang; waiting=22", "engine=sglang; waiting=19", "queue: 20")]
    [InlineData("engine=tgi; waiting=22", "engine=tgi", "queue: 20, cache: 1%")]
    [InlineData("engine=llamacpp; waiting=3", "engine=llamacpp; running=4", "queue: 1")]
    public async Task A_server_that_has_enough_to_do_is_passed_over_until_it_has_not(string busy, string free, string capacity)
    {
        var script = new Script { Metrics = busy };
        await using var edge = await StartAsync(script, capacity);
        await SeeAsync(edge, "fake-n3-other");
        var refused = await edge.AskAsync(Ask.Chat(model: "alone"));
        Assert.Equal((503, "1"), (refused.Status, refused.Field("retry-after")));

        script.Metrics = free;
        await SeeAsync(edge, "fake-n3-own");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "alone"))).Status);

        // The server's key goes to the server, as with its requests, and one connection is enough for many readings.
        var read = edge.Fake.Requests.Where(static request => request.Method == "GET").ToList();
        Assert.All(read, static request => Assert.Equal(("/metrics", "Bearer " + EdgeSetup.ProviderKey), (request.Target, request.Header("authorization"))));
        Assert.Contains(read, static request => request.NumberOnConnection > 1);
        Assert.DoesNotContain(EdgeSetup.ProviderKey, edge.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_reported_is_read_over_the_provider_s_own_TLS_and_shown()
    {
        using var authority = new Authority("Capacity Test CA");
        using var certificate = authority.Issue("own.test", dnsName: "localhost", address: "127.0.0.1");
        var ca = Path.GetTempFileName();
        await File.WriteAllTextAsync(ca, authority.Pem + "\n");
        var script = new Script { Metrics = "waiting=30; running=8; kv=25" };
        var setup = Setup(script, $"path: \"/own/metrics?x=1\", queue: 20 }}, tls: {{ caFile: \"{ca}\"");
        await using var edge = await Edge.StartAsync(setup with
        {
            Provider = $"tls: {{ caFile: \"{ca}\" }}",
            Fake = new FakeUpstreamOptions { UseTls = true, Certificate = certificate, ScriptFor = setup.Fake.ScriptFor },
        });
        await edge.SeeMetricAsync("aiedge_target_reported_waiting" + Own + " 30");
        await edge.SeeMetricAsync("aiedge_target_reported_running" + Own + " 8");
        await edge.SeeMetricAsync("aiedge_target_reported_cache_ratio" + Own + " 0.25");
        Assert.Equal(503, (await edge.AskAsync(Ask.Chat(model: "alone"))).Status);
        Assert.Contains("provider own: its metrics say how busy it is", edge.Log.All, StringComparison.Ordinal);
        Assert.Contains(edge.Fake.Requests, static request => request.Target == "/own/metrics?x=1");
        File.Delete(ca);
    }

    [Theory]
    [InlineData("status=500", "failed", "its metrics cannot be read")]
    [InlineData("noanswer=fin", "failed", "its metrics cannot be read")]
    [InlineData("badhead=garbage", "failed", "its metrics cannot be read")]
    [InlineData("length=long; close=on", "failed", "its metrics cannot be read")]
    [InlineData("framing=chunked; cut=20", "failed", "its metrics cannot be read")]
    [InlineData("engine=none", "unknown", "its metrics hold nothing that says how busy it is")]
    public async Task A_server_whose_metrics_say_nothing_is_used_as_one_without(string metrics, string outcome, string said)
    {
        var script = new Script { Metrics = metrics + "; waiting=30" };
        await using var edge = await StartAsync(script, "queue: 20");
        for (var reading = 0; reading < 3;)
            reading += (await edge.Fake.NextRequestAsync(TimeSpan.FromSeconds(60))).Method == "GET" ? 1 : 0;
        var none = $"aiedge_provider_capacity_readings_total{{gen_ai_provider_name=\"own\",outcome=\"{outcome}\"}} 0";
        Assert.DoesNotContain(none, (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
        Assert.Equal("fake-n3-own", (await edge.AskAsync(Ask.Chat(model: "way"))).Field("x-aiedge-model"));
        Assert.Contains(said, edge.Log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("aiedge_target_reported_waiting{", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
        Assert.Equal(0, edge.Fake.MalformedCount);
    }

    [Fact]
    public async Task A_server_that_answers_late_is_forgotten_and_its_connection_given_up()
    {
        var script = new Script { Metrics = "waiting=30" };
        await using var edge = await StartAsync(script, "queue: 20");
        await SeeAsync(edge, "fake-n3-other");
        edge.Replace(edge.Config.Replace("timeout: 20s", "timeout: 10ms", StringComparison.Ordinal));
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        script.Metrics = "waiting=30; noanswer=hang";
        await SeeAsync(edge, "fake-n3-own");
        Assert.Contains("provider own: its metrics cannot be read", edge.Log.All, StringComparison.Ordinal);
    }

    /// <summary>Asks until that target answers.</summary>
    private static async Task SeeAsync(Edge edge, string target)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); (await edge.AskAsync(Ask.Chat(model: "way"))).Field("x-aiedge-model") != target;)
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), target + " is not asked");
    }
}
