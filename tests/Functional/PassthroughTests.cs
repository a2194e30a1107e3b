using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Native paths of a provider: bytes there and back, for keys that name the path, and within their limits on requests.</summary>
public sealed class PassthroughTests
{
    private const string Rerank = "/passthrough/fake/v1/rerank";
    private const string Grants =
        "\"fake: POST /v1/rerank\", \"fake: GET /v1/engines\", \"fake: DELETE /v1/engines\", \"fake: PUT /v1/engines\", \"fake: PATCH /v1/engines\", "
        + "\"fake: POST /v1/mine/chat/completions\", \"closed: POST /v1/rerank\", \"claude: POST /v1/complete\", \"gem: POST /v1beta/models/m:predict\"";

    private static EdgeSetup Setup => new()
    {
        KeyFields = $"passthrough: [ {Grants} ]",
        Provider = "region: eu",
        Providers = $$"""
              claude: { dialect: anthropic, baseUrl: "ROOT", key: "{{EdgeSetup.ProviderKey}}" }
              gem: { dialect: gemini, baseUrl: "ROOT", key: "{{EdgeSetup.ProviderKey}}" }
            """,
    };

    [Fact]
    public async Task A_call_goes_there_and_back_as_it_is_but_for_the_key_and_the_record_says_so()
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string Said = """{ "results":[1], "usage":{"prompt_tokens":5,"total_tokens":5} }""";
        edge.Fake.EnqueueRaw(Ask.Answer(Said, "x-request-id: theirs\r\nset-cookie: a=b\r\nx-ratelimit-limit-requests: 9\r\nx-native: 1\r\n"));
        const string Sent = """{ "unheard" : [1, 2], "model":"any" }""";
        const string Fields = "x-native: 2\r\nCookie: c\r\nx-aiedge-tags:\r\nx-forwarded-for: 1.1.1.1\r\nOpenAI-Organization: o\r\nConnection: x-hop\r\nx-hop: 1\r\n";

        var answer = await edge.AskAsync(Ask.Post(Rerank + $"?a=b&KEY=1&%6Bey={EdgeSetup.Key}&access_token=x&c", Sent, Fields));

        Assert.Equal(200, answer.Status);
        Assert.Equal(Said, answer.Text);
        Assert.Equal("1", answer.Field("x-native"));
        Assert.Equal("theirs", answer.Field("x-aiedge-provider-request-id"));
        Assert.Equal("fake", answer.Field("x-aiedge-provider"));
        Assert.Null(answer.Field("set-cookie"));
        Assert.Null(answer.Field("x-ratelimit-limit-requests"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(("POST", "/v1/rerank?a=b&KEY=1&c", Sent), (request.Method, request.Target, request.BodyText));
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("authorization"));
        Assert.Equal("2", request.Header("x-native"));
        foreach (var name in (string[])["cookie", "x-aiedge-tags", "x-forwarded-for", "openai-organization", "x-hop", "connection"])
            Assert.Null(request.Header(name));
        var record = await edge.RecordAsync();
        Assert.Equal("/passthrough/fake", record.GetProperty("path").GetString());
        Assert.Equal("passthrough/fake", record.GetProperty("model").GetString());
        Assert.Equal("fake", record.GetProperty("provider").GetString());
        Assert.Equal("done", record.GetProperty("end").GetString());
        Assert.Equal(5, record.GetProperty("inputTokens").GetInt64());
        await edge.SeeMetricAsync("aiedge_streams_open 0");
    }

    [Theory]
    [InlineData("GET", null, null)]
    [InlineData("DELETE", null, null)]
    [InlineData("PUT", "", "0")]
    [InlineData("PATCH", "\u0001 not json", "10")]
    [InlineData("PUT", "[1]", "3")]
    public async Task Methods_and_bodies_of_any_kind_go_on(string method, string? body, string? length)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw("HTTP/1.1 204 No Content\r\n\r\n"u8, close: false);
        var type = body is "[1]" ? "application/json" : "application/x-any";
        var fields = body is null ? "" : $"Content-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";

        var answer = await edge.AskAsync(Ask.Get("/passthrough/fake/v1/engines", fields, method: method) + body);

        Assert.Equal(204, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal((method, "/v1/engines", body ?? ""), (request.Method, request.Target, request.BodyText));
        Assert.Equal(length, request.Header("content-length"));
        Assert.Null(request.Header("transfer-encoding"));
    }

    [Theory]
    [InlineData("POST", "/passthrough/fake/v1/engines")]
    [InlineData("POST", "/passthrough/fake/v1/rerank/")]
    [InlineData("POST", "/passthrough/fake/v1/Rerank")]
    [InlineData("POST", "/passthrough/fake/v1/x/../rerank")]
    [InlineData("POST", "/passthrough/fake/v1/%72erank")]
    [InlineData("POST", "/passthrough/fake/v1%2frerank")]
    [InlineData("POST", "/passthrough/fake//v1/rerank")]
    [InlineData("POST", "/passthrough/fake/")]
    [InlineData("POST", "/passthrough/fake")]
    [InlineData("POST", "/passthrough/fak/v1/rerank")]
    [InlineData("POST", "/passthrough/unheard/v1/rerank")]
    [InlineData("POST", "/passthrough/../v1/rerank")]
    [InlineData("GET", "/passthrough/fake/v1/rerank")]
    [InlineData("GET", "/passthrough/claude/v1/engines")]
    public async Task What_the_key_does_not_name_byte_by_byte_is_forbidden(string method, string path)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Ask.Get(path, "Content-Length: 2\r\n", method: method) + "{}");

        Assert.Equal(403, answer.Status);
        Assert.Contains("The API key may not call this path.", answer.Text);
        Assert.Equal(0, edge.Fake.RequestCount);
        Assert.Equal("passthrough", (await edge.RecordAsync()).GetProperty("path").GetString()![1..12]);
    }

    [Fact]
    public async Task A_key_that_names_nothing_and_a_request_without_a_key_get_nowhere()
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal(403, (await edge.AskAsync(Ask.Post(Rerank, "{}", key: EdgeSetup.NarrowKey))).Status);
        Assert.Equal(401, (await edge.AskAsync(Ask.Post(Rerank, "{}", key: null))).Status);
        Assert.Equal(401, (await edge.AskAsync(Ask.Post(Rerank, "{}", key: "sk-unheard"))).Status);
        var refused = await edge.AskAsync(Ask.Get(Rerank, method: "HEAD"), isHead: true);
        Assert.Equal((405, "GET, POST, PUT, PATCH, DELETE"), (refused.Status, refused.Field("Allow")));
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData("claude", "/v1/complete", "x-api-key", "{\"type\":\"error\"")]
    [InlineData("gem", "/v1beta/models/m:predict", "x-goog-api-key", "{\"error\":{\"code\":403")]
    public async Task Other_dialects_keep_their_whole_paths_their_credentials_and_their_errors(string provider, string path, string header, string error)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Answer("{}"));

        Assert.Equal(200, (await edge.AskAsync(Ask.Post($"/passthrough/{provider}{path}", "{}"))).Status);

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(path, request.Target);
        Assert.Equal(EdgeSetup.ProviderKey, request.Header(header));
        Assert.Null(request.Header("authorization"));
        Assert.StartsWith(error, (await edge.AskAsync(Ask.Post($"/passthrough/{provider}{path}x", "{}"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_on_requests_holds()
    {
        await using var edge = await Edge.StartAsync(Setup with { Limits = ["name: two, per: key, requests: 2/hour"] });
        for (var i = 0; i < 2; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Answer("{}"));
            Assert.Equal(200, (await edge.AskAsync(Ask.Post(Rerank, "{}"))).Status);
        }

        var answer = await edge.AskAsync(Ask.Post(Rerank, "{}"));

        Assert.Equal((429, "two;scope=key"), (answer.Status, answer.Field("x-aiedge-limit")));
        Assert.Equal(2, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_limit_on_how_many_are_under_way_holds_until_the_answers_end()
    {
        await using var edge = await Edge.StartAsync(Setup with { Limits = ["name: one, per: key, concurrent: 1"] });
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Post("/passthrough/fake/v1/mine/chat/completions", Ask.ChatBody(more: ",\"stream\":true"), Ask.Script("n=4; stall=2; b=0")));
        var request = await edge.Fake.NextRequestAsync();

        Assert.Equal(429, (await edge.AskAsync(Ask.Post(Rerank, "{}"))).Status);
        request.Resume();
        Assert.True((await client.ReadAnswerAsync()).IsWhole);
        edge.Fake.EnqueueRaw(Ask.Answer("{}"));
        await edge.RecordAsync();
        await edge.RecordAsync();
        Assert.Equal(200, (await edge.AskAsync(Ask.Post(Rerank, "{}"))).Status);
    }

    [Theory]
    [InlineData("tokens: 1000/min", 403)]
    [InlineData("outputTokens: 1000/min, match: { model: gpt-4o }", 403)]
    [InlineData("cost: $1/day, unpriced: refuse", 403)]
    [InlineData("tokens: 1000/min, mode: shadow", 200)]
    [InlineData("tokens: 1000/min, match: { key: narrow }", 200)]
    public async Task A_key_whose_tokens_or_money_are_limited_may_not_go_unmetered(string limit, int status)
    {
        await using var edge = await Edge.StartAsync(Setup with { Limits = ["name: metered, per: key, " + limit] });
        edge.Fake.EnqueueRaw(Ask.Answer("{}"));

        var answer = await edge.AskAsync(Ask.Post(Rerank, "{}"));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? 1 : 0, edge.Fake.RequestCount);
        if (status == 403)
            Assert.Contains("limits on tokens or money", answer.Text);
    }

    [Theory]
    [InlineData("gpt-4o", "application/json", 200)]
    [InlineData("gpt-5", "application/json", 403)]
    [InlineData("gpt-5", "text/plain", 200)]
    public async Task A_model_that_can_be_read_has_to_be_one_of_the_keys(string model, string type, int status)
    {
        await using var edge = await Edge.StartAsync(Setup with { KeyFields = Setup.KeyFields + ", models: [ gpt-4o ]" });
        edge.Fake.EnqueueRaw(Ask.Answer("{}"));

        Assert.Equal(status, (await edge.AskAsync(Ask.Post(Rerank, $$"""{"model":"{{model}}"}""", type: type))).Status);
        Assert.Equal(400, (await edge.AskAsync(Ask.Post(Rerank, """{"model":"gpt-4o","model":"gpt-5"}"""))).Status);
    }

    [Theory]
    [InlineData("eu", 200)]
    [InlineData("us", 403)]
    public async Task A_key_that_is_bound_to_regions_stays_there(string region, int status)
    {
        await using var edge = await Edge.StartAsync(Setup with { KeyFields = Setup.KeyFields + $", regions: [ {region} ]" });
        edge.Fake.EnqueueRaw(Ask.Answer("{}"));

        Assert.Equal(status, (await edge.AskAsync(Ask.Post(Rerank, "{}"))).Status);
    }

    [Fact]
    public async Task A_stream_comes_as_it_is_and_event_by_event()
    {
        await using var edge = await Edge.StartAsync(Setup);
        using var client = await edge.ConnectAsync();

        await client.SendAsync(Ask.Post("/passthrough/fake/v1/mine/chat/completions", Ask.ChatBody(more: ",\"stream\":true"), Ask.Script("n=6; stall=3; b=0")));
        var request = await edge.Fake.NextRequestAsync();
        await client.SeeAsync(FakeText.Chunk(1));
        request.Resume();
        var answer = await client.ReadAnswerAsync();

        Assert.True(answer.IsWhole);
        Assert.Equal(string.Concat(Enumerable.Range(0, 6).Select(FakeText.Chunk)), answer.Content);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.DoesNotContain("include_usage", request.BodyText);
        var record = await edge.RecordAsync();
        Assert.Equal("done", record.GetProperty("end").GetString());
        Assert.True(record.GetProperty("stream").GetBoolean());
    }

    [Theory]
    [InlineData("cut=3; how=fin")]
    [InlineData("cut=3; how=rst")]
    [InlineData("cut=3; how=frame")]
    public async Task A_stream_that_breaks_is_not_dressed_as_whole(string how)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(
            Ask.Post("/passthrough/fake/v1/mine/chat/completions", Ask.ChatBody(more: ",\"stream\":true"), Ask.Script("n=6; b=0; " + how)));

        Assert.False(answer.IsWhole);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Theory]
    [InlineData("404 Not Found", 404)]
    [InlineData("422 Unprocessable", 422)]
    [InlineData("503 Unavailable", 503)]
    [InlineData("401 Unauthorized", 502)]
    [InlineData("403 Forbidden", 502)]
    [InlineData("302 Found\r\nLocation: http://127.0.0.1:1/", 502)]
    public async Task Errors_are_the_providers_but_for_those_that_are_ours_and_nothing_is_asked_twice(string line, int status)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Encoding.ASCII.GetBytes($"HTTP/1.1 {line}\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{{\"native\":1}}"));

        var answer = await edge.AskAsync(Ask.Post(Rerank, "{}"));

        Assert.Equal(status, answer.Status);
        Assert.Equal(1, edge.Fake.RequestCount);
        Assert.Equal(1, (await edge.RecordAsync()).GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task A_body_that_is_too_large_and_a_provider_that_is_not_there_are_told_as_everywhere()
    {
        await using var edge = await Edge.StartAsync(Setup with { Server = "bodyBytesMax: 1kb" });

        Assert.Equal(413, (await edge.AskAsync(Ask.Post(Rerank, new string('x', 2000), type: "text/plain"))).Status);
        Assert.Equal(502, (await edge.AskAsync(Ask.Post("/passthrough/closed/v1/rerank", "{}"))).Status);
        Assert.Equal(415, (await edge.AskAsync(Ask.Post(Rerank, "{}", "Content-Encoding: gzip\r\n"))).Status);
    }
}
