using System.Globalization;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>The admin port and the probe.</summary>
public sealed class AdminTests
{
    [Fact]
    public async Task Health_and_readiness_are_told()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { UseProbe = true });
        foreach (var port in (int[])[edge.Host.Admin.Port, edge.Host.Probe!.Port])
        {
            using var client = await RawClient.ConnectAsync(port);
            foreach (var (path, text) in ((string, string)[])[("/healthz", "ok\n"), ("/readyz", "ready\n")])
            {
                var answer = await client.AskAsync($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
                Assert.Equal(200, answer.Status);
                Assert.Equal(text, answer.Text);
                Assert.Equal("text/plain", answer.Field("Content-Type"));
                Assert.Equal("no-store", answer.Field("Cache-Control"));
            }
        }
    }

    [Fact]
    public async Task The_probe_shows_no_configuration()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { UseProbe = true });
        using var client = await RawClient.ConnectAsync(edge.Host.Probe!.Port);

        Assert.Equal(404, (await client.AskAsync("GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
        Assert.Equal(200, (await client.AskAsync("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:8081", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.1.2.3:1", 200)]
    [InlineData("[::1]:8081", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("evil.test", 421)]
    [InlineData("localhost.evil.test", 421)]
    [InlineData("127.0.0.1.evil.test", 421)]
    [InlineData("192.168.0.1", 421)]
    [InlineData("0.0.0.0", 421)]
    [InlineData("[::2]", 421)]
    public async Task On_loopback_the_host_must_name_loopback(string host, int status)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await RawClient.ConnectAsync(edge.Host.Admin.Port);

        Assert.Equal(status, (await client.AskAsync($"GET /config HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status);
    }

    [Theory]
    [InlineData("POST", "/healthz", 405)]
    [InlineData("DELETE", "/config", 405)]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/v1/models", 404)]
    [InlineData("GET", "/config/", 404)]
    public async Task Nothing_else_is_there(string method, string path, int status)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await RawClient.ConnectAsync(edge.Host.Admin.Port);

        Assert.Equal(status, (await client.AskAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
    }

    [Fact]
    public async Task What_is_no_http_is_refused()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await RawClient.ConnectAsync(edge.Host.Admin.Port);

        Assert.Equal(400, (await client.AskAsync("GET /healthz\r\n\r\n")).Status);
        await client.SeeEndAsync();
    }

    [Fact]
    public async Task The_configuration_is_shown_with_every_secret_masked()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "headers: { X-Extra: header-canary-8812 }" });

        var answer = await edge.AdminAsync("/config");

        Assert.Equal("application/json", answer.Field("Content-Type"));
        var providers = answer.Json.GetProperty("providers");
        Assert.Equal("openai", providers.GetProperty("fake").GetProperty("dialect").GetString());
        Assert.Equal(JsonValueKind.Array, answer.Json.GetProperty("keys").ValueKind);
        Assert.DoesNotContain(EdgeSetup.ProviderKey, answer.Text);
        Assert.DoesNotContain("header-canary", answer.Text);
        Assert.DoesNotContain(EdgeSetup.Sha256(EdgeSetup.Key), answer.Text);
        Assert.Contains(EdgeSetup.Sha256(EdgeSetup.Key)[..8], answer.Text);
    }

    [Fact]
    public async Task Metrics_count_what_was_served()
    {
        await using var edge = await Edge.StartAsync();
        const string gpt = "{gen_ai_request_model=\"gpt-4o\",gen_ai_provider_name=\"fake\"";
        await AskAndRecordAsync(edge, Ask.Chat("n=5; cached=3; reasoning=2"));
        await AskAndRecordAsync(edge, Ask.Stream("n=4"));
        await AskAndRecordAsync(edge, Ask.Stream("n=4; usage=off"));
        await AskAndRecordAsync(edge, Ask.Stream("n=9; b=0; cut=4"));
        await AskAndRecordAsync(edge, Ask.Chat(model: "fake-n1"));
        await AskAndRecordAsync(edge, Ask.Chat(model: "fake-n2"));
        await AskAndRecordAsync(edge, Ask.Chat(model: "unreachable"));
        await AskAndRecordAsync(edge, Ask.Chat(key: "sk-no"));
        await AskAndRecordAsync(edge, Ask.Chat(model: "client-text-canary"));

        var text = (await edge.AdminAsync("/metrics")).Text;

        AssertSample(text, $"aiedge_requests_total{gpt},outcome=\"done\"}}", 3);
        AssertSample(text, $"aiedge_requests_total{gpt},outcome=\"upstream_fault\"}}", 1);
        AssertSample(text, "aiedge_requests_total{gen_ai_request_model=\"fake-*\",gen_ai_provider_name=\"fake\",outcome=\"done\"}", 2);
        AssertSample(text, "aiedge_requests_total{gen_ai_request_model=\"unreachable\",gen_ai_provider_name=\"closed\",outcome=\"upstream_fault\"}", 1);
        AssertSample(text, $"aiedge_attempts_total{gpt}}}", 4);
        AssertSample(text, "aiedge_requests_total{outcome=\"refused\"}", 2);
        AssertSample(text, $"gen_ai_client_token_usage_sum{gpt},gen_ai_token_type=\"input\"}}", 424);
        AssertSample(text, $"gen_ai_client_token_usage_count{gpt},gen_ai_token_type=\"input\"}}", 2);
        AssertSample(text, $"gen_ai_client_token_usage_sum{gpt},gen_ai_token_type=\"output\"}}", 11);
        AssertSample(text, $"gen_ai_client_token_usage_bucket{gpt},gen_ai_token_type=\"output\",le=\"4\"}}", 1);
        AssertSample(text, $"aiedge_cached_input_tokens_total{gpt}}}", 3);
        AssertSample(text, $"aiedge_reasoning_tokens_total{gpt}}}", 2);
        AssertSample(text, $"gen_ai_server_request_duration_seconds_count{gpt}}}", 4);
        AssertSample(text, $"gen_ai_server_request_duration_seconds_bucket{gpt},le=\"+Inf\"}}", 4);
        AssertSample(text, "aiedge_errors_total{kind=\"InvalidKey\"}", 1);
        AssertSample(text, "aiedge_errors_total{kind=\"UnknownModel\"}", 1);
        AssertSample(text, "aiedge_records_total", 9);
        AssertSample(text, "aiedge_records_dropped_total", 0);
        AssertSample(text, "aiedge_exchanges_open", 0);
        AssertSample(text, "aiedge_streams_open", 0);
        AssertSample(text, "aiedge_buffered_bytes", 0);
        Assert.DoesNotContain("client-text-canary", text);

        // What clients name is no label but of the limits of an account, which has room for so many names that its provider knows.
        Assert.DoesNotContain("fake-n1", string.Join('\n', text.Split('\n').Where(static line => !line.StartsWith("aiedge_account_", StringComparison.Ordinal))));
    }

    /// <summary>What ended before a target was chosen has no labels of one; what a limit refused has those of who was not asked.</summary>
    [Fact]
    public async Task Each_exchange_is_counted_once_by_how_it_ended()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = ["name: one, requests: 1/day"] });
        string[] requests =
        [
            Ask.Chat(), Ask.Chat(), Ask.Chat(key: "sk-no"), Ask.Chat(key: null), Ask.Chat(model: "nobody"), Ask.Post("/v1/nothing", "{}"),
            Ask.Post("/v1/chat/completions", "{"), Ask.Get("/v1/chat/completions"), Ask.Get("/v1/models"),
        ];
        foreach (var request in requests)
            await AskAndRecordAsync(edge, request);

        const string gpt = "{gen_ai_request_model=\"gpt-4o\",gen_ai_provider_name=\"fake\"";
        var text = (await edge.AdminAsync("/metrics")).Text;
        Assert.Equal(
            [
                $"aiedge_requests_total{gpt},outcome=\"done\"}} 1", $"aiedge_requests_total{gpt},outcome=\"refused\"}} 1",
                "aiedge_requests_total{outcome=\"done\"} 1", "aiedge_requests_total{outcome=\"refused\"} 6",
            ],
            text.Split('\n').Where(static line => line.StartsWith("aiedge_requests_total{", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        var refused = text.Split('\n').Where(static line => line.StartsWith("aiedge_errors_total{", StringComparison.Ordinal));
        Assert.Equal(7, refused.Sum(static line => long.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Metrics_are_well_formed()
    {
        await using var edge = await Edge.StartAsync();
        await AskAndRecordAsync(edge, Ask.Stream());

        var answer = await edge.AdminAsync("/metrics");

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Field("Content-Type"));
        Assert.EndsWith("\n", answer.Text);
        var types = new HashSet<string>();
        foreach (var line in answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                Assert.True(types.Add(line.Split(' ')[2]), line);
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
                Assert.Matches("""^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+$""", line);
        }
    }

    private static async Task AskAndRecordAsync(Edge edge, string request)
    {
        await edge.AskAsync(request);
        await edge.RecordAsync();
    }

    private static void AssertSample(string text, string sample, long value) => Assert.Contains($"\n{sample} {value}\n", text);
}
