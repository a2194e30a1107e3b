using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What a request names lies with one of a provider's accounts: the others are asked for it before its client is told that it is not there.</summary>
public sealed class StoredTests
{
    private const string Stored = "file-0f09a275409b";

    private static readonly EdgeSetup Setup = new()
    {
        Providers = "  pool: { dialect: openai, baseUrl: \"ROOT/v1\", accounts: { one: { key: sk-one-5b81d77 }, two: { key: sk-two-c02ea }, three: { key: sk-three-77a } } }",
        Models = """
              pool: { targets: [ { provider: pool, model: fake-n3 }, { provider: fake, model: other } ], retry: { budget: 0% } }
              once: { targets: [ { provider: pool, model: fake-n3 } ], retry: { attempts: 2 } }
            """,
    };

    private const string NoFile = $$$"""{"error":{"message":"No file with id '{{{Stored}}}'.","type":"invalid_request_error"}}""";

    [Theory]
    [InlineData(404, NoFile)]
    [InlineData(403, $$$"""{"error":{"message":"No access to {{{Stored}}}.","type":"invalid_request_error"}}""")]
    [InlineData(400, $$$"""{"error":{"message":"File with id '{{{Stored}}}' not found.","code":"not_found"}}""")]
    public async Task The_accounts_of_the_same_target_are_asked_each_once(int status, string error)
    {
        await using var edge = await Edge.StartAsync(Setup);

        // The targets take turns: whatever one is the first, at the pool nobody but the pool is asked next.
        for (var i = 0; i < 6; i++)
        {
            edge.Fake.EnqueueRaw(Ask.Refusal(status, error), close: false);
            edge.Fake.EnqueueRaw(Ask.Refusal(status, error), close: false);
            var before = edge.Fake.RequestCount;
            var answer = await edge.AskAsync(Named("pool"));
            var asked = edge.Fake.Requests.Skip((int)before).Select(static request => request.Header("authorization")).ToArray();
            if (answer.Status == 200)
            {
                Assert.Equal(["Bearer sk-one-5b81d77", "Bearer sk-three-77a", "Bearer sk-two-c02ea"], asked.Order());
                Assert.Equal(("3", "pool"), (answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-provider")));
                return;
            }

            // The other target has one account, and what it says is passed on.
            Assert.Equal("fake", answer.Field("x-aiedge-provider"));
            await edge.AskAsync(Ask.Chat());
        }

        Assert.Fail("the pool was never asked first");
    }

    [Fact]
    public async Task The_last_one_s_answer_is_the_client_s_and_nobody_is_ejected_or_paused_for_it()
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 8; i++)
        {
            var before = edge.Fake.RequestCount;
            edge.Fake.EnqueueRaw(Ask.Refusal(404, NoFile), close: false);
            edge.Fake.EnqueueRaw(Ask.Refusal(404, NoFile), close: false);
            var answer = await edge.AskAsync(Named("once"));
            Assert.Equal((404, before + 2), (answer.Status, edge.Fake.RequestCount));
            Assert.Contains(Stored, answer.Text, StringComparison.Ordinal);
        }

        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("aiedge_target_ejections_total{gen_ai_provider_name=\"pool\",target=\"fake-n3\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotMatch("aiedge_account_paused_ms\\{[^}]*\\} [1-9]", metrics);
    }

    [Fact]
    public async Task Another_fault_of_the_request_is_told_at_once()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Ask.Refusal(400, $$$"""{"error":{"message":"Invalid '{{{Stored}}}'."}}"""));
        var answer = await edge.AskAsync(Named("once"));
        Assert.Equal((400, 1), (answer.Status, edge.Fake.RequestCount));
    }

    private static string Named(string model) => Ask.Post("/v1/responses", $$"""{"model":"{{model}}","input":[{"role":"user","content":[{"type":"input_file","file_id":"{{Stored}}"}]}]}""");
}
