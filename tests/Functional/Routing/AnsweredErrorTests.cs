using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A provider that answers 200 and says <c>error</c> in the place of an answer has failed as its code says.</summary>
public sealed class AnsweredErrorTests
{
    [Theory]
    [InlineData("status=502; inside")]
    [InlineData("status=429; inside")]
    [InlineData("status=401; inside")]
    [InlineData("status=503; inside; framing=chunked; encoding=gzip")]
    public async Task The_next_target_is_asked(string script)
    {
        foreach (var request in (string[])[Ways.Chat(), Ways.Stream(), Claude.Ask("", "way"), Claude.Stream("", "way")])
        {
            await using var edge = await Ways.StartAsync([script, "n=3"]);
            var answer = await edge.AskAsync(request);

            Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
            Assert.True(answer.IsWhole);
            Assert.DoesNotContain("\"error\"", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("status=502; inside", 502, "upstream_error", "The server had an error while processing your request. Sorry about that!")]
    [InlineData("status=429; inside", 429, "rate_limit_exceeded", "Rate limit reached for requests.")]
    [InlineData("status=503; inside", 503, "overloaded", "The engine is currently overloaded, please try again later.")]
    [InlineData("status=402; inside", 502, "upstream_auth", "The provider refused the gateway's credential, account or deployment.")]
    public async Task Where_nobody_is_left_it_is_told_by_the_status_that_says_the_same(string script, int status, string code, string message)
    {
        await using var edge = await Ways.StartAsync([script]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal(status, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal((code, message), (error.GetProperty("code").GetString(), error.GetProperty("message").GetString()));
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());

        foreach (var request in (string[])[Claude.Ask("", "way"), Claude.Stream("", "way")])
        {
            await using var other = await Ways.StartAsync([script]);
            var translated = await other.AskAsync(request);
            Assert.Equal((status == 503 ? 529 : status, message), (translated.Status, translated.Json.GetProperty("error").GetProperty("message").GetString()));
        }
    }

    [Fact]
    public async Task An_account_that_has_no_more_is_left_alone_for_a_moment()
    {
        await using var edge = await Edge.StartAsync(ProviderWaitTests.TwoAccounts with { Time = new StillTime() });
        edge.Fake.Enqueue("status=429; inside");
        for (var i = 0; i < 5; i++)
            Assert.Equal((200, i == 0 ? "2" : "1"), await AskedAsync());
        var asked = edge.Fake.Requests.Select(request => request.Header("authorization")).ToArray();
        Assert.DoesNotContain(asked[0], asked[1..]);

        async Task<(int, string?)> AskedAsync()
        {
            var answer = await edge.AskAsync(Ask.Chat(model: "pool"));
            return (answer.Status, answer.Field("x-aiedge-attempts"));
        }
    }

    [Theory]
    [InlineData("status=502; inside", 502)]
    [InlineData("status=429; inside", 429)]
    [InlineData("status=400; inside", 400)]
    public async Task Nothing_is_billed_for_it(string script, int status)
    {
        foreach (var request in (string[])[Ways.Chat(), Claude.Ask("", "way")])
        {
            await using var edge = await Ways.StartAsync([script], change: setup => setup with { Journal = "mode: group" });
            Assert.Equal(status, (await edge.AskAsync(request)).Status);
            var record = await edge.RecordAsync();
            Assert.DoesNotContain(record.EnumerateObject(), member => member.Name is "inputTokens" or "outputTokens" or "costNanodollars");
        }
    }

    [Fact]
    public async Task What_the_request_is_to_blame_for_is_told_and_nobody_else_asked()
    {
        await using var edge = await Ways.StartAsync(["status=400; inside", "n=3"]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((400, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Equal("Invalid value.", answer.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(["way-0"], Ways.Asked(edge));
    }

    /// <summary>The words say a part of the key.</summary>
    [Theory]
    [InlineData("""{"error":{"message":"Incorrect API key provided: sk-pr***0001.","type":"invalid_request_error","code":"invalid_api_key"}}""")]
    [InlineData("""{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-pr***0001"}}""")]
    public async Task A_refusal_of_our_credential_keeps_its_words_to_itself(string body)
    {
        foreach (var answer in (byte[][])[Ask.Answer(body), Ask.StreamAnswer($"data: {body}\n\n")])
        {
            await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
            edge.Fake.EnqueueRaw(answer, close: false);
            edge.Fake.EnqueueRaw(answer, close: false);
            var told = await edge.AskAsync(answer.AsSpan().IndexOf("event-stream"u8) < 0 ? Ways.Chat() : Ways.Stream());
            Assert.DoesNotContain("sk-pr", told.Text, StringComparison.Ordinal);
            Assert.Equal("2", told.Field("x-aiedge-attempts"));
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"error":{"code":"server_error","message":"it failed"},"choices":[{"index":0}]}""")]
    [InlineData("/v1/responses", """{"error":null,"status":"completed","output":[]}""")]
    [InlineData("/v1/responses", """{"error":{"code":"server_error","message":"it failed"},"status":"failed","output":[]}""")]
    public async Task An_answer_that_has_an_error_beside_it_passes_as_it_is(string path, string body)
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        edge.Fake.EnqueueRaw(Ask.Answer(body), close: false);
        var answer = await edge.AskAsync(Ask.Post(path, """{"model":"way","input":"a","messages":[{"role":"user","content":"a"}]}"""));

        Assert.Equal((200, body), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task Its_words_go_to_nobody_where_they_repeat_our_credential()
    {
        await using var edge = await Ways.StartAsync(["n=3"]);
        edge.Fake.EnqueueRaw(Ask.Answer($$$"""{"error":{"code":500,"message":"bad key {{{EdgeSetup.ProviderKey}}}"}}"""), close: false);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((502, "upstream_auth"), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.DoesNotContain(EdgeSetup.ProviderKey, answer.Text, StringComparison.Ordinal);
    }
}
