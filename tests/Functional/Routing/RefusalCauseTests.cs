using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What one client is answered 403 for takes the provider from nobody else, unless it is the account that is refused.</summary>
public sealed class RefusalCauseTests
{
    private const string One = "sk-one-canary-51a7e2";
    private const string Two = "sk-two-canary-9d3b04";
    private const string NoModel = """{"error":{"message":"Project `proj_x` does not have access to model `gpt-zzz`","type":"invalid_request_error","param":null,"code":"model_not_found"}}""";
    private const string Page = "<html><head><title>Attention Required! | Cloudflare</title></head></html>";
    private const string Closed = """{"error":{"message":"Your organization has been disabled.","type":"invalid_request_error"}}""";

    private static EdgeSetup Setup => new()
    {
        Providers = $"  pool: {{ dialect: openai, baseUrl: \"ROOT/v1\", accounts: {{ one: {{ key: {One} }}, two: {{ key: {Two} }} }} }}",
        Models = "  exact: { targets: [ { provider: pool, model: fake-n3 }, { provider: fake, model: other, priority: 1 } ] }\n"
            + "  alone: { targets: [ { provider: pool, model: fake-n3 } ] }\n"
            + "  \"gpt-*\": { targets: [ { provider: pool } ] }",
        Time = new StillTime(),
    };

    [Theory]
    [InlineData(NoModel)]
    [InlineData("""{"error":{"message":"Project does not have access to model.","type":"invalid_request_error","code":"model_not_allowed"}}""")]
    [InlineData("""{"error":{"code":403,"message":"Permission denied on resource projects/p/models/gpt-zzz (or it may not exist).","status":"PERMISSION_DENIED"}}""")]
    public async Task A_refusal_that_names_the_model_rests_no_account_and_ejects_no_rule(string body)
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 6; i++)
        {
            for (var account = 0; account < 2; account++)
                edge.Fake.EnqueueRaw(Ask.Refusal(403, body), close: false);
            var answer = await edge.AskAsync(Ask.Chat(model: "gpt-zzz"));
            Assert.Equal((502, "2"), (answer.Status, answer.Field("x-aiedge-attempts")));
        }

        await SeeServedAsync(edge, "exact", "pool", attempts: "1");
        await SeeServedAsync(edge, "gpt-zzz", "pool", attempts: "1");
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="pool",target=""} 0""");
    }

    /// <summary>Who may not ask for it as one project may as another.</summary>
    [Fact]
    public async Task The_other_account_is_asked_for_the_model_that_one_may_not_have()
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 12; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(403, NoModel), close: false);
            await SeeServedAsync(edge, "exact", "pool", attempts: "2");
        }

        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="pool",target="fake-n3"} 0""");
    }

    [Theory]
    [InlineData(Page)]
    [InlineData("")]
    [InlineData("""{"error":{"message":"Forbidden."}}""")]
    public async Task A_refusal_that_says_nothing_of_the_account_is_made_good_elsewhere_and_rests_none(string body)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(403, body), close: false);
        await SeeServedAsync(edge, "exact", "fake", attempts: "2");
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="pool",target="fake-n3"} 1""");
        for (var i = 0; i < 4; i++)
            await SeeServedAsync(edge, "exact", "pool", attempts: "1");
        Assert.Equal(2, Keys(edge).Skip(2).Distinct().Count());
    }

    [Fact]
    public async Task Where_there_is_no_other_target_the_other_account_is_asked()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(403, Page), close: false);
        await SeeServedAsync(edge, "alone", "pool", attempts: "2");
        Assert.Equal(2, Keys(edge).Distinct().Count());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 12)]
    public async Task An_account_that_refuses_three_in_a_row_and_serves_nobody_between_rests(int servedOnceIn, int asked)
    {
        var count = 0;
        var setup = Setup with
        {
            Fake = new() { RawFor = request => IsOne(request) && (++count % servedOnceIn != 0 || servedOnceIn == 1) ? Ask.Refusal(403, Page) : null },
        };
        await using var edge = await Edge.StartAsync(setup);
        for (var i = 0; i < 24 && edge.Fake.Requests.Count(IsOne) < 12; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "alone"))).Status);
        Assert.Equal(asked, edge.Fake.Requests.Count(IsOne));

        static bool IsOne(FakeUpstream.ReceivedRequest request) => request.Header("authorization") == "Bearer " + One;
    }

    [Fact]
    public async Task One_request_rests_one_account_at_most()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(403, Closed), close: false);
        edge.Fake.EnqueueRaw(Ask.Refusal(403, Closed), close: false);
        await SeeServedAsync(edge, "exact", "fake", attempts: "3");
        var first = Keys(edge)[0];
        for (var i = 0; i < 4; i++)
            await SeeServedAsync(edge, "exact", "pool", attempts: "1");
        Assert.DoesNotContain(first, Keys(edge)[^4..]);
    }

    private static async Task SeeServedAsync(Edge edge, string model, string provider, string attempts)
    {
        var answer = await edge.AskAsync(Ask.Chat(model: model));
        Assert.Equal((200, provider, attempts), (answer.Status, answer.Field("x-aiedge-provider"), answer.Field("x-aiedge-attempts")));
    }

    private static string[] Keys(Edge edge) => [.. edge.Fake.Requests.Select(request => request.Header("authorization")!)];
}
