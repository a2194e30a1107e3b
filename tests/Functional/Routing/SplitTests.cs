using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>An experiment: who takes part in it stays in it, and answers, records and metrics say what they were part of.</summary>
public sealed class SplitTests
{
    private const int Users = 40;

    private const string Models = """
          way: { targets: [ { provider: fake, model: fake-n3-a, variant: control }, { provider: fake, model: fake-n3-b, variant: preview } ], sticky: user }
          to-way: { targets: [ { provider: closed, model: fake-n3 } ], fallback: [ way ] }
        """;

    [Fact]
    public async Task A_user_stays_with_one_variant_in_every_dialect_and_after_a_reload()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models });
        var first = await AskAllAsync(edge, user => Ask.Chat(model: "way", more: $",\"user\":\"u-{user}\""));
        edge.Replace(edge.Config + "# again\n");
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        Assert.Equal(first, await AskAllAsync(edge, user => Ask.Stream(model: "way", more: $",\"safety_identifier\":\"u-{user}\"")));
        Assert.Equal(first, await AskAllAsync(edge, user => Ask.Post("/v1/responses", $$"""{"user":"u-{{user}}","model":"way","input":"x"}""")));
        Assert.Equal(first, await AskAllAsync(edge, user => Ask.Post(
            "/v1/messages", $$$"""{"model":"way","max_tokens":9,"messages":[{"role":"user","content":"x"}],"metadata":{"user_id":"u-{{{user}}}"}}""")));
        Assert.Equal(first, await AskAllAsync(edge, user => Ask.Chat(model: "to-way", more: $",\"user\":\"u-{user}\"")));

        // By weights that are alike: of forty, all on one side would be a chance of one in 500 thousand millions.
        Assert.Equal(["control", "preview"], first.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_names_no_user_goes_by_the_weights()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models });
        var asked = await AskAllAsync(edge, _ => Ask.Chat(model: "way"));
        Assert.InRange(asked.Count(variant => variant == "control"), (Users / 2) - 2, (Users / 2) + 2);
    }

    [Fact]
    public async Task Answers_records_and_metrics_say_which_variant_it_was()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models });
        var preview = 0;
        for (var user = 0; user < 10; user++)
        {
            var answer = await edge.AskAsync(Ask.Chat(model: "way", more: $",\"user\":\"u-{user}\""));
            var variant = answer.Field("x-aiedge-variant");
            Assert.Equal(variant == "control" ? "fake-n3-a" : "fake-n3-b", answer.Field("x-aiedge-model"));
            Assert.Equal(variant, (await edge.RecordAsync()).GetProperty("variant").GetString());
            preview += variant == "preview" ? 1 : 0;
        }

        Assert.InRange(preview, 1, 9);
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains($"\naiedge_attempts_total{{gen_ai_request_model=\"way\",gen_ai_provider_name=\"fake\",variant=\"preview\"}} {preview}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"\naiedge_attempts_total{{gen_ai_request_model=\"way\",gen_ai_provider_name=\"fake\",variant=\"control\"}} {10 - preview}\n", metrics, StringComparison.Ordinal);

        var plain = await edge.AskAsync(Ask.Chat());
        Assert.Null(plain.Field("x-aiedge-variant"));
        Assert.False((await edge.RecordAsync()).TryGetProperty("variant", out _));
        Assert.Contains("\naiedge_attempts_total{gen_ai_request_model=\"gpt-4o\",gen_ai_provider_name=\"fake\"} 1\n", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    private static async Task<string[]> AskAllAsync(Edge edge, Func<int, string> request)
    {
        var variants = new string[Users];
        using var client = await edge.ConnectAsync();
        for (var user = 0; user < Users; user++)
        {
            var answer = await client.AskAsync(request(user));
            Assert.Equal(200, answer.Status);
            variants[user] = answer.Field("x-aiedge-variant")!;
        }

        return variants;
    }
}
