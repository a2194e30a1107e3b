using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>Credentials, and which headers cross in which direction.</summary>
public sealed class HeaderTests
{
    private const string Unauthorized = "invalid_request_error";

    [Theory]
    [InlineData("Authorization: Bearer " + EdgeSetup.Key)]
    [InlineData("authorization: bearer   " + EdgeSetup.Key)]
    [InlineData("x-api-key: " + EdgeSetup.Key)]
    [InlineData("api-key: " + EdgeSetup.Key)]
    [InlineData("x-goog-api-key: " + EdgeSetup.Key)]
    [InlineData("X-Api-Key: " + EdgeSetup.Key + "\r\nAuthorization: Bearer " + EdgeSetup.Key + "\r\nX-GOOG-API-KEY: " + EdgeSetup.Key)]
    public async Task A_key_is_taken_wherever_it_stands_and_replaced_by_the_providers(string fields)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat(fields: fields + "\r\n", key: null));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, request.Header("Authorization"));
        Assert.Null(request.Header("x-api-key"));
        Assert.Null(request.Header("api-key"));
        Assert.Null(request.Header("x-goog-api-key"));
    }

    [Theory]
    [InlineData(null, "", "You did not provide an API key.")]
    [InlineData("sk-unknown", "", "Incorrect API key provided.")]
    [InlineData(EdgeSetup.ExpiredKey, "", "The API key has expired.")]
    [InlineData(EdgeSetup.Key, "x-api-key: " + EdgeSetup.NarrowKey + "\r\n", "The request carries two different API keys.")]
    [InlineData(EdgeSetup.Key, "Authorization: Bearer sk-other\r\n", "The request carries two different API keys.")]
    [InlineData(EdgeSetup.Key, "api-key:\r\n", "The request carries two different API keys.")]
    [InlineData(null, "Authorization: Basic " + EdgeSetup.Key + "\r\n", "The Authorization header must be of the form 'Bearer KEY'.")]
    [InlineData(null, "Authorization: " + EdgeSetup.Key + "\r\n", "The Authorization header must be of the form 'Bearer KEY'.")]
    [InlineData(null, "Authorization: Bearer \r\n", "The Authorization header must be of the form 'Bearer KEY'.")]
    [InlineData(null, "Cookie: key=" + EdgeSetup.Key + "\r\n", "You did not provide an API key.")]
    public async Task A_request_without_one_good_key_is_refused_and_goes_nowhere(string? key, string fields, string message)
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Chat(key: key, fields: fields));

        Assert.Equal(401, answer.Status);
        Assert.Equal(RawAnswer.Error(message, Unauthorized, "invalid_api_key"), answer.Text);
        Assert.Equal("application/json", answer.Field("Content-Type"));
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_key_in_the_query_is_none_on_these_paths()
    {
        await using var edge = await Edge.StartAsync();

        Assert.Equal(401, (await edge.AskAsync(Ask.Post("/v1/chat/completions?key=sk-x", Ask.ChatBody(), key: null))).Status);
    }

    [Fact]
    public async Task What_a_client_says_to_the_gateway_never_reaches_the_provider()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { KeyFields = "clientTags: [ feature ]" });

        var answer = await edge.AskAsync(Ask.Chat(fields: "X-AiEdge-Tags: feature=secret-value\r\nX-AiEdge-Priority: low\r\n"));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.DoesNotContain(request.Headers, field => field.Key.StartsWith("x-aiedge-", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(request.Headers, field => field.Value.Contains("secret-value", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Cookie")]
    [InlineData("OpenAI-Organization")]
    [InlineData("OpenAI-Project")]
    [InlineData("X-Goog-User-Project")]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("X-Real-IP")]
    [InlineData("X-AiEdge-Request-Id")]
    [InlineData("Keep-Alive")]
    [InlineData("Proxy-Connection")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Upgrade")]
    [InlineData("X-Named")]
    [InlineData("X-Also-Named")]
    public async Task What_concerns_only_the_client_or_one_hop_never_reaches_the_provider(string name)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat(fields: $"{name}: secret-value\r\nConnection: x-named, keep-alive\r\nConnection: X-ALSO-NAMED\r\n"));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.DoesNotContain(request.Headers, field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(request.Headers, field => field.Value.Contains("secret-value", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_hop_headers_ask_for_is_not_passed_on()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.AskAsync(Ask.Chat(fields: "TE: trailers\r\nTrailer: x\r\nAccept-Encoding: gzip, br\r\nConnection: te, close\r\n"));

        Assert.Equal("close", answer.Field("Connection"));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Null(request.Header("TE"));
        Assert.Null(request.Header("Trailer"));
        Assert.NotEqual("close", request.Header("Connection"));
        Assert.Equal("identity", request.Header("Accept-Encoding"));
    }

    [Fact]
    public async Task Other_headers_of_the_client_go_through_in_order_and_as_written()
    {
        await using var edge = await Edge.StartAsync();
        const string fields = "User-Agent: OpenAI/Python 1.0\r\nX-Stainless-Lang: python\r\nIdempotency-Key: a b\r\nOpenAI-Beta: assistants=v2\r\naccept: */*\r\nx-two: 1\r\nx-two: 2\r\n";

        await edge.AskAsync(Ask.Chat(fields: fields));

        var request = await edge.Fake.NextRequestAsync();
        var lines = string.Concat(request.Headers.Where(field => fields.Contains(field.Key + ":", StringComparison.Ordinal)).Select(field => $"{field.Key}: {field.Value}\r\n"));
        Assert.Equal(fields, lines);
        Assert.Equal("application/json", request.Header("Content-Type"));
        Assert.Equal($"127.0.0.1:{edge.Fake.Port}", request.Header("Host"));
    }

    [Fact]
    public async Task Configured_headers_go_out_and_win_over_the_clients()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "authHeader: api-key, headers: { X-Two: ours, OpenAI-Organization: org-ours }" });

        await edge.AskAsync(Ask.Chat(fields: "x-two: theirs\r\nopenai-organization: org-theirs\r\n"));

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(EdgeSetup.ProviderKey, request.Header("api-key"));
        Assert.Null(request.Header("Authorization"));
        Assert.Equal("ours", request.Header("X-Two"));
        Assert.Equal("org-ours", request.Header("OpenAI-Organization"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_concerns_only_us_never_reaches_the_client(bool stream)
    {
        await using var edge = await Edge.StartAsync();
        const string fields = "Set-Cookie: a=secret-value\r\nOpenAI-Organization: secret-value\r\nOpenAI-Project: secret-value\r\n"
            + "X-RateLimit-Limit-Requests: secret-value\r\nx-ratelimit-reset-tokens: secret-value\r\nX-AiEdge-Provider: secret-value\r\nx-aiedge-x: secret-value\r\n"
            + "Connection: keep-alive, X-Named\r\nX-Named: secret-value\r\nKeep-Alive: secret-value\r\nProxy-Authenticate: secret-value\r\n"
            + "Alt-Svc: h3=secret-value\r\nStrict-Transport-Security: secret-value\r\n"
            + "OpenAI-Processing-Ms: 12\r\nx-custom: kept\r\nx-request-id: req_abc\r\n";
        edge.Fake.EnqueueRaw(stream
            ? [.. "HTTP/1.1 200 OK\r\n"u8, .. System.Text.Encoding.ASCII.GetBytes(fields), .. Ask.StreamAnswer("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n").AsSpan(17)]
            : Ask.Answer("{\"choices\":[{}]}", fields));

        var answer = await edge.AskAsync(stream ? Ask.Stream() : Ask.Chat());

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("secret-value", answer.Head);
        Assert.Equal("12", answer.Field("openai-processing-ms"));
        Assert.Equal("kept", answer.Field("x-custom"));
        Assert.Equal("fake", answer.Field("x-aiedge-provider"));
        Assert.Equal("req_abc", answer.Field("x-aiedge-provider-request-id"));
        Assert.NotEqual("req_abc", answer.Field("x-request-id"));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("Az09._-", true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("caf\u00e9", false)]
    [InlineData("\"", false)]
    public async Task A_request_id_of_the_client_is_taken_if_it_can_do_no_harm(object asked, bool taken)
    {
        await using var edge = await Edge.StartAsync();
        var id = asked is int length ? new string('x', length) : (string)asked;

        var answer = await edge.AskAsync(Ask.Chat(fields: $"X-Request-Id: {id}\r\n"));

        var ours = answer.Field("x-aiedge-request-id");
        Assert.Matches("^req_[0-9a-f]{24}$", ours);
        Assert.Equal(taken ? id : ours, answer.Field("x-request-id"));
        var record = await edge.RecordAsync();
        Assert.Equal(ours, record.GetProperty("edgeRequestId").GetString());
        Assert.Equal(taken ? id : ours, record.GetProperty("requestId").GetString());
        Assert.Equal(answer.Field("x-aiedge-provider-request-id"), record.GetProperty("providerRequestId").GetString());
    }

    [Fact]
    public async Task Every_answer_says_who_gave_it()
    {
        await using var edge = await Edge.StartAsync();

        foreach (var request in (string[])[Ask.Chat(), Ask.Stream()])
        {
            var answer = await edge.AskAsync(request);
            Assert.Equal("fake", answer.Field("x-aiedge-provider"));
            Assert.Equal("fake-n3", answer.Field("x-aiedge-model"));
            Assert.Equal("1", answer.Field("x-aiedge-attempts"));
            Assert.Equal("1", answer.Field("x-aiedge-config"));
            Assert.Matches("^[0-9]+$", answer.Field("x-aiedge-overhead-us"));
            Assert.Null(answer.Field("x-should-retry"));
        }

        var refused = await edge.AskAsync(Ask.Chat(key: null));
        Assert.Equal("1", refused.Field("x-aiedge-config"));
        Assert.NotNull(refused.Field("x-request-id"));
        Assert.Null(refused.Field("x-aiedge-provider"));
        Assert.Null(refused.Field("x-aiedge-attempts"));
    }

    [Fact]
    public async Task Ids_are_never_given_twice()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        var ids = new HashSet<string?>();

        for (var i = 0; i < 5; i++)
            Assert.True(ids.Add((await client.AskAsync(Ask.Get("/v1/models"))).Field("x-aiedge-request-id")));
    }
}
