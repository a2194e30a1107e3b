using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>What a client is told when the provider refuses, breaks or is slow before the answer has begun.</summary>
public sealed class ProviderErrorTests
{
    private const string NotValid = "The provider's answer was not valid.";

    [Fact]
    public async Task A_provider_that_cannot_be_reached_is_502()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Chat(model: "unreachable"));

        Assert.Equal(502, answer.Status);
        Assert.Equal(RawAnswer.Error("The provider could not be reached.", "server_error", "upstream_error"), answer.Text);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        var record = await edge.RecordAsync();
        Assert.Equal("upstream_fault", record.GetProperty("end").GetString());
        Assert.Equal("closed", record.GetProperty("provider").GetString());
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("status")]
    [InlineData("nostatus")]
    [InlineData("version")]
    [InlineData("nocolon")]
    [InlineData("space")]
    [InlineData("nul")]
    [InlineData("lf")]
    [InlineData("clte")]
    [InlineData("lengths")]
    [InlineData("negative")]
    [InlineData("coding")]
    [InlineData("huge")]
    [InlineData("cut")]
    [InlineData("switch")]
    public async Task A_head_that_is_none_is_502(string fault)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        foreach (var request in (string[])[Ask.Chat("badhead=" + fault), Ask.Stream("badhead=" + fault)])
        {
            var answer = await client.AskAsync(request);
            Assert.Equal(502, answer.Status);
            Assert.Equal("upstream_error", answer.Json.GetProperty("error").GetProperty("code").GetString());
            Assert.Equal("server_error", answer.Json.GetProperty("error").GetProperty("type").GetString());
        }

        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("fin")]
    [InlineData("rst")]
    public async Task No_answer_at_all_is_502_and_on_a_fresh_connection_never_tried_again(string how)
    {
        await using var edge = await Edge.StartAsync();

        foreach (var request in (string[])[Ask.Chat("noanswer=" + how), Ask.Stream("noanswer=" + how)])
        {
            var answer = await edge.AskAsync(request);
            Assert.Equal(502, answer.Status);
            Assert.Equal(RawAnswer.Error("The provider closed the connection without an answer.", "server_error", "upstream_error"), answer.Text);
            Assert.Equal("1", answer.Field("x-aiedge-attempts"));
        }

        Assert.Equal(2, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_refusal_of_our_own_credential_or_account_is_502_and_keeps_its_words_to_itself(int status)
    {
        await using var edge = await Edge.StartAsync();
        foreach (var stream in (bool[])[false, true])
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(status, $$$"""{"error":{"message":"Incorrect API key provided: {{{EdgeSetup.ProviderKey}}}.","code":"x"}}"""));

            var answer = await edge.AskAsync(stream ? Ask.Stream() : Ask.Chat());

            Assert.Equal(502, answer.Status);
            Assert.Equal(RawAnswer.Error(
                "The provider refused the gateway's credential, account or deployment.", "server_error", "upstream_auth"), answer.Text);
            Assert.DoesNotContain(EdgeSetup.ProviderKey, answer.Head);
            var record = await edge.RecordAsync();
            Assert.Equal("upstream_auth", record.GetProperty("error").GetString());
            Assert.Equal("upstream_fault", record.GetProperty("end").GetString());
        }
    }

    [Theory]
    [InlineData("""{"error":{"code":403,"message":"Its own words.","metadata":{"reasons":["violence"],"flagged_input":"x","provider_name":"p"}}}""")]
    [InlineData("""{"error":{"code":403,"message":"Its own words.","metadata":{"flagged_input":"x"}}}""")]
    public async Task What_moderation_has_flagged_is_told_and_no_refusal_of_our_credential(string body)
    {
        await using var edge = await Edge.StartAsync();
        for (var i = 0; i < 8; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(403, body));
            var answer = await edge.AskAsync(Ask.Chat());
            Assert.Equal((403, body), (answer.Status, answer.Text));
        }

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Theory]
    [InlineData(400, "")]
    [InlineData(422, "Bearer ")]
    [InlineData(429, "")]
    [InlineData(500, "x-")]
    public async Task An_error_that_repeats_our_credential_is_502(int status, string before)
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.Refusal(status, $$$"""{"error":{"message":"bad key {{{before}}}{{{EdgeSetup.ProviderKey}}}"}}"""));

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(502, answer.Status);
        Assert.Equal("upstream_auth", answer.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain(EdgeSetup.ProviderKey, answer.Text);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(403)]
    [InlineData(400)]
    public async Task A_provider_whose_quota_is_spent_is_502(int status)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat($"status={status}; error=quota"));

        Assert.Equal(502, answer.Status);
        Assert.Equal(status == 403 ? "upstream_auth" : "upstream_quota", answer.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain("quota, please", answer.Text);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(422)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Other_errors_pass_as_they_are(int status)
    {
        await using var edge = await Edge.StartAsync();
        const string body = """{ "error": {"message":"it is so", "type":"x","param":null,"code":"odd"} }""";
        using var client = await edge.ConnectAsync();
        foreach (var stream in (bool[])[false, true])
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(status, body, "Retry-After: 7\r\nretry-after-ms: 6500\r\n"), close: false);

            var answer = await client.AskAsync(stream ? Ask.Stream(model: "fake-n5") : Ask.Chat());

            Assert.Equal(status, answer.Status);
            Assert.Equal(body, answer.Text);
            Assert.Equal("7", answer.Field("Retry-After"));
            Assert.Equal("6500", answer.Field("retry-after-ms"));
            Assert.Equal(status == 429 ? "provider" : null, answer.Field("x-aiedge-limit"));
            Assert.Equal("fake", answer.Field("x-aiedge-provider"));
        }

        // Of a third model nothing was said.
        Assert.Equal(200, (await client.AskAsync(Ask.Chat(model: "fake-n4"))).Status);
        Assert.Equal(1, edge.Fake.ConnectionsAccepted);
    }

    /// <summary>Servers that repeat the whole request in what they find wrong with it are no broken ones.</summary>
    [Theory]
    [InlineData(422, false)]
    [InlineData(400, true)]
    [InlineData(500, false)]
    [InlineData(429, false)]
    public async Task Of_a_long_error_the_status_and_the_beginning_are_told(int status, bool stream)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        for (var i = 0; i < 6; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(status, "{\"detail\":\"" + new string('x', 4070) + "\u00e9" + new string('y', 70_000) + "\"}", "Retry-After: 0\r\n"));
            var answer = await client.AskAsync(stream ? Ask.Stream() : Ask.Chat());
            Assert.Equal(status, answer.Status);
            Assert.StartsWith("{\"detail\":\"xxxx", answer.Json.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
            Assert.DoesNotContain("\ufffd", answer.Text, StringComparison.Ordinal);
            Assert.InRange(answer.Text.Length, 4000, 5000);
        }

        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Equal(status == 500 ? 6 : 0, metrics.Split('\n').Where(line => line.StartsWith("aiedge_target_failures_total{", StringComparison.Ordinal)).Sum(line => line[^1] - '0'));
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    [Theory]
    [InlineData("error=html", 502, "upstream_error")]
    [InlineData("error=text", 502, "upstream_error")]
    [InlineData("error=empty", 502, "upstream_error")]
    public async Task A_server_error_in_another_shape_is_502_in_ours(string script, int status, string code)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat("status=503; " + script));

        Assert.Equal(status, answer.Status);
        Assert.Equal(RawAnswer.Error(NotValid, "server_error", code), answer.Text);
    }

    [Fact]
    public async Task An_error_that_breaks_off_is_502()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat("status=429; cut=10"));

        Assert.Equal(502, answer.Status);
        Assert.Equal(RawAnswer.Error("The provider's answer broke off.", "server_error", "upstream_error"), answer.Text);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task A_redirect_is_no_answer(int status)
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(System.Text.Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:1/v1/chat/completions\r\nContent-Length: 0\r\n\r\n"));

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(502, answer.Status);
        Assert.Equal(RawAnswer.Error(NotValid, "server_error", "upstream_error"), answer.Text);
        Assert.Null(answer.Field("Location"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("framing=chunked; ")]
    [InlineData("framing=eof; ")]
    [InlineData("encoding=gzip; ")]
    [InlineData("framing=chunked; how=rst; ")]
    public async Task Json_that_breaks_off_is_502(string script)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat(script + "n=50; cut=90"));

        Assert.Equal(502, answer.Status);
        Assert.Equal(RawAnswer.Error("The provider's answer broke off.", "server_error", "upstream_error"), answer.Text);
        Assert.True(answer.IsWhole);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("length=short")]
    [InlineData("length=long")]
    public async Task Json_with_a_wrong_length_is_502(string script)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        Assert.Equal(502, (await client.AskAsync(Ask.Chat(script))).Status);
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(2, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task Json_that_only_Python_reads_passes_as_it_is()
    {
        await using var edge = await Edge.StartAsync();
        const string body = """{"id":"c","choices":[{"logprobs":{"content":[{"logprob":-Infinity}]}}]}""";
        edge.Fake.EnqueueRaw(Ask.Answer(body));

        Assert.Equal(body, (await edge.AskAsync(Ask.Chat())).Text);
    }

    [LinuxFact]
    public async Task A_connection_that_takes_too_long_is_504()
    {
        using var full = new FullListener();
        await using var edge = await Edge.StartAsync(new EdgeSetup { ProviderUrl = $"http://127.0.0.1:{full.Port}/v1", Timeouts = "connect: 200ms" });

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(504, answer.Status);
        Assert.Equal(RawAnswer.Error("The connection to the provider took too long.", "server_error", "upstream_timeout"), answer.Text);
        Assert.Equal("timeout", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_stream_whose_first_byte_takes_too_long_is_504()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = "firstByte: 300ms" });
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream("noanswer=hang"));

        Assert.Equal(504, answer.Status);
        Assert.Equal(RawAnswer.Error("The provider took too long to answer.", "server_error", "upstream_timeout"), answer.Text);
        Assert.Equal("1", answer.Field("x-aiedge-attempts"));
        var request = await edge.Fake.NextRequestAsync();
        await edge.Fake.ConnectionClosedAsync(request.ConnectionId);
        Assert.Equal("timeout", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task Only_the_total_binds_a_whole_answer()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Timeouts = "firstByte: 1ms, idle: 1ms",
            Models = "  hasty: { targets: [ { provider: fake, model: fake-n3 } ], timeouts: { total: 500ms } }",
        });

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat("f=150000"))).Status);
        foreach (var script in (string[])["noanswer=hang", "stall=40"])
        {
            var answer = await edge.AskAsync(Ask.Chat(script, "hasty"));
            Assert.Equal(504, answer.Status);
            Assert.Equal(RawAnswer.Error("The provider took too long to answer.", "server_error", "upstream_timeout"), answer.Text);
        }
    }

    [Fact]
    public async Task A_timeout_is_never_tried_again()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Timeouts = "firstByte: 300ms" });
        using var client = await edge.ConnectAsync();
        await client.AskAsync(Ask.Chat());

        var answer = await client.AskAsync(Ask.Stream("noanswer=hang"));

        Assert.Equal(504, answer.Status);
        Assert.Equal("1", answer.Field("x-aiedge-attempts"));
        Assert.Equal(2, edge.Fake.RequestCount);
        Assert.Equal(1, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task A_model_or_target_may_have_deadlines_of_its_own()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Timeouts = "total: 60s",
            Models = "  fast: { targets: [ { provider: fake, model: fake-n3, timeouts: { total: 200ms } } ], timeouts: { total: 50s } }",
        });

        Assert.Equal(504, (await edge.AskAsync(Ask.Chat("noanswer=hang", model: "fast"))).Status);
    }

    [Fact]
    public async Task More_connections_than_a_provider_may_have_are_refused()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "connectionsMax: 1" });
        using var first = await edge.ConnectAsync();
        await first.SendAsync(Ask.Stream("n=9; stall=3"));
        await first.SeeAsync("data: ");

        var answer = await edge.AskAsync(Ask.Chat());

        Assert.Equal(503, answer.Status);
        Assert.Equal(RawAnswer.Error("All connections to the provider are in use.", "server_error", "overloaded"), answer.Text);
        Assert.Equal("1", answer.Field("Retry-After"));
        Assert.Null(answer.Field("Connection"));
    }
}
