using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Anthropic;

/// <summary>Whoever calls in Anthropic's dialect is refused in it.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("no key", 401, "authentication_error")]
    [InlineData("bad key", 401, "authentication_error")]
    [InlineData("two keys", 401, "authentication_error")]
    [InlineData("narrow", 403, "permission_error")]
    [InlineData("no such model", 404, "not_found_error")]
    [InlineData("no such path", 404, "not_found_error")]
    [InlineData("method", 405, "not_found_error")]
    [InlineData("media type", 415, "not_found_error")]
    [InlineData("not json", 400, "invalid_request_error")]
    [InlineData("no messages", 400, "invalid_request_error")]
    [InlineData("too large", 413, "request_too_large")]
    [InlineData("unreachable", 502, "api_error")]
    public async Task A_refusal_has_anthropic_s_shape(string what, int status, string type)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with
        {
            Server = "bodyBytesMax: 4kb",
            Models = Claude.Setup.Models + "\n  claude-gone: { targets: [ { provider: gone } ] }",
            Providers = Claude.Setup.Providers + "\n  gone: { dialect: anthropic, baseUrl: \"http://127.0.0.1:1\" }",
        });
        var request = what switch
        {
            "no key" => Ask.Post("/v1/messages", Claude.Body(), key: null),
            "bad key" => Claude.Ask(key: "nobody's"),
            "two keys" => Claude.Ask(fields: "Authorization: Bearer another\r\n"),
            "narrow" => Claude.Ask(key: EdgeSetup.NarrowKey),
            "no such model" => Claude.Ask(model: "nothing"),
            "no such path" => Ask.Post("/v1/messages/batches", Claude.Body()),
            "method" => Ask.Get("/v1/messages"),
            "media type" => Ask.Post("/v1/messages", Claude.Body(), type: "text/plain"),
            "not json" => Ask.Post("/v1/messages", "{\"model\":"),
            "no messages" => Ask.Post("/v1/messages", "{\"model\":\"claude-sonnet-4-5\"}"),
            "too large" => Claude.Ask(more: $",\"x\":\"{new string('x', 5000)}\""),
            _ => Claude.Ask(model: "claude-gone"),
        };

        var message = Claude.Error(await edge.AskAsync(request), status, type);

        if (what == "no messages")
            Assert.StartsWith("messages: ", message, StringComparison.Ordinal);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task A_client_of_the_other_dialect_is_told_so_in_its_own()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"claude-sonnet-4-5","input":"a"}"""));

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            RawAnswer.Error(
                "The model's providers speak another dialect than this path, and its translation is not supported yet.", "invalid_request_error", "not_supported_yet", "model"),
            answer.Text);
    }

    [Fact]
    public async Task A_limit_says_when_to_come_again()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Time = new StillTime(), Limits = ["name: two, per: key, requests: 2/min"] });
        using var client = await edge.ConnectAsync();
        var first = await client.AskAsync(Claude.Ask());
        Assert.Equal(("2", "1"), (first.Field("anthropic-ratelimit-requests-limit"), first.Field("anthropic-ratelimit-requests-remaining")));
        Assert.True(DateTimeOffset.TryParse(first.Field("anthropic-ratelimit-requests-reset"), out _));
        Assert.Null(first.Field("x-ratelimit-limit-requests"));
        await client.AskAsync(Claude.Ask());

        var refused = await client.AskAsync(Claude.Ask());

        Assert.Contains("'two'", Claude.Error(refused, 429, "rate_limit_error"), StringComparison.Ordinal);
        Assert.Equal("30", refused.Field("retry-after"));
        Assert.Equal("two;scope=key", refused.Field("x-aiedge-limit"));
    }

    [Theory]
    [InlineData("status=429", 429, "rate_limit_error")]
    [InlineData("status=529", 529, "overloaded_error")]
    [InlineData("status=400", 400, "invalid_request_error")]
    [InlineData("status=500", 500, "api_error")]
    public async Task A_provider_s_own_error_passes_as_it_is(string script, int status, string type)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var answer = await edge.AskAsync(Claude.Stream(script));

        Assert.Equal(status, answer.Status);
        Assert.Equal(type, answer.Json.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal("req_fake", answer.Json.GetProperty("request_id").GetString());
        Assert.Equal(status == 429 ? "provider" : null, answer.Field("x-aiedge-limit"));
    }

    [Theory]
    [InlineData("status=401", "The provider refused the gateway's credential, account or deployment.")]
    [InlineData("status=403", "The provider refused the gateway's credential, account or deployment.")]
    [InlineData("status=404", "The provider refused the gateway's credential, account or deployment.")]
    [InlineData("status=400; error=quota", "The gateway's account with the provider has no quota left.")]
    [InlineData("status=500; error=html", "The provider's answer was not valid.")]
    [InlineData("noanswer=fin", "The provider closed the connection without an answer.")]
    public async Task What_concerns_the_gateway_s_account_is_no_matter_of_the_client_s(string script, string message)
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        Assert.Equal(message, Claude.Error(await edge.AskAsync(Claude.Ask(script)), 502, "api_error"));
    }

    [Fact]
    public async Task A_plane_that_shuts_down_is_overloaded()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup with { Server = "drainTimeout: 10m" });
        using var streaming = await edge.ConnectAsync();
        await streaming.SendAsync(Claude.Stream("n=9; b=0; stall=6"));
        await streaming.SeeAsync("content_block_delta");
        var request = await edge.Fake.NextRequestAsync();

        var draining = edge.Host.DrainAsync();

        Assert.Equal("The gateway is shutting down; try again.", Claude.Error(await edge.AskAsync(Claude.Ask()), 529, "overloaded_error"));
        request.Resume();
        Assert.EndsWith("{\"type\":\"message_stop\"}\n\n", (await streaming.ReadAnswerAsync()).Text, StringComparison.Ordinal);
        await draining;
    }
}
