using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>An account that is spent, or refused for what it is, by a status that others have for what was asked: it is left alone, and another is asked.</summary>
public sealed class RefusedAccountTests
{
    private const string One = "sk-one-canary-51a7e2";
    private const string Two = "sk-two-canary-9d3b04";

    private const string Spent = """{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-04-01 at 00:00 UTC."}}""";
    private const string WorkspaceSpent = """{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified workspace API usage limits. You will regain access on 2026-04-01 at 00:00 UTC."}}""";
    private const string Capped = """{"type":"error","error":{"type":"rate_limit_error","message":"Its tier is spent.","details":{"error_code":"enforced_spend_limit_reached"}}}""";
    private const string Disabled = """{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}""";
    private const string Abroad = """{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}""";
    private const string Unpaid = """{"error":{"code":400,"message":"Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.","status":"FAILED_PRECONDITION"}}""";
    private const string NoKey = """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}""";
    private const string Suspended = """{"error":{"message":"Account x is suspended.","type":"error"}}""";

    /// <summary>The provider, the status, its words and what a client is told where nobody else can be asked.</summary>
    public static TheoryData<string, int, string, string> Rows => new()
    {
        { "claude", 400, Spent, "upstream_quota" },
        { "claude", 400, WorkspaceSpent, "upstream_quota" },
        { "claude", 429, Capped, "upstream_quota" },
        { "claude", 400, Disabled, "upstream_auth" },
        { "google", 400, Abroad, "upstream_auth" },
        { "google", 400, Unpaid, "upstream_auth" },
        { "google", 400, NoKey, "upstream_auth" },
        { "chats", 400, Code("billing_hard_limit_reached"), "upstream_quota" },
        { "chats", 429, Code("billing_not_active"), "upstream_quota" },
        { "chats", 429, Code("credit_balance_exhausted"), "upstream_quota" },
        { "chats", 429, Code("organization_spend_limit_exceeded"), "upstream_quota" },
        { "chats", 429, Code("project_spend_limit_exceeded"), "upstream_quota" },
        { "chats", 429, Code("organization_usage_limit_exceeded"), "upstream_quota" },
        { "chats", 412, Suspended, "upstream_auth" },
    };

    /// <summary>What a status of 200 brings: a whole answer, or an event of a stream.</summary>
    public static TheoryData<string, string, bool> Answered => new()
    {
        { "claude", Spent, false }, { "claude", "event: error\ndata: " + Spent + "\n\n", true },
        { "claude", Disabled, false }, { "claude", "event: error\ndata: " + Disabled + "\n\n", true },
        { "google", Abroad, false }, { "google", "data: " + Abroad + "\n\n", true },
        { "google", NoKey, false }, { "google", "data: " + NoKey + "\n\n", true },
        { "chats", Code("billing_hard_limit_reached"), false }, { "chats", "data: " + Code("project_spend_limit_exceeded") + "\n\n", true },
        { "responses", Failed("credit_balance_exhausted"), false },
        { "responses", "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":" + Failed("organization_spend_limit_exceeded") + "}\n\n", true },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task It_is_left_alone_and_another_is_asked_and_its_words_are_told_to_nobody(string provider, int status, string body, string code)
    {
        foreach (var request in Requests(isStream: false))
        {
            await using var edge = await StartAsync(provider);
            edge.Fake.EnqueueRaw(Ask.Refusal(status, body), close: false);
            await SeeAnotherAskedAsync(edge, request);
        }

        await using var single = await StartAsync(provider, isAlone: true);
        single.Fake.EnqueueRaw(Ask.Refusal(status, body), close: false);
        var answer = await single.AskAsync(Ask.Chat(model: "pool"));
        Assert.Equal((502, code), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.DoesNotContain("2026-04-01", answer.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await single.AskAsync(Ask.Chat(model: "pool"))).Status);

        await SeeLeftAloneAmongSeveralAsync(provider, Ask.Refusal(status, body));
        await using var several = await StartAsync(provider, isAlone: true, ensemble: 2, raw: _ => Ask.Refusal(status, body));
        answer = await several.AskAsync(Ask.Chat(model: "pool"));
        Assert.Equal((502, code), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.DoesNotContain("2026-04-01", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Answered))]
    public async Task So_it_is_where_the_status_was_good(string provider, string told, bool isStream)
    {
        foreach (var request in Requests(isStream))
        {
            await using var edge = await StartAsync(provider);
            edge.Fake.EnqueueRaw(isStream ? Ask.StreamAnswer(told) : Ask.Answer(told), close: false);
            await SeeAnotherAskedAsync(edge, request);
        }

        if (!isStream)
            await SeeLeftAloneAmongSeveralAsync(provider, Ask.Answer(told));
    }

    [Theory]
    [InlineData("claude")]
    [InlineData("google")]
    [InlineData("chats")]
    public async Task A_scripted_provider_says_so_too(string provider)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.Enqueue("status=400; error=spent");
        await SeeAnotherAskedAsync(edge, Ask.Chat(model: "pool"));
    }

    /// <summary>What a request is refused for otherwise by the same status is the client's.</summary>
    [Theory]
    [InlineData("claude", 400, """{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too large"}}""")]
    [InlineData("google", 400, """{"error":{"code":400,"message":"The File x is not in an ACTIVE state and usage is not allowed.","status":"FAILED_PRECONDITION"}}""")]
    [InlineData("chats", 400, """{"error":{"message":"x","type":"invalid_request_error","code":"invalid_value"}}""")]
    public async Task Another_bad_request_is_the_clients(string provider, int status, string body)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.EnqueueRaw(Ask.Refusal(status, body), close: false);
        Assert.Equal((400, "1"), await edge.AskAsync(Ask.Chat(model: "pool")) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts")) : default);
    }

    private static async Task SeeAnotherAskedAsync(Edge edge, string request)
    {
        var answer = await edge.AskAsync(request);
        Assert.Equal((200, "2"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.DoesNotContain("\"error\":{", answer.Text, StringComparison.Ordinal);
        for (var i = 0; i < 4; i++)
            Assert.Equal("1", (await edge.AskAsync(request)).Field("x-aiedge-attempts"));
        var asked = edge.Fake.Requests.Select(Key).ToArray();
        Assert.DoesNotContain(asked[0], asked[1..]);
        await SeeNoFailureAsync(edge);
    }

    /// <summary>Two targets are asked at once, one of them as an account that is refused: it is asked once.</summary>
    private static async Task SeeLeftAloneAmongSeveralAsync(string provider, byte[] refusal)
    {
        await using var edge = await StartAsync(provider, ensemble: 2, more: ", { provider: fake, model: fake-n9 }", raw: request => IsOne(request) ? refusal : null);
        for (var i = 0; i < 6; i++)
            Assert.Equal((200, "2"), await edge.AskAsync(Ask.Chat(model: "pool")) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts")) : default);
        Assert.Single(edge.Fake.Requests, IsOne);
        await SeeNoFailureAsync(edge);
    }

    private static async Task SeeNoFailureAsync(Edge edge) => Assert.DoesNotContain(
        (await edge.AdminAsync("/metrics")).Text.Split('\n'), line => line.StartsWith("aiedge_target_failures_total{", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));

    private static bool IsOne(FakeUpstream.ReceivedRequest request) => Key(request)!.Contains(One, StringComparison.Ordinal);

    /// <summary>Clients of all dialects.</summary>
    private static string[] Requests(bool isStream) => isStream
        ? [Ask.Stream(model: "pool"), Claude.Stream(model: "pool"), Gem.Stream(model: "pool")]
        : [Ask.Chat(model: "pool"), Claude.Ask(model: "pool"), Gem.Ask(model: "pool")];

    private static Task<Edge> StartAsync(
        string provider, bool isAlone = false, int ensemble = 1, string more = "", Func<FakeUpstream.ReceivedRequest, byte[]?>? raw = null)
    {
        var (dialect, path) = provider switch
        {
            "claude" => ("anthropic", ""),
            "google" => ("gemini", ""),
            "chats" => ("openai, responses: translated", "/v1"),
            _ => ("openai, responses: only", "/v1"),
        };
        var accounts = isAlone ? $"key: {One}" : $"accounts: {{ one: {{ key: {One} }}, two: {{ key: {Two} }} }}";
        return Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  pool: {{ dialect: {dialect}, baseUrl: \"ROOT{path}\", {accounts} }}",
            Models = $"  pool: {{ targets: [ {{ provider: pool, model: fake-n3 }}{more} ], retry: {{ waitMax: 1ms, budget: 100% }}"
                + (ensemble > 1 ? $", ensemble: {{ size: {ensemble}, pick: longest }} }}" : " }"),
            Time = new StillTime(),
            Fake = new FakeUpstream.FakeUpstreamOptions { RawFor = raw },
        });
    }

    private static string? Key(FakeUpstream.ReceivedRequest request) =>
        request.Header("x-api-key") ?? request.Header("x-goog-api-key") ?? request.Header("authorization");

    private static string Code(string code) => $$$"""{"error":{"message":"It is spent.","type":"{{{(code.StartsWith("billing_hard", StringComparison.Ordinal) ? "invalid_request_error" : code)}}}","param":null,"code":"{{{code}}}"}}""";

    private static string Failed(string code) =>
        $$"""{"id":"resp_1","object":"response","created_at":1,"status":"failed","error":{"code":"{{code}}","message":"It is spent."},"output":[]}""";
}
