using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Gemini;

/// <summary>Contents go to a provider of the same dialect and back, bytes through.</summary>
public sealed class GenerateTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("?key=", "")]
    [InlineData("?a=b&key=", "?a=b")]
    [InlineData("?%6Bey=other&a=b&access_token=x&key=", "?a=b")]
    public async Task A_request_keeps_its_bytes_but_for_the_model_and_the_credential(string query, string sent)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        const string More = ""","generationConfig":{"temperature":0, "x":[1]},"unknown":{"a":[1,2]} """;

        var answer = await edge.AskAsync(
            query.Length == 0 ? Gem.Ask(more: More) : Gem.Ask(more: More, query: query + EdgeSetup.Key, key: null));

        Assert.Equal(200, answer.Status);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(Gem.Body(More), request.BodyText);
        Assert.Equal("/v1beta/models/fake-n3:generateContent" + sent, request.Target);
        Assert.Equal(EdgeSetup.ProviderKey, request.Header("x-goog-api-key"));
        Assert.Equal(FakeText.All(3), answer.Json.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("n=30", 30)]
    [InlineData("n=3; eol=crlf", 3)]
    [InlineData("n=9; split=utf8; gap=0", 9)]
    [InlineData("n=3; split=1; gap=0", 3)]
    [InlineData("n=9; encoding=gzip", 9)]
    [InlineData("n=3; reasoning=4", 3)]
    public async Task A_stream_passes(string script, int count)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Limits = ["name: t, per: key, tokens: 1m/min"] });

        var answer = await edge.AskAsync(Gem.Stream(script));

        Assert.True(answer.IsWhole);
        answer.Body = System.Text.Encoding.UTF8.GetBytes(answer.Text.Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.Equal(FakeText.All(count), Gem.Text(answer));
        Assert.Equal("/v1beta/models/fake-n3:streamGenerateContent?alt=sse", (await edge.Fake.NextRequestAsync()).Target);
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_bill_has_every_class_of_tokens_at_its_price(bool stream)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        const string Script = "n=20; in=100; cached=40; reasoning=5";

        await edge.AskAsync(stream ? Gem.Stream(Script) : Gem.Ask(Script));

        var record = await edge.RecordAsync();
        Assert.Equal((100, 25), (record.GetProperty("inputTokens").GetInt64(), record.GetProperty("outputTokens").GetInt64()));
        Assert.Equal((40, 5), (record.GetProperty("cachedInputTokens").GetInt64(), record.GetProperty("reasoningTokens").GetInt64()));
        // 60 x 0.30 + 40 x 0.075 + 25 x 2.50 dollars for a million.
        Assert.Equal("83500", record.GetProperty("costNanodollars").GetString());
    }

    [Theory]
    [InlineData("", """{"generationConfig":{"maxOutputTokens":300},"contents":""")]
    [InlineData(""","generationConfig":{"maxOutputTokens":900}""", ""","generationConfig":{"maxOutputTokens":300}}""")]
    [InlineData(""","generationConfig":{"max_output_tokens":900}""", ""","generationConfig":{"max_output_tokens":300}}""")]
    [InlineData(""","generation_config":{"temperature":1}""", ""","generation_config":{"maxOutputTokens":300,"temperature":1}}""")]
    [InlineData(""","generationConfig":{}""", ""","generationConfig":{"maxOutputTokens":300}}""")]
    [InlineData(""","generationConfig":null""", ""","generationConfig":{"maxOutputTokens":300}}""")]
    public async Task A_limit_that_cuts_caps_the_output_beforehand(string config, string sent)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Limits = ["name: o, per: key, outputTokens: 300/min"] });

        var answer = await edge.AskAsync(Gem.Stream(more: config));

        Assert.Equal("300", answer.Field("x-aiedge-max-tokens"));
        Assert.Contains(sent, (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_ends_every_candidate_that_is_open()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with
        {
            Models = Gem.Setup.Models + "\n  gemini-cut: { targets: [ { provider: google } ], tokenizer: o200k_base, runaway: { outputTokens: 3 } }",
        });
        static string Chunk(int index, string word) =>
            $"data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{word}\"}}],\"role\":\"model\"}},\"index\":{index}}}],\"usageMetadata\":{{\"promptTokenCount\":7}}}}\n\n";
        var passed = Chunk(0, " one") + Chunk(1, " two") + Chunk(0, " three");
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(passed + Chunk(1, " four")));
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Gem.Stream(model: "gemini-cut"));

        static string End(int index) =>
            $"{{\"content\":{{\"parts\":[{{\"text\":\"\"}}],\"role\":\"model\"}},\"finishReason\":\"MAX_TOKENS\",\"finishMessage\":\"The limit 'runaway' was reached.\",\"index\":{index}}}";
        Assert.Equal(
            passed + $"data: {{\"candidates\":[{End(0)},{End(1)}],\"usageMetadata\":{{\"promptTokenCount\":7,\"candidatesTokenCount\":3,\"totalTokenCount\":10}}}}\n\n",
            answer.Text);
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(200, (await client.AskAsync(Gem.Ask())).Status);
    }

    [Fact]
    public async Task Tokens_of_a_prompt_are_counted_here()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Gem.Ask(method: "countTokens"));

        Assert.Equal(200, answer.Status);
        Assert.InRange(answer.Json.GetProperty("totalTokens").GetInt64(), 5, 25);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Models_are_listed_as_gemini_does()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var list = (await edge.AskAsync(Ask.Get("/v1beta/models?key=" + EdgeSetup.Key, key: null))).Json;

        Assert.Contains("models/gemini-2.5-flash", list.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()));
        Assert.Equal("models/gemini-x", (await edge.AskAsync(Ask.Get("/v1beta/models/gemini-x"))).Json.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_stream_that_breaks_off_anywhere_ends_in_an_error(int events)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Gem.Stream($"n=3; b=0; cut={events}"));

        Assert.Equal(200, answer.Status);
        Assert.True(answer.IsWhole);
        Assert.Equal("The provider's stream broke off.", Gem.Error(JsonElement.Parse(answer.Events[^1]), 502, "UNAVAILABLE"));
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("no key", 401, "UNAUTHENTICATED")]
    [InlineData("two keys", 401, "UNAUTHENTICATED")]
    [InlineData("narrow", 403, "PERMISSION_DENIED")]
    [InlineData("no such model", 404, "NOT_FOUND")]
    [InlineData("no such method", 404, "NOT_FOUND")]
    [InlineData("method", 405, "NOT_FOUND")]
    [InlineData("no contents", 400, "INVALID_ARGUMENT")]
    [InlineData("other form", 400, "INVALID_ARGUMENT")]
    [InlineData("limit", 429, "RESOURCE_EXHAUSTED")]
    public async Task A_refusal_has_gemini_s_shape(string what, int code, string status)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Time = new StillTime(), Limits = what == "limit" ? ["name: one, per: key, requests: 1/min"] : [] });
        if (what == "limit")
            await edge.AskAsync(Gem.Ask());
        var request = what switch
        {
            "no key" => Gem.Ask(key: null),
            "two keys" => Gem.Ask(query: "?key=another"),
            "narrow" => Gem.Ask(key: EdgeSetup.NarrowKey),
            "no such model" => Gem.Ask(model: "nothing"),
            "no such method" => Gem.Ask(method: "embedContents"),
            "method" => Ask.Get("/v1beta/models/gemini-2.5-flash:generateContent"),
            "no contents" => Ask.Post("/v1beta/models/gemini-2.5-flash:generateContent", "{}"),
            "other form" => Gem.Ask(method: "streamGenerateContent", query: "?alt=proto"),
            _ => Gem.Ask(),
        };

        var answer = await edge.AskAsync(request);

        Assert.Equal(code, answer.Status);
        Gem.Error(answer.Json, code, status);
        if (what == "limit")
            Assert.Equal("60s", answer.Json.GetProperty("error").GetProperty("details")[0].GetProperty("retryDelay").GetString());
    }

    [Fact]
    public async Task A_wait_that_is_longer_than_a_minute_is_no_delay_to_sleep_for()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Time = new StillTime(), Limits = ["name: one, per: key, requests: 1/day"] });
        await edge.AskAsync(Gem.Ask());
        var refused = await edge.AskAsync(Gem.Ask());
        Assert.Equal(429, refused.Status);
        Assert.Equal(0, refused.Json.GetProperty("error").GetProperty("details").GetArrayLength());
        Assert.Equal("false", refused.Field("x-should-retry"));
    }

    [Theory]
    [InlineData("status=429", 429)]
    [InlineData("status=503", 503)]
    [InlineData("status=400", 400)]
    [InlineData("status=401", 502)]
    [InlineData("status=400; error=quota", 502)]
    public async Task A_provider_s_own_error_passes_unless_it_concerns_our_account(string script, int code)
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);

        var answer = await edge.AskAsync(Gem.Stream(script));

        Assert.Equal(code, answer.Status);
        Assert.Equal(code, answer.Json.GetProperty("error").GetProperty("code").GetInt32());
    }
}
